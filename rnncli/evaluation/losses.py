"""The loss of a language model on a text, character by character.

There are three ways to read a text, each an iterator of :class:`TokenLosses`: :func:`stateful`, with the state carried
from beginning to end; :func:`fixed_context`, with a context of fixed length for each character; and
:func:`dynamic_evaluation`, with gradient descent on what has been read. Given the ``counts`` beside a network, the
losses are those of their mixture.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.pairs import Pairs
from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Ids
from rnncli.engine.losses import LOSSES
from rnncli.engine.optimizers import GradientDescent, clip_grad_norm
from rnncli.evaluation.mixture import AdaptiveMixture, mixture_losses
from rnncli.evaluation.token_losses import TokenLosses, losses_by_character
from rnncli.evaluation.windows import Window, windows
from rnncli.models.base import PairModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import Counts
from rnncli.models.parallel import Workers, parallel_map
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW
from rnncli.names import MSE

ADAPT_WINDOW = 20
"""Characters between two updates of dynamic evaluation."""

CLIP_NORM = 5.0

BATCH_SIZE = 64
"""Positions predicted side by side, each after a context of its own; pairs that are scored side by side."""


def stateful(
    model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None), counts: Counts | None = None
) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,), all but the first, with the state carried; see :mod:`rnncli.evaluation.windows`."""
    return losses_of(model, ids, windows(model, ids, streams, shard), counts)


def losses_of(
    model: LanguageModel, ids: Ids, read: Iterable[Window], counts: Counts | None = None, starts: Any = 0
) -> Iterator[TokenLosses]:
    """The losses of the targets in the windows of ``ids`` (N,) that ``model`` has ``read``; ``ids`` may be several
    texts, one behind the other, of which stream b reads the one that begins at ``starts[b]``."""
    for window in read:
        inside, targets = window.inside, window.targets[window.inside]
        if counts is not None:
            logits, edges = (
                model.logits_of(window.forward)[inside],
                counts.contexts(ids, window.positions, starts)[inside],
            )
            yield mixture_losses(counts, logits, edges, targets)
        else:
            nats, correct = model.losses_of(window.forward, window.targets)
            yield TokenLosses(nats[inside], correct[inside], targets)


def score(model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None)) -> Score:
    """The total of :func:`stateful`, the definition of a model's loss on a text."""
    return losses_by_character(stateful(model, ids, streams, shard), len(model.vocabulary)).score


def squared_error(model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None)) -> float:
    """The squared error of softmax(logits) against the one-hot character, a mean over the alphabet, summed over what
    :func:`score` reads."""
    total = 0.0
    for window in windows(model, ids, streams, shard):
        logits, targets = model.logits_of(window.forward)[window.inside], window.targets[window.inside]
        total += LOSSES[MSE].softmax(logits, targets)[0] * len(targets)
    return total


def score_pairs(model: PairModel, pairs: Pairs, which: NDArray[np.intp] | None = None, workers: Workers = 1) -> Score:
    """The loss on ``which`` of the ``pairs``, or all of them, in batches of this order, by at most this number of
    processes."""
    batches = pairs.micro_batches(np.arange(len(pairs)) if which is None else which, BATCH_SIZE, WINDOW)
    return sum(parallel_map(_score_batch, model, map(pairs.padded, batches), workers), Score(0.0, 0, 0))


def _score_batch(model: PairModel, batch: tuple[Padded, Padded]) -> Score:
    return model.score(*batch)


def fixed_context(
    model: LanguageModel, ids: Ids, positions: Ids, context: int, counts: Counts | None = None
) -> Iterator[TokenLosses]:
    """Predict the characters of ``ids`` (N,) at ``positions`` (M,), each ≥ 1 and in ascending order, from the
    ``context`` characters before it, or as many as there are, read from the zero state."""
    early, rest = positions[positions <= context], positions[positions > context]
    start = 1
    for batch in stateful(model, ids[: early.max(initial=0) + 1], counts=counts):  # one pass: they share a beginning
        here = early[(early >= start) & (early < start + len(batch.nats))] - start
        parts = {name: part[here] for name, part in batch.parts.items()}
        yield TokenLosses(batch.nats[here], batch.correct[here], batch.targets[here], parts)
        start += len(batch.nats)
    for ends in (rest[start : start + BATCH_SIZE] for start in range(0, len(rest), BATCH_SIZE)):
        window = ids[ends - np.arange(context, -1, -1)[:, None]].astype(np.intp)
        forward = model.forward(window[:-1], model.zero_state(len(ends)))
        final = replace(forward, outputs=forward.outputs[-1:])  # nothing else is predicted
        if counts is not None:
            edges = counts.model.index.contexts(window[-counts.model.order :])[-1]
            yield mixture_losses(counts, model.logits_of(final)[0], edges, window[-1])
        else:
            nats, correct = model.losses_of(final, window[-1:])
            yield TokenLosses(nats[0], correct[0], window[-1])


def dynamic_evaluation(
    model: LanguageModel, ids: Ids, learning_rate: float, counts: Counts | None = None
) -> Iterator[TokenLosses]:
    """Predict ``ids`` (N,), all but the first, while adapting to them: a step of clipped gradient descent after each
    ``ADAPT_WINDOW`` characters, every character being predicted before it is learnt from (Krause et al. 2018, "Dynamic
    evaluation of neural sequence models"). ``counts`` adapt as :class:`AdaptiveMixture` says. A copy of ``model``
    adapts; its own weights do not change.
    """
    learner, adaptive = model.on(model.parameters.flat.copy()), counts and AdaptiveMixture(counts, int(ids[0]))
    gradients = learner.parameters.zeros_like()
    descent = GradientDescent(gradients.flat.size, gradients.flat.dtype)
    state = learner.zero_state()
    for start in range(0, len(ids) - 1, ADAPT_WINDOW):
        window = ids[start : start + ADAPT_WINDOW + 1].astype(np.intp)[:, None]
        forward = learner.forward(window[:-1], state)
        if adaptive:
            yield adaptive.losses(learner.logits_of(forward)[:, 0], window[1:, 0])
        else:
            nats, correct = learner.losses_of(forward, window[1:])
            yield TokenLosses(nats[:, 0], correct[:, 0], window[1:, 0])
        _, next_state = learner.loss_and_gradients(window[:-1], window[1:], state, gradients)
        state = next_state.copy()
        clip_grad_norm(gradients.flat, CLIP_NORM, float(np.linalg.norm(gradients.flat)))
        descent.step(learner.parameters.flat, gradients.flat, learning_rate)
