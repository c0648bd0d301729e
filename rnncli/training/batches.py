"""What a step of training reads: a window of running text, or a batch of pairs.

The loop asks for step after step and knows nothing else of the data. Which shard of a step is its own, each rank of a
process group finds by itself.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.pairs import PairDataset
from rnncli.datasets.spec import PAIRS, TEXT, DataSpec
from rnncli.datasets.text import Streams, TextDataset
from rnncli.engine.arrays import Array, Parameters
from rnncli.engine.layers import Dropout
from rnncli.errors import InputError
from rnncli.evaluation.losses import BATCH_SIZE, score, score_pairs, squared_error
from rnncli.evaluation.windows import BURN_IN, edges_of
from rnncli.models.base import Model, PairModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW
from rnncli.names import CLASS_WEIGHTS, MSE, plural
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, shard, shard_of

EVALUATION_STREAMS = 32
"""The number of streams in which the validation text is read during training; see :mod:`rnncli.evaluation.windows`."""

BALANCED = CLASS_WEIGHTS[1]

BUCKET = 50
"""Batches that are sorted by length together: enough that little is padded, few enough that an epoch stays random."""


@dataclass(frozen=True)
class BatchResult:
    """What one rank saw of a step: the mean ``loss`` of its own shard, the ``share`` of the whole step that this is,
    and the ``characters`` of all ranks."""

    loss: float
    share: float
    characters: int


class BatchSource(Protocol):
    """A dataset, cut into steps for one rank."""

    steps_per_epoch: int
    validation_steps: float
    """The size of the validation part, in steps; 0 where nothing is held out."""
    persistent_state: dict[str, Array]
    """Arrays that are carried from step to step, for a resume."""

    def loss_and_gradients(self, model: Any, gradients: Parameters, step: int) -> BatchResult:
        """Read this rank's shard of a step, forwards and backwards, and write all ``gradients``."""

    def validate(self, model: Any) -> Score:
        """Score this rank's shard of what is held out."""

    def squared_error(self, model: Any) -> float:
        """The mean squared error of each symbol in the same shard, summed: the training loss of a run with that loss,
        without dropout and class weights."""


class StreamBatches:
    """Running text in B contiguous streams, window after window, with the state carried from one to the next (truncated
    back-propagation through time, BPTT; Williams and Peng 1990). At the end of the streams the state begins anew, and
    now and then by chance: a sample begins with the zero state, too, which a network would otherwise meet at the same
    few places only."""

    def __init__(
        self, dataset: TextDataset, model: LanguageModel, options: TrainingOptions, group: ProcessGroup
    ) -> None:
        streams = options.batch_size
        if streams >= len(dataset.training):
            raise InputError(
                f"a batch of {plural(streams, 'stream')} needs a text of more than {plural(streams, 'character')} to "
                f"learn from, this one has {len(dataset.training)}; use a smaller --batch-size"
            )
        self._options, self._group, self._validation = options, group, dataset.validation
        self._streams = Streams(dataset.training, streams, options.seq_length)
        self._shard = shard(streams, group)
        self._first_state = model.zero_state(streams)
        self._state = group.array("hidden", self._first_state.shape, self._first_state.dtype, axis=2)
        self.persistent_state = {"hidden": self._state}
        self.steps_per_epoch = self._streams.windows
        self.validation_steps = (
            len(dataset.validation) / (streams * options.seq_length) if dataset.has_validation else 0.0
        )

    def loss_and_gradients(self, model: LanguageModel, gradients: Parameters, step: int) -> BatchResult:
        index, streams = step % self.steps_per_epoch, self._options.batch_size
        inputs, targets = self._streams.batch(index, self._shard)
        state = self._state[:, :, self._shard]
        first_state = self._first_state[:, :, self._shard]
        if index == 0:
            state[...] = first_state
        elif self._options.state_reset:
            begun = self._begun(step)
            state[:, :, begun] = first_state[:, :, begun]
        dropout = _dropout(model, self._options, [step], streams, self._shard)
        loss, state[...] = model.loss_and_gradients(inputs, targets, state, gradients, dropout, self._options.loss)
        return BatchResult(loss, inputs.shape[1] / streams, len(inputs) * streams)

    def _begun(self, step: int) -> NDArray[np.bool_]:
        """Which of this rank's streams begin anew by chance; those of all ranks are the same for any group."""
        rng = np.random.default_rng([self._options.seed, 5, step])
        return (rng.random(self._options.batch_size) < self._options.state_reset)[self._shard]

    def validate(self, model: LanguageModel) -> Score:
        return score(model, self._validation, EVALUATION_STREAMS, shard(EVALUATION_STREAMS, self._group))

    def squared_error(self, model: LanguageModel) -> float:
        return squared_error(model, self._validation, EVALUATION_STREAMS, shard(EVALUATION_STREAMS, self._group))


def stretches(spec: DataSpec, options: TrainingOptions, rank: int, size: int) -> tuple[range, range]:
    """What :class:`StreamBatches` of a rank read of the training text and of the validation text."""
    streams = shard_of(options.batch_size, rank, size)
    length = (spec.training - 1) // options.batch_size
    edges = edges_of(spec.held_out, EVALUATION_STREAMS)
    first, last = edges[:-1][own := shard_of(EVALUATION_STREAMS, rank, size)], edges[1:][own]
    validation = range(max(0, int(first[0]) - BURN_IN), int(last[-1]) + 2) if len(first) else range(0)
    return range(streams.start * length, streams.stop * length + 1), validation


