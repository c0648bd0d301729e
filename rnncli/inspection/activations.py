"""The activations of a network by their names.

    l1.hidden                               the hidden state of the lowest layer
    l1.cell                                 an LSTM's cell
    l1.input, l1.forget, l1.output          an LSTM's gates; l1.candidate is what may be written
    l1.reset, l1.update                     a GRU's gates, an update of 1 keeping the old state; l1.candidate
    l2.…, l1r.…                             a layer above; the direction that reads from the end

A perceptron has hidden alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.engine.cells.base import Cell
from rnncli.engine.clamping import Clamp
from rnncli.engine.network import RecurrentNetwork
from rnncli.errors import InputError
from rnncli.evaluation.windows import windows
from rnncli.inspection.probe import Probe
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel

STREAMS = 16
"""Parts of a text that are read side by side; each is preceded by some hundred characters of burn-in."""


@dataclass(frozen=True)
class Unit:
    """Number ``unit`` of the cell ``cell`` (l1, …), counted from 0; written 1:17 for unit 17 of the lowest layer."""

    cell: str
    unit: int

    def __str__(self) -> str:
        return f"{self.cell.removeprefix('l')}:{self.unit}"


def parse_unit(written: str, model: Any, path: str = "the model") -> Unit:
    """The unit that a user writes as ``L:J``; InputError if the model in the file ``path`` has no such unit."""
    layer, _, unit = written.partition(":")
    names, size = model.network.names, model.config.hidden_size
    if not names:
        raise InputError(f"{written!r} is no unit: {path} is a single-layer perceptron, which has no hidden units")
    if not unit.isdecimal() or f"l{layer}" not in names or int(unit) >= size:
        cells = ", ".join(name.removeprefix("l") for name in names)
        raise InputError(f"{written!r} is no unit; write L:J with L one of {cells} and J from 0 to {size - 1}")
    return Unit(f"l{layer}", int(unit))


def recurrent_cell(model: Model) -> Cell | None:
    """The cell of a recurrent network; None for a feed-forward one."""
    return model.network.cell if isinstance(model.network, RecurrentNetwork) else None


def state_names(model: Model) -> tuple[str, ...]:
    """The states of a unit that pass from step to step: hidden, and an LSTM's cell."""
    cell = recurrent_cell(model)
    return cell.states if cell else ("hidden",)


def gate_names(model: Model) -> tuple[str, ...]:
    """The gates of a cell; a plain RNN and a perceptron have none."""
    cell = recurrent_cell(model)
    return tuple(gate for gate in cell.gates if gate != "candidate") if cell and len(cell.gates) > 1 else ()


def cells_of(probe: Probe, layer: int | None = None) -> list[str]:
    """The cells of a network, of both directions, or those of one ``layer``; InputError where there are none."""
    names = probe.model.network.names
    cells = [cell for cell in names if layer in (None, int(cell.strip("lr")))]
    if not cells:
        raise InputError(f"{probe.path} has no hidden units{f' in layer {layer}' if names else ''}")
    return cells


def clamps_for(model: Any, unit: Unit, values: dict[str, float]) -> list[Clamp]:
    """Clamps that hold a unit at ``values``, by the names of its states."""
    return [Clamp(unit.cell, state, unit.unit, float(values[state])) for state in state_names(model)]


@dataclass(frozen=True)
class ActivationTrace:
    """One pass over a text of N characters: ``losses`` (N − 1,) in nats of all but the first, and activations by name,
    each (N − 1, H) as they are when that character is predicted."""

    losses: Array
    values: dict[str, Array]


def read(
    probe: Probe, names: Sequence[str] = (), clamps: Sequence[Clamp] = (), streams: int = STREAMS
) -> ActivationTrace:
    """Read the text of ``probe``, with units held by ``clamps``, and record the activations ``names``."""
    model, count = require_language_model(probe), len(probe.ids) - 1
    losses = np.empty(count)
    values: dict[str, Array] = {}
    for window in windows(model, probe.ids, streams, clamps=clamps):
        at = window.positions[window.inside]
        losses[at] = model.losses_of(window.forward, window.targets)[0][window.inside]
        for name in names:
            found = window.forward.activation(name)
            if name not in values:
                values[name] = np.empty((count, found.shape[-1]), found.dtype)
            values[name][at] = found[window.inside]
    return ActivationTrace(losses, values)


def hidden_states(probe: Probe, cells: Sequence[str]) -> Array:
    """The hidden states (N − 1, D) of the ``cells`` side by side along the text of ``probe``."""
    values = read(probe, [f"{cell}.hidden" for cell in cells]).values
    return np.concatenate([values[f"{cell}.hidden"] for cell in cells], axis=1)


def activation_windows(probe: Probe, names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The activations ``names`` of a text window by window, each (n, H): for sums over texts of any length."""
    model = require_language_model(probe)
    for window in windows(model, probe.ids, STREAMS):
        yield {name: window.forward.activation(name)[window.inside] for name in names}


def require_language_model(probe: Probe) -> LanguageModel:
    """The language model of a view that reads running text; InputError for other models, and without a text."""
    model = probe.model
    if not is_of_running_text(model):
        raise InputError(
            f"this view follows the predictions of a model of running text; {probe.path} is {model.noun}, for which "
            "overview, learning, weights and step are there, and for some tasks patch, probe and units --by importance"
        )
    if not len(probe.ids):
        raise InputError(f"there is no text for {probe.path} to read; name one with --text")
    return model


def is_of_running_text(model: Model) -> TypeGuard[LanguageModel]:
    """Whether a model has learnt running text, and not pairs."""
    return isinstance(model, LanguageModel)


def require_recurrent_model(probe: Probe, what: str) -> LanguageModel:
    """The same for a view that needs ``what`` of a recurrent network; InputError for a feed-forward one."""
    model = require_language_model(probe)
    if recurrent_cell(model) is None:
        raise InputError(f"{probe.path} is a feed-forward network, which has no {what}")
    return model
