"""How far back can a network learn to look? Gradients at a distance, and a letter to be recalled."""

import math
import sys
from functools import cache
from typing import NamedTuple

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.activations import sigmoid
from rnncli.engine.arrays import Workspace
from rnncli.engine.network import RecurrentNetwork
from rnncli.errors import InputError
from rnncli.lessons.tasks import accuracy, learn
from rnncli.models.classifier import Classifier
from rnncli.models.config import NetworkConfig
from rnncli.results import Curves, Paragraph, Table, Value, ViewResult

DISTANCES = (5, 20, 64)
CURVE = (1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 64)
LOWEST = 1e-9
DRAWN = ("sigmoid", "tanh", "lstm")
"""Where the curves end, and of which cells they are, if there are several: a screen has room for four."""

LETTERS, FILLERS = "abcdefgh", "-.,_"
UNITS, STREAMS, SEED = 32, 8, 0
UPDATES, ENOUGH = 300, 0.05
"""Updates at most for the recall, and the loss at which it is learnt."""

BIASES = (1.0, 3.0, 5.0)
"""Forget biases; that of a new LSTM is the first."""


class Kind(NamedTuple):
    """A cell, and the forget bias that it begins with, if it has a forget gate."""

    cell: str
    bias: float | None = None

    def __str__(self) -> str:
        return f"{self.cell}, bias {self.bias:g}" if self.bias is not None else self.cell


CELLS = ("sigmoid", "tanh", "relu", "gru", "lstm")
"""Plain recurrent networks by their activation function, and gated ones."""


def memory(distance: int, cell: str | None, forget_bias: float | None) -> ViewResult:
    """Gradients at several distances as a curve and in numbers, recall at ``distance``, and the powers of a forget
    gate."""
    if cell not in (None, "lstm") and forget_bias is not None:
        raise InputError(f"--forget-bias is that of an LSTM, not of --cell {cell}; leave one of the two out")
    biases = BIASES if forget_bias is None else (forget_bias,)
    kinds = [
        Kind(name, bias) for name in ([cell] if cell else CELLS) for bias in (biases if name == "lstm" else (None,))
    ]
    norms = {kind: gradient_norms(kind) for kind in kinds}
    recalls = {kind: recall(kind, distance) for kind in kinds}
    rows: list[list[Value]] = [
        [str(kind), *(norms[kind][place] for place in DISTANCES), factor(norms[kind]), *recalls[kind]] for kind in kinds
    ]
    drawn = kinds if cell else [kind for kind in kinds if kind.cell in DRAWN and kind.bias not in biases[1:-1]]
    powers = Table(
        "What a forget gate f = σ(bias) leaves of c; the path by h and W_hh adds to it",
        ("forget bias", "f", *(f"f^{d}" for d in DISTANCES), "characters to a half"),
        [powers_of(bias) for bias in biases],
        digits=4,
    )
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                f"The gradient says how much {UNITS} untrained units depend on their state d characters ago. Each step "
                "back multiplies it by a slope and W_hh, c of an LSTM by its forget gate. To be recalled: one of "
                f"{len(LETTERS)} letters after {distance} others; by chance {1 / len(LETTERS):.3f}.",
            ),
            Curves(
                f"How much of the gradient arrives (log scale, down to {LOWEST:g})",
                "characters back",
                "norm",
                {str(kind): until_lowest(norms[kind]) for kind in drawn},
                log=True,
                lines=5,
            ),
            Table(
                f"In numbers; mean factor over {DISTANCES[-1]}; updates until the loss is < {ENOUGH:g}, of {UPDATES}",
                ("cell", *(f"at {d}" for d in DISTANCES), "mean factor", f"recall at {distance}", "updates"),
                rows,
            ),
            *([powers] if cell in (None, "lstm") else []),
            Paragraph("A surprise", _surprise(kinds, norms, recalls, distance)),
        ]
    )


