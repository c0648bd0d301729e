"""A network diagram in characters: the nodes as text, the arrows between them as lines of dots.

Where the screen is too narrow for that, or the labels are too many, tables of the nodes and the arrows say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from rnncli.results import Diagram, Edge, Node
from rnncli.terminal.chart import Canvas
from rnncli.terminal.table import HEADING, draw_rows
from rnncli.terminal.words import visible_line, width_of

MAX_GAP, MIN_GAP = 22, 3
"""Columns between two columns of nodes."""

ALONG = (0.32, 0.5, 0.68, 0.22, 0.8, 0.4, 0.6, 0.9, 0.14)
"""Where on an arrow its label may stand: the first place that is free. Where there is none, there are tables."""

ARROW, LINE = "cyan", "dim"


def node_lines(node: Node, digits: int) -> list[str]:
    """What a node is called, then its values."""
    return [
        visible_line(node.label or node.name),
        *(f"{name} {number(value, digits)}".strip() for name, value in node.values.items()),
    ]


def edge_label(edge: Edge, digits: int) -> str:
    """The name of an arrow and its value, where it has them."""
    return " ".join([*filter(None, [edge.name]), *([] if edge.value is None else [number(edge.value, digits)])])


def number(value: float | Sequence[float], digits: int) -> str:
    """0.5, or a vector [0.50 -0.29]."""
    if isinstance(value, Sequence):
        return f"[{' '.join(f'{one:z.{digits}f}' for one in value)}]"
    return f"{value:z.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:z.0f}"


def draw_diagram(block: Diagram, width: int) -> Text:
    """The nodes in their columns and rows, the arrows with their labels; tables where there is no room."""
    texts = {node.name: node_lines(node, block.digits) for node in block.nodes}
    labels = [edge_label(edge, block.digits) for edge in block.edges]
    lefts = _columns(block, texts, labels, width)
    if lefts is None:
        return _as_tables(block, width)
    tops, height = _rows(block, texts)
    canvas = Canvas(width, height)
    boxes = {node.name: _Box(lefts[node.column], tops[node.row], texts[node.name]) for node in block.nodes}
    arrows = [_arrow(boxes[edge.source], boxes[edge.target]) for edge in block.edges]
    for (x0, y0), (x1, y1), head in arrows:
        canvas.line((2 * x0, 4 * y0 - 0.5), (2 * x1, 4 * y1 - 0.5), LINE)
        canvas.write(int(x1), int(y1), head, ARROW)
    taken = {place for box in boxes.values() for place in box.places()}
    for arrow, label in zip(arrows, labels, strict=True):
        if label and not _draw_label(canvas, arrow, label, taken):
            return _as_tables(block, width)
    for box in boxes.values():
        for n, line in enumerate(box.lines):
            canvas.write(box.left, box.top + n, line, "" if n else HEADING)
    return canvas.drawn()


@dataclass(frozen=True)
class _Box:
    """The place of a node, in characters."""

    left: int
    top: int
    lines: list[str]

    @property
    def right(self) -> int:
        return self.left + max(map(width_of, self.lines))

    @property
    def bottom(self) -> int:
        return self.top + len(self.lines)

    @property
    def middle(self) -> float:
        """Of the line at which arrows leave and arrive at the sides."""
        return self.top + len(self.lines) // 2 + 0.5

    def places(self) -> set[tuple[int, int]]:
        """Rows and columns, with a blank on each side."""
        return {(row, n) for row in range(self.top, self.bottom) for n in range(self.left - 1, self.right + 1)}


Arrow = tuple[tuple[float, float], tuple[float, float], str]
"""Where it leaves and arrives (x, y), in characters, and its head."""


def _arrow(source: _Box, target: _Box) -> Arrow:
    """From side to side, or above and beneath where one stands over the other."""
    if source.left == target.left:
        x = (source.left + min(source.right, target.right)) / 2
        if target.top > source.top:
            return (x, source.bottom), (x, target.top - 0.5), "▾"
        return (x, source.top - 0.25), (x, target.bottom + 0.5), "▴"
    if source.left < target.left:
        return (source.right + 0.5, source.middle), (target.left - 1.5, target.middle), "▸"
    return (source.left - 0.5, source.middle), (target.right + 1.5, target.middle), "◂"


def _draw_label(canvas: Canvas, arrow: Arrow, label: str, taken: set[tuple[int, int]]) -> bool:
    """On the arrow, or beside it where it goes up or down; False where all places are taken."""
    (x0, y0), (x1, y1), _ = arrow
    width = width_of(label)
    for share in ALONG:
        row = int(y0 + (y1 - y0) * share)
        left = int(x0) + 1 if x0 == x1 else int(x0 + (x1 - x0) * share - width / 2)
        places = {(row, column) for column in range(left - 1, left + width + 1)}
        if not places & taken:
            canvas.write(left, row, label, ARROW)
            taken |= places
            return True
    return False


def _columns(block: Diagram, texts: Mapping[str, list[str]], labels: Sequence[str], width: int) -> list[int] | None:
    """Where each column begins; None where there is no room."""
    column_of = {node.name: node.column for node in block.nodes}
    widths = [0] * (1 + max(column_of.values()))
    for name, column in column_of.items():
        widths[column] = max(widths[column], *map(width_of, texts[name]))
    gaps = [MIN_GAP] * (len(widths) - 1)
    for edge, label in zip(block.edges, labels, strict=True):
        low, high = sorted((column_of[edge.source], column_of[edge.target]))
        if label and high == low + 1:
            gaps[low] = max(gaps[low], width_of(label) + 4)
        elif label and high == low < len(gaps):  # beside an arrow up or down
            gaps[low] = max(gaps[low], width_of(label) - widths[low] // 2 + 3)
    spare = width - 2 - sum(widths) - sum(gaps)
    if spare < 0:
        return None
    while spare and min(gaps, default=MAX_GAP) < MAX_GAP:
        gaps[gaps.index(min(gaps))] += 1
        spare -= 1
    return [1 + sum(widths[:n]) + sum(gaps[:n]) for n in range(len(widths))]


def _rows(block: Diagram, texts: Mapping[str, list[str]]) -> tuple[list[int], int]:
    """The first line of each row, and the number of all lines. One line between rows has room for an arrow up or down;
    an arrow aslant needs two."""
    rows, columns = ({node.name: getattr(node, side) for node in block.nodes} for side in ("row", "column"))
    heights = [0] * (1 + max(node.row for node in block.nodes))
    for node in block.nodes:
        heights[node.row] = max(heights[node.row], len(texts[node.name]))
    gaps = [1] * len(heights)
    for edge in block.edges:
        upper, lower = sorted((rows[edge.source], rows[edge.target]))
        if columns[edge.source] != columns[edge.target]:
            gaps[upper:lower] = [2] * (lower - upper)
    tops = [0]
    for height, gap in zip(heights, gaps, strict=True):
        tops.append(tops[-1] + height + gap)
    return tops[:-1], tops[-1] - gaps[-1]


def _as_tables(block: Diagram, width: int) -> Text:
    """The nodes with their values, and the arrows."""
    nodes = [(visible_line(node.name), "  ".join(node_lines(node, block.digits)[1:])) for node in block.nodes]
    edges = [(edge.source, edge.target, edge_label(edge, block.digits)) for edge in block.edges]
    texts = [draw_rows(("node", "values"), nodes, (False, False), width)]
    if edges:
        texts.append(draw_rows(("from", "to", "weight"), edges, (False, False, False), width))
    return Text("\n\n").join(texts)
