"""Optimizers take the steps of their equations, and clipping shortens a gradient without turning it."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from rnncli.engine.optimizers import OPTIMIZERS, Adagrad, Adam, Momentum, RMSprop, clip_grad_norm

Change = Callable[[float], float]
RATE, DECAY, STEPS, SIZE = 0.03, 0.2, 5, 7

every_optimizer = pytest.mark.parametrize("name", list(OPTIMIZERS))


def gradient_descent() -> Change:
    return lambda g: RATE * g


def momentum() -> Change:
    m = 0.0

    def change(g: float) -> float:
        nonlocal m
        m = Momentum.momentum * m + g
        return RATE * m

    return change


def rmsprop() -> Change:
    v = 0.0

    def change(g: float) -> float:
        nonlocal v
        v = RMSprop.decay * v + (1 - RMSprop.decay) * g**2
        return RATE * g / (math.sqrt(v) + RMSprop.epsilon)

    return change


def adagrad() -> Change:
    v = 0.0

    def change(g: float) -> float:
        nonlocal v
        v += g**2
        return RATE * g / (math.sqrt(v) + Adagrad.epsilon)

    return change


def adam() -> Change:
    m = v = 0.0
    t = 0

    def change(g: float) -> float:
        nonlocal m, v, t
        t += 1
        m = Adam.beta1 * m + (1 - Adam.beta1) * g
        v = Adam.beta2 * v + (1 - Adam.beta2) * g**2
        return RATE * (m / (1 - Adam.beta1**t)) / (math.sqrt(v / (1 - Adam.beta2**t)) + Adam.epsilon)

    return change


TEXTBOOK = {
    "sgd": gradient_descent,
    "momentum": momentum,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adam": adam,
}


@every_optimizer
@pytest.mark.parametrize("weight_decay", [0.0, DECAY])
@pytest.mark.parametrize("scale", [1, 1e-7], ids=["usual", "tiny"])
def test_five_steps_of_the_equations(name: str, weight_decay: float, scale: float) -> None:
    """One number at a time in plain Python gives the same, also for gradients so small that ε counts."""
    rng = np.random.default_rng(15)
    parameters, gradients = rng.standard_normal(SIZE), scale * rng.standard_normal((STEPS, SIZE))
    expected = []
    for p, own in zip(parameters.tolist(), gradients.T.tolist(), strict=True):
        change = TEXTBOOK[name]()
        for g in own:
            p = p - RATE * weight_decay * p - change(g)
        expected.append(p)

    untouched = gradients.copy()
    optimizer = OPTIMIZERS[name](SIZE, np.float64, weight_decay)
    start = parameters.copy()
    for gradient in gradients:
        optimizer.step(parameters, gradient, RATE)
    np.testing.assert_allclose(parameters - start, np.subtract(expected, start), rtol=1e-7)
    np.testing.assert_allclose(parameters, expected, rtol=1e-14)
    assert np.array_equal(gradients, untouched)
    assert optimizer.steps == STEPS


@every_optimizer
def test_float32_stays_float32(name: str) -> None:
    parameters = np.ones(SIZE, np.float32)
    optimizer = OPTIMIZERS[name](SIZE, weight_decay=DECAY)
    optimizer.step(parameters, np.full(SIZE, 0.5, np.float32), RATE)
    assert parameters.dtype == np.float32 and (parameters < 1).all()
    assert all(moment.dtype == np.float32 for moment in optimizer.moments.values())


@every_optimizer
def test_moments_and_steps_are_all_there_is_to_remember(name: str) -> None:
    """An optimizer that is given them goes on bit for bit where another one stopped."""
    rng = np.random.default_rng(16)
    parameters, gradients = rng.standard_normal(SIZE), rng.standard_normal((STEPS, SIZE))
    first, second = (OPTIMIZERS[name](SIZE, np.float64, DECAY) for _ in range(2))
    for gradient in gradients[:2]:
        first.step(parameters, gradient, RATE)
    resumed, second.steps = parameters.copy(), first.steps
    for key, moment in first.moments.items():
        second.moments[key][...] = moment
    for gradient in gradients[2:]:
        first.step(parameters, gradient, RATE)
        second.step(resumed, gradient, RATE)
    assert np.array_equal(parameters, resumed)


def test_adam_s_first_step_is_the_learning_rate() -> None:
    """Against the sign of every gradient, whatever its size."""
    parameters = np.zeros(4)
    Adam(4, np.float64).step(parameters, np.array([1e3, -2.0, 1e-3, -1e-4]), RATE)
    np.testing.assert_allclose(parameters, [-RATE, RATE, -RATE, RATE], rtol=2e-4)


def test_clipping_keeps_the_direction() -> None:
    """Above the limit the norm becomes the limit, every ratio stays, and the old norm is returned."""
    gradient = np.random.default_rng(17).standard_normal(SIZE)
    before = gradient.copy()
    norm = clip_grad_norm(gradient, 0.7)
    assert norm == pytest.approx(math.sqrt(sum(g * g for g in before)), rel=1e-14) and norm > 0.7
    assert math.sqrt(sum(g * g for g in gradient)) == pytest.approx(0.7, rel=1e-14)
    np.testing.assert_allclose(gradient / before, 0.7 / norm, rtol=1e-14)


@pytest.mark.parametrize("limit", [0, 5.0, 100.0])
def test_clipping_leaves_a_short_gradient_as_it_is(limit: float) -> None:
    """At or below the limit nothing changes bit for bit; the limit 0 only measures."""
    gradient = np.array([-3.0, 4.0])
    assert clip_grad_norm(gradient, limit) == 5
    assert gradient.tolist() == [-3, 4]


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_clipping_does_not_hide_what_is_not_finite(bad: float) -> None:
    """The norm says so and the other numbers stay."""
    gradient = np.array([1.0, bad, 3.0])
    assert not math.isfinite(clip_grad_norm(gradient, 1.0))
    assert gradient[[0, 2]].tolist() == [1, 3]
