"""What do the gates of an LSTM do? One unit whose weights are set by hand, and the same learnt: "(" stores, ")"
deletes, "?" reads."""

import math
from functools import cache

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.cells import LSTM
from rnncli.engine.network import RecurrentNetwork
from rnncli.errors import InputError
from rnncli.lessons.single_unit import BIAS, CANDIDATE, SWING, UPDATES, SingleUnit, Trace, strips, told
from rnncli.results import Block, Paragraph, ViewResult
from rnncli.storage import checkpoint

STORE, DELETE, READ, OTHER = range(4)
COLUMNS = {
    "input": "input i",
    "forget": "forget f",
    "output": "output o",
    "candidate": "candidate g",
    "cell": "cell c",
    "hidden": "hidden h",
}
UNIT = SingleUnit(LSTM(), "()?", COLUMNS, ("input", "forget", "output", "cell"))


def lstm(text: str, model: str | None) -> ViewResult:
    """Every gate of the cell at every character of ``text``, beside a learnt cell or a unit of the file ``model``."""
    by_hand = UNIT.trace(hand_made(), text)
    if model:
        others, surprise = of_model(model, text)
    else:
        parameters = learnt()
        found = UNIT.trace(parameters, text)
        note = f"h at ?: 1 if something is stored, else 0. Right (by 0.5) in new texts: {accuracy(parameters):.1%}."
        others = UNIT.rows_or_strips(f"Learnt in {UPDATES} updates", note, text, found)
        surprise = _surprise(text, by_hand, found)
    weights = (
        f"Biases: i, o −{BIAS:g}, f {BIAS:g}. ( adds {SWING:g} to i, {CANDIDATE:g} to g; ) takes {SWING:g} off f; ? "
        f"adds {SWING:g} to o."
    )
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A cell c keeps a number. A gate is a number from 0, shut, to 1, open: a sigmoid of x and the h "
                "before, with weights. Input gate i: is the candidate g, a tanh of the same, written into c? Forget "
                "gate f: is what stands there kept? Output gate o: is it shown, as the hidden state h? c = f · "
                "(c before) + i · g and h = o · tanh(c). Here ( is to store, ) to delete, ? to read.",
            ),
            *UNIT.rows_or_strips("By hand", weights, text, by_hand),
            *others,
            Paragraph("A surprise", surprise),
        ]
    )


def _surprise(text: str, by_hand: Trace, learnt: Trace) -> str:
    """That nothing is kept for ever, and how the learnt gates differ."""
    forget = hand_made_gate()
    lasts = (
        f"No gate is quite shut or open: f = {forget:.4f} leaves half after {math.log(0.5) / math.log(forget):.0f} "
        "characters."
    )
    place = UNIT.furthest(by_hand, learnt)
    if place is None:
        return lasts
    gate, n = place
    before = learnt["hidden"][n - 1] if n else 0.0
    reason = (
        f", as the h before is {before:.2f}: something is stored, more does no harm"
        if gate == "input" and before > 0.5
        else ""
    )
    return f"{lasts} Learnt gates may differ: {told(text, gate, n, by_hand, learnt)}{reason}."


def hand_made_gate() -> float:
    """The forget gate while nothing is deleted."""
    return float(UNIT.trace(hand_made(), "a")["forget"][0])


def hand_made() -> Parameters:
    """Weights with which each mark works one gate; W_h is 0."""
    parameters = UNIT.parameters()
    W_x, b = parameters["l1.W_x"][..., 0], parameters["l1.b"][:, 0]
    i, f, o, g = range(4)
    b[[i, f, o]] = -BIAS, BIAS, -BIAS
    W_x[i, STORE], W_x[f, DELETE], W_x[o, READ] = SWING, -SWING, SWING
    W_x[g, STORE] = CANDIDATE
    return parameters


@cache
def learnt() -> Parameters:
    """The same cell after it was told, for random texts, that h is 1 at a "?" while something is stored, else 0."""
    return UNIT.learnt(answers)


def answers(ids: Ids) -> Array:
    """1 at each "?" while something is stored, else 0: (T, B)."""
    stored, found = np.zeros(ids.shape[1], bool), np.zeros(ids.shape)
    for t, now in enumerate(ids):
        stored = (stored | (now == STORE)) & (now != DELETE)
        found[t] = stored & (now == READ)
    return found


def accuracy(parameters: Parameters) -> float:
    """The share of "?" in new texts at which h is on the right side of a half."""
    ids, hidden = UNIT.of_new_texts(parameters)
    return float(((hidden > 0.5) == (answers(ids) > 0.5))[ids == READ].mean())


def of_model(path: str, text: str) -> tuple[list[Block], str]:
    """Strips of the unit in the lowest layer of a trained LSTM that keeps longest what it holds, and what it keeps."""
    model = checkpoint.load(path).model
    network = model.network
    if not (isinstance(network, RecurrentNetwork) and isinstance(network.cell, LSTM)):
        described = model.config.describe()
        raise InputError(f"{path} is no LSTM but a {described}; train one with rnncli train --cell lstm")
    text = model.vocabulary.from_user_text(text)
    try:
        ids = model.vocabulary.encode(text, "--text").astype(np.intp)[:, None]
    except InputError as error:
        raise InputError(f"{error}; choose a text of its characters with --text") from None
    parameters = model.reader_parameters
    forward = network.forward(parameters, ids, network.zero_state(1, parameters.flat.dtype), Workspace())
    forget = forward.activation("l1.forget")[:, 0].mean(axis=0, dtype=np.float64)
    unit = int(forget.argmax())
    values = {name: forward.activation(f"l1.{name}")[:, 0, unit].tolist() for name in COLUMNS}
    kept = float(forget[unit])
    found = [Paragraph(f"Unit 1:{unit} of {path}", ""), *strips(UNIT.strips, LSTM.states, text, values)]
    return found, (
        f"This unit keeps more than any other of its layer: {kept:.3f} of its cell from one character to the next, so "
        f"that {_lasting(kept)}. The mean of the layer is {forget.mean():.3f}."
    )


def _lasting(kept: float) -> str:
    """What becomes of a cell of which this much is kept at each character; float32 knows a gate that is 0 or 1."""
    if kept <= 0:
        return "nothing is left"
    return "nothing is lost" if kept >= 1 else f"half is left after {math.log(0.5) / math.log(kept):,.0f}"
