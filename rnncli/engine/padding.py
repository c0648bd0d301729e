"""Sequences of different lengths side by side: a window (T, B) in which stream b ends after ``lengths[b]`` steps.

Behind the end stands padding. A cell runs over it as over anything else; afterwards its activations there are set to
zero, so that no value, gradient or NaN leaves the padding, in either direction.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.cells.base import Cache


def padding_mask(lengths: Ids, steps: int) -> NDArray[np.bool_]:
    """Where padding stands, (T, B)."""
    return np.arange(steps)[:, None] >= lengths


@dataclass(frozen=True)
class Padding:
    """The ends of the streams of a window: ``lengths`` (B,) of at most ``steps`` = T."""

    lengths: Ids
    steps: int

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Where padding stands, (T, B)."""
        return padding_mask(self.lengths, self.steps)

    @cached_property
    def reversal(self) -> Ids:
        """Rows (T · B,) of a window in the order in which every stream is read from its end; see :func:`reorder`.

        Padding stays where it is. The order is its own inverse, so it also turns the result back.
        """
        t, streams = np.arange(self.steps)[:, None], len(self.lengths)
        order = np.where(t < self.lengths, self.lengths - 1 - t, t)
        return (order * streams + np.arange(streams)).ravel()

    def last_states(self, cache: Cache) -> Array:
        """The states (S, B, H) after the last step of every stream."""
        return cache.states[:, self.lengths, np.arange(len(self.lengths))]

    def clear(self, cache: Cache) -> None:
        """Set a cell's activations in the padding to zero."""
        cache.gates[:, self.mask] = 0
        cache.states[:, 1:][:, self.mask] = 0
        cache.saved[:, self.mask] = 0


def reorder(values: NDArray[Any], order: Ids | None) -> NDArray[Any]:
    """``values`` (T, B, …) with their T · B rows in this order; None leaves them alone."""
    if order is None:
        return values
    return values.reshape(-1, *values.shape[2:])[order].reshape(values.shape)
