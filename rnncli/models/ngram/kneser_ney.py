"""The n-gram model: interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999, "An empirical study of smoothing
techniques for language modeling").

For a character w after the context h, with c the count of hw, h' the context without its oldest character, and N₁, N₂,
N₃ the numbers of distinct characters seen once, twice and more often after h:

    P(w | h) = max(c - D(c), 0) / Σ c + (D₁ N₁ + D₂ N₂ + D₃ N₃) / Σ c · P(w | h')

Below the highest order c is the continuation count: the number of distinct characters that precede hw. The discounts
D₁, D₂, D₃ of an order are estimated from the numbers of n-grams with the counts 1 … 4. The lowest order backs off to
the uniform distribution.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Ids
from rnncli.models.ngram.contexts import ContextIndex, Edges

WIDE = 64
"""Contexts that occur more often than this have their distribution computed once."""

MAX_CACHED = 1 << 24
"""Probabilities that are kept of those, 128 MB."""

MAX_PROBABILITIES = 1 << 20
"""Probabilities of a chunk of a text."""

Distribution = NDArray[np.float64]


@dataclass(frozen=True)
class KneserNey:
    """An n-gram model over V = ``size`` symbols; ``discounts`` (order, 4) by the length of the context and the count,
    0 … 3 and more."""

    index: ContextIndex
    size: int
    discounts: Distribution
    _cache: dict[tuple[int, int], Distribution] = field(init=False, default_factory=dict, repr=False)

    @classmethod
    def of(cls, ids: NDArray[Any], size: int, order: int) -> "KneserNey":
        """Count the n-grams of ``ids`` (N,), N ≥ 1, for a model of ``order`` ≥ 1."""
        index = ContextIndex.of(ids, order - 1)
        return cls(index, size, np.array([_discounts(index.counts_of_counts(n, n + 1 < order)) for n in range(order)]))

    def __reduce__(self) -> tuple[Any, ...]:
        return KneserNey, (self.index, self.size, self.discounts)

    @property
    def order(self) -> int:
        """n: a character is predicted from the n − 1 before it."""
        return self.index.depth + 1

    def distribution(self, edges: Edges) -> Distribution:
        """P of each character (R, V) after the contexts with the ranges ``edges`` (R, order, 2) in the index."""
        longest = np.maximum(np.count_nonzero(_lengths(edges) > WIDE, axis=1), 1) - 1  # of the frequent contexts
        p = self._after_frequent(edges, longest)
        for order in self._rare(edges, longest):
            p[order.places] *= order.backoff[:, None]
            p[order.pairs, order.characters] += order.values
        return p

    def probabilities(self, ids: NDArray[Any]) -> Distribution:
        """P of each character of ``ids`` (M,) given those before it, (M,)."""
        found, chunk = np.empty(len(ids)), max(1, MAX_PROBABILITIES // self.size)
        for start in range(0, len(ids), chunk):
            before = min(start, self.index.depth)
            text = ids[start - before : start + chunk].astype(np.int64)
            p = self.distribution(self.index.contexts(text[:, None])[before:, 0])
            found[start : start + chunk] = p[np.arange(len(p)), text[before:]]
        return found

    def counts(self, edges: Edges, n: int) -> NDArray[np.int64]:
        """What follows a context of ``n`` characters with the range ``edges`` (2,), (V,): the Kneser-Ney counts."""
        start, stop = edges
        followers = self.index.followers[start:stop]
        if n < self.index.depth:
            followers = followers[self.index.shared[start:stop] <= n]
        return np.bincount(followers, minlength=self.size)

    def smooth(self, counts: NDArray[np.int64], n: int, lower: Distribution) -> Distribution:
        """P (V,) from the ``counts`` (V,) after a context of ``n`` characters and P after the shorter one."""
        total, discount = counts.sum(), self.discounts[n, np.minimum(counts, 3)]
        return (counts - discount + discount.sum() * lower) / total if total else lower

    def _after_frequent(self, edges: Edges, longest: Ids) -> Distribution:
        """P (R, V) after the contexts of ``longest`` (R,) characters, each computed once."""
        if len(self._cache) * self.size > MAX_CACHED:
            self._cache.clear()
        return np.array([self._cached(ranges, n) for ranges, n in zip(edges, longest.tolist(), strict=True)])

    def _cached(self, edges: Edges, n: int) -> Distribution:
        key = n, int(edges[n, 0])
        if key not in self._cache:
            lower = self._cached(edges, n - 1) if n else np.full(self.size, 1 / self.size)
            self._cache[key] = self.smooth(self.counts(edges[n], n), n, lower)
        return self._cache[key]

    def _rare(self, edges: Edges, longest: Ids) -> "Iterator[_Interpolation]":
        """What the contexts longer than that add, the shortest first: all of their rows are looked at together."""
        lengths = _lengths(edges)
        n, places = np.nonzero(((lengths > 0) & (np.arange(self.order) > longest[:, None])).T)
        lengths = lengths[places, n]
        ends = np.cumsum(lengths)
        context = np.repeat(np.arange(len(n)), lengths)
        rows = np.arange(len(context)) + (edges[places, n, 0] - ends + lengths)[context]
        counted = (self.index.shared[rows] <= n[context]) | (n[context] == self.index.depth)
        pairs = np.sort((context * self.size + self.index.followers[rows])[counted])
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        counts = np.diff(first, append=len(pairs))
        context, characters = np.divmod(pairs[first], self.size)
        discounts = self.discounts[n[context], np.minimum(counts, 3)]
        total, left = (np.bincount(context, numbers, len(n)) for numbers in (counts, discounts))
        uncounted = total == 0  # in an index that is of no text: the shorter context decides
        total[uncounted] = left[uncounted] = 1
        backoff, values = left / total, (counts - discounts) / total[context]
        edges_of_n = np.searchsorted(n, np.arange(self.order + 1))
        pairs_of_n = np.searchsorted(n[context], np.arange(self.order + 1))
        for of_n, of_pairs in zip(pairwise(edges_of_n), pairwise(pairs_of_n), strict=True):
            here, found = slice(*of_n), slice(*of_pairs)
            if here.start < here.stop:
                yield _Interpolation(
                    places[here], backoff[here], places[context[found]], characters[found], values[found]
                )


@dataclass(frozen=True)
class _Interpolation:
    """One order: P ← ``backoff`` (K,) · P at the ``places`` (K,), to which ``values`` (J,) are added for pairs of a
    place and a character."""

    places: Ids
    backoff: Distribution
    pairs: Ids
    characters: Ids
    values: Distribution


def _lengths(edges: Edges) -> NDArray[np.int64]:
    return edges[..., 1] - edges[..., 0]


def _discounts(n: NDArray[np.int64]) -> Distribution:
    """D(0) … D(3) from the numbers (4,) of n-grams with the counts 1 … 4."""
    found = np.array([0, 0.5, 0.75, 0.75])  # where there are too few n-grams for an estimate
    if n[:3].all():
        y = n[0] / (n[0] + 2 * n[1])
        found[1:] = np.arange(1, 4) - np.arange(2, 5) * y * n[1:] / n[:3]
    found[1:] = np.clip(found[1:], 0.05, np.arange(1, 4) - 0.05)
    return found