def balanced_weights(counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Weights (K,) with which K labels that ``counts`` (K,) texts have weigh alike in all: N / (K count), as
    ``class_weight="balanced"`` of scikit-learn (King and Zeng 2001, "Logistic Regression in Rare Events Data"). There K
    counts the labels that occur; the weight of others is 0."""
    occurring = np.count_nonzero(counts)
    return np.where(counts > 0, counts.sum() / (occurring * np.maximum(counts, 1)), 0.0)


class PairBatches:
    """Pairs in batches of B, in a new order each epoch, those of like length together so that little is padded.

    With class weights the loss of a step is the weighted mean over its texts, and so it is what a run reports as its
    training loss; what is held out is scored without them.
    """

    def __init__(self, dataset: PairDataset, _model: PairModel, options: TrainingOptions, group: ProcessGroup) -> None:
        self._dataset, self._options, self._group = dataset, options, group
        balanced = options.class_weights == BALANCED
        self._weights = {"class_weights": balanced_weights(dataset.label_counts)} if balanced else {}
        self.persistent_state: dict[str, Array] = {}
        self.steps_per_epoch = -(-len(dataset.training) // options.batch_size)
        self.validation_steps = len(dataset.validation) / options.batch_size
        self._epoch, self._batches = -1, [np.empty(0, np.intp)]

    def loss_and_gradients(self, model: PairModel, gradients: Parameters, step: int) -> BatchResult:
        epoch, index = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._shuffled(epoch)
        which, pairs = self._batches[index], self._dataset.training
        lengths = pairs.texts.lengths[which], pairs.targets.lengths[which]
        parts = list(pairs.micro_batches(which, len(which), WINDOW))
        if len(parts) == 1:
            loss, weight = self._read(model, gradients, which, [step])
        else:
            loss, weight = self._accumulate(model, gradients, parts, step)
        return BatchResult(loss, weight / self._weight(model, which), int(max(map(np.sum, lengths))))

    def _weight(self, model: PairModel, which: NDArray[np.intp]) -> float:
        """What these pairs weigh in a mean: as much as they have symbols to predict, or by their labels."""
        pairs = self._dataset.training
        if self._weights:
            return float(self._weights["class_weights"][pairs.targets.first_symbols[which]].sum())
        return model.symbols(pairs.texts.lengths[which], pairs.targets.lengths[which])

    def _accumulate(
        self, model: PairModel, gradients: Parameters, parts: list[NDArray[np.intp]], step: int
    ) -> tuple[float, float]:
        """The same as :meth:`_read` for a batch that is too large for memory, part by part."""
        of_part, total, done = gradients.zeros_like(), 0.0, 0.0
        gradients.flat[...] = 0
        for number, part in enumerate(parts, start=1):
            loss, weight = self._read(model, of_part, part, [step, number])
            total, done = total + weight * loss, done + weight
            gradients.flat += weight * of_part.flat
        gradients.flat /= done or 1.0
        return total / (done or 1.0), done

    def _read(
        self, model: PairModel, gradients: Parameters, which: NDArray[np.intp], seed: list[int]
    ) -> tuple[float, float]:
        """Read this rank's shard of these pairs: the mean loss, and what they weigh in it; writes all gradients."""
        own = shard(len(which), self._group)
        if own.start == own.stop:  # fewer pairs than ranks
            gradients.flat[...] = 0
            return 0.0, 0.0
        text, target = (padded.shard(own) for padded in self._dataset.training.padded(which))
        dropout = _dropout(model, self._options, seed, len(which), own)
        loss = model.loss_and_gradients(text, target, gradients, dropout, self._options.loss, **self._weights)
        return loss, self._weight(model, which[own])

    def _shuffled(self, epoch: int) -> list[NDArray[np.intp]]:
        """The batches of an epoch: the same for every rank, and for a run that was resumed."""
        rng, size = np.random.default_rng([self._options.seed, 3, epoch]), self._options.batch_size
        order = rng.permutation(len(self._dataset.training))
        together = size * max(1, min(BUCKET, self.steps_per_epoch // 4))  # fewer where all of them would be in one
        buckets = [order[start : start + together] for start in range(0, len(order), together)]
        batches = [
            bucket[start : start + size]
            for bucket in map(self._dataset.training.by_length, buckets)
            for start in range(0, len(bucket), size)
        ]
        return [batches[i] for i in rng.permutation(len(batches))]

    def validate(self, model: PairModel) -> Score:
        return score_pairs(model, self._dataset.validation, self._own_validation())

    def squared_error(self, model: PairModel) -> float:
        pairs, unused, total = self._dataset.validation, model.parameters.zeros_like(), 0.0
        for which in pairs.micro_batches(self._own_validation(), BATCH_SIZE, WINDOW):
            text, target = pairs.padded(which)
            loss = model.loss_and_gradients(text, target, unused, None, MSE)
            total += loss * model.symbols(text.lengths, target.lengths)
        return total

    def _own_validation(self) -> NDArray[np.intp]:
        """This rank's shard of the held-out pairs."""
        pairs = self._dataset.validation
        return pairs.by_length(np.arange(len(pairs)))[self._group.rank :: self._group.size]


SOURCES: dict[str, Any] = {TEXT: StreamBatches, PAIRS: PairBatches}
"""From the format of a dataset to its batches."""


def make_batches(dataset: Dataset, model: Model, options: TrainingOptions, group: ProcessGroup) -> BatchSource:
    """The batches of a dataset, for this rank of the group."""
    source: BatchSource = SOURCES[dataset.spec.format](dataset, model, options, group)
    return source


def _dropout(model: Model, options: TrainingOptions, step: list[int], streams: int, own: slice) -> Dropout | None:
    # A generator for each step or part of it: a resumed run needs no other state, and any group draws the same masks.
    rate = model.config.dropout
    return Dropout(rate, np.random.default_rng([options.seed, 1, *step]), streams, own) if rate else None
