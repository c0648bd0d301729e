"""A small chart of curves against steps, drawn with braille dots: each character is 2 × 4 of them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.text import Text

Points = Sequence[tuple[float, float]]

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


def chart(curves: Mapping[str, Points], styles: Sequence[str], width: int = 60, height: int = 8) -> Text:
    """Curves by name, each points (x, y) with rising x, as ``height`` lines and a legend; later curves lie on top."""
    points = [point for curve in curves.values() for point in curve]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = min(y for _, y in points), max(y for _, y in points)
    columns, rows = 2 * width, 4 * height
    cells = [[_BLANK] * width for _ in range(height)]
    colours = [[""] * width for _ in range(height)]
    for number, (curve, style) in enumerate(zip(curves.values(), styles, strict=False)):
        for column in range(columns):
            if number and column // 2 % 2:
                continue  # the second curve is dashed, so that they differ without colour
            y = _interpolate(curve, left + (right - left) * column / max(columns - 1, 1))
            if y is None:
                continue
            row = round((top - y) / ((top - bottom) or 1) * (rows - 1))
            cells[row // 4][column // 2] |= _DOTS[column % 2][row % 4]
            colours[row // 4][column // 2] = style
    text = Text()
    for number, (line, line_colours) in enumerate(zip(cells, colours, strict=True)):
        label = f"{top:8.3f} " if number == 0 else f"{bottom:8.3f} " if number == height - 1 else " " * 9
        text.append(label, "dim")
        for cell, colour in zip(line, line_colours, strict=True):
            text.append(chr(cell), colour)
        text.append("\n")
    ends = f"{left:,.0f}", f"step {right:,.0f}"
    text.append(" " * 9 + ends[0] + ends[1].rjust(width - len(ends[0])) + "\n", "dim")
    text.append(" " * 9)
    for number, (name, style) in enumerate(zip(curves, styles, strict=False)):
        text.append(f"{'⠒ ⠒' if number else '⠒⠒⠒'} {name}   ", style)
    text.rstrip()
    return text


def _interpolate(curve: Points, x: float) -> float | None:
    """y of the polygon through the points at ``x``, None outside it."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * ((x - x0) / (x1 - x0) if x1 > x0 else 0)
    return curve[0][1] if len(curve) == 1 and x == curve[0][0] else None
