"""The layers without a memory: dense, embedding, dropout."""

import numpy as np
import pytest

from rnncli.engine.layers import (
    ONE_HOT_PRODUCT_LIMIT,
    Dropout,
    dense,
    dense_backward,
    dense_backward_input,
    embed,
    embed_backward,
)
from tests.engine.gradients import check_elements

N, D, M, G = 5, 3, 4, 2
STACKS = pytest.mark.parametrize("stack", [(), (G,)], ids=["single", "stacked"])
EMBEDDING_SIZES = pytest.mark.parametrize("V", [7, ONE_HOT_PRODUCT_LIMIT, 131, 200])


@STACKS
def test_dense_value(stack: tuple[int, ...]) -> None:
    """Every output is one sum of products plus its bias."""
    rng = np.random.default_rng(4)
    x, W, b = rng.standard_normal((N, D)), rng.standard_normal((*stack, D, M)), rng.standard_normal((*stack, M))
    y = dense(x, W, b)
    assert y.shape == (*stack, N, M)
    for *g, n, m in np.ndindex(*y.shape):
        expected = sum(x[n, d] * W[(*g, d, m)] for d in range(D)) + b[(*g, m)]
        assert y[(*g, n, m)] == pytest.approx(expected, rel=1e-12)


@STACKS
def test_dense_gradients(stack: tuple[int, ...]) -> None:
    """Gradients of the weights, the biases and the input are slopes; ``out`` receives them."""
    rng = np.random.default_rng(5)
    x, W, b = rng.standard_normal((N, D)), rng.standard_normal((*stack, D, M)), rng.standard_normal((*stack, M))
    d_y = rng.standard_normal((*stack, N, M))
    d_W, d_b, d_x = np.full_like(W, np.nan), np.full_like(b, np.nan), np.full_like(x, np.nan)
    dense_backward(x, d_y, d_W, d_b)
    assert dense_backward_input(d_y, W, out=d_x) is d_x

    def loss() -> float:
        return float(np.sum(d_y * dense(x, W, b)))

    for name, value, gradient in [("W", W, d_W), ("b", b, d_b), ("x", x, d_x)]:
        check_elements(loss, value, gradient, name)


@STACKS
@EMBEDDING_SIZES
def test_embedding_is_the_product_with_one_hot_rows(V: int, stack: tuple[int, ...]) -> None:
    """Forward it is one_hot @ W, and backward one_hotᵀ @ d_y, on both sides of the limit between its two ways."""
    rng = np.random.default_rng(V)
    ids = rng.integers(V, size=3 * V, dtype=np.uint8)
    ids[:5] = ids[5], ids[5], 0, V - 1, V - 1
    W, d_y = rng.standard_normal((*stack, V, D)), rng.standard_normal((*stack, len(ids), D))
    one_hot = np.zeros((len(ids), V))
    one_hot[np.arange(len(ids)), ids] = 1

    np.testing.assert_array_equal(embed(ids, W), one_hot @ W)
    d_W = np.full_like(W, np.nan)
    embed_backward(ids, d_y, d_W)
    np.testing.assert_allclose(d_W, one_hot.T @ d_y, rtol=1e-12, atol=1e-14)


@EMBEDDING_SIZES
def test_a_character_that_never_stood_there_has_gradient_zero(V: int) -> None:
    """Only the rows that were read change."""
    rng = np.random.default_rng(6)
    d_W = np.full((V, D), np.nan)
    embed_backward(np.array([V - 1, 2, 2]), rng.standard_normal((3, D)), d_W)
    assert np.flatnonzero(d_W.any(axis=1)).tolist() == [2, V - 1]


def dropout(rate: float, rng: np.random.Generator, streams: int) -> Dropout:
    return Dropout(rate, rng, streams, slice(streams))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_mask(rate: float, dtype: type[np.floating]) -> None:
    """Zeros at the given rate, else 1 / (1 - rate): the number of zeros is within five standard deviations of its
    expectation in the whole and at every step in time, and so the mean is about 1."""
    steps, streams, units = 11, 50, 200
    mask = dropout(rate, np.random.default_rng(7), streams).mask(steps, units, np.dtype(dtype))
    assert mask.shape == (steps, streams, units) and mask.dtype == dtype
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=1e-6)
    for zeros in [mask == 0, *(mask == 0)]:
        deviation = np.sqrt(zeros.size * rate * (1 - rate))
        assert abs(np.count_nonzero(zeros) - zeros.size * rate) < 5 * deviation
    assert mask.mean(dtype=float) == pytest.approx(1, abs=5 * np.sqrt(rate / (1 - rate) / mask.size))


def test_dropout_differs_between_steps_and_follows_its_seed() -> None:
    """The same generator state gives the same mask; two masks, and two steps of one mask, are different."""
    rng, again = np.random.default_rng(8), np.random.default_rng(8)
    first, second = (dropout(0.5, rng, 3).mask(5, 40, np.dtype(float)) for _ in range(2))
    assert np.array_equal(first, dropout(0.5, again, 3).mask(5, 40, np.dtype(float)))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


def test_dropout_of_nothing() -> None:
    """Rate 0 keeps everything as it is."""
    assert (dropout(0.0, np.random.default_rng(9), 3).mask(5, 2, np.dtype(float)) == 1).all()


@pytest.mark.parametrize("units", [7, 8])
def test_a_shard_drops_what_the_whole_would(units: int) -> None:
    """The numbers of the whole are drawn at once, and those of the other streams passed over."""
    for shard in (slice(0, 2), slice(2, 5), slice(5, 5)):
        rng, part = np.random.default_rng(3), Dropout(0.3, np.random.default_rng(3), 5, shard)
        for _ in range(2):
            whole = (rng.random((4, 5, units), np.float32) >= 0.3) / 0.7
            np.testing.assert_allclose(part.mask(4, units, np.dtype(float)), whole[:, shard], rtol=1e-12)
