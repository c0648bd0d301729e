"""Optimizers and learning-rate schedules: from a gradient to an update of the parameters.

Optimizers work on flat vectors, in place: parameters p, gradient g, learning rate η. Weight decay λ is decoupled from
the gradient in all of them, p ← p − η λ p (Loshchilov and Hutter 2019, "Decoupled weight decay regularization").

    sgd        p ← p − η g
    momentum   m ← µ m + g                                   p ← p − η m             (Polyak 1964)
    rmsprop    v ← ρ v + (1 − ρ) g²                          p ← p − η g / (√v + ε)  (Tieleman and Hinton 2012)
    adagrad    v ← v + g²                                    p ← p − η g / (√v + ε)  (Duchi, Hazan and Singer 2011)
    adam       m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²                        (Kingma and Ba 2015)
               p ← p − η m̂ / (√v̂ + ε)  with  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

A schedule is a multiplier on η over a run whose progress goes from 0 to 1; during the first ``warmup`` steps the
multiplier also rises linearly from 0.

    constant   1
    linear     1 − progress
    cosine     (1 + cos(π · progress)) / 2      (Loshchilov and Hutter 2017, "SGDR", one period)
"""

import math
from collections.abc import Callable

import numpy as np

from rnncli.engine.arrays import Array


class Optimizer:
    """Base class: ``moments`` (P,) by name are the state of the optimizer, ``steps`` the number of updates so far."""

    moment_names: tuple[str, ...] = ()
    learning_rate = 0.1
    """The default, for recurrent networks of some hundred units."""

    def __init__(
        self,
        size: int,
        dtype: object = np.float32,
        weight_decay: float = 0.0,
        moments: dict[str, Array] | None = None,
    ) -> None:
        self.weight_decay = weight_decay
        self.steps = 0
        self.moments = moments or {name: np.zeros(size, dtype) for name in self.moment_names}  # type: ignore[call-overload]
        self._scratch: Array = np.empty(size, dtype)  # type: ignore[call-overload]

    def step(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """Update ``parameters`` (P,) in place, given their ``gradient`` (P,), which is unchanged."""
        self.steps += 1
        if self.weight_decay:
            parameters *= 1 - learning_rate * self.weight_decay
        parameters -= self.update(gradient, learning_rate, self._scratch)

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        """The vector to subtract, written into ``out``."""
        raise NotImplementedError


class GradientDescent(Optimizer):
    learning_rate = 0.5

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        return np.multiply(g, learning_rate, out=out)


class Momentum(Optimizer):
    moment_names = ("m",)
    momentum = 0.9

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        m = self.moments["m"]
        m *= self.momentum
        m += g
        return np.multiply(m, learning_rate, out=out)


class RMSprop(Optimizer):
    moment_names = ("v",)
    learning_rate = 2e-3
    decay, epsilon = 0.95, 1e-8

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        v = self.moments["v"]
        np.multiply(g, g, out=out)
        out *= 1 - self.decay
        v *= self.decay
        v += out
        return _scaled_by_root(g, v, learning_rate, self.epsilon, out)


class Adagrad(Optimizer):
    moment_names = ("v",)
    learning_rate = 0.05
    epsilon = 1e-8

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        v = self.moments["v"]
        v += np.multiply(g, g, out=out)
        return _scaled_by_root(g, v, learning_rate, self.epsilon, out)


class Adam(Optimizer):
    moment_names = ("m", "v")
    learning_rate = 5e-3
    beta1, beta2, epsilon = 0.9, 0.99, 1e-8

    def update(self, g: Array, learning_rate: float, out: Array) -> Array:
        m, v = self.moments["m"], self.moments["v"]
        np.subtract(g, m, out=out)
        out *= 1 - self.beta1
        m += out
        np.multiply(g, g, out=out)
        out -= v
        out *= 1 - self.beta2
        v += out
        # The corrections of m̂ and v̂ are scalars: they go into the rate and into ε.
        root = (1 - self.beta2**self.steps) ** 0.5
        return _scaled_by_root(m, v, learning_rate * root / (1 - self.beta1**self.steps), self.epsilon * root, out)


def _scaled_by_root(numerator: Array, v: Array, learning_rate: float, epsilon: float, out: Array) -> Array:
    """η · numerator / (√v + ε)."""
    np.sqrt(v, out=out)
    out += epsilon
    np.divide(numerator, out, out=out)
    out *= learning_rate
    return out


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": GradientDescent,
    "momentum": Momentum,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adam": Adam,
}


def clip_grad_norm(gradient: Array, limit: float, norm: float | None = None) -> float:
    """Gradient clipping: scale ``gradient`` (P,) in place so that its Euclidean norm, the global norm over all
    parameters, is at most ``limit``; return the norm it had.

    The direction stays the same (Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural
    networks"). ``limit`` 0 only measures. With a norm that is not finite nothing is scaled; the caller must check it.
    ``norm`` is that of the whole vector where ``gradient`` is one shard of it.
    """
    if norm is None:
        norm = float(np.sqrt(np.dot(gradient, gradient)))
    if limit and limit < norm < np.inf:
        gradient *= limit / norm
    return norm


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: (1 + math.cos(math.pi * progress)) / 2,
}


def learning_rate_multiplier(schedule: str, progress: float, step: int, warmup: int = 0) -> float:
    """Schedule times linear warm-up: what multiplies η at step number ``step``, counted from 0, at ``progress`` in
    0 … 1 of the run."""
    return SCHEDULES[schedule](min(max(progress, 0.0), 1.0)) * min(1.0, (step + 1) / (warmup + 1))
