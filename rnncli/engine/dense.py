"""The dense layer: y = x W + b.

``x`` is (N, D) and ``W`` (D, M). A stack of G matrices, (G, D, M) with ``b`` (G, M), is G dense layers of the same
input: the gates of a cell. ``y`` is then (G, N, M).
"""

import numpy as np

from rnncli.engine.types import Array


def forward(x: Array, W: Array, b: Array, out: Array | None = None) -> Array:
    """x W + b, shape (N, M) or (G, N, M)."""
    y = np.matmul(x, W, out=out)
    y += b[..., None, :]
    return y


def backward(x: Array, d_y: Array, d_W: Array, d_b: Array) -> None:
    """Write the gradients of the parameters: d_W = xᵀ d_y and d_b = Σ d_y over the rows."""
    np.matmul(x.T, d_y, out=d_W)
    np.sum(d_y, axis=-2, out=d_b)


def backward_input(d_y: Array, W: Array, out: Array | None = None) -> Array:
    """The gradient of the input, d_y Wᵀ; of a stack, the sum over the G layers that the input went into."""
    d_x = np.matmul(d_y, np.ascontiguousarray(W.swapaxes(-1, -2)), out=out if W.ndim == 2 else None)
    return d_x if W.ndim == 2 else np.sum(d_x, axis=0, out=out)
