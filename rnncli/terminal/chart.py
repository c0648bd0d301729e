"""Small charts drawn with braille dots: each character is 2 × 4 of them."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_lowercase

from rich.text import Text

from rnncli.terminal.words import visible_line, width_of

Points = Sequence[tuple[float, float]]

MARGIN = 9
"""Columns before the canvas, for the numbers of the y axis."""

DASHES = ("⠒", "⠒ ", "⠒⠒⠒ ", "⠒  ", "⠒⠒  ")
"""How curves are dashed, so that they differ without colour: a character that is blank is left out."""

TOLD_APART, LETTERS_APART = 2, 10
"""Curves that dashes alone tell apart; of more each has a letter, which comes again after so many columns, or after as
many as there are curves."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


def chart(
    curves: Mapping[str, Points],
    styles: Sequence[str],
    width: int = 60,
    height: int = 8,
    x_name: str = "step",
    log: bool = False,
    log_x: bool = False,
) -> Text:
    """Curves by name, each points (x, y) with rising x, as ``height`` lines and a legend; later curves lie on top. With
    ``log`` the y axis is logarithmic, with ``log_x`` the x axis, and points that are not positive are left out."""
    if log_x:
        curves = {name: [(math.log10(x), y) for x, y in curve if x > 0] for name, curve in curves.items()}
    if log:
        curves = {name: [(x, math.log10(y)) for x, y in curve if y > 0] for name, curve in curves.items()}
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return Text("no value is above zero", "dim")
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = min(y for _, y in points), max(y for _, y in points)
    canvas = Canvas(width, height)
    xs = [left + (right - left) * column / (canvas.columns - 1) for column in range(canvas.columns)]
    letters = [ascii_lowercase[n % len(ascii_lowercase)] for n in range(len(curves))]
    if len(curves) <= TOLD_APART:
        letters = []
    for number, curve in enumerate(curves.values()):
        style = styles[number % len(styles)]
        found = _columns(curve, xs) if curve else {}
        rows = {n: round((top - y) / ((top - bottom) or 1) * (canvas.rows - 1)) for n, y in found.items()}
        for column, row in rows.items():
            if _dash(number, column // 2) != " ":
                canvas.dot(column, row, style)
        if letters and rows:
            apart = max(LETTERS_APART, len(curves))
            seen = [n for n in rows if (n - 2 * (number * apart // len(curves))) % (2 * apart) == 0]
            for column in seen or [max(rows)]:
                canvas.write(column // 2, rows[column] // 4, letters[number], style)
    ends = (f"{10**top:8.1e} ", f"{10**bottom:8.1e} ") if log else (_number(top, top), _number(bottom, top))
    text = canvas.framed(*ends)
    first, last = (f"{10**x if log_x else x:,.0f}" for x in (left, right))
    text.append(" " * MARGIN + first + f"{x_name} {last}".rjust(width - len(first)) + "\n", "dim")
    return text.append(" " * MARGIN).append_text(_legend(list(curves), letters, styles, width))


def _legend(names: Sequence[str], letters: Sequence[str], styles: Sequence[str], width: int) -> Text:
    """The names of the curves, each after five characters of it: on one line, if they fit."""
    samples = ["".join(_dash(number, place) for place in range(5)) for number in range(len(names))]
    if letters:
        samples = [sample[:2] + letter + sample[3:] for sample, letter in zip(samples, letters, strict=True)]
    parts = [f"{sample} {visible_line(name)}" for sample, name in zip(samples, names, strict=True)]
    apart = "   " if width_of("   ".join(parts)) <= width else f"\n{' ' * MARGIN}"
    return Text(apart).join(Text(part, styles[number % len(styles)]) for number, part in enumerate(parts))


def scatter(points: Points, width: int, x_name: str, y_name: str, height: int = 10) -> Text:
    """Points in the unit square."""
    canvas = Canvas(width, height)
    for x, y in points:
        canvas.dot(round(x * (canvas.columns - 1)), round((1 - y) * (canvas.rows - 1)), "")
    text = Text().append(" " * MARGIN + f"{y_name} ↑\n", "dim")
    text.append_text(canvas.framed("       1 ", "       0 "))
    text.append(" " * MARGIN + "0" + f"{x_name} → 1".rjust(width - 1), "dim")
    return text


def _number(value: float, largest: float) -> str:
    """A number of the y axis, with more digits where all are small."""
    return f"{value:8.{5 if abs(largest) < 0.1 else 3}f} "


def _dash(number: int, place: int) -> str:
    """Whether curve ``number`` is drawn at this ``place`` along it, a character or a blank."""
    dashes = DASHES[number % len(DASHES)]
    return dashes[place % len(dashes)]


class Canvas:
    """``width`` × ``height`` characters of dots, over which letters may be written."""

    def __init__(self, width: int, height: int) -> None:
        self.columns, self.rows = 2 * width, 4 * height
        self._cells = [[_BLANK] * width for _ in range(height)]
        self._styles = [[""] * width for _ in range(height)]
        self._letters: dict[tuple[int, int], str] = {}

    def dot(self, column: int, row: int, style: str) -> None:
        """Set a dot; rows count from the top."""
        self._cells[row // 4][column // 2] |= _DOTS[column % 2][row % 4]
        self._styles[row // 4][column // 2] = style

    def line(self, start: tuple[float, float], stop: tuple[float, float], style: str, apart: int = 1) -> None:
        """Dots from one (column, row) to another, ``apart`` from each other; those outside the canvas are left out."""
        (column, row), (last_column, last_row) = start, stop
        steps = math.ceil(max(abs(last_column - column), abs(last_row - row), 1))
        for n in range(0, steps + 1, apart):
            place = (round(column + (last_column - column) * n / steps), round(row + (last_row - row) * n / steps))
            if 0 <= place[0] < self.columns and 0 <= place[1] < self.rows:
                self.dot(*place, style)

    def write(self, column: int, row: int, text: str, style: str = "") -> None:
        """Characters instead of dots; ``column`` and ``row`` count characters, and what is beyond the edge is left
        out."""
        for character in text:
            width = width_of(character)
            if not width:  # an accent, which belongs to the character before
                self._letters[row, column - 1] = self._letters.get((row, column - 1), "") + character
            elif column >= 0 and column + width <= len(self._cells[row]):
                for n in range(width):
                    self._letters[row, column + n] = "" if n else character
                    self._styles[row][column + n] = style
            column += width

    def drawn(self) -> Text:
        """The lines without a frame, and without blanks at their ends."""
        lines = []
        for number in range(len(self._cells)):
            line = Text()
            for character, style in self._line(number):
                line.append(" " if character == chr(_BLANK) else character, style)
            line.rstrip()
            lines.append(line)
        return Text("\n").join(lines)

    def _line(self, row: int) -> list[tuple[str, str]]:
        """Characters with their styles."""
        cells = enumerate(zip(self._cells[row], self._styles[row], strict=True))
        return [(self._letters.get((row, column), chr(cell)), style) for column, (cell, style) in cells]

    def framed(self, top: str, bottom: str) -> Text:
        """The lines, with a label before the first and the last of them."""
        text = Text()
        last = len(self._cells) - 1
        for number in range(len(self._cells)):
            text.append(top if number == 0 else bottom if number == last else " " * MARGIN, "dim")
            for character, style in self._line(number):
                text.append(character, style)
            text.append("\n")
        return text


def _columns(curve: Points, xs: Sequence[float]) -> dict[int, float]:
    """For each column n where a curve is seen, y of the polygon through its points at ``xs[n]``; a curve that lies
    between two columns is seen in the nearer one."""
    first, last = curve[0][0], curve[-1][0]
    within = [n for n, x in enumerate(xs) if first <= x <= last]
    seen = within or [min(range(len(xs)), key=lambda n: abs(xs[n] - first))]
    return {n: _interpolate(curve, min(max(xs[n], first), last)) for n in seen}


def _interpolate(curve: Points, x: float) -> float:
    """y of the polygon through the points at ``x``, which lies between the first and the last of them."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * ((x - x0) / (x1 - x0) if x1 > x0 else 0)
    return curve[0][1]
