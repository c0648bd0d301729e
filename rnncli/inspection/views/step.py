"""What is the arithmetic? Every number of a forward and a backward pass over a few characters."""

from typing import Any

import numpy as np

from rnncli.engine.arrays import Array, Ids, Workspace
from rnncli.errors import InputError
from rnncli.inference.prediction import predict
from rnncli.inspection.activations import recurrent_cell
from rnncli.inspection.bptt import backpropagate_through_time
from rnncli.inspection.prime import beginning
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.output import log_softmax, softmax
from rnncli.results import Block, Table, ViewResult, with_numbers

SHOWN = 32
"""Numbers of a vector that are written out, all of them for a small network."""

GUESSES = 8

LONGEST = 40


def step(request: ViewRequest) -> ViewResult:
    """Character by character: gates, cell, hidden state, logits, probabilities and loss; and backwards the
    gradients."""
    model = request.probe.model
    start = beginning(model, request.prime, request.label)
    text, ids = start.text, start.ids
    if len(text) > LONGEST:
        raise InputError(
            f"step writes out every number, so it takes {LONGEST} characters at most; give it a word: step hell"
        )
    forward = model.network.forward(start.parameters, ids, start.state, Workspace())
    blocks: list[Block] = [_activations(model, forward, text)]
    facts = {"text": repr(text)}
    if not isinstance(model, NextCharacterModel):
        facts["answer"] = predict(model, [text])[0].best
    else:
        blocks.append(_predictions(model, forward, ids[:, 0]))
        if recurrent_cell(model) and len(text) > 1:
            blocks.append(_backwards(model, ids, start.state))
    return ViewResult("", facts, blocks)


def _numbers(vector: Array) -> str:
    written = " ".join(f"{value:+.4f}" for value in vector[:SHOWN])
    return written + (f" … ({len(vector)})" if len(vector) > SHOWN else "")


def _activations(model: Model, forward: Any, text: str) -> Table:
    cell, rows = recurrent_cell(model), []
    of_each = dict.fromkeys([*cell.gates, *cell.states] if cell else ["hidden"])
    for t, character in enumerate(text):
        for name in (f"{layer}.{which}" for layer in model.network.names for which in of_each):
            rows.append((t, character, name, _numbers(forward.activation(name)[t, 0])))
    return Table("Forwards", ("step", "read", "activation", "values"), rows)


def _predictions(model: NextCharacterModel, forward: object, ids: Ids) -> Table:
    logits = model.logits_of(forward)[:, 0]
    probabilities, surprise = softmax(logits), log_softmax(logits)
    symbols, rows = model.vocabulary.symbols, []
    for t, (row, p) in enumerate(zip(logits, probabilities, strict=True)):
        best = np.argsort(-p, kind="stable")[:GUESSES]
        following = int(ids[t + 1]) if t + 1 < len(ids) else None
        loss = None if following is None else float(-surprise[t, following])
        rows.append(
            (
                t,
                symbols[int(ids[t])],
                with_numbers(((symbols[i], row[i]) for i in best), "+.3f"),
                with_numbers(((symbols[i], p[i]) for i in best), ".3f"),
                "" if following is None else symbols[following],
                loss,
            )
        )
    return Table("What is expected", ("step", "read", "logits", "probabilities", "came", "loss, nats"), rows)


def _backwards(model: NextCharacterModel, ids: Ids, state: Array) -> Table:
    """The gradient of the sum of all losses with respect to the states before each step."""
    inputs, targets = ids[:-1], ids[1:]
    forward = model.forward(inputs, state)
    d_logits = softmax(model.logits_of(forward))
    d_logits[np.arange(len(targets)), 0, targets[:, 0]] -= 1
    d_outputs = d_logits @ model.parameters["output.W"].T
    rows = []
    backwards = backpropagate_through_time(model, inputs, state, d_outputs)
    for t, (d_state, _) in zip(reversed(range(len(inputs))), backwards, strict=True):
        for cell, of_cell in zip(model.network.names, d_state, strict=True):
            for name, values in zip(model.network.cell.states, of_cell[:, 0], strict=True):
                rows.append((t, model.vocabulary.symbols[int(inputs[t, 0])], f"{cell}.{name}", _numbers(values)))
    return Table(
        "Backwards: the gradient of the loss to the state before each step", ("step", "read", "state", "values"), rows
    )
