"""Activation patching: a network that has read one text goes on with units in the state that they have after another.

As in Vig et al. 2020, "Investigating gender bias in language models using causal mediation analysis", and Meng et al.
2022, "Locating and editing factual associations in GPT". A state is all that a recurrent network knows of what it has
read, so if all units are exchanged, the prediction of the other text comes out.

A next character depends on the top layer's hidden state alone. So that the layers below and the cells of an LSTM count
as well, states are exchanged before the last character that both texts have in common, and the network then reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.layers import dense
from rnncli.inspection.activations import Unit
from rnncli.inspection.prime import beginning
from rnncli.models.classifier import Classifier
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.tagger import Tagger

Patchable = NextCharacterModel | Classifier | Tagger
"""Models whose answer to a text is a distribution over symbols."""

Chosen = NDArray[np.bool_]
"""Sets of units (B, U), one in each row."""

STREAMS = 256
"""Sets of units that are exchanged side by side."""


@dataclass(frozen=True)
class Exchange:
    """A place in two texts: the ``states`` (2, C, S, H) of the ``cells`` (C) there, and the ``rest`` (T,) of the ids,
    which is the same in both. Where nothing is left to read, the answer depends on the top layer alone, so these are
    its cells, and only they."""

    model: Patchable
    parameters: Parameters
    cells: Sequence[str]
    states: Array
    rest: Ids

    @property
    def units(self) -> list[Unit]:
        """The U = C · H units, from the lowest layer to the top."""
        return [Unit(cell, number) for cell in self.cells for number in range(self.states.shape[-1])]

    def logits(self, chosen: Chosen) -> Array:
        """Logits (B, M) of the answer, where the ``chosen`` units are in the state of the first text and all others in
        that of the second. Of a classifier with two labels the first has the logit 0."""
        return np.concatenate([self._logits(some) for some in np.split(chosen, range(STREAMS, len(chosen), STREAMS))])

    def _logits(self, chosen: Chosen) -> Array:
        of_cells = chosen.reshape(len(chosen), len(self.cells), 1, -1).transpose(1, 2, 0, 3)
        first, second = self.states[:, :, :, None]
        state = np.where(of_cells, first, second)
        if len(self.rest):
            ids = np.repeat(self.rest[:, None], len(chosen), axis=1)
            hidden = self.model.network.forward(self.parameters, ids, state, Workspace()).outputs[-1]
        else:
            hidden = np.concatenate(list(state[:, 0]), axis=-1)
        scores = dense(hidden, self.model.parameters["output.W"], self.model.parameters["output.b"])
        return scores if scores.shape[-1] > 1 else np.concatenate((np.zeros_like(scores), scores), axis=-1)


@dataclass(frozen=True)
class TwoTexts:
    """The ``ids`` of two texts as a model reads them, from its first ``state`` on. So many of the last characters are
    in ``common``; 0 of a bidirectional network, whose state is not at one place."""

    model: Patchable
    parameters: Parameters
    ids: tuple[Ids, Ids]
    state: Array
    common: int

    def before_last(self, characters: int) -> Exchange:
        """The place before so many of the ``common`` last characters."""
        network, count = self.model.network, -characters or None
        states = [self._state(ids[:count]) for ids in self.ids]
        cells = network.names if characters else network.names[-network.directions :]
        rest = self.ids[0][len(self.ids[0]) - characters :]
        return Exchange(self.model, self.parameters, cells, np.stack(states)[:, -len(cells) :], rest)

    def _state(self, ids: Ids) -> Array:
        """The state (C, S, H) after ``ids``, or of two directions what the answer depends on, (2, 1, H)."""
        if not len(ids):
            return self.state[:, :, 0]
        network = self.model.network
        forward = network.forward(self.parameters, ids[:, None], self.state, Workspace())
        if network.directions == 2 and isinstance(self.model, Tagger):  # the other direction, as it passes here
            return np.array(forward.outputs[-1].reshape(2, 1, -1))
        return np.array(forward.state[:, : 1 if network.directions == 2 else None, 0])


def two_texts(model: Patchable, first: str, second: str, label: str | None) -> TwoTexts:
    """Both texts as ``model`` begins to read them, see :func:`rnncli.inspection.prime.beginning`; InputError for
    characters that it has never seen."""
    for number, text in enumerate((first, second), 1):
        model.vocabulary.encode(text, f"text {number}")
    starts = [beginning(model, text, label, is_prime=True) for text in (first, second)]
    one, other = (start.ids[:, 0] for start in starts)
    shorter = min(len(one), len(other))
    differs = np.flatnonzero(one[::-1][:shorter] != other[::-1][:shorter])
    common = 0 if model.network.directions == 2 else int(differs[0]) if len(differs) else shorter
    return TwoTexts(model, starts[0].parameters, (one, other), starts[0].state, common)


def answers(model: Patchable) -> Sequence[str]:
    """What each of the logits stands for: characters, labels or tags."""
    symbols: Sequence[str] = model.vocabulary.symbols if isinstance(model, NextCharacterModel) else model.target.symbols
    return symbols


@dataclass(frozen=True)
class Difference:
    """What two texts make of an answer: the log-odds of ``one`` to ``other``, in bits, after the ``first`` text and
    after the ``second``."""

    one: int
    other: int
    first: float
    second: float

    @property
    def bits(self) -> float:
        """What is carried from one text into the other when all units are exchanged; not negative."""
        return self.first - self.second

    def shares(self, exchange: Exchange, chosen: Chosen) -> Array:
        """The share (B,) of it that the ``chosen`` units (B, U) carry, exchanged together: 0 of none, 1 of all."""
        return (log_odds(exchange.logits(chosen), self.one, self.other) - self.second) / self.bits


def difference(logs: Array) -> Difference:
    """Given log-probabilities (2, M) after two texts: the answer that the first makes likelier against that which the
    second does. They contribute the most to the Kullback–Leibler divergence of one from the other; a ratio alone would
    find what is next to impossible after both."""
    change, probabilities = logs[0] - logs[1], np.exp(logs)
    one, other = int((probabilities[0] * change).argmax()), int((probabilities[1] * -change).argmax())
    return Difference(one, other, *log_odds(logs, one, other).tolist())


def log_odds(logits: Array, one: int, other: int) -> Array:
    """The logarithm (B,) of how many times as probable one answer is as the other, in bits."""
    return (logits[:, one].astype(np.float64) - logits[:, other]) / np.log(2)
