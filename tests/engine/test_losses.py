"""Losses are the sums of their equations, their gradients the slopes, and both stay finite."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.engine.losses import (
    LOSSES,
    mean_squared_error,
    sigmoid_binary_cross_entropy,
    sigmoid_squared_error,
    softmax_cross_entropy,
    softmax_squared_error,
)
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


def softmax(row: Array) -> list[float]:
    weights = [math.exp(logit) for logit in row]
    return [weight / sum(weights) for weight in weights]


def closed_form(weights: Array) -> tuple[float, Array]:
    """The weighted mean of Σ (p - t)² / V, and 2 / V Σ (p - t) ∂p/∂l with ∂p_i/∂l_j = p_i (1[i = j] - p_j)."""
    loss, gradient, shares = 0.0, np.zeros((N, V)), weights / sum(weights)
    for n, (row, target) in enumerate(zip(LOGITS, TARGETS, strict=True)):
        p = softmax(row)
        error = [p[i] - (i == target) for i in range(V)]
        loss += shares[n] * sum(e * e for e in error) / V
        for j in range(V):
            slopes = [p[i] * ((i == j) - p[j]) for i in range(V)]
            gradient[n, j] = shares[n] * 2 / V * sum(e * slope for e, slope in zip(error, slopes, strict=True))
    return loss, gradient


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_softmax_squared_error(weights: Array | None) -> None:
    """Value and gradient are those of the closed form, and the gradient is the slope of the value."""
    loss, gradient = softmax_squared_error(LOGITS, TARGETS, weights)
    value, slope = closed_form(np.ones(N) if weights is None else weights)
    assert loss == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-11, atol=1e-15)
    logits = LOGITS.copy()
    check_elements(lambda: softmax_squared_error(logits, TARGETS, weights)[0], logits, gradient, "logits")


def test_squared_error_of_a_row_left_out() -> None:
    """As for the cross-entropy: with weight zero a row counts for nothing, whatever it holds."""
    weights = np.array([0, 1.0, 1, 0, 1])
    kept = weights > 0
    logits = np.where(kept[:, None], LOGITS, 1e4 * LOGITS)
    loss, gradient = softmax_squared_error(logits, TARGETS, weights)
    alone, alone_gradient = softmax_squared_error(LOGITS[kept], TARGETS[kept])
    assert loss == pytest.approx(alone, rel=1e-14)
    np.testing.assert_allclose(gradient[kept], alone_gradient, rtol=1e-13)
    assert not gradient[~kept].any()


def test_softmax_squared_error_over_its_logits() -> None:
    """The gradient written over the logits is the same, and without ``out`` the logits are left as they are."""
    before = LOGITS.copy()
    loss, gradient = softmax_squared_error(LOGITS, TARGETS, WEIGHTS)
    assert np.array_equal(LOGITS, before)
    over = LOGITS.copy()
    again, same = softmax_squared_error(over, TARGETS, WEIGHTS, out=over)
    assert same is over and again == loss and np.array_equal(over, gradient)


@every_dtype
def test_softmax_squared_error_far_from_zero(dtype: type[np.floating]) -> None:
    """Sure and right costs nothing, sure and wrong 2 / V, and neither has a slope; of equal logits both are known."""
    logits: Array = np.array([[1e4, -1e4, 0], [1e4, -1e4, 0], [-1e4, -1e4, -1e4]], dtype)
    costs = 0, 2 / 3, (4 + 1 + 1) / 9 / 3
    slopes: list[list[float]] = [[0, 0, 0], [0, 0, 0], [2 / 27, 2 / 27, -4 / 27]]
    for row, target, cost, slope in zip(logits, [0, 1, 2], costs, slopes, strict=True):
        loss, gradient = softmax_squared_error(row[None], np.array([target]))
        assert loss == pytest.approx(cost, rel=1e-6)
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient[0], slope, rtol=1e-6, atol=1e-8)


def test_sigmoid_squared_error() -> None:
    """The mean of (σ(l) - t)², and 2 (σ - t) σ (1 - σ) / size, which is its slope."""
    targets = (CHANCES > 0.5).astype(float)
    loss, gradient = sigmoid_squared_error(OUTPUTS, targets)
    value = 0.0
    for n, (logit, t) in enumerate(zip(OUTPUTS.flat, targets.flat, strict=True)):
        p = 1 / (1 + math.exp(-logit))
        value += (p - t) ** 2 / OUTPUTS.size
        assert gradient.flat[n] == pytest.approx(2 * (p - t) * p * (1 - p) / OUTPUTS.size, rel=1e-11)
    assert loss == pytest.approx(value, rel=1e-12)
    outputs = OUTPUTS.copy()
    check_elements(lambda: sigmoid_squared_error(outputs, targets)[0], outputs, gradient, "outputs")


@pytest.mark.parametrize("name", LOSSES)
def test_the_weighted_mean_of_one_logit(name: str) -> None:
    """It is the weighted mean of the losses of each element alone, the gradient is its slope, and equal weights of any
    size are none."""
    outputs, targets, weights = OUTPUTS.copy(), (CHANCES > 0.5).astype(float), RNG.uniform(0.2, 3, OUTPUTS.shape)
    loss = LOSSES[name].sigmoid
    alone = [loss(np.array([y]), np.array([t]))[0] for y, t in zip(outputs.flat, targets.flat, strict=True)]
    value, gradient = loss(outputs, targets, weights)
    assert value == pytest.approx(np.average(alone, weights=weights.ravel()), rel=1e-12)
    check_elements(lambda: loss(outputs, targets, weights)[0], outputs, gradient, "outputs")
    for same, plain in zip(loss(outputs, targets, np.full_like(outputs, 7)), loss(outputs, targets), strict=True):
        np.testing.assert_allclose(same, plain, rtol=1e-12)
    low = (part.astype(np.float32) for part in (outputs, targets, weights))
    assert loss(*low)[1].dtype == np.float32


@every_dtype
def test_sigmoid_squared_error_far_from_zero(dtype: type[np.floating]) -> None:
    """Loss 0 or 1, and no slope, at logits of ±1e4; whatever the dtype of the targets."""
    for logit, target, cost in [(1e4, 1, 0), (1e4, 0, 1), (-1e4, 0, 0), (-1e4, 1, 1)]:
        for targets in (np.array([target], dtype), np.array([target])):
            loss, gradient = sigmoid_squared_error(np.array([logit], dtype), targets)
            assert (loss, gradient[0]) == (cost, 0)
            assert gradient.dtype == dtype


@pytest.mark.parametrize("name", LOSSES)
def test_two_classes_are_one_logit_against_zero(name: str) -> None:
    """The softmax of 0 and l is σ(l), so by either way loss and slope are the same."""
    logits, labels = OUTPUTS[:, 0], TARGETS % 2
    both, gradient_of_both = LOSSES[name].softmax(np.stack((np.zeros(N), logits), axis=1), labels)
    one, gradient = LOSSES[name].sigmoid(logits[:, None], labels[:, None].astype(float))
    assert one == pytest.approx(both, rel=1e-12)
    np.testing.assert_allclose(gradient[:, 0], gradient_of_both[:, 1], rtol=1e-11)


@pytest.mark.parametrize("name", LOSSES)
def test_two_weighted_classes_are_one_logit_against_zero(name: str) -> None:
    logits, labels = OUTPUTS[:, 0], TARGETS % 2
    both, gradient_of_both = LOSSES[name].softmax(np.stack((np.zeros(N), logits), axis=1), labels, WEIGHTS)
    one, gradient = LOSSES[name].sigmoid(logits[:, None], labels[:, None].astype(float), WEIGHTS[:, None])
    assert one == pytest.approx(both, rel=1e-12)
    np.testing.assert_allclose(gradient[:, 0], gradient_of_both[:, 1], rtol=1e-11)


def test_class_weights_of_pytorch() -> None:
    """The loss and the gradient of torch.nn.CrossEntropyLoss(weight=w)(logits, targets) in float64, PyTorch 2.13.0."""
    logits = np.array([[0.5, -1.25, 2.0], [1.5, 0.25, -0.5], [-2.0, 0.75, 1.0], [0.0, 3.0, -1.0]])
    targets, class_weights = np.array([2, 0, 2, 1]), np.array([0.5, 3.0, 1.25])
    slopes = [
        [0.03683753793905089, 0.006401404234674256, -0.04323894217372515],
        [-0.02472383533151884, 0.016791902319087577, 0.007931933012431249],
        [0.005672303850103609, 0.08872976106243406, -0.09440206491253768],
        [0.023306311288986945, -0.03188022406174712, 0.008573912772760194],
    ]
    loss, gradient = softmax_cross_entropy(logits, targets, class_weights[targets])
    assert loss == pytest.approx(0.23647252098474172, rel=1e-14)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-12)
