"""One unit of a gated cell, whose weights are set by hand or learnt; what it does at each character of a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.cells import Cell
from rnncli.engine.losses import mean_squared_error
from rnncli.engine.network import Forward, RecurrentNetwork
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm
from rnncli.results import Block, ColouredText, Paragraph, Table, Value

BIAS, SWING, CANDIDATE = 5.0, 10.0, 3.0
"""By hand a gate is shut at −BIAS and open at BIAS, a mark adds SWING to its sum or takes it off, and to store adds
CANDIDATE to the sum of the candidate."""

LONGEST_TABLE = 12
"""Characters, above which coloured strips take the place of numbers."""

SEED, UPDATES, STREAMS, LENGTH, RATE, CLIP, TEST = 0, 300, 64, 10, 0.1, 1.0, 500
SHARES = (0.2, 0.2, 0.3, 0.3)
"""How often each of three marks, and others, come in the texts that it learns from."""

NOTABLE = 0.1
"""A smaller difference between a gate that is learnt and one that is set by hand is not worth a word."""

Trace = Mapping[str, Sequence[float]]
"""By the names of gates and states their values at each character."""


@dataclass(frozen=True)
class SingleUnit:
    """A unit of ``cell`` that reads one-hot characters of four kinds: three ``marks``, and all further characters,
    which are one and the same to it. ``columns`` are what a table shows of it, by the names of the engine, ``strips``
    what is shown over a longer text."""

    cell: Cell
    marks: str
    columns: Mapping[str, str]
    strips: Sequence[str]

    @cached_property
    def network(self) -> RecurrentNetwork:
        """The unit as the only one of its layer."""
        return RecurrentNetwork(self.cell, len(self.marks) + 1, 1)

    def parameters(self) -> Parameters:
        """Its weights and biases, all 0."""
        return Parameters(self.network.shapes(), np.float64)

    def learnt(self, answers: Callable[[Ids], Array]) -> Parameters:
        """What it learns when told what h is to be: ``answers`` (T, B) to random texts (T, B)."""
        rng, parameters = np.random.default_rng(SEED), self.parameters()
        self.network.initialise(parameters, rng)
        gradients, workspace = parameters.zeros_like(), Workspace()
        optimizer = OPTIMIZERS["adam"](parameters.flat.size, np.float64)
        for _ in range(UPDATES):
            ids = random_texts(STREAMS, rng)
            forward = self.read(parameters, ids, workspace)
            _, d_outputs = mean_squared_error(forward.outputs, answers(ids)[..., None])
            self.network.backward(parameters, gradients, forward, d_outputs, None, workspace)
            clip_grad_norm(gradients.flat, CLIP)
            optimizer.step(parameters.flat, gradients.flat, RATE)
        return parameters

    def read(self, parameters: Parameters, ids: Ids, workspace: Workspace) -> Forward:
        """Its pass over ``ids`` (T, B), from a state of 0."""
        return self.network.forward(parameters, ids, self.network.zero_state(ids.shape[1], np.dtype(float)), workspace)

    def of_new_texts(self, parameters: Parameters) -> tuple[Ids, Array]:
        """Ids (T, B) of texts that it has not learnt from, and its h (T, B) there."""
        ids = random_texts(TEST, np.random.default_rng(SEED + 1))
        return ids, self.read(parameters, ids, Workspace()).outputs[..., 0]

    def trace(self, parameters: Parameters, text: str) -> Trace:
        """Its gates and states while it reads."""
        kinds = {mark: n for n, mark in enumerate(self.marks)}
        ids = np.array([[kinds.get(character, len(kinds))] for character in text])
        forward = self.read(parameters, ids, Workspace())
        return {name: forward.activation(f"l1.{name}")[:, 0, 0].tolist() for name in self.columns}

    def rows_or_strips(self, title: str, note: str, text: str, values: Trace) -> list[Block]:
        """A row of numbers for each character, or strips for a long text."""
        if len(text) > LONGEST_TABLE:
            return [Paragraph(title, note), *strips(self.strips, self.cell.states, text, values)]
        rows: list[list[Value]] = [[text[n], *(values[name][n] for name in self.columns)] for n in range(len(text))]
        return [Table(title, ("reads", *self.columns.values()), rows, note, digits=4)]

    def furthest(self, by_hand: Trace, learnt: Trace) -> tuple[str, int] | None:
        """The gate, and the place in the text, at which what is learnt differs most from what is set by hand; None
        where that is little."""
        gates, places = self.cell.gates[: self.cell.sigmoids], range(len(by_hand["hidden"]))
        differences = {(name, n): abs(by_hand[name][n] - learnt[name][n]) for name in gates for n in places}
        name, n = max(differences, key=lambda place: differences[place])
        return (name, n) if differences[name, n] > NOTABLE else None


def random_texts(count: int, rng: np.random.Generator) -> Ids:
    """Ids (LENGTH, count)."""
    return rng.choice(len(SHARES), size=(LENGTH, count), p=SHARES)


def strips(names: Sequence[str], states: Sequence[str], text: str, values: Trace) -> list[Block]:
    """Gates and ``states`` in colours over the text."""
    return [
        ColouredText(
            name.capitalize() if name in states else f"{name.capitalize()} gate",
            text,
            values[name],
            scale=max(1.0, *map(abs, values[name])),
            signed=name in states,
        )
        for name in names
    ]


def told(text: str, gate: str, n: int, by_hand: Trace, learnt: Trace) -> str:
    """How a gate differs there."""
    return (
        f"at character {n + 1}, {text[n]!r}, the learnt {gate} gate is {learnt[gate][n]:.2f}, by hand "
        f"{by_hand[gate][n]:.2f}"
    )
