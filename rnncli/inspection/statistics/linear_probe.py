"""A linear probe: how much of a feature a weighted sum of all units tells (Alain and Bengio 2016, "Understanding
intermediate layers using linear classifier probes").

    states x (D,) → standardised z = (x − mean) / deviation → value v = b + w · z

For a feature that is true or false, v is the logit of its probability, and w minimises the mean cross-entropy plus
λ/2 |w|²; for a number, v is the number itself, and w minimises half the mean squared error plus the same (ridge
regression). Both are solved along the principal axes of the states, where the second derivatives of the squared error
are diagonal: Λ + λ. Those of the cross-entropy are at most Λ/4 + λ (Böhning and Lindsay 1988, "Monotonicity of
quadratic-approximation algorithms"), which is where the quasi-Newton method begins. All is in float64.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.statistics.association import auc, standardised

STRENGTHS = (1.0, 0.1, 0.01, 0.001)
"""The λ that are tried, the strongest first."""

DIRECTION_STRENGTH = 0.1
"""The λ of the direction. A probe with less of it reads a little better, but leans on small differences between units,
along which the network itself moves little: to hold it there changes next to nothing."""

TOLERANCE, MAX_STEPS, MEMORY = 1e-4, 100, 10


@dataclass(frozen=True)
class LinearProbe:
    """``weights`` (D,) of the states as they are, not standardised, and the ``bias``; ``strength`` is the λ."""

    weights: Array
    bias: float
    strength: float
    is_binary: bool

    def values(self, states: Array) -> Array:
        """The value v (N,) at states (N, D): the logit of the probability, or the number."""
        return np.asarray(states, np.float64) @ self.weights + self.bias


@dataclass(frozen=True)
class ProbeScore:
    """How well the ``values`` of a probe tell a feature at places that it has not seen: the AUC, or for a number the
    correlation, as ``strength``; ``accuracy`` is the share of places at which it says right whether the feature is
    true, and None for a number."""

    strength: float
    accuracy: float | None


def measure(probe: LinearProbe, states: Array, labels: Array) -> ProbeScore:
    """Measure ``probe`` at states (N, D) where the feature is ``labels`` (N,)."""
    values = probe.values(states)
    if probe.is_binary:
        return ProbeScore(auc(values, labels), float(np.mean((values > 0) == (labels > 0))))
    return ProbeScore(float(standardised(values) @ standardised(labels) / len(labels)), None)


def fit(
    states: Array, labels: Array, is_binary: bool, choose: int, strengths: Sequence[float] = STRENGTHS
) -> LinearProbe:
    """Fit a probe to states (N, D) and a feature (N,). The λ of ``strengths`` is the one of the least loss in the last
    ``choose`` places, which the others were not fitted on; with that all N are fitted once more."""
    best = strengths[0]
    if len(strengths) > 1:
        kept = len(labels) - choose
        path = Axes(states[:kept]).path(labels[:kept], is_binary, strengths)
        losses = [_loss(probe.values(states[kept:]), labels[kept:], is_binary) for probe in path]
        best = strengths[int(np.argmin(losses))]
    return Axes(states).path(labels, is_binary, [best])[0]


class Axes:
    """The principal axes of states (N, D), standardised; found once for all probes of these states."""

    def __init__(self, states: Array) -> None:
        self.mean = states.mean(axis=0, dtype=np.float64)
        centred = states - self.mean
        deviation = centred.std(axis=0)
        self.scale = np.where(deviation > 1e-9, 1 / np.maximum(deviation, 1e-9), 0)  # a constant unit tells nothing
        centred *= self.scale
        variances, self.rotation = np.linalg.eigh(centred.T @ centred / len(centred))
        self.variances = np.maximum(variances, 0)
        self.rows = centred @ self.rotation

    def path(self, labels: Array, is_binary: bool, strengths: Sequence[float]) -> list[LinearProbe]:
        """A probe for each of ``strengths``, each of which begins where the one before has ended."""
        labels = labels.astype(np.float64)
        share, probes = labels.mean(), list[LinearProbe]()
        b, w = float(share), np.zeros_like(self.mean)
        if is_binary:
            rare = 1 / (1 + len(labels))  # labels that are all the same have a finite logit too
            b = float(np.log(max(share, rare) / max(1 - share, rare)))
        for strength in strengths:
            if is_binary:
                b, w = self._logistic(labels, strength, b, w)
            else:
                w = self.rows.T @ (labels - share) / len(labels) / (self.variances + strength)
            weights = self.scale * (self.rotation @ w)
            probes.append(LinearProbe(weights, float(b - weights @ self.mean), strength, is_binary))
        return probes

    def _logistic(self, labels: Array, strength: float, b: float, w: Array) -> tuple[float, Array]:
        """Bias and weights (D,) along the axes, from a first guess."""

        def loss(x: Array) -> tuple[float, Array]:
            values = x[0] + self.rows @ x[1:]
            errors = _sigmoid(values) - labels
            gradient = np.append(errors.mean(), self.rows.T @ errors / len(labels) + strength * x[1:])
            return _loss(values, labels, True) + strength / 2 * float(x[1:] @ x[1:]), gradient

        x = minimise(loss, np.append(b, w), 1 / np.append(0.25, self.variances / 4 + strength))
        return float(x[0]), x[1:]


def minimise(function: Callable[[Array], tuple[float, Array]], x: Array, inverse: Array) -> Array:
    """The minimum of a convex ``function``, which gives its value and gradient at x (D,), by L-BFGS (Nocedal and
    Wright 2006, "Numerical optimization", algorithm 7.5) with the diagonal ``inverse`` (D,) of the second derivatives
    to begin with."""
    value, gradient = function(x)
    pairs: list[tuple[Array, Array]] = []
    for _ in range(MAX_STEPS):
        if np.abs(gradient).max() < TOLERANCE:
            break
        step = -_times_inverse(gradient, pairs, inverse)
        slope, length = float(gradient @ step), 1.0
        while True:
            new_value, new_gradient = function(x + length * step)
            if new_value <= value + 1e-4 * length * slope or length < 1e-8:
                break
            length /= 2
        pairs.append((length * step, new_gradient - gradient))
        del pairs[:-MEMORY]
        x, value, gradient = x + length * step, new_value, new_gradient
    return x


def _times_inverse(gradient: Array, pairs: list[tuple[Array, Array]], inverse: Array) -> Array:
    """The gradient (D,) times the inverse second derivatives that ``pairs`` of steps and changes of it suggest."""
    q, shares = gradient.copy(), []
    for s, y in reversed(pairs):
        shares.append(float(s @ q) / float(s @ y))
        q -= shares[-1] * y
    q *= inverse
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        q += (share - float(y @ q) / float(s @ y)) * s
    return q


def _sigmoid(values: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * values))


def _loss(values: Array, labels: Array, is_binary: bool) -> float:
    """The mean cross-entropy in nats of logits (N,), or half the mean squared error."""
    if is_binary:
        return float(np.mean(np.logaddexp(0, values) - labels * values))
    return float(np.mean((values - labels) ** 2) / 2)
