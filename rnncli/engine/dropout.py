"""Dropout: while training, each value is left out with probability ``rate`` and the others are scaled up by
1 / (1 - rate), so that the expectation stays and nothing changes at test time (inverted dropout; Srivastava et
al. 2014, "Dropout: a simple way to prevent neural networks from overfitting")."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.types import Array

CHARACTERS = 0.4
"""Of the characters that a classifier reads, this part of the rate is replaced by the unknown one."""


def mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: np.dtype) -> Array:
    """Zeros with probability ``rate`` in [0, 1), else 1 / (1 - rate). Multiply by it on the way there and back."""
    keep = rng.random(shape, np.float32) >= rate
    return np.multiply(keep, 1 / (1 - rate), dtype=dtype)


@dataclass(frozen=True)
class Dropout:
    """What one step leaves out. ``part`` of ``streams`` is what this process reads: it draws the masks of all, so that
    the same values are left out however many processes share the streams."""

    rate: float
    rng: np.random.Generator
    streams: int
    part: slice

    def mask(self, steps: int, size: int, dtype: np.dtype) -> Array:
        """A new mask (T, B, ``size``) for the streams of ``part``."""
        return mask((steps, self.streams, size), self.rate, self.rng, dtype)[:, self.part]

    def characters(self, ids: NDArray[np.intp], unknown: int) -> NDArray[np.intp]:
        """``ids`` (T, B) of ``part``, some of them replaced by ``unknown``: no character is relied on alone, and the
        symbol for what was never seen learns to say little (Iyyer et al. 2015, "Deep unordered composition rivals
        syntactic methods for text classification", there for words)."""
        chosen = self.rng.random((len(ids), self.streams), np.float32) < CHARACTERS * self.rate
        return np.where(chosen[:, self.part], unknown, ids)
