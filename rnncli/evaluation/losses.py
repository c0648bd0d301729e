"""The loss of a language model on a text, character by character.

There are three ways to read a text, each an iterator of :class:`TokenLosses`: :func:`stateful`, with the state carried
from beginning to end; :func:`fixed_context`, with a context of fixed length for each character; and
:func:`dynamic_evaluation`, with gradient descent on what has been read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.pairs import Pairs
from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array, Ids
from rnncli.engine.optimizers import GradientDescent, clip_grad_norm
from rnncli.evaluation.windows import Window, windows
from rnncli.models.base import PairModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import parallel_map
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW

ADAPT_WINDOW = 20
"""Characters between two updates of dynamic evaluation."""

CLIP_NORM = 5.0

BATCH_SIZE = 64
"""Positions predicted side by side, each after a context of its own; pairs that are scored side by side."""


@dataclass(frozen=True)
class TokenLosses:
    """``nats`` (n,) is the loss of each of the ``targets`` (n,), and ``correct`` (n,) whether it was the most probable
    character."""

    nats: Array
    correct: NDArray[Any]
    targets: Ids


@dataclass(frozen=True)
class LossByCharacter:
    """Sums over a text for each of V characters, all (V,): its losses in ``nats``, its ``count``, and how often it was
    predicted, ``correct``."""

    nats: NDArray[np.float64]
    count: NDArray[np.int64]
    correct: NDArray[np.int64]

    @property
    def score(self) -> Score:
        """The sum over all characters."""
        return Score(float(self.nats.sum()), int(self.count.sum()), int(self.correct.sum()))

    @classmethod
    def total(cls, pieces: "Iterable[LossByCharacter]", size: int) -> "LossByCharacter":
        """The sum over the pieces of a text, in their order, over an alphabet of V = ``size``."""
        total = losses_by_character([], size)
        for piece in pieces:
            np.add(total.nats, piece.nats, out=total.nats)
            np.add(total.count, piece.count, out=total.count)
            np.add(total.correct, piece.correct, out=total.correct)
        return total


def losses_by_character(batches: Iterable[TokenLosses], size: int) -> LossByCharacter:
    """Sum the losses of a text over an alphabet of V = ``size``."""
    nats, count, correct = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for batch in batches:
        nats += np.bincount(batch.targets, batch.nats, minlength=size)
        count += np.bincount(batch.targets, minlength=size)
        correct += np.bincount(batch.targets[batch.correct], minlength=size)
    return LossByCharacter(nats, count, correct)


def stateful(model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None)) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,), all but the first, with the state carried; see :mod:`rnncli.evaluation.windows`."""
    return losses_of(model, windows(model, ids, streams, shard))


def losses_of(model: LanguageModel, read: Iterable[Window]) -> Iterator[TokenLosses]:
    """The losses of the targets in the windows that ``model`` has ``read``."""
    for window in read:
        nats, correct = model.losses_of(window.forward, window.targets)
        inside = window.inside
        yield TokenLosses(nats[inside], correct[inside], window.targets[inside])


def score(model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None)) -> Score:
    """The total of :func:`stateful`, the definition of a model's loss on a text."""
    return losses_by_character(stateful(model, ids, streams, shard), len(model.vocabulary)).score


def score_pairs(model: PairModel, pairs: Pairs, which: NDArray[np.intp] | None = None, workers: int = 1) -> Score:
    """The loss on ``which`` of the ``pairs``, or all of them, in batches of this order, by at most this number of
    processes."""
    batches = pairs.micro_batches(np.arange(len(pairs)) if which is None else which, BATCH_SIZE, WINDOW)
    return sum(parallel_map(_score_batch, model, map(pairs.padded, batches), workers), Score(0.0, 0, 0))


def _score_batch(model: PairModel, batch: tuple[Padded, Padded]) -> Score:
    return model.score(*batch)


def fixed_context(model: LanguageModel, ids: Ids, positions: Ids, context: int) -> Iterator[TokenLosses]:
    """Predict the characters of ``ids`` (N,) at ``positions`` (M,), each ≥ 1 and in ascending order, from the
    ``context`` characters before it, or as many as there are, read from the zero state."""
    early, rest = positions[positions <= context], positions[positions > context]
    start = 1
    for batch in stateful(model, ids[: early.max(initial=0) + 1]):  # one pass serves all: they share a beginning
        here = early[(early >= start) & (early < start + len(batch.nats))] - start
        yield TokenLosses(batch.nats[here], batch.correct[here], batch.targets[here])
        start += len(batch.nats)
    for ends in (rest[start : start + BATCH_SIZE] for start in range(0, len(rest), BATCH_SIZE)):
        window = ids[ends - np.arange(context, -1, -1)[:, None]].astype(np.intp)
        forward = model.forward(window[:-1], model.zero_state(len(ends)))
        nats, correct = model.losses_of(forward, window[1:])
        yield TokenLosses(nats[-1], correct[-1], window[-1])


def dynamic_evaluation(model: LanguageModel, ids: Ids, learning_rate: float) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,), all but the first, while adapting to them: a step of clipped gradient descent after each
    ``ADAPT_WINDOW`` characters, every character being predicted before it is learnt from (Krause et al. 2018, "Dynamic
    evaluation of neural sequence models"). A copy of ``model`` adapts; its own weights do not change.
    """
    learner = model.on(model.parameters.flat.copy())
    gradients = learner.parameters.zeros_like()
    descent = GradientDescent(gradients.flat.size, gradients.flat.dtype)
    state = learner.zero_state()
    for start in range(0, len(ids) - 1, ADAPT_WINDOW):
        window = ids[start : start + ADAPT_WINDOW + 1].astype(np.intp)[:, None]
        nats, correct = learner.losses_of(learner.forward(window[:-1], state), window[1:])
        yield TokenLosses(nats[:, 0], correct[:, 0], window[1:, 0])
        _, next_state = learner.loss_and_gradients(window[:-1], window[1:], state, gradients)
        state = next_state.copy()
        clip_grad_norm(gradients.flat, CLIP_NORM, float(np.linalg.norm(gradients.flat)))
        descent.step(learner.parameters.flat, gradients.flat, learning_rate)
