"""The n-gram baseline: interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999, "An empirical study of
smoothing techniques for language modeling").

For a character w after the context h, with c the count of hw, h' the context without its oldest character, and N₁, N₂,
N₃ the numbers of distinct characters seen once, twice and more often after h:

    P(w | h) = max(c - D(c), 0) / Σ c + (D₁ N₁ + D₂ N₂ + D₃ N₃) / Σ c · P(w | h')

Below the highest order c is the continuation count: the number of distinct characters that precede hw. The discounts
D₁, D₂, D₃ of an order are estimated from the numbers of n-grams with the counts 1 … 4. The lowest order backs off to
the uniform distribution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """The n-grams of one order: sorted ``keys``, context id · V + character id, with their ``counts``; the
    ``discounts`` (4,) by count; and for each context the ``total`` count and the ``backoff`` weight, the probability
    mass that the discounts leave to the order below."""

    keys: Counts
    counts: NDArray[np.int32]
    discounts: NDArray[np.float64]
    total: NDArray[np.float64]
    backoff: NDArray[np.float64]


def orders(ids: NDArray[Any], size: int, order: int) -> Iterator[Order]:
    """Train on ``ids`` (N,) over V = ``size`` symbols: the orders 1 … ``order``, at most N, lowest first.

    The id of a context is its index among the n-grams of the order below. Only one order is held at a time, so memory
    is a few arrays of N numbers, however high the order.
    """
    text = ids.astype(np.int64)
    numbers = np.zeros(len(text), np.int64)  # the id of the n-gram that ends at each position
    keys, times, contexts = text[:0], text[:0], 1
    for n in range(1, min(order, len(text)) + 1):
        before = np.concatenate((np.zeros(1, np.int64), numbers[:-1])) if n > 1 else numbers
        longer, first, inverse, longer_times = np.unique(
            (before * size + text)[n - 1 :], return_index=True, return_inverse=True, return_counts=True
        )
        if n > 1:
            suffixes = numbers[first + n - 1]  # of each n-gram, the id of the one without its oldest character
            after = np.bincount(suffixes, minlength=len(keys))
            yield _order(keys, np.maximum(after, 1), size, contexts)
            contexts = len(keys)
        keys, times = longer, longer_times
        numbers = np.concatenate((np.zeros(n - 1, np.int64), inverse.ravel()))
    yield _order(keys, times, size, contexts)


def probabilities(training_ids: NDArray[Any], ids: NDArray[Any], size: int, order: int) -> NDArray[np.float64]:
    """P of each character of ``ids`` (M,) given those before it, (M,), under a model of ``order`` ≥ 1 over ``size``
    symbols trained on ``training_ids`` (N,)."""
    text = ids.astype(np.int64)
    p = np.full(len(text), 1 / size)
    context = np.zeros(len(text), np.int64)  # the id of the context, -1 where it is unseen
    for model in orders(training_ids, size, order):
        key = context * size + text
        at = np.minimum(np.searchsorted(model.keys, key), len(model.keys) - 1)
        found = (model.keys[at] == key) & (context >= 0)
        counts = np.where(found, model.counts[at], 0)
        known = np.flatnonzero(context >= 0)
        known = known[model.total[context[known]] > 0]
        at_known, c = context[known], counts[known]
        p[known] = (c - model.discounts[np.minimum(c, 3)]) / model.total[at_known] + model.backoff[at_known] * p[known]
        context = np.concatenate((np.full(1, -1), np.where(found, at, -1)[:-1]))
    return p


def _order(keys: Counts, counts: Counts, size: int, contexts: int) -> Order:
    n = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)  # n₁ … n₄
    discounts = np.zeros(4)
    if n[:3].all():
        y = n[0] / (n[0] + 2 * n[1])
        n_next = np.append(n[1:], 0)
        discounts[1:] = np.arange(1, 4) - np.arange(2, 5) * y * n_next[:3] / n[:3]
    else:
        discounts[1:] = (0.5, 0.75, 0.75)  # too few n-grams for an estimate
    discounts[1:] = np.clip(discounts[1:], 0.05, np.arange(1, 4) - 0.05)
    context = keys // size
    total = np.bincount(context, counts.astype(np.float64), minlength=contexts)
    discounted = np.bincount(context, discounts[np.minimum(counts, 3)], minlength=contexts)
    return Order(
        keys,
        counts.astype(np.int32),
        discounts,
        total.astype(np.float64, copy=False),
        discounted / np.maximum(total, 1),
    )
