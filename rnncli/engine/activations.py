"""Activation functions, and their derivatives as functions of the *output*.

With y = f(x), all four derivatives can be written in y alone, so that one array is saved for the backward pass and not
two:

    sigmoid      y = 1 / (1 + e^-x)            y' = y (1 - y)
    tanh         y = tanh x                    y' = 1 - y²
    relu         y = max(x, 0)                 y' = 1 where y > 0, else 0
    leaky-relu   y = x where x > 0, else s x   y' = 1 where y > 0, else s      (s = 0.01)

Softmax maps a row of logits to probabilities; its derivative is only needed within that of a loss, see
:mod:`rnncli.engine.losses`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rnncli.engine.arrays import Array

LEAKY_SLOPE = 0.01


def sigmoid(x: Array, out: Array | None = None) -> Array:
    """1 / (1 + e^-x) as (1 + tanh(x/2)) / 2, which neither overflows nor divides. ``out`` may be ``x``."""
    out = np.multiply(x, 0.5, out=out)
    return sigmoid_of_double(out, out=out)


def sigmoid_of_double(x: Array, out: Array | None = None) -> Array:
    """sigmoid(2 x) = (1 + tanh x) / 2. ``out`` may be ``x``."""
    out = np.tanh(x, out=out)
    out *= 0.5
    out += 0.5
    return out


def sigmoid_derivative(y: Array, out: Array | None = None) -> Array:
    """dy/dx of y = sigmoid(x)."""
    out = np.subtract(1, y, out=out)
    out *= y
    return out


def tanh(x: Array, out: Array | None = None) -> Array:
    """tanh(x). ``out`` may be ``x``."""
    return np.tanh(x, out=out)


def tanh_derivative(y: Array, out: Array | None = None) -> Array:
    """dy/dx of y = tanh(x)."""
    out = np.multiply(y, y, out=out)
    return np.subtract(1, out, out=out)


def relu(x: Array, out: Array | None = None) -> Array:
    """max(x, 0). ``out`` may be ``x``."""
    return np.maximum(x, 0, out=out)


def relu_derivative(y: Array, out: Array | None = None) -> Array:
    """dy/dx of y = relu(x); 0 at the kink."""
    return np.heaviside(y, 0, out=out, dtype=y.dtype)


def leaky_relu(x: Array, out: Array | None = None) -> Array:
    """x where positive, else x · LEAKY_SLOPE. ``out`` may be ``x``."""
    return np.maximum(x, x * LEAKY_SLOPE, out=out)


def leaky_relu_derivative(y: Array, out: Array | None = None) -> Array:
    """dy/dx of y = leaky_relu(x); LEAKY_SLOPE at the kink."""
    return np.maximum(relu_derivative(y, out=out), LEAKY_SLOPE, out=out, dtype=y.dtype)


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis: e^l / Σ e^l, shifted by the largest logit so that nothing overflows."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shifted /= shifted.sum(axis=-1, keepdims=True)
    return shifted


def log_softmax(logits: Array) -> Array:
    """Logarithms (nats) of :func:`softmax`, finite even where a probability underflows."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return shifted


class Activation(NamedTuple):
    """A function of (x, out) and its derivative as a function of (y, out)."""

    function: Callable[..., Array]
    derivative: Callable[..., Array]


ACTIVATIONS = {
    "tanh": Activation(tanh, tanh_derivative),
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "relu": Activation(relu, relu_derivative),
    "leaky-relu": Activation(leaky_relu, leaky_relu_derivative),
}
