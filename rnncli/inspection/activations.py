"""The activations of a network by their names.

    l1.hidden                               the hidden state of the lowest layer
    l1.cell                                 an LSTM's cell
    l1.input, l1.forget, l1.output          an LSTM's gates; l1.candidate is what may be written
    l1.reset, l1.keep                       a GRU's gates, keep being the one that keeps the old state; l1.candidate
    l2.…, l1r.…                             a layer above; the direction that reads from the end

A perceptron has hidden alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.engine.network import RecurrentNetwork
from rnncli.errors import InputError
from rnncli.evaluation.windows import windows
from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel

STREAMS = 16
"""Parts in which a text is read side by side; each reads some hundred characters before its own part."""


@dataclass(frozen=True)
class Unit:
    """Number ``unit`` of the cell ``cell`` (l1, …), counted from 0; written 1:17 for unit 17 of the lowest layer."""

    cell: str
    unit: int

    def __str__(self) -> str:
        return f"{self.cell.removeprefix('l')}:{self.unit}"


def unit_of(written: str, model: Any, path: str = "the model") -> Unit:
    """The unit that a user means with ``L:J``; InputError if the model in the file ``path`` has none like it."""
    layer, _, unit = written.partition(":")
    names, size = model.network.names, model.config.hidden_size
    if not names:
        raise InputError(f"{written!r} is no unit: {path} is a single-layer perceptron, which has no hidden units")
    if not unit.isdecimal() or f"l{layer}" not in names or int(unit) >= size:
        cells = ", ".join(name.removeprefix("l") for name in names)
        raise InputError(f"{written!r} is no unit; write L:J with L one of {cells} and J from 0 to {size - 1}")
    return Unit(f"l{layer}", int(unit))


def state_names(model: Any) -> tuple[str, ...]:
    """The states that a unit has, carried from step to step: hidden, and an LSTM's cell."""
    return model.network.cell.states if isinstance(model.network, RecurrentNetwork) else ("hidden",)


def gate_names(model: Any) -> tuple[str, ...]:
    """The gates of a cell; those of a plain RNN and a perceptron are none."""
    gated = isinstance(model.network, RecurrentNetwork) and len(model.network.cell.gates) > 1
    return tuple(gate for gate in model.network.cell.gates if gate != "candidate") if gated else ()


def activation(network: Any, forward: Any, name: str) -> Array:
    """The activation ``name`` of a forward pass, (T, B, H), in the order of the text."""
    cell, _, which = name.partition(".")
    number = network.names.index(cell)
    if which == "hidden":
        return forward.layers[number]
    cache = forward.readings[number].cache
    if which in network.cell.states:
        return forward.in_text_order(number, cache.states[network.cell.states.index(which), 1:])
    return forward.in_text_order(number, cache.gates[network.cell.gates.index(which)])


def held(model: Any, unit: Unit, values: dict[str, float]) -> list[Clamp]:
    """Edits that hold a unit: ``values`` by the name of its states."""
    return [Clamp(unit.cell, state, unit.unit, float(values[state])) for state in state_names(model)]


@dataclass(frozen=True)
class Reading:
    """A text read once: ``losses`` (N − 1,) in nats of all characters but the first, and activations by name, each
    (N − 1, H) after reading the character before."""

    losses: Array
    values: dict[str, Array]


def read(subject: Probe, names: Sequence[str] = (), clamps: Sequence[Clamp] = (), streams: int = STREAMS) -> Reading:
    """Read the text of ``subject``, and keep these activations."""
    model, count = language_model_of(subject), len(subject.ids) - 1
    losses = np.empty(count)
    values: dict[str, Array] = {}
    for window in windows(model, subject.ids, streams, clamps=clamps):
        at = window.positions[window.inside]
        losses[at] = model.losses_of(window.forward, window.targets)[0][window.inside]
        for name in names:
            found = activation(model.network, window.forward, name)
            if name not in values:
                values[name] = np.empty((count, found.shape[-1]), found.dtype)
            values[name][at] = found[window.inside]
    return Reading(losses, values)


def read_gates(subject: Probe, names: Sequence[str]) -> Iterator[dict[str, Array]]:
    """Window by window the activations ``names`` of a text, each (n, H): for sums over texts of any length."""
    model = language_model_of(subject)
    for window in windows(model, subject.ids, STREAMS):
        yield {name: activation(model.network, window.forward, name)[window.inside] for name in names}


def language_model_of(subject: Probe) -> LanguageModel:
    """The model of a view that is about running text; InputError for others."""
    model = subject.model
    if not isinstance(model, LanguageModel) or model.partner is not None:
        what = "labelled texts" if model.task == "generate" else f"--task {model.task}"
        raise InputError(
            f"this view follows the predictions of a model of running text; {subject.path} has learnt {what}, "
            "for which overview, weights and step are there"
        )
    return model


def recurrent_model_of(subject: Probe, why: str) -> LanguageModel:
    """The same, where ``why`` needs a state that is carried on; InputError for a perceptron."""
    model = language_model_of(subject)
    if not isinstance(model.network, RecurrentNetwork):
        raise InputError(f"{subject.path} is a feed-forward network, which has no {why}")
    return model
