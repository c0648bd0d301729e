"""A network diagram has every node and every arrow's label, wherever it is drawn."""

import csv
import io
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise

import pytest

from rnncli.results import Diagram, Edge, Node, ViewResult
from rnncli.terminal.diagram import draw_diagram
from rnncli.terminal.figures import diagram
from rnncli.terminal.view_result import as_csv
from rnncli.terminal.words import width_of

LAYERS = [[Node(f"{layer}{n}", column, n, {"z": n / 8}) for n in range(3)] for column, layer in enumerate("xhy")]
NODES = [node for layer in LAYERS for node in layer]
EDGES = [
    Edge(a.name, b.name, f"w{a.name}{b.name}", -0.25) for below, above in pairwise(LAYERS) for a in below for b in above
]


@pytest.mark.parametrize("width", [30, 60, 80, 120])
@pytest.mark.parametrize("units", [2, 3])
def test_every_name_and_every_number_is_there_at_every_width(units: int, width: int) -> None:
    """Though labels stand on lines that cross; as tables where there is no room."""
    nodes = [node for node in NODES if node.row < units]
    names = {node.name for node in nodes}
    edges = [edge for edge in EDGES if {edge.source, edge.target} <= names]
    text = draw_diagram(Diagram("", nodes, edges), width).plain
    assert max(map(width_of, text.split("\n"))) <= width
    for node in nodes:
        assert re.search(rf"\b{node.name}\b", text)
    for edge in edges:
        assert f"{edge.name} -0.25" in text
    assert ("from" in text) == (units == 3 or width < 60)


@pytest.mark.parametrize(
    ("source", "target", "head"), [("a", "b", "▸"), ("b", "a", "◂"), ("a", "c", "▾"), ("c", "a", "▴"), ("a", "d", "▸")]
)
def test_an_arrow_ends_at_its_target(source: str, target: str, head: str) -> None:
    nodes = [Node("a", 0, 0), Node("b", 1, 0), Node("c", 0, 1), Node("d", 1, 1)]
    lines = draw_diagram(Diagram("", nodes, [Edge(source, target)]), 40).plain.split("\n")
    heads = [(row, line.index(head)) for row, line in enumerate(lines) if head in line]
    places = {name: (row, line.index(name)) for row, line in enumerate(lines) for name in "abcd" if name in line}
    (row, column), (target_row, target_column) = heads[0], places[target]
    assert len(heads) == 1
    assert (row - target_row, column - target_column) in {
        "▸": [(0, -2)],
        "◂": [(0, 2)],
        "▾": [(-1, 0)],
        "▴": [(1, 0)],
    }[head]


def test_a_wide_character_is_as_wide_as_two() -> None:
    """What stands to the right of it begins in the same column."""
    nodes = [Node("가나", 0, 0), Node("ab", 0, 1), Node("right", 1, 0), Node("right too", 1, 1)]
    lines = draw_diagram(Diagram("", nodes, []), 60).plain.split("\n")
    places = [width_of(line[: line.index("right")]) for line in lines if "right" in line]
    assert len(set(places)) == 1


def test_an_accent_takes_no_column_and_a_number_no_minus_at_0() -> None:
    nodes = [
        Node("x\u0302y", 0, 0, {"h": -0.0}),
        Node("xy", 0, 1, {"h": -0.00001}),
        Node("right", 1, 0),
        Node("right", 1, 1),
    ]
    text = draw_diagram(
        Diagram("", [replace(node, name=f"{n}", label=node.name) for n, node in enumerate(nodes)], []), 60
    )
    lines = text.plain.split("\n")
    assert len({width_of(line[: line.index("right")]) for line in lines if "right" in line}) == 1
    assert "x\u0302y" in text.plain
    assert "-0" not in text.plain


def test_nodes_of_two_networks_may_be_called_the_same() -> None:
    """Labels are drawn; where there is no room, tables tell the nodes apart by their names."""
    nodes = [Node(f"h of network {n}", n, 0, {"h": [0.5] * 5}, "h") for n in range(2)]
    block = Diagram("", nodes, [Edge(*(node.name for node in nodes))])
    for drawn in (draw_diagram(block, 80).plain, diagram(block)):
        assert "network" not in drawn
    assert draw_diagram(block, 60).plain.count("h of network 1") == 2


def test_vectors_and_numbers_in_csv_and_json() -> None:
    block = Diagram("Net", [Node("h", 0, 0, {"h": [0.5, -1.0], "E": 0.125})], [Edge("h", "h", "w", 2.0)])
    rows = list(csv.reader(io.StringIO(as_csv(ViewResult(blocks=[block])))))
    assert rows[1:] == [
        ["node", "to", "name", "value"],
        ["h", "", "h[0]", "0.5"],
        ["h", "", "h[1]", "-1.0"],
        ["h", "", "E", "0.125"],
        ["h", "h", "w", "2.0"],
    ]
    assert block.to_json()["nodes"][0]["values"] == {"h": [0.5, -1.0], "E": 0.125}


def test_as_svg_with_every_text_once() -> None:
    """Names are escaped, and boxes lie in their columns and rows."""
    svg = diagram(Diagram("<b>", [Node("a<b", 0, 0, {"z": 0.5}), Node("c", 1, 1)], [Edge("a<b", "c", "w&", 1.5)]))
    texts = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    assert sorted(texts) == ["a<b", "c", "w& 1.5", "z 0.5"]
    boxes = [tuple(map(float, place)) for place in re.findall(r'<rect[^>]* x="([\d.]+)" y="([\d.]+)"', svg)]
    assert boxes[0][0] < boxes[1][0]
    assert boxes[0][1] < boxes[1][1]
    assert "<b>" not in svg
