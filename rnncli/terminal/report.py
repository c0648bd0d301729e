"""A report as one HTML file: it opens offline in any browser, asks nobody for anything, and is readable without script.
With script the model lives in it, as on a page of its own: see :mod:`rnncli.terminal.page`.

A content security policy in the file allows its own style and script by their hashes and nothing else. All text goes
through :func:`html.escape`, so that a corpus cannot become markup.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

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
    ViewResult,
)
from rnncli.terminal import figures
from rnncli.terminal.page import document
from rnncli.terminal.parallel import lines_svg
from rnncli.terminal.view_result import block_as_csv, written
from rnncli.terminal.words import visible, visible_line, visible_lines

if TYPE_CHECKING:
    from rnncli.inspection.report import Report

MARK = "<!doctype html>\n<!-- a report of rnncli inspect -->\n"
"""How every report begins, so that none but a report is ever overwritten."""

LEVELS = 10
"""Steps of colour on each side of the neutral middle."""

ORANGE, BLUE = "255 140 0", "40 120 255"
LINES = ("#2f6fe4", "#e07a00", "#2e9e5b", "#b146c2", "#1b9aaa", "#d64550", "#9a8c00", "#808890")


def as_html(report: "Report") -> str:
    """The whole file."""
    style = document.style() + _resource("report.css") + _colours()
    script = _resource("report.js") + document.script(report.page)
    head = document.head(f"{escape(report.path)} – a look inside", style, script)
    sections, data = "".join(_sections(report)), document.data(report.page)
    return f"{MARK}{head}<body>\n{sections}\n{data}<script>{script}</script>\n</body></html>\n"


def results_as_html(mark: str, title: str, heading: str, results: Sequence[ViewResult]) -> str:
    """A page of results without a model and without script. It begins with ``mark``, by which it is known."""
    head = document.head(escape(title), document.style() + _resource("report.css") + _colours(), "")
    sections = "".join(f"<section>\n{_result(result, 2)}</section>\n" for result in results)
    header = f'<header><p class="kicker">{escape(visible_line(title))}</p>\n<h1>{escape(heading)}</h1></header>'
    return f"{mark}{head}<body>\n{header}\n<main>\n{sections}</main>\n</body></html>\n"


def _resource(name: str) -> str:
    return files("rnncli.terminal").joinpath(name).read_text("utf-8")


def _colours() -> str:
    """p1 … p10 from faint to full orange, n1 … n10 blue: transparent, so that they do on light and dark alike."""
    rules = []
    for name, colour in (("p", ORANGE), ("n", BLUE)):
        rules += [f".{name}{n} {{ background: rgb({colour} / {n * 7}%); }}" for n in range(1, LEVELS + 1)]
    return "\n".join(rules) + "\n"


def _sections(report: "Report") -> Iterator[str]:
    yield f'<header><p class="kicker">{escape(report.path)}</p>\n'
    yield "<h1>What this network is, what its units do, and how far it looks back.</h1>\n"
    links = [f'<li><a href="#{name}">{name}</a></li>' for name in report.results]
    links.insert(1, '<li hidden><a href="#alive">try it</a></li>')
    yield f"<nav><ul>{''.join(links)}</ul></nav></header>\n<main>\n"
    for name, result in report.results.items():
        yield f'<section id="{name}">\n{_result(result, 2)}'
        if name == "text" and report.text:
            yield _hover(report)
        if name == "units" and report.units:
            yield '<h3>The most selective units</h3>\n<div id="units-list">\n'
            for unit, of_unit in report.units.items():
                yield f"<details><summary>{escape(unit)}</summary>\n{_result(of_unit, 3)}</details>\n"
            yield "</div>\n"
        if name == "overview":
            yield document.said(report.page)
        yield "</section>\n"
        if name == "overview":
            yield document.alive(report.page)
    if report.left_out:
        items = "".join(f"<li>{escape(name)}: {escape(why)}</li>" for name, why in report.left_out.items())
        yield f"<section><h2>Left out</h2><ul>{items}</ul></section>\n"
    yield "</main>"


def _result(result: ViewResult, level: int) -> str:
    text = f"<h{level}>{escape(result.question)}</h{level}>\n"
    if result.text:
        text += f'<p class="source">in {escape(result.text)}</p>\n'
    return text + _facts(dict(result.facts)) + "".join(_block(block, level + 1) for block in result.blocks)


def _facts(facts: dict[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(visible_line(value))}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>\n" if rows else ""


def _block(block: Block, level: int) -> str:
    head = f"<h{level}>{escape(visible_line(block.name))}</h{level}>\n" if block.name else ""
    match block:
        case Table():
            return head + _table(block)
        case ColouredText():
            return head + _coloured_text(block)
        case Curves():
            return head + _curves(block)
        case Scatter():
            return head + _scatter(block)
        case Heatmap():
            return head + _heatmap(block)
        case ParallelCoordinates():
            return head + lines_svg(block)
        case Paragraph():
            return head + "".join(f"<p>{escape(part)}</p>\n" for part in visible_lines(block.text).split("\n"))
        case Diagram():
            return head + figures.diagram(block)
        case Plane():
            return head + figures.plane(block, LINES)


def _table(table: Table) -> str:
    numeric = [all(isinstance(row[n], int | float | None) for row in table.rows) for n in range(len(table.columns))]
    kinds = [' class="n"' if is_number else "" for is_number in numeric]
    head = "".join(f'<th scope="col"{kind}>{escape(c)}</th>' for c, kind in zip(table.columns, kinds, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(written(v, table.digits))}</td>" for v, kind in zip(row, kinds, strict=True))
        + "</tr>\n"
        for row in table.rows
    )
    names = f"<thead><tr>{head}</tr></thead>\n" if table.head else ""
    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    name = "".join(c if c.isalnum() else "-" for c in table.name.lower())[:40]
    link = f'<a download="{name}.csv" href="data:text/csv;charset=utf-8,{quote(block_as_csv(table))}">as CSV</a>'
    csv = f'<p class="note">{link}</p>\n' if table.head else ""
    return f'<div class="scroll"><table>{names}<tbody>{rows}</tbody></table></div>\n{note}{csv}'


def _level(share: float) -> str:
    """The class of a value over its scale, none for the neutral middle."""
    step = round(max(-1.0, min(1.0, share)) * LEVELS)
    return f"{'p' if step > 0 else 'n'}{abs(step)}" if step else ""


def _shown(character: str) -> str:
    return escape("↵\n" if character == "\n" else character if character == " " else visible(character))


def _coloured_text(block: ColouredText) -> str:
    """The text in runs of one colour."""
    pairs = [(_level(v / block.scale), c) for v, c in zip(block.values, block.text, strict=True)]
    runs = ""
    for style, run in groupby(pairs, key=lambda pair: pair[0]):
        text = "".join(_shown(character) for _, character in run)
        runs += f'<span class="{style}">{text}</span>' if style else text
    return f'{_legend(block.scale, block.signed, block.unit)}<pre class="strip">{runs}</pre>\n'


def _legend(scale: float, signed: bool = True, unit: str = "") -> str:
    low = f"−{scale:.3g} (blue) to" if signed else "0 to"
    return f'<p class="legend">{low} {scale:.3g}{f" {unit}" if unit else ""} (orange)</p>\n'


def _heatmap(block: Heatmap) -> str:
    """A line for each row, a cell for each value, which says its number where the pointer rests."""
    labels = [visible(row) for row in block.rows]
    margin = max(map(len, labels)) + 1
    lines = ""
    for label, values in zip(labels, block.values, strict=True):
        row = "".join(
            f'<span class="{_level(value / block.scale)}" title="{escape(column)}: {value:.3f}"> </span>'
            for column, value in zip(block.columns, values, strict=True)
        )
        lines += f"{escape(label.ljust(margin))}{row}\n"
    return f'{_legend(block.scale)}<pre class="strip heatmap">{lines}</pre>\n'


def _hover(report: "Report") -> str:
    """The text once more, each character on its own, with what the script needs to colour those before it."""
    titles = ["", *(f' title="{escape(visible_line(expected))}"' for expected in report.expected)]
    letters = "".join(f"<span{t}>{_shown(c)}</span>" for t, c in zip(titles, report.text, strict=True))
    packed = bytes(round(float(value) * LEVELS) % 256 for row in report.effects for value in row)  # two's complement
    return (
        "<h3>Point at a character: which ones made it likely?</h3>\n"
        '<p class="legend">Those before it that made it likelier are orange, those that made it less likely blue, each '
        "in full colour where its effect, an estimate, is the largest. Where the pointer rests, the most probable "
        f'characters are named.</p>\n<pre class="strip hover" id="hover">{letters}</pre>\n'
        f'<script type="application/octet-stream" id="effects">{base64.b64encode(packed).decode()}</script>\n'
    )


WIDTH, HEIGHT, LEFT, BOTTOM = 640, 260, 62, 34


def _frame(left: str, right: str, bottom: str, top: str, x: str) -> str:
    floor = HEIGHT - BOTTOM
    return (
        f'<path class="axis" d="M{LEFT} 10V{floor}H{WIDTH - 8}"/>'
        f'<text x="{LEFT}" y="{HEIGHT - 18}">{escape(left)}</text>'
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 18}" text-anchor="end">{escape(right)}</text>'
        f'<text x="{(LEFT + WIDTH) // 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(x)}</text>'
        f'<text x="{LEFT - 6}" y="{floor}" text-anchor="end">{escape(bottom)}</text>'
        f'<text x="{LEFT - 6}" y="20" text-anchor="end">{escape(top)}</text>'
    )


def _svg(name: str, inside: str) -> str:
    title = f"<title>{escape(name)}</title>"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">{title}{inside}</svg>\n'


def _curves(block: Curves) -> str:
    curves = {name: list(points) for name, points in block.curves.items()}
    if block.log_x:
        curves = {name: [(math.log10(x), y) for x, y in points if x > 0] for name, points in curves.items()}
    if block.log:
        curves = {name: [(x, math.log10(y)) for x, y in points if y > 0] for name, points in curves.items()}
    if not any(curves.values()):
        return "<p>No value is above zero.</p>\n"
    x_low, x_high, y_low, y_high = _range([point for points in curves.values() for point in points])
    lines, legend = "", ""
    for (name, points), colour in zip(curves.items(), _cycle(LINES, len(curves)), strict=True):
        places = " ".join(
            f"{_scaled(x, x_low, x_high, LEFT, WIDTH - 8):.1f},{_scaled(y, y_low, y_high, HEIGHT - BOTTOM, 10):.1f}"
            for x, y in points
        )
        lines += f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{places}"/>'
        legend += f'<li><svg width="18" height="10"><path stroke="{colour}" stroke-width="3" d="M0 5H18"/></svg> '
        legend += f"{escape(name)}</li>"
    ends = (f"{10**y_low:.1e}", f"{10**y_high:.1e}") if block.log else (f"{y_low:.3g}", f"{y_high:.3g}")
    left, right = (f"{10**x if block.log_x else x:g}" for x in (x_low, x_high))
    drawn = _svg(block.name, _frame(left, right, *ends, block.x) + lines)
    return f'{drawn}<ul class="legend">{legend}</ul>\n'


def _scatter(block: Scatter) -> str:
    dots = "".join(
        f'<circle class="dot" r="3.5" cx="{_scaled(x, 0, 1, LEFT, WIDTH - 8):.1f}" '
        f'cy="{_scaled(y, 0, 1, HEIGHT - BOTTOM, 10):.1f}"><title>{escape(label)}: {x:.2f}, {y:.2f}</title></circle>'
        for (x, y), label in zip(block.points, block.labels, strict=True)
    )
    axes = _frame("0", "1", "0", "1", f"to the right: {block.x}; upwards: {block.y}")
    return _svg(block.name, axes + dots)


def _range(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), max(xs), min(ys), max(ys)


def _scaled(value: float, low: float, high: float, start: float, stop: float) -> float:
    return start + (stop - start) * ((value - low) / (high - low) if high > low else 0.5)


def _cycle(values: Sequence[str], count: int) -> list[str]:
    return [values[n % len(values)] for n in range(count)]
