"""Loss functions: a scalar to minimise, and its gradient with respect to the input.

All but :func:`mean_squared_error` take logits, the pre-activations of the output layer. Each returns ``(loss,
gradient)``: a mean as a Python float, and an array of the shape and dtype of the input. Cross-entropies are in nats.
All are finite for logits of ±1e4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnncli.engine.activations import sigmoid, sigmoid_derivative
from rnncli.engine.arrays import Array, Ids


def softmax_cross_entropy(
    logits: Array, targets: Ids, weights: Array | None = None, out: Array | None = None
) -> tuple[float, Array]:
    """Mean of -log softmax(logits)[target], with gradient (softmax - one_hot(target)) / N.

    ``logits`` is (N, V), ``targets`` (N,) integers. With ``weights`` (N,) it is the weighted mean, and rows of weight 0
    are ignored. ``out`` (N, V) receives the gradient and may be ``logits`` itself.
    """
    rows = np.arange(len(logits))
    shifted = np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    at_target = shifted[rows, targets]
    np.exp(shifted, out=shifted)
    total = shifted.sum(axis=1, keepdims=True)
    losses = np.log(total[:, 0]) - at_target
    if weights is None:
        loss, scale = losses.mean(dtype=np.float64), np.full_like(losses, 1 / len(logits))
    else:
        scale = weights / weights.sum()
        loss = np.dot(losses, scale)
    shifted *= scale[:, None] / total
    shifted[rows, targets] -= scale
    return float(loss), shifted


def sigmoid_binary_cross_entropy(logits: Array, targets: Array, weights: Array | None = None) -> tuple[float, Array]:
    """Mean over all elements of -t log σ(l) - (1 - t) log(1 - σ(l)), with gradient (σ(l) - t) / size; with ``weights``
    of their shape the weighted mean.

    Written as max(l, 0) - l t + log(1 + e^-|l|), in which no exponent is positive.
    """
    decay = np.exp(-np.abs(logits))
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(decay)
    probability = np.where(logits >= 0, 1, decay) / (1 + decay)
    if weights is None:
        loss, gradient = np.mean(losses, dtype=np.float64), (probability - targets) / logits.size
    else:
        loss, gradient = np.average(losses, weights=weights), (probability - targets) * (weights / weights.sum())
    return float(loss), gradient.astype(logits.dtype)


def mean_squared_error(outputs: Array, targets: Array, weights: Array | None = None) -> tuple[float, Array]:
    """Mean over all elements of (y - t)², with gradient 2 (y - t) / size; with ``weights`` of their shape the weighted
    mean."""
    difference = outputs - targets
    if weights is None:
        return float(np.mean(difference * difference, dtype=np.float64)), difference * (2 / outputs.size)
    scale = weights / weights.sum()
    return float(np.sum(scale * difference * difference)), 2 * scale * difference


def softmax_squared_error(
    logits: Array, targets: Ids, weights: Array | None = None, out: Array | None = None
) -> tuple[float, Array]:
    """:func:`mean_squared_error` of softmax(logits) and the one-hot target; arguments as :func:`softmax_cross_entropy`.

    With p the softmax and e = 2 (p - one_hot(target)) / V the gradient with respect to p, that of the logits is
    p · (e - Σ e p): it vanishes where p is nearly 0 or 1, right or wrong, which is why cross-entropy learns faster.
    """
    rows, size = np.arange(len(logits)), logits.shape[1]
    p = np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    np.exp(p, out=p)
    p /= p.sum(axis=1, keepdims=True)
    error = p.copy()
    error[rows, targets] -= 1
    scale = np.full(len(logits), 1 / len(logits), p.dtype) if weights is None else weights / weights.sum()
    loss = np.dot(np.mean(error * error, axis=1), scale)
    error *= 2 * scale[:, None] / size
    error -= np.sum(error * p, axis=1, keepdims=True)
    p *= error
    return float(loss), p


def sigmoid_squared_error(logits: Array, targets: Array, weights: Array | None = None) -> tuple[float, Array]:
    """:func:`mean_squared_error` of σ(logits) and targets of 0 and 1, with the gradient of the logits."""
    probability = sigmoid(logits)
    loss, gradient = mean_squared_error(probability, targets, weights)
    return loss, (gradient * sigmoid_derivative(probability)).astype(logits.dtype)


@dataclass(frozen=True)
class Loss:
    """A loss of many classes, with softmax, and of two classes, with a single sigmoid."""

    softmax: Callable[..., tuple[float, Array]]
    sigmoid: Callable[..., tuple[float, Array]]


LOSSES = {
    "cross-entropy": Loss(softmax_cross_entropy, sigmoid_binary_cross_entropy),
    "mse": Loss(softmax_squared_error, sigmoid_squared_error),
}
