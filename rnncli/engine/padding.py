"""Sequences of different lengths side by side: a window (T, B) in which stream b ends after ``lengths[b]`` steps.

What stands behind the end is padding. A cell runs over it like over anything else; afterwards all that it made there
is set to zero, so that no value, gradient or NaN leaves the padding, in either direction.
"""

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.cells.base import Cache


def padding_mask(lengths: Ids, steps: int) -> NDArray[np.bool_]:
    """Where padding stands, (T, B)."""
    return np.arange(steps)[:, None] >= lengths


def clear(cache: Cache, padding: NDArray[np.bool_]) -> None:
    """Forget what a cell made of ``padding`` (T, B)."""
    cache.gates[:, padding] = 0
    cache.states[:, 1:][:, padding] = 0
    cache.kept[:, padding] = 0


def last_states(cache: Cache, lengths: Ids) -> Array:
    """The states (S, B, H) after the last step of every stream."""
    return cache.states[:, lengths, np.arange(len(lengths))]


def reversal_index(lengths: Ids, steps: int) -> Ids:
    """Rows of a window flattened to (T · B), in the order in which every stream is read from its end to its beginning.

    Padding stays where it is. Taken twice the order is the first one again, so it also turns the result back.
    """
    t = np.arange(steps)[:, None]
    order = np.where(t < lengths, lengths - 1 - t, t)
    return (order * len(lengths) + np.arange(len(lengths))).ravel()
