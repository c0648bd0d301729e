"""What a view found or a lesson shows, as plain data: the same for the terminal, for ``--json``, ``--csv`` and HTML.

A result is a list of blocks, and :mod:`rnncli.terminal` draws each kind of them; a view that says what it has to say in
them needs no drawing of its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = str | int | float | bool | None

BLANK = "·"
"""How a blank is shown that has to be seen."""


@dataclass(frozen=True)
class Table:
    """Rows of values under ``columns``. People read numbers with ``digits`` after the point, or with those that the
    size of each suggests. Rows that explain themselves need no ``head``: it has the names of the columns."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    digits: int | None = None
    head: bool = True

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        rows = [[plain(value) for value in row] for row in self.rows]
        return {"kind": "table", "name": self.name, "columns": list(self.columns), "rows": rows, "note": self.note}


@dataclass(frozen=True)
class ColouredText:
    """A text with a number for each character, as a colour: from −scale to ``scale``, or from 0 where they are not
    ``signed``. ``annotations`` may have a character for each, to be written beneath it."""

    name: str
    text: str
    values: Sequence[float]
    scale: float
    unit: str = ""
    annotations: Sequence[str] = ()
    signed: bool = True

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        data = {"kind": "strip", "name": self.name, "text": self.text, "values": [plain(v) for v in self.values]}
        return data | {
            "scale": self.scale,
            "unit": self.unit,
            "beneath": list(self.annotations),
            "signed": self.signed,
        }


@dataclass(frozen=True)
class Curves:
    """Curves of y against x, by their names. With ``log`` the y axis is logarithmic, with ``log_x`` the x axis. In a
    terminal they are ``lines`` high."""

    name: str
    x: str
    y: str
    curves: Mapping[str, Sequence[tuple[float, float]]]
    log: bool = False
    log_x: bool = False
    lines: int = 8

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        curves = {name: [[plain(x), plain(y)] for x, y in points] for name, points in self.curves.items()}
        axes = {"x": self.x, "y": self.y, "log": self.log, "log_x": self.log_x}
        return {"kind": "curves", "name": self.name, **axes, "curves": curves}


@dataclass(frozen=True)
class Scatter:
    """Points (x, y), each with the label of what it is."""

    name: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]
    labels: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        points = [[plain(x), plain(y)] for x, y in self.points]
        return {
            "kind": "scatter",
            "name": self.name,
            "x": self.x,
            "y": self.y,
            "points": points,
            "labels": list(self.labels),
        }


@dataclass(frozen=True)
class Heatmap:
    """A matrix as coloured cells: ``values`` has a row for each of ``rows`` and in it a number for each of ``columns``,
    which are coloured from −scale to scale."""

    name: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    scale: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "kind": "heatmap",
            "name": self.name,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "values": [[plain(value) for value in row] for row in self.values],
            "scale": self.scale,
        }


@dataclass(frozen=True)
class ParallelCoordinates:
    """Lines through parallel axes: each of ``lines`` has a value for each of ``axes``, a number or a name, and a label
    of what it is. The last axis is what the others lead to; later lines lie on top. Those named in ``log`` are
    logarithmic."""

    name: str
    axes: Sequence[str]
    lines: Sequence[Sequence[Value]]
    labels: Sequence[str]
    log: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "kind": "parallel",
            "name": self.name,
            "axes": list(self.axes),
            "lines": [[plain(value) for value in line] for line in self.lines],
            "labels": list(self.labels),
            "log": list(self.log),
        }


@dataclass(frozen=True)
class Paragraph:
    """A few sentences, under a ``name`` or none."""

    name: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"kind": "paragraph", "name": self.name, "text": self.text}


@dataclass(frozen=True)
class Node:
    """A unit of a network, or a layer, in a ``column`` and a ``row`` of a diagram, both from 0, the first row on top;
    with the numbers or vectors that it holds, by name. Where nodes of several networks are called the same, each has a
    name of its own, and a ``label`` is drawn."""

    name: str
    column: int
    row: int
    values: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow from one node to another, and the ``value`` that it multiplies by, if any."""

    source: str
    target: str
    name: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Diagram:
    """A network that carries numbers, which people read with ``digits`` after the point."""

    name: str
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    digits: int = 3

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        nodes = [
            {
                "name": node.name,
                "column": node.column,
                "row": node.row,
                "values": {name: _plain_vector(value) for name, value in node.values.items()},
            }
            for node in self.nodes
        ]
        edges = [
            {"source": edge.source, "target": edge.target, "name": edge.name, "value": plain(edge.value)}
            for edge in self.edges
        ]
        return {"kind": "diagram", "name": self.name, "nodes": nodes, "edges": edges}


@dataclass(frozen=True)
class Plane:
    """A map of a function of two variables: ``values[i][j]`` at x = ``xs[j]`` and y = ``ys[i]``, both rising.

    With ``levels`` it is drawn as contour lines, of which the values on one are equal; without, as coloured cells from
    −scale to ``scale``. ``points`` are (x, y) with a short label, ``paths`` ways through the plane by their names.
    """

    name: str
    x: str
    y: str
    xs: Sequence[float]
    ys: Sequence[float]
    values: Sequence[Sequence[float]]
    levels: Sequence[float] = ()
    scale: float = 1.0
    points: Sequence[tuple[float, float, str]] = ()
    paths: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "kind": "plane",
            "name": self.name,
            "x": self.x,
            "y": self.y,
            "xs": [plain(x) for x in self.xs],
            "ys": [plain(y) for y in self.ys],
            "values": [[plain(value) for value in row] for row in self.values],
            "levels": [plain(level) for level in self.levels],
            "scale": self.scale,
            "points": [[plain(x), plain(y), label] for x, y, label in self.points],
            "paths": {name: [[plain(x), plain(y)] for x, y in path] for name, path in self.paths.items()},
        }


Block = Table | ColouredText | Curves | Scatter | Heatmap | ParallelCoordinates | Paragraph | Diagram | Plane


@dataclass(frozen=True)
class ViewResult:
    """The answer of a view or a lesson: ``facts`` in a few words each, ``blocks``, and ``next`` commands to try.

    ``text`` says which text was read, and is empty where none was. The registry fills in ``view``, its name, and its
    ``question``, where the view has not put it more precisely. ``data`` are further fields of ``--json``, plain
    and with names of their own; ``tables`` come first in ``--csv`` and are not drawn.
    """

    text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    blocks: Sequence[Block] = ()
    next: Sequence[str] = ()
    question: str = ""
    view: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    tables: Sequence[Table] = ()

    def to_json(self) -> dict[str, Any]:
        """``{"view", "question", "text", "facts", "parts": [{"kind", "name", …}]}`` and what ``data`` adds; "kind" is
        "table", "strip", "curves", "scatter", "heatmap", "parallel", "paragraph", "diagram" or "plane". Numbers in
        ``parts`` that are not finite are null."""
        return {
            "view": self.view,
            "question": self.question,
            "text": self.text,
            "facts": dict(self.facts),
            "parts": [block.to_json() for block in self.blocks],
            **self.data,
        }


def with_numbers(numbers: Iterable[tuple[str, float]], form: str) -> str:
    """Characters with a number each in the format ``form``, as in "e 0.35  · 0.20": a blank is a dot."""
    return "  ".join(f"{character.replace(' ', BLANK)} {number:{form}}" for character, number in numbers)


def plain(value: Any) -> Value:
    """A value that JSON knows."""
    if hasattr(value, "item"):  # a number of NumPy
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _plain_vector(value: float | Sequence[float]) -> Value | list[Value]:
    return [plain(one) for one in value] if isinstance(value, Sequence) else plain(value)
