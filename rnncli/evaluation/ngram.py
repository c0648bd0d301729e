"""A model that counts: interpolated modified Kneser-Ney (Chen and Goodman 1999, "An empirical study of smoothing
techniques for language modeling"), to hold a network against.

For a character w after the context h, with c the count of hw, h' the context without its oldest character, and N₁, N₂,
N₃ the numbers of characters seen once, twice and more often after h:

    P(w | h) = max(c - D(c), 0) / Σ c + (D₁ N₁ + D₂ N₂ + D₃ N₃) / Σ c · P(w | h')

Below the highest order c is not how often hw stands in the text but after how many different characters it does. The
discounts D₁, D₂, D₃ of an order come from how many n-grams have the counts 1 … 4; the lowest order backs off to all
characters alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """The n-grams of one order: ``keys`` (sorted) are context number times V plus character, with their ``counts``; of
    each context the ``total`` of the counts and the probability ``left`` for the order below."""

    keys: Counts
    counts: NDArray[np.int32]
    discounts: NDArray[np.float64]
    total: NDArray[np.float64]
    left: NDArray[np.float64]


def orders(ids: NDArray[Any], size: int, order: int) -> Iterator[Order]:
    """The orders 1 … ``order`` of a model of ``ids`` (N,) over V = ``size`` symbols, or as many as the text has.

    Contexts are numbered by the n-gram that they are in the order below. One order after the other, so that the memory
    is that of some arrays of N numbers, however high the order.
    """
    text = ids.astype(np.int64)
    numbers = np.zeros(len(text), np.int64)  # of the n-gram that ends at each place, by order
    keys, times, contexts = text[:0], text[:0], 1
    for n in range(1, min(order, len(text)) + 1):
        before = np.concatenate((np.zeros(1, np.int64), numbers[:-1])) if n > 1 else numbers
        longer, first, inverse, longer_times = np.unique(
            (before * size + text)[n - 1 :], return_index=True, return_inverse=True, return_counts=True
        )
        if n > 1:
            suffixes = numbers[first + n - 1]  # of each n-gram, the number of the one without its oldest character
            after = np.bincount(suffixes, minlength=len(keys))
            yield _order(keys, np.maximum(after, 1), size, contexts)
            contexts = len(keys)
        keys, times = longer, longer_times
        numbers = np.concatenate((np.zeros(n - 1, np.int64), inverse.ravel()))
    yield _order(keys, times, size, contexts)


def probabilities(learnt: NDArray[Any], ids: NDArray[Any], size: int, order: int) -> NDArray[np.float64]:
    """P of each character of ``ids`` (M,) given those before it, (M,), by a model of ``order`` ≥ 1 over ``size``
    symbols that has ``learnt`` (N,)."""
    text = ids.astype(np.int64)
    p = np.full(len(text), 1 / size)
    context = np.zeros(len(text), np.int64)  # the number of the context in its order, -1 where it was never seen
    for one in orders(learnt, size, order):
        key = context * size + text
        at = np.minimum(np.searchsorted(one.keys, key), len(one.keys) - 1)
        found = (one.keys[at] == key) & (context >= 0)
        counts = np.where(found, one.counts[at], 0)
        known = np.flatnonzero(context >= 0)
        known = known[one.total[context[known]] > 0]
        at_known, c = context[known], counts[known]
        p[known] = (c - one.discounts[np.minimum(c, 3)]) / one.total[at_known] + one.left[at_known] * p[known]
        context = np.concatenate((np.full(1, -1), np.where(found, at, -1)[:-1]))
    return p


def _order(keys: Counts, counts: Counts, size: int, contexts: int) -> Order:
    having = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)  # n₁ … n₄
    discounts = np.zeros(4)
    if having[:3].all():
        y = having[0] / (having[0] + 2 * having[1])
        following = np.append(having[1:], 0)
        discounts[1:] = np.arange(1, 4) - np.arange(2, 5) * y * following[:3] / having[:3]
    else:
        discounts[1:] = (0.5, 0.75, 0.75)  # too few n-grams to estimate from
    discounts[1:] = np.clip(discounts[1:], 0.05, np.arange(1, 4) - 0.05)
    context = keys // size
    total = np.bincount(context, counts.astype(np.float64), minlength=contexts)
    given = np.bincount(context, discounts[np.minimum(counts, 3)], minlength=contexts)
    return Order(
        keys, counts.astype(np.int32), discounts, total.astype(np.float64, copy=False), given / np.maximum(total, 1)
    )
