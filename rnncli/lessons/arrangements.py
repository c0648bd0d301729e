"""What goes in, and what comes out: one or many, aligned or free, with several layers or in both directions?"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rnncli.datasets.columns import BOUNDARY, LAYOUTS
from rnncli.datasets.labels import Labels
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.lessons.tasks import Draw, accuracy, learn
from rnncli.models.config import NetworkConfig
from rnncli.models.registry import MODELS
from rnncli.results import Diagram, Edge, Node, Paragraph, Table, ViewResult

SEED, UNITS, UPDATES, ENOUGH = 0, 32, 300, 0.02
"""Units and updates of each network, these at most, and the loss at which it has learnt enough."""

LETTERS, FEW = "abcdefgh", "abcd"
"""Letters of the words, and those of the words to be reversed."""

SOUNDS = {"cat": "miaow", "cow": "moo", "dog": "woof", "duck": "quack"}
LONGEST_SHOWN = 4
"""Letters of a word in the rows of data that are shown."""

NO_TAG = "-"
"""The tag of a letter that has no neighbour there."""


class Arrangement(NamedTuple):
    """A network and its task: the ``kind`` of its model with what distinguishes it, its alphabets, and how its pairs
    are drawn. It ``learns`` to give this."""

    name: str
    learns: str
    kind: str
    alphabet: Vocabulary
    target: Any
    draw: Draw
    layers: int = 1
    bidirectional: bool = False

    @property
    def options(self) -> str:
        """As typed behind ``train --task``."""
        more = [f"--layers {self.layers}"] * (self.layers > 1) + ["--bidirectional"] * self.bidirectional
        return " ".join([MODELS[self.kind].task, *more])


def arrangements_of(length: int) -> list[Arrangement]:
    """All of them, for words of ``length`` letters."""

    def word(rng: np.random.Generator, letters: str = LETTERS) -> str:
        return "".join(letters[i] for i in rng.integers(len(letters), size=length))

    def sound(rng: np.random.Generator, n: int) -> tuple[str, str]:
        name = list(SOUNDS)[n % len(SOUNDS)]
        return SOUNDS[name], name

    def has_an_a(rng: np.random.Generator, n: int) -> tuple[str, str]:
        letters = word(rng, LETTERS[1:])
        place = int(rng.integers(length))
        return (letters[:place] + "a" + letters[place + 1 :], "yes") if n % 2 else (letters, "no")

    def before(rng: np.random.Generator, n: int) -> tuple[str, str]:
        letters = word(rng)
        return letters, NO_TAG + letters[:-1]

    def after(rng: np.random.Generator, n: int) -> tuple[str, str]:
        letters = word(rng)
        return letters, letters[1:] + NO_TAG

    def reversed_word(rng: np.random.Generator, n: int) -> tuple[str, str]:
        letters = word(rng, FEW)
        return letters, letters[::-1]

    written = Vocabulary("".join(sorted({BOUNDARY, *"".join(SOUNDS.values())})))
    letters, tags = Vocabulary(LETTERS), Vocabulary(NO_TAG + LETTERS)
    return [
        Arrangement("one to many", "its sound", "generate-labelled", written, Labels(tuple(SOUNDS)), sound),
        Arrangement("many to one", "has it an a?", "classify", letters, Labels(("no", "yes")), has_an_a),
        Arrangement("aligned", "the letter before", "tag", letters, tags, before),
        Arrangement("free", "it reversed", "translate", Vocabulary(FEW), Vocabulary(BOUNDARY + FEW), reversed_word),
        Arrangement("deep", "the letter before", "tag", letters, tags, before, layers=2),
        Arrangement("one direction", "the letter after", "tag", letters, tags, after),
        Arrangement("both directions", "the letter after", "tag", letters, tags, after, bidirectional=True),
    ]


def arrangements(length: int) -> ViewResult:
    """Diagrams of the arrangements, and what a network of each learns in a moment."""
    found = {arrangement.name: learnt(n, length) for n, arrangement in enumerate(arrangements_of(length))}
    rows = [
        (one.name, data_row(one), one.learns, one.options, found[one.name])
        for one in arrangements_of(min(length, LONGEST_SHOWN))
    ]
    chance = (1 + (length - 1) / len(LETTERS)) / length
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "One cell h serves many purposes: it matters where something goes in and comes out. Each task but the "
                f"first is learnt from random words of {length} letters; a row of its data has two columns, a tab "
                f"between them. {NO_TAG} is the tag where there is no such letter.",
            ),
            flat_diagram(),
            tall_diagram(),
            Table(
                f"Learnt in at most {UPDATES} updates: which share of the symbols in new data is right",
                (
                    "arrangement",
                    "a row of data" if length <= LONGEST_SHOWN else "a shorter row",
                    "learns",
                    "train --task",
                    "right",
                ),
                rows,
                "Networks that write several letters read each of them again, which is not drawn.",
            ),
            Paragraph(
                "A surprise",
                f"Of the letters after each, one direction tells {found['one direction']:.1%}, both tell "
                f"{found['both directions']:.1%}. A network that sees only the past can only guess: the last is "
                f"{NO_TAG}, of the "
                f"others one in {len(LETTERS)} is right, 1/{length} + {length - 1}/{length} · 1/{len(LETTERS)} = "
                f"{chance:.1%}, give or take some luck.",
            ),
        ]
    )


@cache
def learnt(number: int, length: int) -> float:
    """The share of symbols that a network of this arrangement predicts in new data."""
    one, rng = arrangements_of(length)[number], np.random.default_rng(SEED)
    config = NetworkConfig("gru", one.layers, UNITS, bidirectional=one.bidirectional)
    model: Any = MODELS[one.kind](config, one.alphabet, one.target)
    model.initialise(rng)
    learn(model, one.draw, UPDATES, rng, ENOUGH)
    return accuracy(model, one.draw, rng)


def data_row(one: Arrangement) -> str:
    """A row as it stands in a file."""
    layout, pair = LAYOUTS[MODELS[one.kind].task], one.draw(np.random.default_rng(SEED), 1)
    return "<TAB>".join(pair if layout.text == 0 else pair[::-1])


def flat_diagram() -> Diagram:
    """The arrangements of one layer, side by side; the free one reads first and then writes."""
    drawing = Drawing()
    drawing.add(["cow", "", ""], "moo")
    drawing.add("bad", ["", "", "yes"])
    drawing.add("gem", "-ge")
    drawing.add("abc   ", "   cba")
    return Diagram("One to many; many to one; many to many, aligned, and free", drawing.nodes, drawing.edges)


def tall_diagram() -> Diagram:
    """Two layers, and two directions."""
    drawing = Drawing(rows=5)
    drawing.add("gem", "-ge", layers=2)
    drawing.add_bidirectional("gem", "em-")
    return Diagram(
        "Deep: a second layer on the first; bidirectional: a second h, from the end", drawing.nodes, drawing.edges
    )


class Drawing:
    """Networks side by side, unrolled: a column for each step, inputs in the last row, outputs in the first."""

    def __init__(self, rows: int = 3) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.rows, self.left = rows, 0

    def _node(self, label: str, column: int, row: int) -> str:
        name = f"{label} ({column + 1}, {self.rows - row})"
        self.nodes.append(Node(name, column, row, label=label))
        return name

    def _connect(self, *names: str) -> None:
        self.edges += [Edge(a, b) for a, b in pairwise(names)]

    def add(self, inputs: Sequence[str], outputs: Sequence[str], layers: int = 1) -> None:
        """A network of one direction; where an input or output is blank, there is none."""
        cells: list[list[str]] = [[] for _ in range(layers)]
        for t, (x, y) in enumerate(zip(inputs, outputs, strict=True)):
            column = self.left + t
            names = [self._node(x, column, self.rows - 1)] if x.strip() else []
            for k, layer in enumerate(cells):
                layer.append(self._node("h", column, self.rows - 2 - k))
                names.append(layer[-1])
            if y.strip():
                names.append(self._node(y, column, self.rows - 2 - layers))
            self._connect(*names)
        for layer in cells:
            self._connect(*layer)
        self.left += len(inputs) + 1

    def add_bidirectional(self, inputs: str, outputs: str) -> None:
        """Between the outputs and the inputs, which are written twice, above a cell that reads from the beginning and
        beneath one that reads from the end."""
        above, beneath = list[str](), list[str]()
        for t, (x, y) in enumerate(zip(inputs, outputs, strict=True)):
            column = self.left + t
            target = self._node(y, column, 2)
            for row, hidden in ((0, above), (4, beneath)):
                hidden.append(self._node("h", column, 1 if row == 0 else 3))
                self._connect(self._node(x, column, row), hidden[-1], target)
        self._connect(*above)
        self._connect(*beneath[::-1])
        self.left += len(inputs) + 1
