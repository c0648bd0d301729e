"""A network diagram in characters: the nodes as text, the arrows between them as lines of dots.

Where the screen is too narrow for that, a table of the nodes and one of the arrows say the same.
"""

from collections.abc import Mapping, Sequence

from rich.text import Text

from rnncli.results import Diagram, Edge, Node
from rnncli.terminal.chart import Canvas
from rnncli.terminal.table import HEADING, draw_rows
from rnncli.terminal.words import visible_line, width_of

MAX_GAP, MIN_GAP = 22, 3
"""Columns between two columns of nodes."""

ALONG = (0.32, 0.5, 0.68, 0.22, 0.8, 0.4, 0.6)
"""Where on an arrow its label may stand: the first place that is free."""

ARROW, DASH = "cyan", "dim"


def node_lines(node: Node, digits: int) -> list[str]:
    """The name of a node, then its values."""
    return [
        visible_line(node.name),
        *(f"{name} {number(value, digits)}".strip() for name, value in node.values.items()),
    ]


def edge_label(edge: Edge, digits: int) -> str:
    """The name of an arrow and its value, where it has them."""
    return " ".join([*filter(None, [edge.name]), *([] if edge.value is None else [number(edge.value, digits)])])


def number(value: float | Sequence[float], digits: int) -> str:
    """0.5, or a vector [0.50 -0.29]."""
    if isinstance(value, Sequence):
        return f"[{' '.join(f'{one:.{digits}f}' for one in value)}]"
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def draw_diagram(block: Diagram, width: int) -> Text:
    """The nodes in their columns and rows, the arrows with their labels; tables where that is wider than ``width``."""
    texts = {node.name: node_lines(node, block.digits) for node in block.nodes}
    labels = {(edge.source, edge.target): edge_label(edge, block.digits) for edge in block.edges}
    columns = _columns(block, texts, labels, width)
    if columns is None:
        return _as_tables(block, width)
    rows, height = _rows(block, texts)
    canvas = Canvas(width, height)
    boxes = {
        node.name: _Box(columns[node.column], rows[node.row], max(map(width_of, texts[node.name])), texts[node.name])
        for node in block.nodes
    }
    for edge in block.edges:
        _draw_line(canvas, boxes[edge.source], boxes[edge.target])
    taken: set[tuple[int, int]] = {place for box in boxes.values() for place in box.places()}
    for edge in block.edges:
        label = labels[edge.source, edge.target]
        if label:
            _draw_label(canvas, boxes[edge.source], boxes[edge.target], label, taken)
    for box in boxes.values():
        for n, line in enumerate(box.lines):
            canvas.write(box.left, box.top + n, line.ljust(1), "" if n else HEADING)
    return canvas.drawn()


class _Box:
    """The place of a node, in characters; ``column`` is the middle of its column."""

    def __init__(self, column: int, top: int, width: int, lines: list[str]) -> None:
        self.left, self.top, self.width, self.lines = column - width // 2, top, width, lines

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + len(self.lines) / 2

    def places(self) -> set[tuple[int, int]]:
        lines, columns = range(self.top, self.top + len(self.lines)), range(self.left - 1, self.left + self.width + 1)
        return {(row, column) for row in lines for column in columns}


def _ends(source: _Box, target: _Box) -> tuple[tuple[float, float], tuple[float, float], str]:
    """Where an arrow leaves and arrives, in characters, and its head: at the sides of the boxes, or above and beneath
    where one stands over the other."""
    (x0, y0), (x1, y1) = source.middle, target.middle
    if abs(x1 - x0) * 2 < source.width + target.width:
        if y1 > y0:
            return (x0, source.top + len(source.lines)), (x1, target.top - 1), "▾"
        return (x0, source.top), (x1, target.top + len(target.lines)), "▴"
    if x1 > x0:
        return (source.left + source.width + 0.5, y0), (target.left - 1.5, y1), "▸"
    return (source.left - 0.5, y0), (target.left + target.width + 1.5, y1), "◂"


def _draw_line(canvas: Canvas, source: _Box, target: _Box) -> None:
    (x0, y0), (x1, y1), head = _ends(source, target)
    canvas.line((2 * x0, 4 * y0 - 1), (2 * x1, 4 * y1 - 1), DASH)
    canvas.write(int(x1), int(y1), head, ARROW)


def _draw_label(canvas: Canvas, source: _Box, target: _Box, label: str, taken: set[tuple[int, int]]) -> None:
    (x0, y0), (x1, y1), _ = _ends(source, target)
    width = width_of(label)
    for share in ALONG:
        row = int(y0 + (y1 - y0) * share)
        left = int(x0 + (x1 - x0) * share - width / 2) if x0 != x1 else int(x0) + 1
        places = {(row, column) for column in range(left - 1, left + width + 1)}
        if not places & taken:
            break
    canvas.write(left, row, label, ARROW)
    taken |= places


def _columns(
    block: Diagram, texts: Mapping[str, list[str]], labels: Mapping[tuple[str, str], str], width: int
) -> list[int] | None:
    """The middle of each column; None where there is no room."""
    number = 1 + max(node.column for node in block.nodes)
    column_of = {node.name: node.column for node in block.nodes}
    widths = [0] * number
    for node in block.nodes:
        widths[node.column] = max(widths[node.column], *map(width_of, texts[node.name]))
    gaps = [MIN_GAP] * (number - 1)
    for (source, target), label in labels.items():
        low, high = sorted((column_of[source], column_of[target]))
        if high == low + 1 and label:
            gaps[low] = max(gaps[low], width_of(label) + 4)
        if high == low and label and low < number - 1:
            gaps[low] = max(gaps[low], width_of(label) - widths[low] // 2 + 3)
    spare = width - 2 - sum(widths) - sum(gaps)
    if spare < 0:
        return None
    while spare and min(gaps, default=MAX_GAP) < MAX_GAP:
        gaps[gaps.index(min(gaps))] += 1
        spare -= 1
    middles, left = [], 1
    for column, gap in zip(widths, [*gaps, 0], strict=True):
        middles.append(left + column // 2)
        left += column + gap
    return middles


def _rows(block: Diagram, texts: Mapping[str, list[str]]) -> tuple[list[int], int]:
    """The first line of each row, and the number of all lines; rows with an arrow between them are further apart."""
    rows = {node.name: node.row for node in block.nodes}
    heights = [0] * (1 + max(node.row for node in block.nodes))
    for node in block.nodes:
        heights[node.row] = max(heights[node.row], len(texts[node.name]))
    gaps = [1] * len(heights)
    for edge in block.edges:
        upper, lower = sorted((rows[edge.source], rows[edge.target]))
        gaps[upper:lower] = [2] * (lower - upper)
    tops = [0]
    for height, gap in zip(heights, gaps, strict=True):
        tops.append(tops[-1] + height + gap)
    return tops[:-1], tops[-1] - gaps[-1]


def _as_tables(block: Diagram, width: int) -> Text:
    """The nodes with their values, and the arrows."""
    nodes = [(lines[0], "  ".join(lines[1:])) for lines in (node_lines(node, block.digits) for node in block.nodes)]
    edges = [(edge.source, edge.target, edge_label(edge, block.digits)) for edge in block.edges]
    texts = [draw_rows(("node", "values"), nodes, (False, False), width)]
    if edges:
        texts.append(draw_rows(("from", "to", "weight"), edges, (False, False, False), width))
    return Text("\n\n").join(texts)
