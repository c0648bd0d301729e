"""Activations are the functions of their equations, and their derivatives are the slopes of these functions."""

from collections.abc import Callable

import numpy as np
import pytest

from rnncli.engine.activations import ACTIVATIONS, LEAKY_SLOPE, log_softmax, softmax
from rnncli.engine.arrays import Array

X = np.random.default_rng(2).uniform(-4, 4, (5, 3, 4))
FAR = np.array([-1e4, -1e3, 1e3, 1e4])

CLOSED_FORMS: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky-relu": lambda x: np.where(x > 0, x, LEAKY_SLOPE * x),
}
FAR_VALUES: dict[str, list[float]] = {
    "tanh": [-1, -1, 1, 1],
    "sigmoid": [0, 0, 1, 1],
    "relu": [0, 0, 1e3, 1e4],
    "leaky-relu": [-1e4 * LEAKY_SLOPE, -1e3 * LEAKY_SLOPE, 1e3, 1e4],
}
FAR_SLOPES: dict[str, list[float]] = {
    "tanh": [0, 0, 0, 0],
    "sigmoid": [0, 0, 0, 0],
    "relu": [0, 0, 1, 1],
    "leaky-relu": [LEAKY_SLOPE, LEAKY_SLOPE, 1, 1],
}

every_activation = pytest.mark.parametrize("name", list(ACTIVATIONS))


def test_every_activation_is_tested() -> None:
    assert CLOSED_FORMS.keys() == FAR_VALUES.keys() == FAR_SLOPES.keys() == ACTIVATIONS.keys()


@every_activation
def test_value(name: str) -> None:
    """f(x) is the closed form."""
    np.testing.assert_allclose(ACTIVATIONS[name].function(X), CLOSED_FORMS[name](X), rtol=1e-12)


@every_activation
def test_derivative(name: str) -> None:
    """f' as a function of y = f(x) is the central difference of f at x."""
    function, derivative = ACTIVATIONS[name]
    step = 1e-5
    slope = (function(X + step) - function(X - step)) / (2 * step)
    np.testing.assert_allclose(derivative(function(X)), slope, rtol=1e-6, atol=1e-9)


@every_activation
def test_far_from_zero(name: str) -> None:
    """At ±1e4 values and slopes are the limits, without a warning."""
    function, derivative = ACTIVATIONS[name]
    np.testing.assert_allclose(function(FAR), FAR_VALUES[name], rtol=1e-15)
    np.testing.assert_allclose(derivative(function(FAR)), FAR_SLOPES[name], rtol=1e-15)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_out(name: str, dtype: type[np.floating]) -> None:
    """Written into another array or over x itself, the values are the same, of the dtype of x."""
    function, derivative = ACTIVATIONS[name]
    x: Array = X.astype(dtype)
    y, other, over = function(x), np.full_like(x, np.nan), x.copy()
    assert y.dtype == dtype
    assert function(x, out=other) is other and np.array_equal(other, y)
    assert function(over, out=over) is over and np.array_equal(over, y)
    slope, other = derivative(y), np.full_like(x, np.nan)
    assert slope.dtype == dtype
    assert derivative(y, out=other) is other and np.array_equal(other, slope)


def test_kinks() -> None:
    """At 0, relu has slope 0 and leaky-relu the slope of its left side."""
    zero = np.zeros(1)
    assert ACTIVATIONS["relu"].derivative(zero) == 0
    assert ACTIVATIONS["leaky-relu"].derivative(zero) == LEAKY_SLOPE


def test_softmax() -> None:
    """softmax is e^l / Σ e^l along the last axis, blind to a shift of all logits; log_softmax is its logarithm."""
    expected = np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(softmax(X), expected, rtol=1e-12)
    np.testing.assert_allclose(softmax(X + 1e4), expected, rtol=1e-10)
    np.testing.assert_allclose(log_softmax(X), np.log(expected), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_far_from_zero(dtype: type[np.floating]) -> None:
    """Logits of ±1e4 give certainty, and logarithms that stay finite."""
    logits: Array = np.array([[-1e4, 1e4, 0], [1e4, -1e4, 1e4]], dtype)
    np.testing.assert_array_equal(softmax(logits), [[0, 1, 0], [0.5, 0, 0.5]])
    half = -np.log(2)
    np.testing.assert_allclose(log_softmax(logits), [[-2e4, 0, -1e4], [half, half - 2e4, half]], rtol=1e-6)
