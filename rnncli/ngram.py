"""A model that counts: interpolated modified Kneser-Ney (Chen and Goodman 1999, "An empirical study of smoothing
techniques for language modeling"), to hold a network against.

For a character w after the context h, with c the count of hw, h' the context without its oldest character, and N₁, N₂,
N₃ the numbers of characters seen once, twice and more often after h:

    P(w | h) = max(c - D(c), 0) / Σ c + (D₁ N₁ + D₂ N₂ + D₃ N₃) / Σ c · P(w | h')

Below the highest order c is not how often hw stands in the text but after how many different characters it does. The
discounts D₁, D₂, D₃ of an order come from how many n-grams have the counts 1 … 4; the lowest order backs off to all
characters alike.
"""

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


class NgramModel:
    """An n-gram model of ``order`` ≥ 1 over V symbols, learnt from ``ids`` (N,). Contexts are numbered by the n-gram
    that they are in the order below; the memory is that of some arrays of N numbers for each order."""

    def __init__(self, ids: NDArray[Any], size: int, order: int) -> None:
        self.size, self.orders = size, []
        text = ids.astype(np.int64)
        numbers = np.zeros(len(text), np.int64)  # of the n-gram that ends at each place, by order
        below: tuple[Counts, Counts, int] | None = None  # keys, how often each stands there, and contexts
        for n in range(1, min(order, len(text)) + 1):
            before = np.concatenate((np.zeros(1, np.int64), numbers[:-1])) if n > 1 else numbers
            keys, first, inverse, times = np.unique(
                (before * size + text)[n - 1 :], return_index=True, return_inverse=True, return_counts=True
            )
            if below is not None:
                suffixes = numbers[first + n - 1]  # of each n-gram, the number of the one without its oldest character
                after = np.bincount(suffixes, minlength=len(below[0]))
                self.orders.append(_order(below[0], np.maximum(after, 1), size, below[2]))
            below = keys, times, 1 if below is None else len(below[0])
            numbers = np.concatenate((np.zeros(n - 1, np.int64), inverse.ravel()))
        assert below is not None
        self.orders.append(_order(below[0], below[1], size, below[2]))

    def probabilities(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """P of each character of ``ids`` (N,) given those before it, (N,)."""
        text = ids.astype(np.int64)
        p = np.full(len(text), 1 / self.size)
        context = np.zeros(len(text), np.int64)  # the number of the context in its order, -1 where it was never seen
        numbers = np.zeros(len(text), np.int64)
        for n, order in enumerate(self.orders):
            if n:
                context = np.concatenate((np.full(1, -1), numbers[:-1]))
                context[:n] = -1
            key = context * self.size + text
            at = np.minimum(np.searchsorted(order.keys, key), len(order.keys) - 1)
            found = (order.keys[at] == key) & (context >= 0)
            numbers = np.where(found, at, -1)
            counts = np.where(found, order.counts[at], 0)
            known = np.flatnonzero(context >= 0)
            known = known[order.total[context[known]] > 0]
            at_known, c = context[known], counts[known]
            p[known] = (c - order.discounts[np.minimum(c, 3)]) / order.total[at_known] + order.left[at_known] * p[known]
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
