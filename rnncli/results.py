"""What a view found, as plain data: the same for the terminal, for ``--json``, for ``--csv`` and for the report.

A finding is a list of parts. There are four kinds of them, and a drawing for each kind; a view that says what it has to
say in them needs no drawing of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Table:
    """Rows of values under ``columns``."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        rows = [[plain(value) for value in row] for row in self.rows]
        return {"kind": "table", "name": self.name, "columns": list(self.columns), "rows": rows, "note": self.note}


@dataclass(frozen=True)
class ColouredText:
    """A text with a number for each character. ``scale`` is the number that has the full colour: values are coloured
    from −scale to scale, or if they are not ``signed`` from 0. ``beneath`` may have a character for each."""

    name: str
    text: str
    values: Sequence[float]
    scale: float
    unit: str = ""
    beneath: Sequence[str] = ()
    signed: bool = True

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        data = {"kind": "strip", "name": self.name, "text": self.text, "values": [plain(v) for v in self.values]}
        return data | {
            "scale": self.scale,
            "unit": self.unit,
            "beneath": list(self.beneath),
            "signed": self.signed,
        }


@dataclass(frozen=True)
class Curves:
    """Curves of y against x, by their names. With ``log`` the y axis is logarithmic."""

    name: str
    x: str
    y: str
    curves: Mapping[str, Sequence[tuple[float, float]]]
    log: bool = False

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        curves = {name: [[plain(x), plain(y)] for x, y in points] for name, points in self.curves.items()}
        return {"kind": "curves", "name": self.name, "x": self.x, "y": self.y, "log": self.log, "curves": curves}


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


Block = Table | ColouredText | Curves | Scatter


@dataclass(frozen=True)
class ViewResult:
    """The answer of a ``view``: ``facts`` in a few words each, parts, and ``next`` commands to try.

    ``text`` says which text was looked at, and is empty where none was.
    """

    view: str
    question: str
    text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Block] = ()
    next: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """``{"view", "question", "text", "facts", "parts": [{"kind": "table" | "strip" | "curves" | "scatter", "name",
        …}]}``; numbers that are not finite are null."""
        return {
            "view": self.view,
            "question": self.question,
            "text": self.text,
            "facts": dict(self.facts),
            "parts": [part.to_json() for part in self.parts],
        }


def plain(value: Any) -> Value:
    """A value that JSON knows."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
