"""Dropout: while training, each value is left out with probability ``rate`` and the others are scaled up by
1 / (1 - rate), so that the expectation stays and nothing changes at test time (inverted dropout; Srivastava et
al. 2014, "Dropout: a simple way to prevent neural networks from overfitting")."""

import numpy as np

from rnncli.engine.types import Array


def mask(shape: tuple[int, ...], rate: float, rng: np.random.Generator, dtype: np.dtype) -> Array:
    """Zeros with probability ``rate`` in [0, 1), else 1 / (1 - rate). Multiply by it on the way there and back."""
    keep = rng.random(shape, np.float32) >= rate
    return np.multiply(keep, 1 / (1 - rate), dtype=dtype)
