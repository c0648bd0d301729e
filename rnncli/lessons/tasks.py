"""Tasks that a model of pairs learns in a second, from pairs that are drawn at random, always new ones."""

from collections.abc import Callable

import numpy as np

from rnncli.datasets.columns import Line, with_boundaries
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm
from rnncli.models.base import PairModel

Draw = Callable[[np.random.Generator, int], tuple[str, str]]
"""Draws pair number n of a batch: a text, and its target."""

STREAMS, TEST = 16, 200
"""Pairs of an update, and those that a model is tested on."""

RATE, CLIP = 0.02, 1.0
"""Learning rate, and the largest norm of a gradient."""


def batch(model: PairModel, draw: Draw, count: int, rng: np.random.Generator) -> tuple[Padded, Padded]:
    """``count`` pairs as the model reads them."""
    pairs = [with_boundaries(Line(*draw(rng, n), "", 0), model.task) for n in range(count)]
    return (
        _padded([model.vocabulary.encode(text) for text, _ in pairs]),
        _padded([model.target.encode(target) for _, target in pairs]),
    )


def _padded(sequences: list[np.ndarray]) -> Padded:
    return Ragged.of(np.concatenate(sequences), [len(ids) for ids in sequences]).padded(np.arange(len(sequences)))


def learn(model: PairModel, draw: Draw, updates: int, rng: np.random.Generator, enough: float = 0.0) -> int | None:
    """Train with Adam for at most so many ``updates``. Returns the number of those before which the loss of a batch was
    below ``enough``, where it stops, or None."""
    parameters = model.parameters.flat
    gradients, optimizer = model.parameters.zeros_like(), OPTIMIZERS["adam"](parameters.size, parameters.dtype)
    for n in range(updates):
        loss = model.loss_and_gradients(*batch(model, draw, STREAMS, rng), gradients, None, "cross-entropy")
        if loss < enough:
            return n
        clip_grad_norm(gradients.flat, CLIP)
        optimizer.step(parameters, gradients.flat, RATE)
    return None


def accuracy(model: PairModel, draw: Draw, rng: np.random.Generator) -> float:
    """The share of symbols of new pairs that the model predicts."""
    score = model.score(*batch(model, draw, TEST, rng))
    return score.correct / score.symbols
