"""Parallel coordinates as SVG: an axis for each option of a sweep, a line for each trial."""

import math
from collections.abc import Sequence
from html import escape

from rnncli.results import ParallelCoordinates, Value
from rnncli.terminal.view_result import written

WIDTH, HEIGHT, SIDE, TOP, BOTTOM = 640, 300, 60, 34, 22

FAINTEST = 0.12
"""Opacity of the line that lies lowest; that on top is opaque."""

Place = tuple[list[float], list[str]]
"""Of an axis: where each line meets it, 0 … 1 from below, and what stands beside it, from below."""


def lines_svg(block: ParallelCoordinates) -> str:
    """The whole drawing. The label of a line shows where the pointer rests."""
    columns = [[line[n] for line in block.lines] for n in range(len(block.axes))]
    places = [_places(column, name in block.log) for name, column in zip(block.axes, columns, strict=True)]
    xs = [SIDE + (WIDTH - 2 * SIDE) * n / max(len(block.axes) - 1, 1) for n in range(len(block.axes))]
    axes = "".join(_axis(x, name, marks) for x, name, (_, marks) in zip(xs, block.axes, places, strict=True))
    lines = ""
    for number, label in enumerate(block.labels):
        points = " ".join(f"{x:.1f},{_y(place[number]):.1f}" for x, (place, _) in zip(xs, places, strict=True))
        opacity = FAINTEST + (1 - FAINTEST) * ((number + 1) / len(block.labels)) ** 3
        values = ", ".join(f"{name} {written(v)}" for name, v in zip(block.axes, block.lines[number], strict=True))
        title = f"<title>{escape(f'{label}: {values}')}</title>"
        lines += f'<polyline class="trial" stroke-opacity="{opacity:.2f}" points="{points}">{title}</polyline>'
    name = f"<title>{escape(block.name)}</title>"
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} role="img">{name}{axes}{lines}</svg>\n'


def _places(column: Sequence[Value], log: bool) -> Place:
    numbers = [value for value in column if isinstance(value, int | float)]
    if len(numbers) < len(column):
        names = sorted({written(value) for value in column})
        return [_share(names.index(written(value)), 0, len(names) - 1) for value in column], names
    scale = math.log if log and min(numbers) > 0 else float
    low, high = min(numbers), max(numbers)
    marks = [written(low), written(high)] if low < high else [written(low)]
    return [_share(scale(value), scale(low), scale(high)) for value in numbers], marks


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - BOTTOM - TOP)


def _axis(x: float, name: str, marks: list[str]) -> str:
    text = "".join(
        f'<text x="{x:.1f}" dx="4" y="{_y(_share(n, 0, len(marks) - 1)):.1f}">{escape(mark)}</text>'
        for n, mark in enumerate(marks)
    )
    head = f'<text x="{x:.1f}" y="14" text-anchor="middle">{escape(name)}</text>'
    return f'<path class="axis" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>{head}{text}'
