"""What a step of training reads: a window of running text, or a batch of pairs.

The loop asks for step after step and knows nothing else of the text. Which part of a step is its own, a member of a
team finds by itself.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.pairs import PairCorpus, Pairs
from rnncli.datasets.text import Corpus, Streams
from rnncli.engine.arrays import Array, Parameters
from rnncli.engine.layers import Dropout
from rnncli.errors import InputError
from rnncli.evaluation.losses import score
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, part

EVALUATION_STREAMS = 32
"""The validation text is scored in so many streams while training goes on; see :mod:`rnncli.evaluation.losses`."""

EVALUATION_BATCH = 64
"""Pairs that are scored at once."""

BUCKET = 50
"""Batches that are sorted by length together: enough that little is padded, few enough that chance rules an epoch."""


@dataclass(frozen=True)
class BatchResult:
    """What one member saw of a step: the mean ``loss`` of its own part, the ``share`` that this is of the whole step,
    and the ``characters`` of all members."""

    loss: float
    share: float
    characters: int


class BatchSource(Protocol):
    """Everything there is to learn from, cut into steps."""

    steps_per_epoch: int
    """Steps until everything has been read once."""
    validation_steps: float
    """The size of the validation part, in steps; 0 where nothing is held out."""
    carried: dict[str, Array]
    """Arrays that are carried from step to step, for a resume."""

    def learn(self, model: Any, gradients: Parameters, step: int) -> BatchResult:
        """Read this member's part of a step and write all ``gradients``."""

    def validate(self, model: Any) -> Score:
        """Score this member's part of what is held out."""


class StreamBatches:
    """Running text in B contiguous streams, window after window, with the state carried from one to the next (truncated
    back-propagation through time; Williams and Peng 1990). At the end of the streams the state begins anew."""

    def __init__(self, corpus: Corpus, model: LanguageModel, options: TrainingOptions, team: ProcessGroup) -> None:
        streams = options.batch_size
        if streams >= len(corpus.training):
            raise InputError(
                f"{streams} streams need a text of more than {streams} characters to learn "
                f"from, this one has {len(corpus.training)}; use a smaller --batch-size"
            )
        self._options, self._team, self._validation = options, team, corpus.validation
        self._streams = Streams(corpus.training, streams, options.seq_length)
        self._mine = part(streams, team)
        self._first = model.zero_state(streams)
        self._state = team.array("hidden", self._first.shape, self._first.dtype)
        self.carried = {"hidden": self._state}
        self.steps_per_epoch = self._streams.windows
        enough = len(corpus.validation) > 1
        self.validation_steps = enough * len(corpus.validation) / (streams * options.seq_length)

    def learn(self, model: LanguageModel, gradients: Parameters, step: int) -> BatchResult:
        index, streams = step % self.steps_per_epoch, self._options.batch_size
        inputs, targets = self._streams.read(index, self._mine)
        state = self._state[:, :, self._mine]
        if index == 0:
            state[...] = self._first[:, :, self._mine]
        dropout = _dropout(model, self._options, step, streams, self._mine)
        loss, state[...] = model.loss_and_gradients(inputs, targets, state, gradients, dropout, self._options.loss)
        return BatchResult(loss, inputs.shape[1] / streams, len(inputs) * streams)

    def validate(self, model: LanguageModel) -> Score:
        return score(model, self._validation, EVALUATION_STREAMS, part(EVALUATION_STREAMS, self._team))


class PairBatches:
    """Pairs in batches of B, in a new order each epoch, those of like length together so that little is padded."""

    def __init__(self, corpus: PairCorpus, options: TrainingOptions, team: ProcessGroup) -> None:
        self._corpus, self._options, self._team = corpus, options, team
        self.carried: dict[str, Array] = {}
        self.steps_per_epoch = -(-len(corpus.training) // options.batch_size)
        self.validation_steps = len(corpus.validation) / options.batch_size
        self._epoch, self._batches = -1, [np.empty(0, np.intp)]

    def learn(self, model: Model, gradients: Parameters, step: int) -> BatchResult:
        epoch, index = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._shuffled(epoch)
        which = self._batches[index]
        text, partner = self._corpus.training.texts.padded(which), self._corpus.training.partners.padded(which)
        mine = part(len(which), self._team)
        own = text.part(mine), partner.part(mine)
        characters = int(max(text.lengths.sum(), partner.lengths.sum()))
        if not len(own[0].lengths):  # a batch of fewer pairs than members
            gradients.flat[...] = 0
            return BatchResult(0.0, 0.0, characters)
        dropout = _dropout(model, self._options, step, len(which), mine)
        loss = model.learn(*own, gradients, dropout, self._options.loss)
        return BatchResult(loss, model.symbols(*own) / model.symbols(text, partner), characters)

    def _shuffled(self, epoch: int) -> list[NDArray[np.intp]]:
        """The batches of an epoch: the same for every member, and for a run that was resumed."""
        rng, size = np.random.default_rng([self._options.seed, 3, epoch]), self._options.batch_size
        order = rng.permutation(len(self._corpus.training))
        together = size * max(1, min(BUCKET, self.steps_per_epoch // 4))  # fewer where all of them would be in one
        buckets = [order[start : start + together] for start in range(0, len(order), together)]
        batches = [
            bucket[start : start + size]
            for bucket in (_by_length(self._corpus.training, bucket) for bucket in buckets)
            for start in range(0, len(bucket), size)
        ]
        return [batches[i] for i in rng.permutation(len(batches))]

    def validate(self, model: Model) -> Score:
        pairs = self._corpus.validation
        mine = _by_length(pairs, np.arange(len(pairs)))[self._team.rank :: self._team.size]
        total = Score(0.0, 0, 0)
        for start in range(0, len(mine), EVALUATION_BATCH):
            which = mine[start : start + EVALUATION_BATCH]
            total += model.score(pairs.texts.padded(which), pairs.partners.padded(which))
        return total


def make_batches(corpus: Corpus | PairCorpus, model: Any, options: TrainingOptions, team: ProcessGroup) -> BatchSource:
    """The lessons that a corpus gives."""
    if isinstance(corpus, Corpus):
        return StreamBatches(corpus, model, options, team)
    return PairBatches(corpus, options, team)


def _by_length(pairs: Pairs, which: NDArray[np.intp]) -> NDArray[np.intp]:
    return which[np.lexsort((pairs.partners.lengths[which], pairs.texts.lengths[which]))]


def _dropout(model: Any, options: TrainingOptions, step: int, streams: int, mine: slice) -> Dropout | None:
    # A generator for each step: a resumed run needs no other state, and any team draws the same masks.
    rate = model.config.dropout
    return Dropout(rate, np.random.default_rng([options.seed, 1, step]), streams, mine) if rate else None
