"""How strongly a unit is associated with a feature, against what chance would give.

The measure is the correlation between the *rank* of the unit's activation and the feature; for a binary feature it is
reported as the area under the ROC curve (Mann and Whitney 1947), which grows with it.

States and features are autocorrelated: neighbouring places are not independent, and shuffled labels would make
everything look significant. The null distribution is therefore that of the same feature shifted circularly along the
text by at least ``SMALLEST_SHIFT`` characters. Among many pairs of units and features some are large by chance; the
null distribution of the largest z of all pairs in each shift corrects for that (Westfall and Young 1993).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.names import plural

SMALLEST_SHIFT = 1_000
MIN_PLACES = 3 * SMALLEST_SHIFT
SHIFTS = 199
AT_ONCE = 16
"""Shifts that are multiplied together: a product with few columns waits for memory."""

LEVEL = 0.05
"""Family-wise significance level: the share of shifts that may have any pair with a z as large."""


@dataclass(frozen=True)
class Association:
    """Of H units and F features: the correlation ``r`` (H, F), its ``z`` against the null distribution, and ``p``, the
    probability there that any pair has a z as large."""

    r: Array
    z: Array
    p: Array


def associate(activations: Array, features: Array, seed: int = 0) -> Association:
    """Associate activations (N, H) with features (N, F); InputError if the text is too short to shift."""
    count = len(features)
    if count < MIN_PLACES:
        places = plural(count, "character")
        raise InputError(f"it reads {places}, too few to estimate chance; {MIN_PLACES:,} are needed")
    ranks, labels = standardised(rank(activations)), standardised(features)
    r = ranks.T @ labels / count
    shifts = np.random.default_rng(seed).integers(SMALLEST_SHIFT, count - SMALLEST_SHIFT, SHIFTS)
    null = np.concatenate([_shifted(ranks, labels, some) for some in np.array_split(shifts, -(-SHIFTS // AT_ONCE))])
    mean, deviation = null.mean(axis=0), np.maximum(null.std(axis=0), 1e-9)
    z = (r - mean) / deviation
    largest = np.sort(np.abs((null - mean) / deviation).max(axis=(1, 2)))
    p = (1 + len(largest) - np.searchsorted(largest, np.abs(z))) / (1 + len(largest))
    return Association(r, z, p)


def _shifted(ranks: Array, labels: Array, shifts: NDArray[np.intp]) -> Array:
    """The correlations (S, H, F) of standardised ranks (N, H) and labels (N, F) that are shifted, in one product."""
    shifted = np.concatenate([np.roll(labels, shift, axis=0) for shift in shifts], axis=1)
    r = (ranks.T @ shifted / len(labels)).reshape(-1, len(shifts), labels.shape[1])
    return r.transpose(1, 0, 2)


def rank(values: Array) -> Array:
    """Ranks 0 … N − 1 down each column of (N, H), in float64: sums over a text would lose their last digits in float32,
    and other ones on every processor. Those that tie share the mean of theirs."""
    columns = np.ascontiguousarray(values.T)
    ranks = np.empty(columns.shape, np.float64)
    for column, into in zip(columns, ranks, strict=True):
        order = np.argsort(column)
        in_order = column[order]
        starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
        ends = np.append(starts[1:], len(column))
        into[order] = np.repeat((starts + ends - 1) / 2, ends - starts)
    return ranks.T


def standardised(values: Array) -> Array:
    """Columns of mean 0 and variance 1, in float64; a constant column becomes 0."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, np.inf)


def auc(values: Array, labels: Array) -> float:
    """The area under the ROC curve of values (N,) for a feature of 0 and 1: how often a place where it is 1 has the
    larger value than one where it is 0, ties counting half."""
    ranks, count = rank(values[:, None])[:, 0], int(labels.sum())
    if count in (0, len(labels)):
        return 0.5
    below = ranks[labels == 1].sum() - count * (count - 1) / 2
    return float(below / (count * (len(labels) - count)))
