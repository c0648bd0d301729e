"""Network diagrams and maps of two dimensions as SVG, for a report."""

from collections.abc import Sequence
from html import escape

from rnncli.results import Diagram, Plane
from rnncli.terminal.diagram import edge_label, node_lines
from rnncli.terminal.plane import contours

BOX, LINE, LETTER = 14, 17, 7.2
"""Pixels around the text of a node, of a line of it, and of a character of it."""

GAP, BETWEEN = 120, 46
"""Pixels between two columns of nodes whose arrows have labels, and between others, and two rows."""

SIDE, EDGE = 420, 34
"""Pixels of the side of a map, and of the margin for its numbers."""


def diagram(block: Diagram) -> str:
    """Nodes as boxes in their columns and rows, with arrows between them."""
    texts = {node.name: node_lines(node, block.digits) for node in block.nodes}
    columns, rows = (range(1 + max(places)) for places in zip(*((n.column, n.row) for n in block.nodes), strict=True))
    widths = [
        max((len(line) for n in block.nodes if n.column == c for line in texts[n.name]), default=0) * LETTER + BOX
        for c in columns
    ]
    heights = [max((len(texts[n.name]) for n in block.nodes if n.row == r), default=0) * LINE + BOX for r in rows]
    gap = GAP if any(edge_label(edge, block.digits) for edge in block.edges) else BETWEEN
    middles = {
        n.name: (
            sum(widths[: n.column]) + n.column * gap + widths[n.column] / 2 + 1,
            sum(heights[: n.row]) + n.row * BETWEEN + heights[n.row] / 2 + 1,
        )
        for n in block.nodes
    }
    sizes = {n.name: (widths[n.column], heights[n.row]) for n in block.nodes}
    lines, labels, boxes = "", "", ""
    for edge in block.edges:
        start, stop = _between(middles[edge.source], middles[edge.target], sizes[edge.source], sizes[edge.target])
        lines += f'<path class="arrow" d="M{_at(start)}L{_at(stop)}"/>{_head(start, stop)}'
        place = tuple(a + (b - a) * 0.33 for a, b in zip(start, stop, strict=True))
        label = escape(edge_label(edge, block.digits))
        labels += f'<text class="label" x="{place[0]:.1f}" y="{place[1] + 4:.1f}" text-anchor="middle">{label}</text>'
    for node in block.nodes:
        (x, y), (width, height) = middles[node.name], sizes[node.name]
        boxes += f'<rect class="node" rx="8" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" '
        boxes += f'width="{width:.1f}" height="{height:.1f}"/>'
        for n, line in enumerate(texts[node.name]):
            bottom = y + (n + 0.75 - len(texts[node.name]) / 2) * LINE
            weight = "" if n else ' class="name"'
            boxes += f'<text{weight} x="{x:.1f}" y="{bottom:.1f}" text-anchor="middle">{escape(line)}</text>'
    width = sum(widths) + gap * (len(columns) - 1) + 2
    height = sum(heights) + BETWEEN * (len(rows) - 1) + 2
    return _svg(block.name, width, height, lines + labels + boxes)


def _between(
    a: tuple[float, float], b: tuple[float, float], size_a: tuple[float, float], size_b: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where an arrow leaves the box around ``a`` and reaches that around ``b``."""
    if a[0] == b[0]:
        sign = 1 if b[1] > a[1] else -1
        return (a[0], a[1] + sign * size_a[1] / 2), (b[0], b[1] - sign * size_b[1] / 2)
    sign = 1 if b[0] > a[0] else -1
    return (a[0] + sign * size_a[0] / 2, a[1]), (b[0] - sign * size_b[0] / 2, b[1])


def _head(start: tuple[float, float], stop: tuple[float, float]) -> str:
    """The tip of an arrow, a triangle."""
    x, y = stop[0] - start[0], stop[1] - start[1]
    length = (x * x + y * y) ** 0.5 or 1
    x, y = 8 * x / length, 8 * y / length
    base = (stop[0] - x, stop[1] - y)
    corners = (stop, (base[0] - y / 2, base[1] + x / 2), (base[0] + y / 2, base[1] - x / 2))
    return f'<polygon class="tip" points="{" ".join(map(_at, corners))}"/>'


def plane(block: Plane, colours: Sequence[str]) -> str:
    """Contour lines or coloured cells; paths in ``colours``, and the labels of points."""
    x0, x1, y0, y1 = block.xs[0], block.xs[-1], block.ys[0], block.ys[-1]

    def pixel(x: float, y: float) -> tuple[float, float]:
        return EDGE + (x - x0) / (x1 - x0) * SIDE, (y1 - y) / (y1 - y0) * SIDE + 1

    inside, legend = "", ""
    if not block.levels:
        inside += _cells(block)
    for level in block.levels:
        lines = "".join(f"M{_at(pixel(*start))}L{_at(pixel(*stop))}" for start, stop in contours(block, level))
        inside += f'<path class="contour" d="{lines}"><title>{level:g}</title></path>'
    for n, (name, path) in enumerate(block.paths.items()):
        colour = colours[n % len(colours)]
        points = " ".join(_at(pixel(x, y)) for x, y in path if x0 <= x <= x1 and y0 <= y <= y1)
        inside += f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'
        legend += f'<li><svg width="18" height="10"><path stroke="{colour}" stroke-width="3" d="M0 5H18"/></svg> '
        legend += f"{escape(name)}</li>"
    for x, y, label in block.points:
        left, top = pixel(x, y)
        inside += (
            f'<text class="label name" x="{left:.1f}" y="{top + 4:.1f}" text-anchor="middle">{escape(label)}</text>'
        )
    axes = (
        f'<path class="axis" d="M{EDGE} 1V{SIDE + 1}H{SIDE + EDGE}"/>'
        f'<text x="{EDGE}" y="{SIDE + 16}">{x0:g}</text>'
        f'<text x="{SIDE + EDGE}" y="{SIDE + 16}" text-anchor="end">{x1:g}</text>'
        f'<text x="{SIDE / 2 + EDGE}" y="{SIDE + 16}" text-anchor="middle">{escape(block.x)}</text>'
        f'<text x="{EDGE - 5}" y="{SIDE}" text-anchor="end">{y0:g}</text>'
        f'<text x="{EDGE - 5}" y="12" text-anchor="end">{y1:g}</text>'
        f'<text transform="translate({EDGE - 8} {SIDE / 2}) rotate(-90)" text-anchor="middle">{escape(block.y)}</text>'
    )
    drawn = _svg(block.name, SIDE + 2 * EDGE, SIDE + 22, inside + axes)
    return f'{drawn}<ul class="legend">{legend}</ul>\n' if legend else drawn


def _cells(block: Plane) -> str:
    """A rectangle for each value: orange above zero, blue below."""
    width, height = SIDE / len(block.xs), SIDE / len(block.ys)
    cells = ""
    for row, values in enumerate(reversed(block.values)):
        for column, value in enumerate(values):
            share = max(-1.0, min(1.0, value / block.scale))
            left, top = EDGE + column * width, row * height + 1
            cells += (
                f'<rect fill="{"#ff8c00" if share > 0 else "#2878ff"}" fill-opacity="{0.7 * abs(share):.2f}" '
                f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
            )
    return f'<g shape-rendering="crispEdges">{cells}</g>'


def _at(place: tuple[float, float]) -> str:
    return f"{place[0]:.1f},{place[1]:.1f}"


def _svg(name: str, width: float, height: float, inside: str) -> str:
    title = f"<title>{escape(name)}</title>"
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg class="figure" {box} role="img">{title}{inside}</svg>\n'
