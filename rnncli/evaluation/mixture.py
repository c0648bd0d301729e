"""The losses of a network and the counts beside it, and the weight of their mixture."""

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.evaluation.token_losses import TokenLosses
from rnncli.models.mixture import COUNTS, NETWORK, Counts, mix
from rnncli.models.ngram.contexts import Edges
from rnncli.models.ngram.growing import GrowingCounts
from rnncli.models.ngram.kneser_ney import MAX_PROBABILITIES, Distribution
from rnncli.models.output import log_softmax

WEIGHT_RATE = 0.005
"""How fast the weight moves to the part that predicts better, while a mixture adapts."""

MAX_ITERATIONS = 1_000

MAX_NATS = 500.0
"""Differences of losses beyond this say no more, and their powers overflow."""


def mixture_losses(counts: Counts, logits: Array, edges: Edges, targets: Ids) -> TokenLosses:
    """The losses of ``targets`` (R,) from the ``logits`` (R, V) of the network and the ranges ``edges`` (R, order, 2)
    of what was read before each."""
    rows = max(1, MAX_PROBABILITIES // counts.model.size)
    parts = [slice(start, start + rows) for start in range(0, len(targets), rows)]
    return TokenLosses.joined(
        [_losses(logits[part], counts.model.distribution(edges[part]), counts.weight, targets[part]) for part in parts]
    )


def _losses(logits: Array, counts: Distribution, weight: float, targets: Ids) -> TokenLosses:
    network, at_target = log_softmax(logits), (np.arange(len(targets)), targets)
    correct = mix(network, counts, weight).argmax(-1) == targets
    nats = -mix(network[at_target], counts[at_target], weight)
    return TokenLosses(nats, correct, targets, {NETWORK: -network[at_target], COUNTS: -np.log(counts[at_target])})


class AdaptiveMixture:
    """The mixture of ``counts`` and a network that adapts to a text, which begins with the id ``first``: the n-gram
    model counts what it has read as well, and the weight follows the one of both that predicts better."""

    def __init__(self, counts: Counts, first: int) -> None:
        self._growing, self._weight = GrowingCounts(counts.model), counts.weight
        self._growing.distribution()
        self._growing.read(first)

    def losses(self, logits: Array, targets: Ids) -> TokenLosses:
        """The losses of the next ``targets`` (T,), T < 1 / WEIGHT_RATE, from the ``logits`` (T, V) of the network. Each
        is counted after it was predicted."""
        p = np.empty(logits.shape)
        for row, target in zip(p, targets.tolist(), strict=True):
            row[...] = self._growing.distribution()
            self._growing.read(target)
        losses = _losses(logits, p, self._weight, targets)
        posterior = self._weight * np.exp(np.minimum(losses.nats - losses.parts[COUNTS], MAX_NATS))
        self._weight += WEIGHT_RATE * float((posterior - self._weight).sum())
        return losses


def fit_weight(network: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """The weight of the counts with which the mixture has the lowest loss on N characters, from the losses (N,) of both
    parts in nats: expectation maximisation (Dempster, Laird and Rubin 1977)."""
    ratio = np.exp(np.clip(counts - network, -MAX_NATS, MAX_NATS))  # P_network / P_counts
    weight = 0.5
    for _ in range(MAX_ITERATIONS if len(network) else 0):
        before, weight = weight, float(np.mean(weight / (weight + (1 - weight) * ratio)))
        if abs(weight - before) < 1e-6:
            break
    return weight


def cross_validated(network: NDArray[np.float64], counts: NDArray[np.float64]) -> float:
    """The mean loss of the mixture on N ≥ 2 characters, from the losses (N,) of both parts in nats, each half of the
    text with the weight that was fitted to the other one."""
    half = len(network) // 2
    first, second = slice(0, half), slice(half, None)
    total = 0.0
    for one, other in ((first, second), (second, first)):
        weight = fit_weight(network[other], counts[other])
        total -= mix(-network[one], np.exp(-counts[one]), weight).sum()
    return float(total / len(network))
