"""A finding, drawn: its facts, and each part by its kind."""

import csv
import io
import math
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from rnncli.results import Block, ColouredText, Curves, Scatter, Table, Value, ViewResult
from rnncli.terminal.cells import LEGEND, colour, mark
from rnncli.terminal.chart import chart, scatter
from rnncli.terminal.words import visible, visible_line

HEADING = "bold"
STYLES = ("blue", "dark_orange", "green", "magenta", "cyan", "red", "yellow", "white")
BLOCKS = " ▁▂▃▄▅▆▇█"


def draw_view_result(finding: ViewResult, width: int, has_colour: bool) -> RenderableType:
    """Everything that a view found, on a screen of ``width`` columns."""
    head = Text()
    head.append(finding.question, HEADING)
    if finding.text:
        head.append(f"  in {visible_line(finding.text)}", "dim")
    drawn: list[RenderableType] = [head]
    if finding.facts:
        facts = Grid(box=None, show_header=False, padding=(0, 2, 0, 0))
        facts.add_column(style="dim", no_wrap=True)
        for name, value in finding.facts.items():
            facts.add_row(Text(visible_line(name)), Text(visible_line(value)))
        drawn += [Text(), facts]
    for part in finding.parts:
        drawn += [Text(), Text(visible_line(part.name), HEADING), *_draw(part, width, has_colour)]
    if finding.next:
        drawn += [Text(), Text("next: " + "\n      ".join(map(visible_line, finding.next)))]
    return Group(*drawn)


def _draw(part: Block, width: int, has_colour: bool) -> list[RenderableType]:
    if isinstance(part, Table):
        return draw_table(part)
    if isinstance(part, ColouredText):
        return [draw_coloured_text(part, width, has_colour)]
    if isinstance(part, Curves):
        return [chart(part.curves, STYLES, min(60, width - 12), x_name=part.x, log=part.log)]
    return [scatter(part.points, min(40, width - 12), part.x, part.y)]


def draw_table(table: Table) -> list[RenderableType]:
    """Rows under headings, numbers to the right."""
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for number, column in enumerate(table.columns):
        numeric = all(isinstance(row[number], int | float | None) for row in table.rows)
        grid.add_column(Text(visible_line(column)), justify="right" if numeric else "left")
    for row in table.rows:
        grid.add_row(*(Text(written(value)) for value in row))
    return [grid, Text(table.note, "dim")] if table.note else [grid]


def written(value: Value) -> str:
    """A value as people read it: four digits of a number, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        if 0 < abs(value) < 5e-4 or abs(value) >= 1e7:
            return f"{value:.1e}"
        return f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}" if abs(value) >= 10 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else visible_line(str(value))


def draw_coloured_text(strip: ColouredText, width: int, has_colour: bool) -> Text:
    """The text with a colour for each value; without colour a line of marks beneath it says the same.

    Values of both signs go from blue through no colour to orange, others from no colour to orange. The scale is told
    and never changes with the values.
    """
    unit = f" {strip.unit}" if strip.unit else ""
    low = f"-{strip.scale:.3g}" if strip.signed else "0"
    drawn = Text(f"{low} to {strip.scale:.3g}{unit}: {LEGEND if strip.signed else BLOCKS[1:]}\n", "dim")
    shown = [visible(c) for c in strip.text]
    line: list[int] = []
    columns = 0

    def flush() -> None:
        for i in line:
            drawn.append(shown[i], colour(strip.values[i] / strip.scale) if has_colour else "")
        drawn.append("\n")
        if not has_colour:
            for i in line:
                drawn.append(_mark(strip.values[i] / strip.scale, strip.signed).ljust(len(shown[i])))
            drawn.append("\n")
        if strip.beneath:
            for i in line:
                same = strip.beneath[i] == strip.text[i]
                drawn.append(("" if same else visible(strip.beneath[i])[:1]).ljust(len(shown[i])), "dim")
            drawn.append("\n")
        line.clear()

    for i, character in enumerate(shown):
        if columns + len(character) > width - 1:
            flush()
            columns = 0
        line.append(i)
        columns += len(character)
        if strip.text[i] == "\n":
            flush()
            columns = 0
    if line:
        flush()
    drawn.rstrip()
    return drawn


def _mark(share: float, signed: bool) -> str:
    return mark(share) if signed else BLOCKS[max(0, min(8, round(8 * share)))]


def as_csv(parts: Sequence[Block]) -> str:
    """All ``parts`` one after the other, an empty line between them: the name of the part, its columns, and rows.
    A strip has a row for each character, curves and scatters one for each point."""
    return "\n".join(f"{_csv([[part.name]])}{part_as_csv(part)}" for part in parts)


def part_as_csv(part: Block) -> str:
    """The names of the columns, and rows."""
    return _csv(_rows(part))


def _csv(rows: list[list[Value]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def _rows(part: Block) -> list[list[Value]]:
    rows: list[list[Value]]
    if isinstance(part, Table):
        rows = [list(part.columns), *(list(row) for row in part.rows)]
    elif isinstance(part, ColouredText):
        rows = [["character", "value"]]
        rows += [[character, value] for character, value in zip(part.text, part.values, strict=True)]
    elif isinstance(part, Scatter):
        rows = [["label", part.x, part.y]]
        rows += [[label, x, y] for label, (x, y) in zip(part.labels, part.points, strict=True)]
    else:
        rows = [["curve", part.x, part.y]]
        rows += [[name, x, y] for name, curve in part.curves.items() for x, y in curve]
    return rows
