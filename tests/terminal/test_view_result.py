"""How blocks are drawn: in columns that fit, with a legend of the marks."""

import io

import pytest
from rich.console import Console

from rnncli.results import Block, ColouredText, Heatmap, Table, ViewResult
from rnncli.terminal.cells import mark
from rnncli.terminal.view_result import as_csv, draw_view_result

UNITS = [f"1:{n}" for n in range(30)]
HEATMAP = Heatmap("States", ["a", "\n", "long"], UNITS, [[n / 15 - 1] * 30 for n in (0, 15, 29)])


def drawn(block: Block, width: int) -> list[str]:
    """The lines of a block without colours, but for the empty ones around it."""
    console = Console(width=width, color_system=None, record=True, file=io.StringIO(), soft_wrap=True)
    console.print(draw_view_result(ViewResult(blocks=[block]), width, has_colour=False))
    return [line.rstrip() for line in console.export_text().splitlines() if line.strip()]


def test_a_heatmap_has_a_line_for_each_row_and_a_mark_for_each_value() -> None:
    name, legend, *rows = drawn(HEATMAP, 80)
    assert name == "States"
    assert legend == "-1 ≡ = - · + * # 1"
    assert rows == [f"{label:<5}{mark(value) * 30}" for label, value in (("a", -1), ("↵", 0), ("long", 14 / 15))]


@pytest.mark.parametrize(("width", "shown"), [(36, 30), (35, 29), (20, 14)])
def test_columns_beyond_the_screen_are_counted(width: int, shown: int) -> None:
    _, _, *rows = drawn(HEATMAP, width)
    assert [len(row) for row in rows[:3]] == [5 + shown] * 3
    hidden = 30 - shown
    assert rows[3:] == ([f"and {hidden} column{'s' * (hidden > 1)} more; all of them with --json"] if hidden else [])


def test_the_scale_has_the_strongest_mark() -> None:
    _, legend, row = drawn(Heatmap("States", ["a"], ["x", "y"], [[-8.0, 4.0]], scale=8), 80)
    assert legend == "-8 ≡ = - · + * # 8"
    assert row == f"a {mark(-1)}{mark(0.5)}"
    _, legend, *_ = drawn(ColouredText("Surprisal", "ab", [0, 8], 8, "bits", signed=False), 80)
    assert legend == "0 ▁▂▃▄▅▆▇█ 8 bits"


def test_a_blank_in_a_table_can_be_seen() -> None:
    assert any(line.split() == ["·", "1"] for line in drawn(Table("t", ("character", "n"), [(" ", 1)]), 80))


def test_tables_and_blocks_as_csv() -> None:
    result = ViewResult(blocks=[HEATMAP], tables=[Table("t", ("n",), [(1,)])])
    head, *rows = as_csv(result).split("States\n")[1].splitlines()
    assert as_csv(result).startswith("t\nn\n1\n\nStates\n")
    assert head == "row," + ",".join(HEATMAP.columns)
    assert len(rows) == 4  # a label is a line end
