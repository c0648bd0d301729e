"""How much of a unit's variance something else explains: R² of the mean that the unit has where it is the same.

The means are those of the first half of the text, and R² is measured in the second, so that a rare context cannot
explain what it was alone with. Nothing is assumed of the form: any function of the context is as good as its means.
"""

import numpy as np

from rnncli.engine.arrays import Array, Ids

BINS = 16
"""Into which a feature with more values is cut, each with about as many places."""

CONSTANT = 1e-6
"""A unit whose variance is a smaller share of its squares does not vary but for rounding."""


def explained_by_context(values: Array, ids: Ids, longest: int) -> Array:
    """R² (``longest``, U) with which the last 1, 2, … characters explain units ``values`` (N, U), given the ids (N,) of
    the characters read. The mean after a context is drawn towards that after the shorter one, as if that had been seen
    once more, and is that where a context is new. What a shorter context explains a longer one does too."""
    halves, size = _Halves(values), int(ids.max()) + 2
    group, means, found = np.zeros(len(ids), np.intp), halves.mean, []
    for back in range(longest):
        before = np.concatenate([np.full(back, size - 1), ids[: len(ids) - back]])
        _, first, longer = np.unique(group * size + before, return_index=True, return_inverse=True)
        means, r2 = halves.fit(longer, means[group[first]])
        group = longer
        found.append(r2)
    more: Array = np.maximum.accumulate(np.stack(found))
    return more


def explained_by(values: Array, labels: Array) -> Array:
    """R² (F, U) with which each of F features, ``labels`` (F, N), explains units ``values`` (N, U)."""
    halves, found = _Halves(values), []
    for of_feature in labels:
        edges = np.unique(of_feature)
        if len(edges) > BINS:
            edges = np.unique(np.quantile(of_feature, np.arange(1, BINS) / BINS))
        group = np.searchsorted(edges, of_feature, side="right")
        found.append(halves.fit(group, np.repeat(halves.mean, len(edges) + 1, axis=0))[1])
    return np.stack(found)


class _Halves:
    """Units ``values`` (N, U) in the half of a text in which means are fitted and in that in which they are tested."""

    def __init__(self, values: Array) -> None:
        self.half = len(values) // 2
        self.values = values - values[: self.half].mean(axis=0, dtype=np.float64).astype(values.dtype)
        self.mean: Array = np.zeros((1, values.shape[1]))
        """(1, U), of the first half."""
        rest = self.values[self.half :]
        self._squares = np.einsum("nu,nu->u", rest, rest, dtype=np.float64)
        self._total = self._squares - len(rest) * np.square(rest.mean(axis=0, dtype=np.float64))
        self._total[self._total < CONSTANT * self._squares] = 0

    def fit(self, group: Ids, prior: Array) -> tuple[Array, Array]:
        """The means (G, U) of the groups (N,) in the first half, each with its ``prior`` (G, U) as a further value; and
        R² (U,) in the second: 1 − Σ (value − mean of its group)² / Σ (value − mean)², from the sums of the groups; 0
        where the mean alone predicts better, or nothing varies."""
        counts, sums = self._sums(slice(None, self.half), group, len(prior))
        means = (prior + sums) / (counts + 1)
        counts, sums = self._sums(slice(self.half, None), group, len(prior))
        rest = self._squares + (means * (counts * means - 2 * sums)).sum(axis=0)
        share = np.divide(rest, self._total, out=np.ones_like(rest), where=(rest < self._total) & (self._total > 0))
        return means, 1 - share

    def _sums(self, part: slice, group: Ids, groups: int) -> tuple[Array, Array]:
        """How often each of the groups occurs, (G, 1), and the sums of its values, (G, U)."""
        own = group[part]
        counts = np.bincount(own, minlength=groups)[:, None].astype(float)
        if groups <= 2 * BINS:  # a product with one-hot rows is ten times as fast
            return counts, (np.arange(groups)[:, None] == own).astype(self.values.dtype) @ self.values[part]
        order = np.argsort(own, kind="stable")
        present, starts = np.unique(own[order], return_index=True)
        sums = np.zeros((groups, self.values.shape[1]))
        sums[present] = np.add.reduceat(self.values[part][order], starts, axis=0, dtype=np.float64)
        return counts, sums
