"""The hidden states of a model at every character of a text, or of the texts of pairs, with what a feature is there."""

from dataclasses import dataclass

import numpy as np

from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Workspace
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, cells_of, hidden_states, is_of_running_text, require_language_model
from rnncli.inspection.features.labels import labels_of
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.windows import forward_over_windows

BATCH = 64
"""Texts of pairs that are read side by side."""


@dataclass(frozen=True)
class TextStates:
    """What a network was in: the ``states`` (N, D) of the ``cells`` side by side, after each character of the
    ``texts``, which have N characters together."""

    vocabulary: Vocabulary
    cells: list[str]
    texts: list[str]
    states: Array

    def by_cell(self, values: Array) -> dict[str, Array]:
        """Values (…, D) of all units as those of each cell, (…, H)."""
        return dict(zip(self.cells, np.split(values, len(self.cells), axis=-1), strict=True))

    def unit(self, number: int) -> Unit:
        """The unit of this column of the states."""
        cell, unit = divmod(int(number), self.states.shape[1] // len(self.cells))
        return Unit(self.cells[cell], unit)

    def labels(self, name: str) -> Array:
        """What a feature is at each character (N,)."""
        return np.concatenate([labels_of(self.vocabulary, text, name) for text in self.texts])


def states_of(request: ViewRequest, characters: int) -> tuple[TextStates, str]:
    """The states of the cells of ``--layer``, or of all, while the model reads at most so many ``characters``: of
    running text the first, of pairs the held-out texts in random order, each from its initial state. The text is named
    in words. InputError without hidden units, and where there is nothing to read."""
    probe = request.probe
    cells = cells_of(probe, request.layer)
    if is_of_running_text(probe.model):
        probe = probe.first(characters)
        return _of_running_text(probe, cells), probe.source
    if isinstance(probe.model, NextCharacterModel):
        require_language_model(probe)
    if request.text_options:
        raise InputError(
            f"{probe.path} is {probe.model.noun}, whose held-out texts are read here; leave out --text and --prime"
        )
    return _of_pairs(probe, cells, characters), probe.source


def _of_running_text(probe: Probe, cells: list[str]) -> TextStates:
    return TextStates(probe.model.vocabulary, cells, [probe.text()[:-1]], hidden_states(probe, cells))


def _of_pairs(probe: Probe, cells: list[str], characters: int) -> TextStates:
    dataset = probe.checkpoint.dataset()
    assert dataset is not None  # or there were no probe
    texts = (dataset.validation if dataset.has_validation else dataset.training).texts
    order = np.random.default_rng(0).permutation(len(texts))
    order = order[: 1 + int(np.searchsorted(np.cumsum(texts.lengths[order]), characters))]
    found, states = list[str](), list[Array]()
    for start in range(0, len(order), BATCH):
        padded = texts.padded(order[start : start + BATCH])
        read_so_far = _hidden(probe.model, padded, cells)
        for stream, length in enumerate(padded.lengths):
            found.append(probe.model.vocabulary.decode(map(int, padded.ids[:length, stream])))
            states.append(read_so_far[:length, stream])
    return TextStates(probe.model.vocabulary, cells, found, np.concatenate(states))


def _hidden(model: Model, texts: Padded, cells: list[str]) -> Array:
    """The hidden states (T, B, D) of the cells side by side; behind the end of a text they mean nothing."""
    state = model.initial_state(len(texts.lengths))
    passes = forward_over_windows(model.network, model.reader_parameters, texts, state, Workspace())
    windows = [np.concatenate([one.activation(f"{cell}.hidden") for cell in cells], axis=2) for _, one in passes]
    return np.concatenate(windows)
