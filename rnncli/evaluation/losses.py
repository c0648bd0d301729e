"""How well a model predicts a text, in the units that are published.

A text may be read in three ways, each of them an iterator of :class:`TokenLosses`: with the state carried from its
beginning to its end, after a fixed number of characters each time, or going on to learn while reading.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.optimizers import GradientDescent, clip_by_global_norm
from rnncli.evaluation.windows import windows
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score

ADAPTED = 20
"""Characters that dynamic evaluation predicts, and then learns from, at once."""

ADAPT_RATE = 0.1
CLIP_NORM = 5.0

TOGETHER = 64
"""Places that are predicted side by side, each after a context of its own."""


@dataclass(frozen=True)
class TokenLosses:
    """Some ``targets`` (n,) with their losses in ``nats`` (n,), and whether each was the likeliest, ``right`` (n,)."""

    nats: Array
    right: NDArray[Any]
    targets: Ids


@dataclass(frozen=True)
class LossByCharacter:
    """Sums over a text for each of V characters: losses in ``nats``, how often it stood there, how often it was the
    likeliest; all (V,)."""

    nats: NDArray[np.float64]
    count: NDArray[np.int64]
    correct: NDArray[np.int64]

    @property
    def score(self) -> Score:
        """The sum over all characters."""
        return Score(float(self.nats.sum()), int(self.count.sum()), int(self.correct.sum()))


def losses_by_character(predicted: Iterable[TokenLosses], size: int) -> LossByCharacter:
    """Sum up what was predicted of a text over ``size`` characters."""
    nats, count, correct = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for some in predicted:
        nats += np.bincount(some.targets, some.nats, minlength=size)
        count += np.bincount(some.targets, minlength=size)
        correct += np.bincount(some.targets[some.right], minlength=size)
    return LossByCharacter(nats, count, correct)


def carried(model: LanguageModel, ids: Ids, streams: int = 1, part: slice = slice(None)) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,), all but the first, with the state carried; see :mod:`rnncli.evaluation.windows`."""
    for window in windows(model, ids, streams, part):
        nats, right = model.losses_of(window.forward, window.targets)
        inside = window.inside
        yield TokenLosses(nats[inside], right[inside], window.targets[inside])


def score(model: LanguageModel, ids: Ids, streams: int = 1, part: slice = slice(None)) -> Score:
    """The score of :func:`carried`."""
    return losses_by_character(carried(model, ids, streams, part), len(model.vocabulary)).score


def fixed_context(model: LanguageModel, ids: Any, places: Ids, context: int) -> Iterator[TokenLosses]:
    """Predict the characters of ``ids`` (N,) at ``places`` (M,), each ≥ 1 and in rising order, having read from the
    first state the ``context`` characters before it and no more, or as many as there are."""
    early, rest = places[places <= context], places[places > context]
    start = 1
    for piece in carried(model, ids[: early.max(initial=0) + 1]):  # all of these are read from the beginning, so once
        here = early[(early >= start) & (early < start + len(piece.nats))] - start
        yield TokenLosses(piece.nats[here], piece.right[here], piece.targets[here])
        start += len(piece.nats)
    for which in (rest[start : start + TOGETHER] for start in range(0, len(rest), TOGETHER)):
        window = ids[which - np.arange(context, -1, -1)[:, None]].astype(np.intp)
        forward = model.forward(window[:-1], model.zero_state(len(which)))
        nats, right = model.losses_of(forward, window[1:])
        yield TokenLosses(nats[-1], right[-1], window[-1])


def dynamic_evaluation(model: LanguageModel, ids: Ids, learning_rate: float = ADAPT_RATE) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,) by dynamic evaluation: the network goes on learning from what it has read, one step of
    gradient descent after each ``ADAPTED`` characters, and so follows the manner of the text (Krause et al. 2018,
    "Dynamic evaluation of neural sequence models"). Every character is predicted before it is learnt from.

    The weights of ``model`` stay as they are.
    """
    learner = model.on(model.parameters.flat.copy())
    gradients = learner.parameters.zeros_like()
    descent = GradientDescent(gradients.flat.size, gradients.flat.dtype)
    state = learner.zero_state()
    for start in range(0, len(ids) - 1, ADAPTED):
        window = ids[start : start + ADAPTED + 1].astype(np.intp)[:, None]
        nats, right = learner.losses_of(learner.forward(window[:-1], state), window[1:])
        yield TokenLosses(nats[:, 0], right[:, 0], window[1:, 0])
        _, following = learner.loss_and_gradients(window[:-1], window[1:], state, gradients)
        state = following.copy()
        clip_by_global_norm(gradients.flat, CLIP_NORM, float(np.linalg.norm(gradients.flat)))
        descent.step(learner.parameters.flat, gradients.flat, learning_rate)
