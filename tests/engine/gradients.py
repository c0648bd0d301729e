"""Is this array the gradient of that function? Two numbers that must agree, in float64.

A central difference is wrong by about step² times the third derivative and by the rounding of the loss over the step.
Both are *absolute*, and near 1e-10 for a loss and curvatures of order one. An error is therefore taken relative to the
two numbers, but to no less than a thousandth of the largest gradient in the same array: 1e-6 of that is 1e-9 of the
largest, ten times above what the difference itself gets wrong and far below the error of any wrong formula.
"""

from collections.abc import Callable, Sequence

import numpy as np

from rnncli.engine.arrays import Array

STEP = 1e-5
TOLERANCE = 1e-6
FLOOR = 1e-3


def check_elements(loss: Callable[[], float], value: Array, gradient: Array, name: str) -> None:
    """Each element of ``gradient`` is the slope of ``loss()`` along the same element of ``value``.

    ``loss`` must read ``value`` anew; it is changed in place and put back.
    """
    assert gradient.shape == value.shape, f"{name}: gradient of shape {gradient.shape} for {value.shape}"
    numeric = np.empty(value.shape)
    for index in np.ndindex(*value.shape):
        before = value[index]
        value[index] = before + STEP
        above = loss()
        value[index] = before - STEP
        numeric[index] = (above - loss()) / (2 * STEP)
        value[index] = before
    size = np.maximum(np.abs(gradient), np.abs(numeric))
    with np.errstate(invalid="ignore"):
        error = np.abs(gradient - numeric) / np.maximum(size, FLOOR * np.abs(numeric).max() + np.finfo(float).tiny)
    error[~np.isfinite(gradient)] = np.inf
    worst = np.unravel_index(np.argmax(error), error.shape)
    assert error[worst] < TOLERANCE, (
        f"{name}[{', '.join(map(str, worst))}]: by hand {gradient[worst]:.12g}, central difference "
        f"{numeric[worst]:.12g}, relative error {error[worst]:.2g}"
    )


def check_direction(
    loss: Callable[[], float], values: Sequence[Array], gradients: Sequence[Array], name: str, seed: int
) -> None:
    """The slope of ``loss()`` along one random direction through all ``values`` at once is that of ``gradients``.

    Two evaluations, however many values there are.
    """
    rng = np.random.default_rng(seed)
    start = [value.copy() for value in values]
    directions = [rng.standard_normal(value.shape) for value in values]
    length = np.sqrt(sum(np.sum(d * d) for d in directions))

    def at(distance: float) -> float:
        for value, origin, direction in zip(values, start, directions, strict=True):
            value[...] = origin + distance / length * direction
        return loss()

    numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
    for value, origin in zip(values, start, strict=True):
        value[...] = origin
    by_hand = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True)) / length
    norm = np.sqrt(sum(np.sum(g * g) for g in gradients))
    with np.errstate(invalid="ignore"):
        error = abs(by_hand - numeric) / max(abs(by_hand), abs(numeric), FLOOR * norm)
    assert error < TOLERANCE, (  # not so either where the error is not a number
        f"{name}, direction {seed}: by hand {by_hand:.12g}, central difference {numeric:.12g}, "
        f"relative error {error:.2g}"
    )
