"""Parallel coordinates: plain data, and each way to draw them."""

import re
from html import unescape

import pytest

from rnncli.results import ParallelCoordinates, ViewResult
from rnncli.terminal.parallel import lines_svg
from rnncli.terminal.report import results_as_html
from rnncli.terminal.view_result import block_as_csv

BLOCK = ParallelCoordinates(
    "All <trials>",
    ["cell", "rate", "loss"],
    [["lstm", 0.1, 3.0], ["gru", 0.01, 2.0], ["gru", 0.001, 1.0]],
    ["trial 0", "<b>", "trial 2"],
    log=["rate"],
)


def heights(svg: str) -> list[list[float]]:
    """Of each line where it meets the axes, as a share from below."""
    lines = [[float(point.partition(",")[2]) for point in line.split()] for line in re.findall(r'points="(.*?)"', svg)]
    low, high = max(max(line) for line in lines), min(min(line) for line in lines)
    return [[(low - y) / (low - high) for y in line] for line in lines]


def test_a_line_for_each_trial_through_its_values() -> None:
    """Names in their order, numbers by their size, on a logarithmic axis by their logarithm."""
    assert heights(lines_svg(BLOCK)) == [
        pytest.approx(line, abs=1e-3) for line in ([1, 1, 1], [0, 0.5, 0.5], [0, 0, 0])
    ]


def test_the_line_on_top_is_the_strongest_and_each_says_what_it_is() -> None:
    svg = lines_svg(BLOCK)
    opacities = [float(value) for value in re.findall(r'stroke-opacity="(.*?)"', svg)]
    assert opacities == sorted(opacities) and opacities[-1] == 1
    assert "&lt;b&gt;: cell gru, rate 0.010, loss 2.000" in svg
    assert "<b>" not in svg and "All &lt;trials&gt;" in svg


def test_a_single_value_lies_in_the_middle() -> None:
    svg = lines_svg(ParallelCoordinates("", ["a", "b"], [[1, "x"]], ["one"]))
    (ys,) = re.findall(r'points="[\d.]+,([\d.]+) [\d.]+,([\d.]+)"', svg)
    assert ys[0] == ys[1]


def test_as_rows_and_as_data() -> None:
    rows = block_as_csv(BLOCK).splitlines()
    assert rows[:2] == ["label,cell,rate,loss", "trial 2,gru,0.001,1.0"]
    assert BLOCK.to_json()["lines"] == BLOCK.lines and BLOCK.to_json()["kind"] == "parallel"


def test_a_page_of_results_has_no_script_and_allows_none() -> None:
    page = results_as_html("<!-- m -->\n", "a<b.txt", "What?", [ViewResult(question="Q", blocks=[BLOCK])])
    assert page.startswith("<!-- m -->\n")
    assert "<script" not in page and "default-src 'none'" in unescape(page)
    assert "a&lt;b.txt" in page and "<svg" in page
