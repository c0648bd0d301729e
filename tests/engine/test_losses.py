"""Losses are the sums of their equations, their gradients the slopes, and both stay finite."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from rnncli.engine.losses import mean_squared_error, sigmoid_binary_cross_entropy, softmax_cross_entropy
from rnncli.engine.types import Array
from tests.engine.gradients import check_elements

RNG = np.random.default_rng(3)
N, V = 5, 4
LOGITS = RNG.normal(0, 2, (N, V))
TARGETS = RNG.integers(V, size=N, dtype=np.uint8)
WEIGHTS = RNG.uniform(0.2, 3, N)
OUTPUTS = RNG.normal(0, 2, (N, 3))
CHANCES = RNG.uniform(0, 1, (N, 3))

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def surprise(row: Array, target: int) -> float:
    """-log softmax(row)[target], as it is written in a textbook."""
    return math.log(sum(math.exp(logit) for logit in row)) - float(row[target])


def test_softmax_cross_entropy_value() -> None:
    """The mean of the surprises, and with weights their weighted mean."""
    losses = [surprise(row, target) for row, target in zip(LOGITS, TARGETS, strict=True)]
    assert softmax_cross_entropy(LOGITS, TARGETS)[0] == pytest.approx(sum(losses) / N, rel=1e-12)
    weighted = sum(w * loss for w, loss in zip(WEIGHTS, losses, strict=True)) / sum(WEIGHTS)
    assert softmax_cross_entropy(LOGITS, TARGETS, WEIGHTS)[0] == pytest.approx(weighted, rel=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_softmax_cross_entropy_gradient(weights: Array | None) -> None:
    """The gradient is the slope of the loss."""
    logits = LOGITS.copy()
    _, gradient = softmax_cross_entropy(logits, TARGETS, weights)
    check_elements(lambda: softmax_cross_entropy(logits, TARGETS, weights)[0], logits, gradient, "logits")


def test_weight_zero_leaves_a_row_out() -> None:
    """Loss and gradient are those of the other rows alone; a row left out has gradient zero whatever it holds."""
    weights = np.array([1.0, 0, 1, 0, 1])
    kept = weights > 0
    logits = np.where(kept[:, None], LOGITS, 1e4 * LOGITS)
    loss, gradient = softmax_cross_entropy(logits, TARGETS, weights)
    alone, alone_gradient = softmax_cross_entropy(LOGITS[kept], TARGETS[kept])
    assert loss == pytest.approx(alone, rel=1e-14)
    np.testing.assert_allclose(gradient[kept], alone_gradient, rtol=1e-14)
    assert not gradient[~kept].any()


def test_softmax_cross_entropy_over_its_logits() -> None:
    """The gradient written over the logits is the same, and without ``out`` the logits are left as they are."""
    before = LOGITS.copy()
    loss, gradient = softmax_cross_entropy(LOGITS, TARGETS, WEIGHTS)
    assert np.array_equal(LOGITS, before)
    over = LOGITS.copy()
    again, same = softmax_cross_entropy(over, TARGETS, WEIGHTS, out=over)
    assert same is over and again == loss and np.array_equal(over, gradient)


@every_dtype
def test_softmax_cross_entropy_far_from_zero(dtype: type[np.floating]) -> None:
    """Sure and right costs nothing, sure and wrong costs the distance of the logits, and every gradient is finite."""
    logits: Array = np.array([[1e4, -1e4, 0], [1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype)
    costs = 0, 2e4, math.log(3)
    third = 1 / 3
    slopes: list[list[float]] = [[0, 0, 0], [1, -1, 0], [third, third, third - 1]]
    for row, target, cost, slope in zip(logits, [0, 1, 2], costs, slopes, strict=True):
        loss, gradient = softmax_cross_entropy(row[None], np.array([target]))
        assert loss == pytest.approx(cost, rel=1e-6)
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient[0], slope, rtol=1e-6)


def test_binary_cross_entropy_value() -> None:
    """The mean of -t log p - (1 - t) log(1 - p), also for targets between 0 and 1."""
    p = 1 / (1 + np.exp(-OUTPUTS))
    expected = np.mean(-CHANCES * np.log(p) - (1 - CHANCES) * np.log(1 - p))
    assert sigmoid_binary_cross_entropy(OUTPUTS, CHANCES)[0] == pytest.approx(expected, rel=1e-12)


@every_dtype
def test_binary_cross_entropy_far_from_zero(dtype: type[np.floating]) -> None:
    """Loss 0 or 1e4 and slope 0 or ±1 at logits of ±1e4."""
    for logit, target, cost, slope in [(1e4, 1, 0, 0), (1e4, 0, 1e4, 1), (-1e4, 0, 0, 0), (-1e4, 1, 1e4, -1)]:
        logits: Array = np.array([logit], dtype)
        loss, gradient = sigmoid_binary_cross_entropy(logits, np.array([target], dtype))
        assert (loss, gradient[0]) == (cost, slope)
        assert gradient.dtype == dtype


def test_mean_squared_error_value() -> None:
    expected = sum((y - t) ** 2 for y, t in zip(OUTPUTS.flat, CHANCES.flat, strict=True)) / OUTPUTS.size
    assert mean_squared_error(OUTPUTS, CHANCES)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", [sigmoid_binary_cross_entropy, mean_squared_error])
def test_elementwise_gradients(loss: Callable[[Array, Array], tuple[float, Array]]) -> None:
    """The gradient is the slope of the loss, and of the dtype of what went in."""
    outputs = OUTPUTS.copy()
    check_elements(lambda: loss(outputs, CHANCES)[0], outputs, loss(outputs, CHANCES)[1], "outputs")
    assert loss(OUTPUTS.astype(np.float32), CHANCES.astype(np.float32))[1].dtype == np.float32
