"""Dropout: while training, each value is left out with probability ``rate`` and the others are scaled up by
1 / (1 - rate), so that the expectation stays and nothing changes at test time (inverted dropout; Srivastava et
al. 2014, "Dropout: a simple way to prevent neural networks from overfitting")."""

from dataclasses import dataclass

import numpy as np

from rnncli.engine.types import Array


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
