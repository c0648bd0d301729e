"""Losses: a scalar to make small, and its gradient with respect to what went in.

Each takes the network's last pre-activations, N rows of them, and returns ``(loss, gradient)``: the mean
over the rows as a Python float, and an array of the shape and dtype of the input. Cross-entropies are in nats.
All stay finite for logits of ±1e4.
"""

import numpy as np

from rnncli.engine.types import Array, Ids


def softmax_cross_entropy(
    logits: Array, targets: Ids, weights: Array | None = None, out: Array | None = None
) -> tuple[float, Array]:
    """Mean of -log softmax(logits)[target], with gradient (softmax - one_hot(target)) / N.

    ``logits`` is (N, V), ``targets`` (N,) integers; ``weights`` (N,) leaves rows out (0) or scales them, the mean
    is then over their sum. ``out`` (N, V) receives the gradient and may be ``logits`` itself.
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


def sigmoid_binary_cross_entropy(logits: Array, targets: Array) -> tuple[float, Array]:
    """Mean over all elements of -t log σ(l) - (1 - t) log(1 - σ(l)), with gradient (σ(l) - t) / size.

    Written as max(l, 0) - l t + log(1 + e^-|l|), in which no exponent is positive.
    """
    decay = np.exp(-np.abs(logits))
    loss = np.mean(np.maximum(logits, 0) - logits * targets + np.log1p(decay), dtype=np.float64)
    probability = np.where(logits >= 0, 1, decay) / (1 + decay)
    return float(loss), ((probability - targets) / logits.size).astype(logits.dtype)


def mean_squared_error(outputs: Array, targets: Array) -> tuple[float, Array]:
    """Mean over all elements of (y - t)², with gradient 2 (y - t) / size."""
    difference = outputs - targets
    return float(np.mean(difference * difference, dtype=np.float64)), difference * (2 / outputs.size)
