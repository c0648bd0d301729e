"""What do the gates of an LSTM do? One unit whose weights are set by hand, and the same learnt: "(" stores, ")"
deletes, "?" reads."""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.cells import LSTM
from rnncli.engine.losses import mean_squared_error
from rnncli.engine.network import Forward, RecurrentNetwork
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm
from rnncli.errors import InputError
from rnncli.results import Block, ColouredText, Paragraph, Table, Value, ViewResult
from rnncli.storage import checkpoint

STORE, DELETE, READ, OTHER = range(4)
MARKS = {"(": STORE, ")": DELETE, "?": READ}
"""What the cell reads: all further characters are one and the same to it."""

BIAS, SWING, CANDIDATE = 5.0, 10.0, 3.0
"""A gate is shut at −BIAS and open at BIAS, and its mark throws it by SWING from one to the other."""

NAMES = ("input", "forget", "output", "candidate", "cell", "hidden")
STRIPS = {"input": "input gate", "forget": "forget gate", "output": "output gate", "cell": "cell"}
LONGEST_TABLE = 12
"""Characters, above which coloured strips take the place of numbers."""

SEED, UPDATES, STREAMS, LENGTH, RATE, CLIP, TEST = 0, 300, 64, 10, 0.1, 1.0, 500
SHARES = (0.2, 0.2, 0.3, 0.3)
"""How often "(", ")", "?" and others come in the texts that it learns from."""

Trace = Mapping[str, Sequence[float]]
"""By the names of gates and states their values at each character."""


def lstm(text: str, model: str | None) -> ViewResult:
    """Every gate of the cell at every character of ``text``, beside a learnt cell or a unit of the file ``model``."""
    by_hand = trace(hand_made(), text)
    if model:
        others, surprise = of_model(model, text)
    else:
        parameters = learnt()
        title = f"Learnt in {UPDATES} updates; of the ? in new texts {accuracy(parameters):.1%} are answered rightly"
        found = trace(parameters, text)
        others, surprise = rows_or_strips(title, text, found), _surprise(text, by_hand, found)
    by_hand_title = f"By hand: biases of i, f, o −{BIAS:g}, {BIAS:g}, −{BIAS:g}; (, ) and ? throw them by {SWING:g}"
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A cell c keeps a number. Input gate i: is the candidate g written into it? Forget gate f: is what "
                "stands there kept? Output gate o: is it shown, as the hidden state h? c = f · (c before) + i · g and "
                "h = o · tanh(c). 1 is open, 0 shut. Here ( is to store, ) to delete, ? to read.",
            ),
            *rows_or_strips(by_hand_title, text, by_hand),
            *others,
            Paragraph("A surprise", surprise),
        ]
    )


def _surprise(text: str, by_hand: Trace, learnt: Trace) -> str:
    """How the learnt gates differ, and that nothing is kept for ever."""
    forget = hand_made_gate()
    gate, n = max(
        ((name, n) for name in NAMES[:3] for n in range(len(text))),
        key=lambda place: abs(by_hand[place[0]][place[1]] - learnt[place[0]][place[1]]),
    )
    return (
        f"No gate is ever quite shut or open: with f = {forget:.4f} half of what is stored is left after "
        f"{math.log(0.5) / math.log(forget):.0f} characters. And what is learnt need not be what one would set: at "
        f"character {n + 1}, {text[n]!r}, the {gate} gate is {learnt[gate][n]:.2f}, by hand {by_hand[gate][n]:.2f}."
    )


def hand_made_gate() -> float:
    """The forget gate while nothing is deleted."""
    return float(trace(hand_made(), "a")["forget"][0])


NETWORK = RecurrentNetwork(LSTM(), len(MARKS) + 1, 1)
"""A single unit over one-hot characters of four kinds."""


def hand_made() -> Parameters:
    """Weights with which each mark works one gate; W_h is 0."""
    parameters = Parameters(NETWORK.shapes(), np.float64)
    W_x, b = parameters["l1.W_x"][..., 0], parameters["l1.b"][:, 0]
    i, f, o, g = range(4)
    b[[i, f, o]] = -BIAS, BIAS, -BIAS
    W_x[i, STORE], W_x[f, DELETE], W_x[o, READ] = SWING, -SWING, SWING
    W_x[g, STORE] = CANDIDATE
    return parameters


