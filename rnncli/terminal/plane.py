"""A map of two dimensions in characters: contour lines, paths and points, or coloured cells."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rich.text import Text

from rnncli.results import Plane
from rnncli.terminal.cells import colour, mark
from rnncli.terminal.chart import MARGIN, Canvas
from rnncli.terminal.words import width_of

Place = tuple[float, float]

HEIGHT = 12
CONTOUR, POINT = "dim", "bold"
SPARSE = 3
"""Without colour, of every so many pieces of a contour line one is drawn, as a dot: a path is a line."""

LINE = "⠒⠒"
"""A path in the legend."""


def contours(plane: Plane, level: float) -> Iterator[tuple[Place, Place]]:
    """Straight pieces of the line on which the value is ``level``: the two triangles of each cell of the grid are cut
    where the level lies between the values at their corners."""
    for (y0, lower), (y1, upper) in pairwise(zip(plane.ys, plane.values, strict=True)):
        for left, right in pairwise(range(len(plane.xs))):
            x0, x1 = plane.xs[left], plane.xs[right]
            corners = ((x0, y0, lower[left]), (x1, y0, lower[right]), (x1, y1, upper[right]), (x0, y1, upper[left]))
            for triangle in (corners[:3], (corners[0], *corners[2:])):
                cuts = [
                    _cut(a, b, level) for a, b in pairwise([*triangle, triangle[0]]) if (a[2] < level) != (b[2] < level)
                ]
                if len(cuts) == 2:
                    yield cuts[0], cuts[1]


def _cut(a: tuple[float, float, float], b: tuple[float, float, float], level: float) -> Place:
    share = (level - a[2]) / (b[2] - a[2])
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _axis_names(plane: Plane, width: int) -> list[str]:
    """What the axes are, on one line where it has room."""
    both = f"{plane.x} to the right, {plane.y} upwards"
    lines = [both] if width_of(both) <= width else [f"{plane.x} to the right", f"{plane.y} upwards"]
    return [line.center(width) for line in lines]


def draw_plane(block: Plane, styles: Sequence[str], width: int, has_colour: bool) -> Text:
    """The plane with its ranges at the edges. Without ``levels`` each character is coloured, or is a mark where there
    is no colour, by the nearest value."""
    x0, x1, y0, y1 = block.xs[0], block.xs[-1], block.ys[0], block.ys[-1]
    canvas = Canvas(width, HEIGHT)

    def dots(place: Place) -> Place:
        x, y = place
        return (x - x0) / (x1 - x0) * (canvas.columns - 1), (y1 - y) / (y1 - y0) * (canvas.rows - 1)

    if not block.levels:
        for row in range(HEIGHT):
            values = block.values[round((1 - (row + 0.5) / HEIGHT) * (len(block.ys) - 1))]
            for column in range(width):
                share = values[round((column + 0.5) / width * (len(block.xs) - 1))] / block.scale
                canvas.write(column, row, " " if has_colour else mark(share), colour(share) if has_colour else "")
    for level in block.levels:
        for start, stop in list(contours(block, level))[:: 1 if has_colour else SPARSE]:
            canvas.line(dots(start), dots(stop if has_colour else start), CONTOUR, apart=2)
    heads = _heads(block, has_colour)
    for path, head, style in zip(block.paths.values(), heads, styles, strict=False):
        if head == LINE:
            for start, stop in pairwise(path):
                canvas.line(dots(start), dots(stop), style)
        else:
            for place in _apart(map(dots, path[1:])):
                _letter(canvas, place, head, "")
    for x, y, label in block.points:
        _letter(canvas, dots((x, y)), label, POINT)
    text = canvas.framed(f"{y1:8.3g} ", f"{y0:8.3g} ")
    low, high = f"{x0:g} ", f" {x1:g}"
    for line in _axis_names(block, width - len(low) - len(high)):
        text.append(f"{' ' * MARGIN}{low}{line}{high}\n", "dim")
        low, high = " " * len(low), ""
    text.rstrip()
    if block.paths:
        text.append("\n" + " " * MARGIN)
        for name, head, style in zip(block.paths, heads, styles, strict=False):
            text.append(head, style).append(f" {name}   ")
        text.rstrip()
    return text


def _heads(plane: Plane, has_colour: bool) -> list[str]:
    """How each path is drawn: a line, or where colours do not tell them apart, its first letter at each place."""
    return [LINE if has_colour or not n else name[:1] for n, name in enumerate(plane.paths)]


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """Those whose letters do not stand side by side, so that what lies beneath is seen between them."""
    taken: set[tuple[int, int]] = set()
    for x, y in places:
        column, row = int(x / 2), int(y / 4)
        if not taken & {(column + n, row) for n in (-1, 0, 1)}:
            taken.add((column, row))
            yield x, y


def _letter(canvas: Canvas, place: Place, text: str, style: str) -> None:
    """Write where a dot would be, if that is on the canvas."""
    column, row = place
    if 0 <= column < canvas.columns and 0 <= row < canvas.rows:
        canvas.write(min(int(column / 2), canvas.columns // 2 - width_of(text)), int(row / 4), text, style)
