"""The stateless layers: dense, embedding, dropout.

    dense       y = x W + b           x (N, D), W (D, M), b (M,)
    embedding   y = W[ids]            a row of a table (V, E) for each character
    dropout     y = x · mask / (1 - rate)

A stack of G matrices, (G, D, M) with b (G, M), is G dense layers of the same input, the gates of a cell; y is then
(G, N, M). A one-hot vector times a matrix is a row of the matrix, so one-hot input is the same gather as an embedding:
the table is then the weight matrix itself, and a stack (G, V, E) is G tables looked up by the same ids.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids, may_overflow

ONE_HOT_PRODUCT_LIMIT = 128
"""Up to this vocabulary size a product with one-hot rows is the fastest way to sum the gradient."""

CHARACTER_SHARE = 0.4
"""A classifier reads a character as the unknown symbol with this share of the dropout rate as probability."""


@may_overflow
def dense(x: Array, W: Array, b: Array, out: Array | None = None) -> Array:
    """x W + b, shape (N, M) or (G, N, M)."""
    y = np.matmul(x, W, out=out)
    y += b[..., None, :]
    return y


def dense_backward(x: Array, d_y: Array, d_W: Array, d_b: Array) -> None:
    """Write the gradients of the parameters: d_W = xᵀ d_y and d_b = Σ d_y over the rows."""
    np.matmul(x.T, d_y, out=d_W)
    np.sum(d_y, axis=-2, out=d_b)


def dense_backward_input(d_y: Array, W: Array, out: Array | None = None) -> Array:
    """The gradient of the input, d_y Wᵀ; of a stack, the sum over the G layers that the input went into."""
    d_x = np.matmul(d_y, np.ascontiguousarray(W.swapaxes(-1, -2)), out=out if W.ndim == 2 else None)
    return d_x if W.ndim == 2 else np.sum(d_x, axis=0, out=out)


def embed(ids: Ids, W: Array, out: Array | None = None) -> Array:
    """The rows of ``W`` (…, V, E) at ``ids`` (N,): shape (…, N, E)."""
    return np.take(W, ids, axis=-2, out=out, mode="clip")  # "raise" would copy through a buffer


def embed_backward(ids: Ids, d_y: Array, d_W: Array) -> None:
    """Write d_W (…, V, E): for each character the sum of d_y (…, N, E) over its occurrences."""
    size = d_W.shape[-2]
    if size <= ONE_HOT_PRODUCT_LIMIT:
        one_hot = (np.arange(size)[:, None] == ids).astype(d_y.dtype)
        np.matmul(one_hot, d_y, out=d_W)
    else:
        order = np.argsort(ids, kind="stable")
        present, starts = np.unique(ids[order], return_index=True)
        d_W[...] = 0
        d_W[..., present, :] = np.add.reduceat(d_y[..., order, :], starts, axis=-2)


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout: while training, each value is set to 0 with probability ``rate`` and the others are scaled by
    1 / (1 - rate), which preserves the expectation, so that nothing is scaled at test time (Srivastava et al. 2014,
    "Dropout: a simple way to prevent neural networks from overfitting").

    This process reads ``shard`` of the ``streams``. It passes over the random numbers of the others, so that the same
    values are dropped however many processes share the streams.
    """

    rate: float
    rng: np.random.Generator
    streams: int
    shard: slice

    def mask(self, steps: int, size: int, dtype: np.dtype) -> Array:
        """A new mask (T, B, ``size``) for the streams of ``shard``: zeros with probability ``rate`` in [0, 1), else
        1 / (1 - rate). Multiply by it in both passes."""
        start, stop, _ = self.shard.indices(self.streams)
        numbers = np.empty((steps, stop - start, size), np.float32)
        for of_step in numbers:
            self._pass_over(start, size)
            self.rng.random(out=of_step, dtype=np.float32)
            self._pass_over(self.streams - stop, size)
        return np.multiply(numbers >= self.rate, 1 / (1 - self.rate), dtype=dtype)

    def _pass_over(self, streams: int, size: int) -> None:
        """Leave out ``size`` numbers for each of some streams: two of 32 bits are one step of the generator."""
        if size % 2:
            self.rng.random((streams, size), np.float32)
        else:
            self.rng.bit_generator.advance(streams * size // 2)  # type: ignore[attr-defined]

    def characters(self, ids: NDArray[np.intp], unknown: int) -> NDArray[np.intp]:
        """``ids`` (T, B) of ``shard``, some replaced by ``unknown``: the model cannot rely on single characters, and
        learns to ignore unknown ones (Iyyer et al. 2015, "Deep unordered composition rivals syntactic methods for text
        classification", there for words)."""
        chosen = self.rng.random((len(ids), self.streams), np.float32) < CHARACTER_SHARE * self.rate
        return np.where(chosen[:, self.shard], unknown, ids)
