"""How much of a unit's variance something else explains: R² of the mean that the unit has where it is the same.

The means are those of the first half of the text, and R² is measured in the second, so that a rare context cannot
explain what it was alone with. Nothing is assumed of the form: any function of the context is as good as its means.
"""

import numpy as np

from rnncli.engine.arrays import Array, Ids

BINS = 16
"""Into which a feature with more values is cut, each with about as many places."""


def explained_by_context(values: Array, ids: Ids, longest: int) -> Array:
    """R² (``longest``, U) with which the last 1, 2, … characters explain units ``values`` (N, U), given the ids (N,) of
    the characters read. The mean after a context is drawn towards that after the shorter one, as if that had been seen
    once more, and is that where a context is new. What a shorter context explains a longer one does too."""
    half, size = len(values) // 2, int(ids.max()) + 2
    group, means, found = np.zeros(len(ids), np.intp), _grand_mean(values[:half]), []
    for back in range(longest):
        before = np.concatenate([np.full(back, size - 1), ids[: len(ids) - back]])
        _, first, longer = np.unique(group * size + before, return_index=True, return_inverse=True)
        means = _means(values[:half], longer[:half], means[group[first]])
        group = longer
        found.append(_r2(values[half:], means[group[half:]]))
    more: Array = np.maximum.accumulate(np.stack(found))
    return more


def explained_by(values: Array, labels: Array) -> Array:
    """R² (U,) with which a feature, ``labels`` (N,), explains units ``values`` (N, U)."""
    half, edges = len(values) // 2, np.unique(labels)
    if len(edges) > BINS:
        edges = np.unique(np.quantile(labels[:half], np.arange(1, BINS) / BINS))
    group = np.searchsorted(edges, labels, side="right")
    means = _means(values[:half], group[:half], np.repeat(_grand_mean(values[:half]), len(edges) + 1, axis=0))
    return _r2(values[half:], means[group[half:]])


def _grand_mean(values: Array) -> Array:
    """(1, U)."""
    mean: Array = values.mean(axis=0, keepdims=True, dtype=np.float64)
    return mean


def _means(values: Array, group: Ids, prior: Array) -> Array:
    """The means (G, U) of the groups to which ``values`` (n, U) belong, each with its ``prior`` (G, U) as a further
    value."""
    order = np.argsort(group, kind="stable")
    present, starts = np.unique(group[order], return_index=True)
    counts = np.diff(starts, append=len(group))
    means = prior.copy()
    means[present] += np.add.reduceat(values[order], starts, axis=0, dtype=np.float64)
    means[present] /= counts[:, None] + 1
    return means


def _r2(values: Array, predicted: Array) -> Array:
    """1 − Σ (value − predicted)² / Σ (value − mean)² of each column (U,), and 0 where the mean alone is the better
    prediction, or the column is constant."""
    total = np.square(values - values.mean(axis=0, dtype=np.float64)).sum(axis=0)
    rest = np.square(values - predicted).sum(axis=0, dtype=np.float64)
    r2: Array = 1 - np.divide(rest, total, out=np.ones_like(rest), where=rest < total)
    return r2
