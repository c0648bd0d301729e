"""The embedding: a row of a table for each character.

A one-hot vector times a matrix picks one row of the matrix, so one-hot input is the same gather: ``W`` is then the
input matrix itself. As in :mod:`rnncli.engine.dense`, a stack (G, V, E) is G tables looked up by the same ids.
"""

import numpy as np

from rnncli.engine.types import Array, Ids

ONE_HOT_PRODUCT_LIMIT = 128
"""Up to this vocabulary a product with one-hot rows is the faster way to sum the gradient."""


def forward(ids: Ids, W: Array, out: Array | None = None) -> Array:
    """The rows of ``W`` (…, V, E) at ``ids`` (N,): shape (…, N, E)."""
    return np.take(W, ids, axis=-2, out=out, mode="clip")  # "raise" would copy through a buffer


def backward(ids: Ids, d_y: Array, d_W: Array) -> None:
    """Write d_W (…, V, E): for each character the sum of d_y (…, N, E) over the places where it stood."""
    size = d_W.shape[-2]
    if size <= ONE_HOT_PRODUCT_LIMIT:
        one_hot = (np.arange(size)[:, None] == ids).astype(d_y.dtype)
        np.matmul(one_hot, d_y, out=d_W)
    else:
        order = np.argsort(ids, kind="stable")
        present, starts = np.unique(ids[order], return_index=True)
        d_W[...] = 0
        d_W[..., present, :] = np.add.reduceat(d_y[..., order, :], starts, axis=-2)