def _surprise(
    kinds: list[Kind], norms: dict[Kind, dict[int, float]], recalls: dict[Kind, tuple[float, int | None]], distance: int
) -> str:
    """What the forget gate decides."""
    told = {
        kind: f"{recalls[kind][0]:.1%} of the letters, and its gradient is multiplied by {factor(norms[kind]):.3f} "
        "a step"
        for kind in kinds
    }
    gated = [kind for kind in kinds if kind.bias is not None]
    if not gated:
        return f"At {distance} this cell recalls {told[kinds[0]]}."
    ends = "; ".join(f"with bias {kind.bias:g} {told[kind]}" for kind in gated[:: max(len(gated) - 1, 1)])
    opened = [kind for kind in kinds if kind.cell == "gru" and recalls[kind][0] > 0.9]
    gru = " The gru's are smaller still at first, yet enough to open its update gate, which keeps h." * len(opened)
    return f"An LSTM forgets as well, if its forget gate is half shut. At {distance} it recalls {ends}.{gru}"


def powers_of(bias: float) -> list[Value]:
    """The gate with this bias, its powers, and after how many characters half of the cell is left."""
    f = float(sigmoid(np.array([bias]))[0])
    number = int(bias) if bias.is_integer() else bias
    return [number, f, *(f**distance for distance in DISTANCES), math.log(0.5) / math.log(f)]


def model_of(kind: Kind) -> Classifier:
    """A classifier with random weights that names a letter."""
    cell, activation = (kind.cell, "tanh") if kind.cell in ("lstm", "gru") else ("rnn", kind.cell)
    config = NetworkConfig(cell, 1, UNITS, activation=activation)
    model = Classifier(config, Vocabulary("".join(sorted(LETTERS + FILLERS))), Labels(tuple(LETTERS)), dtype=np.float64)
    model.initialise(np.random.default_rng(SEED))
    if kind.bias is not None:
        model.parameters["l1.b"][model.network.cell.gates.index("forget")] = kind.bias
    return model


@cache
def gradient_norms(kind: Kind) -> dict[int, float]:
    """By the distances of CURVE the norm of the gradient with respect to the state so many characters before: of a
    function of the hidden state whose gradient there has norm 1 and a random direction."""
    model, rng = model_of(kind), np.random.default_rng(SEED)
    network: RecurrentNetwork = model.network
    ids = rng.integers(len(model.vocabulary), size=(CURVE[-1], STREAMS))
    d_last = rng.standard_normal((STREAMS, UNITS))
    norms = {}
    for distance in CURVE:
        start = network.zero_state(STREAMS, np.dtype(float))
        if distance < len(ids):
            start = network.forward(model.parameters, ids[:-distance], start, Workspace()).state
        workspace = Workspace()
        forward = network.forward(model.parameters, ids[-distance:], start, workspace)
        d_outputs = np.zeros_like(forward.outputs)
        d_outputs[-1] = d_last
        gradients = model.parameters.zeros_like()
        d_state = network.backward(model.parameters, gradients, forward, d_outputs, None, workspace)
        norms[distance] = float(np.linalg.norm(d_state) / np.linalg.norm(d_last))
    return norms


def until_lowest(norms: dict[int, float]) -> list[tuple[float, float]]:
    """The curve of the norms down to LOWEST, where it is cut off between two distances."""
    points: list[tuple[float, float]] = []
    for distance, norm in norms.items():
        if norm < LOWEST:
            if points:
                (last, above), low = points[-1], math.log(LOWEST)
                share = (low - math.log(above)) / (math.log(max(norm, sys.float_info.min)) - math.log(above))
                points.append((last + (distance - last) * share, LOWEST))
            break
        points.append((distance, norm))
    return points


def factor(norms: dict[int, float]) -> float:
    """By which the gradient changes a step, in the geometric mean."""
    last = DISTANCES[-1]
    return float(norms[last] ** (1 / last))


@cache
def recall(kind: Kind, distance: int) -> tuple[float, int | None]:
    """The share of letters that are recalled after ``distance`` others, and the updates until it is learnt, or None."""

    def draw(rng: np.random.Generator, n: int) -> tuple[str, str]:
        letter = LETTERS[n % len(LETTERS)]
        return letter + "".join(FILLERS[i] for i in rng.integers(len(FILLERS), size=distance)), letter

    model, rng = model_of(kind), np.random.default_rng(SEED)
    updates = learn(model, draw, UPDATES, rng, ENOUGH)
    return accuracy(model, draw, rng), updates