@cache
def learnt() -> Parameters:
    """The same cell after it was told, for random texts, that h is 1 at a "?" while something is stored, else 0."""
    rng = np.random.default_rng(SEED)
    parameters = Parameters(NETWORK.shapes(), np.float64)
    NETWORK.initialise(parameters, rng)
    gradients, workspace = parameters.zeros_like(), Workspace()
    optimizer = OPTIMIZERS["adam"](parameters.flat.size, np.float64)
    for _ in range(UPDATES):
        ids = random_texts(STREAMS, rng)
        forward = read(parameters, ids, workspace)
        _, d_outputs = mean_squared_error(forward.outputs, answers(ids)[..., None])
        NETWORK.backward(parameters, gradients, forward, d_outputs, None, workspace)
        clip_grad_norm(gradients.flat, CLIP)
        optimizer.step(parameters.flat, gradients.flat, RATE)
    return parameters


def random_texts(count: int, rng: np.random.Generator) -> Ids:
    """Ids (LENGTH, count)."""
    return rng.choice(len(SHARES), size=(LENGTH, count), p=SHARES)


def answers(ids: Ids) -> Array:
    """1 at each "?" while something is stored, else 0: (T, B)."""
    stored, found = np.zeros(ids.shape[1], bool), np.zeros(ids.shape)
    for t, now in enumerate(ids):
        stored = (stored | (now == STORE)) & (now != DELETE)
        found[t] = stored & (now == READ)
    return found


def accuracy(parameters: Parameters) -> float:
    """The share of "?" in new texts at which h is on the right side of a half."""
    ids = random_texts(TEST, np.random.default_rng(SEED + 1))
    is_right = (read(parameters, ids, Workspace()).outputs[..., 0] > 0.5) == (answers(ids) > 0.5)
    return float(is_right[ids == READ].mean())


def read(parameters: Parameters, ids: Ids, workspace: Workspace) -> Forward:
    """The cell's pass over ``ids`` (T, B), from an empty cell."""
    return NETWORK.forward(parameters, ids, NETWORK.zero_state(ids.shape[1], np.dtype(float)), workspace)


def trace(parameters: Parameters, text: str) -> Trace:
    """The gates and states of the cell while it reads."""
    ids = np.array([[MARKS.get(character, OTHER)] for character in text])
    forward = read(parameters, ids, Workspace())
    return {name: forward.activation(f"l1.{name}")[:, 0, 0].tolist() for name in NAMES}


def rows_or_strips(title: str, text: str, values: Trace) -> list[Block]:
    """A row of numbers for each character, or strips for a long text."""
    if len(text) > LONGEST_TABLE:
        return strips(title, text, values)
    rows: list[list[Value]] = [[character, *(values[name][n] for name in NAMES)] for n, character in enumerate(text)]
    columns = ("reads", "input i", "forget f", "output o", "candidate g", "cell c", "hidden h")
    return [Table(title, columns, rows, digits=4)]


def strips(title: str, text: str, values: Trace) -> list[Block]:
    """The gates and the cell in colours over the text."""
    return [
        ColouredText(
            shown.capitalize() if n else f"{title}: {shown}",
            text,
            values[name],
            scale=max(1.0, *map(abs, values[name])),
            signed=name == "cell",
        )
        for n, (name, shown) in enumerate(STRIPS.items())
    ]


def of_model(path: str, text: str) -> tuple[list[Block], str]:
    """Strips of the unit in the lowest layer of a trained LSTM that keeps longest what it holds, and what it keeps."""
    model = checkpoint.load(path).model
    network = model.network
    if not (isinstance(network, RecurrentNetwork) and isinstance(network.cell, LSTM)):
        described = model.config.describe()
        raise InputError(f"{path} is no LSTM but a {described}; train one with rnncli train --cell lstm")
    text = model.vocabulary.from_user_text(text)
    ids = model.vocabulary.encode(text, "--text").astype(np.intp)[:, None]
    parameters = model.reader_parameters
    forward = network.forward(parameters, ids, network.zero_state(1, parameters.flat.dtype), Workspace())
    forget = forward.activation("l1.forget")[:, 0].mean(axis=0, dtype=np.float64)
    unit = int(forget.argmax())
    values = {name: forward.activation(f"l1.{name}")[:, 0, unit].tolist() for name in NAMES}
    kept, lasts = float(forget[unit]), math.log(0.5) / math.log(forget[unit])
    return strips(f"Unit 1:{unit} of {path}", text, values), (
        f"This unit keeps more than any other of its layer: {kept:.3f} of its cell from one character to the next, so "
        f"that half is left after {lasts:.0f}. The mean of the layer is {forget.mean():.3f}."
    )
