"""The result of a view, drawn: its facts, and each block by its kind."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import set_cell_size
from rich.console import Group, RenderableType
from rich.text import Text

from rnncli.names import plural
from rnncli.results import (
    Block,
    ColouredText,
    Curves,
    Diagram,
    Heatmap,
    Paragraph,
    ParallelCoordinates,
    Plane,
    Scatter,
    Table,
    Value,
    ViewResult,
)
from rnncli.terminal.cells import MARKS, cells, colour, mark
from rnncli.terminal.chart import chart, scatter
from rnncli.terminal.diagram import draw_diagram
from rnncli.terminal.plane import draw_plane
from rnncli.terminal.table import HEADING, draw_facts, draw_rows
from rnncli.terminal.words import PICTURES, visible_line, visible_lines, visible_value, width_of, wrapped

STYLES = ("blue", "dark_orange", "green", "magenta", "cyan", "red", "yellow", "white")
BARS = " ▁▂▃▄▅▆▇█"

PIPE_WIDTH = 100
"""Columns of headings and facts in a pipe."""


def draw_view_result(result: ViewResult, width: int, has_colour: bool, text_width: int | None = None) -> RenderableType:
    """Everything that a view found but its ``tables``, on a screen of ``width`` columns. Texts are broken at blanks,
    headings and facts at ``text_width`` where that is given; commands stay whole, so that they can be copied."""
    line_width = text_width or width
    head = Text()
    head.append(wrapped(result.question, line_width), HEADING)
    if result.text:
        source = f"in {visible_line(result.text)}"
        fits = width_of(f"{result.question}  {source}") <= line_width
        head.append(f"  {source}" if fits else f"\n{wrapped(source, line_width)}", "dim")
    drawn: list[RenderableType] = [head]
    if result.facts:
        facts = [(visible_line(name), visible_line(value)) for name, value in result.facts.items()]
        drawn += [Text(), draw_facts(facts, line_width)]
    for block in result.blocks:
        heading = [Text(wrapped(visible_line(block.name), line_width), HEADING)] if block.name else []
        drawn += [Text(), *heading, *_draw(block, width, has_colour)]
    if result.next:
        drawn += [Text(), Text("next: " + "\n      ".join(map(visible_line, result.next)))]
    return Group(*drawn)


def _draw(block: Block, width: int, has_colour: bool) -> list[RenderableType]:
    match block:
        case Table():
            return draw_table(block, width)
        case ColouredText():
            return [draw_coloured_text(block, width, has_colour)]
        case Curves():
            columns = min(60, width - 12)
            return [chart(block.curves, STYLES, columns, block.lines, block.x, block.log, block.log_x)]
        case Scatter():
            return [scatter(block.points, min(40, width - 12), block.x, block.y)]
        case Heatmap():
            return [draw_heatmap(block, width)]
        case ParallelCoordinates():  # a table of the lines: on a terminal they would lie on top of each other
            return draw_table(Table("", *_lines_as_table(block)), width)
        case Paragraph():
            return [Text(wrapped(visible_lines(block.text), width))]
        case Diagram():
            return [draw_diagram(block, width)]
        case Plane():
            return [draw_plane(block, STYLES, min(60, width - 12), has_colour)]


def draw_table(table: Table, width: int) -> list[RenderableType]:
    """Rows under headings, numbers to the right."""
    headings = [visible_line(column) for column in table.columns]
    numeric = [all(isinstance(row[n], int | float | None) for row in table.rows) for n in range(len(headings))]
    rows = [[written(value, table.digits) for value in row] for row in table.rows]
    drawn = draw_rows(headings, rows, numeric, width, table.head)
    apart = [Text()] if "\n\n" in drawn.plain else []  # records, which end with an empty line
    return [drawn, *apart, Text(wrapped(visible_line(table.note), width), "dim")] if table.note else [drawn]


def written(value: Value, digits: int | None = None) -> str:
    """A value as people read it: ``digits`` of a number after the point, or some four in all; a dash for none. Where
    the digits would all be 0, the number has an exponent."""
    if value is None:
        return "-"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        if digits is not None and (value == 0 or abs(value) >= 0.5 * 10.0**-digits):
            return f"{value:.{digits}f}"
        if 0 < abs(value) < 5e-4 or abs(value) >= 1e7:
            return f"{value:.1e}"
        return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return visible_value(str(value))


def draw_coloured_text(block: ColouredText, width: int, has_colour: bool) -> Text:
    """The text with a colour for each value; without colour a line of marks beneath it says the same, if there is one
    to see.

    Values of both signs go from blue through no colour to orange, others from no colour to orange. A legend gives the
    scale, which does not depend on the values.
    """
    drawn = Text().append(_legend(block.scale, block.signed, block.unit), "dim")
    shown = [_in_text(c) for c in block.text]
    beneath = _beneath(block)
    widths = [max(width_of(a), width_of(b)) for a, b in zip(shown, beneath, strict=True)]  # 漢 takes two columns
    line: list[int] = []
    columns = 0

    def beside(parts: Iterable[str]) -> str:
        return "".join(set_cell_size(part, widths[i]) for i, part in zip(line, parts, strict=True)).rstrip()

    def flush() -> None:
        for i in line:
            style = colour(block.values[i] / block.scale) if has_colour else ""
            drawn.append(set_cell_size(shown[i], widths[i]) if widths[i] else shown[i], style)
        drawn.append("\n")
        marks = "" if has_colour else beside(_mark(block.values[i] / block.scale, block.signed) for i in line)
        if marks or (block.annotations and not has_colour):
            drawn.append(marks + "\n")
        if block.annotations:
            drawn.append(beside(beneath[i] for i in line) + "\n", "dim")
        line.clear()

    for i, cell_width in enumerate(widths):
        if columns + cell_width > width - 1:
            flush()
            columns = 0
        line.append(i)
        columns += cell_width
        if block.text[i] == "\n":
            flush()
            columns = 0
    if line:
        flush()
    drawn.rstrip()
    return drawn


def _in_text(character: str) -> str:
    """A character among others: a blank of any kind is as many dots as it is wide, and joiners do their work."""
    return "·" * width_of(character) if character.isspace() and character not in PICTURES else visible_line(character)


def _beneath(block: ColouredText) -> list[str]:
    """The first character of each annotation, and nothing where it is that of the text."""
    if not block.annotations:
        return [""] * len(block.text)
    pairs = zip(block.annotations, block.text, strict=True)
    return ["" if annotation == character else _in_text(annotation)[:1] for annotation, character in pairs]


def draw_heatmap(block: Heatmap, width: int) -> Text:
    """A line for each row, a cell for each value: a mark, which has a colour where the terminal has some."""
    labels = [visible_value(row) for row in block.rows]
    margin = max(map(width_of, labels)) + 1
    shown = max(1, width - margin - 1)
    drawn = Text().append(_legend(block.scale), "dim")
    for label, values in zip(labels, block.values, strict=True):
        row = cells(value / block.scale for value in values[:shown])
        drawn.append(set_cell_size(label, margin)).append(row).append("\n")
    left_out = len(block.columns) - shown
    if left_out > 0:
        drawn.append(wrapped(f"and {plural(left_out, 'column')} more; all of them with --json", width), "dim")
    drawn.rstrip()
    return drawn


def _legend(scale: float, signed: bool = True, unit: str = "") -> str:
    """The marks from the lowest to the highest value."""
    low, marks = (f"-{scale:.3g}", " ".join(MARKS)) if signed else ("0", BARS[1:])
    return f"{low} {marks} {scale:.3g}{f' {unit}' if unit else ''}\n"


def _mark(share: float, signed: bool) -> str:
    return mark(share) if signed else BARS[max(0, min(8, round(8 * share)))]


def as_csv(result: ViewResult) -> str:
    """All tables and blocks one after the other, an empty line between them: the name, the names of the columns, rows.

    A coloured text has a row for each character, curves, scatters and planes one for each point, a diagram one for each
    number of a node and for each arrow, a paragraph its text.
    """
    blocks = [*result.tables, *result.blocks]
    return "\n".join(f"{_csv([[block.name]])}{block_as_csv(block)}" for block in blocks)


def block_as_csv(block: Block) -> str:
    """The names of the columns, and rows."""
    return _csv(_rows(block))


def _csv(rows: Iterable[Sequence[Value]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def _rows(block: Block) -> list[Sequence[Value]]:
    match block:
        case Table():
            return [block.columns, *block.rows]
        case ColouredText():
            return [("character", "value"), *zip(block.text, block.values, strict=True)]
        case Curves():
            points = [(name, x, y) for name, curve in block.curves.items() for x, y in curve]
            return [("curve", block.x, block.y), *points]
        case Scatter():
            points = [(label, x, y) for label, (x, y) in zip(block.labels, block.points, strict=True)]
            return [("label", block.x, block.y), *points]
        case Heatmap():
            head: list[Value] = ["row", *block.columns]
            body: list[list[Value]] = [[row, *values] for row, values in zip(block.rows, block.values, strict=True)]
            return [head, *body]
        case ParallelCoordinates():
            columns, rows = _lines_as_table(block)
            return [columns, *rows]
        case Paragraph():
            return [("text",), (block.text,)]
        case Diagram():
            arrows = [(edge.source, edge.target, edge.name, edge.value) for edge in block.edges]
            return [("node", "to", "name", "value"), *_node_rows(block), *arrows]
        case Plane():
            grid = zip(block.ys, block.values, strict=True)
            places = ((x, y, value) for y, row in grid for x, value in zip(block.xs, row, strict=True))
            return [(block.x, block.y, "value"), *places]


def _lines_as_table(block: ParallelCoordinates) -> tuple[Sequence[str], list[Sequence[Value]]]:
    """Columns, and a row for each line, the one on top first."""
    rows: list[Sequence[Value]] = [(label, *line) for label, line in zip(block.labels, block.lines, strict=True)]
    return ("label", *block.axes), rows[::-1]


def _node_rows(block: Diagram) -> Iterator[Sequence[Value]]:
    """A row for each number that a node holds; those of a vector are numbered."""
    for node in block.nodes:
        for name, value in node.values.items():
            if isinstance(value, Sequence):
                yield from ((node.name, "", f"{name}[{n}]", one) for n, one in enumerate(value))
            else:
                yield node.name, "", name, value
