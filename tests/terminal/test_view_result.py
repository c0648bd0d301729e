"""How blocks are drawn: in columns that fit, with a legend of the marks."""

import io
import unicodedata

import pytest
from rich.console import Console

from rnncli.results import Block, ColouredText, Heatmap, Paragraph, Table, ViewResult
from rnncli.terminal.cells import mark
from rnncli.terminal.view_result import as_csv, draw_coloured_text, draw_view_result

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
    message = f"and {hidden} column{'s' * (hidden > 1)} more; all of them with --json"
    assert " ".join(rows[3:]) == (message if hidden else "")


def test_the_scale_has_the_strongest_mark() -> None:
    _, legend, row = drawn(Heatmap("States", ["a"], ["x", "y"], [[-8.0, 4.0]], scale=8), 80)
    assert legend == "-8 ≡ = - · + * # 8"
    assert row == f"a {mark(-1)}{mark(0.5)}"
    _, legend, *_ = drawn(ColouredText("Surprisal", "ab", [0, 8], 8, "bits", signed=False), 80)
    assert legend == "0 ▁▂▃▄▅▆▇█ 8 bits"


def columns(line: str) -> list[str]:
    """What stands in each column of a terminal, "" in the second one of a wide character."""
    return [c for character in line for c in [character, ""][: 1 + (unicodedata.east_asian_width(character) in "WF")]]


@pytest.mark.parametrize("width", [12, 17, 80])
def test_marks_stand_under_their_characters_however_wide_these_are(width: int) -> None:
    """And so do annotations, of which a wide one may stand under a narrow character."""
    text, annotations = "가나 ab漢字c\nd", "가다강aX漢子漢\nd"
    values = [n / 10 for n in range(len(text))]
    block = ColouredText("Surprisal", text, values, 1, "bits", list(annotations))
    _, *lines = [*draw_coloured_text(block, width, has_colour=False).plain.split("\n"), ""]
    found = []
    for shown, marks, beneath in zip(*(map(columns, lines[n::3]) for n in range(3)), strict=False):
        assert len(shown) < width
        marks, beneath = ([*line, *[" "] * len(shown)] for line in (marks, beneath))
        found += [(shown[n], marks[n], beneath[n]) for n in range(len(shown)) if marks[n] not in ("", " ")]
    assert [character for character, _, _ in found] == list(text.replace(" ", "·").replace("\n", "↵"))
    assert [m for _, m, _ in found] == [mark(value) for value in values]
    expected = [" " if a == b else a for a, b in zip(annotations, text, strict=True)]
    assert [annotation for _, _, annotation in found] == expected


def test_the_names_of_rows_are_as_wide_as_the_screen_shows_them() -> None:
    _, _, *rows = drawn(Heatmap("States", ["강강", "a"], ["x"], [[1.0], [1.0]]), 80)
    assert [columns(row).index(mark(1)) for row in rows] == [5, 5]


def test_a_blank_in_a_table_can_be_seen() -> None:
    assert any(line.split() == ["·", "1"] for line in drawn(Table("t", ("character", "n"), [(" ", 1)]), 80))


def test_a_text_without_blanks_is_broken_where_the_line_ends() -> None:
    """A longer one than any word; a word stays whole, and the table becomes records."""
    rows = [(1, "x" * 70)]
    _, heading, _, *lines = drawn(Table("t", ("n", "text"), rows), 67)
    assert heading.split() == ["n", "text"]
    assert [line.split() for line in lines] == [["1", "x" * 64], ["x" * 6]]
    assert drawn(Table("t", ("n", "text"), [(1, "x" * 60)]), 61)[1].split() == ["n", "1"]


def test_tables_and_blocks_as_csv() -> None:
    result = ViewResult(blocks=[HEATMAP], tables=[Table("t", ("n",), [(1,)])])
    head, *rows = as_csv(result).split("States\n")[1].splitlines()
    assert as_csv(result).startswith("t\nn\n1\n\nStates\n")
    assert head == "row," + ",".join(HEATMAP.columns)
    assert len(rows) == 4  # a label is a line end


def test_a_paragraph_is_broken_at_blanks_and_has_a_name_or_none() -> None:
    assert drawn(Paragraph("", "one two three"), 9) == ["one two", "three"]
    assert drawn(Paragraph("Name", "one\x1b"), 80) == ["Name", "one\\x1b"]


def test_the_digits_of_a_table_and_its_head() -> None:
    rows = [("a", 0.25, 3), ("b", 1e-9, 4), ("c", 0.0, 5)]
    with_head = drawn(Table("T", ("x", "y", "n"), rows, digits=3), 80)
    assert with_head[1].split() == ["x", "y", "n"]
    assert [line.split() for line in with_head[3:]] == [["a", "0.250", "3"], ["b", "1.0e-09", "4"], ["c", "0.000", "5"]]
    assert drawn(Table("T", ("x", "y", "n"), rows, digits=3, head=False), 80)[1:] == with_head[3:]


def test_commands_stay_whole_where_all_else_is_broken() -> None:
    """So that they can be copied from one line."""
    commands = [f"rnncli inspect model.npz ablate --unit 1:{n} --feature 'upper case'" for n in range(2)]
    facts = {"fact": "some words " * 9}
    result = ViewResult("a text " * 9, facts, [Paragraph("heading " * 9, "word " * 20)], commands, "question " * 9)
    console = Console(width=30, color_system=None, record=True, file=io.StringIO(), soft_wrap=True)
    console.print(draw_view_result(result, 30, has_colour=False))
    *lines, first, second = console.export_text().splitlines()
    assert [first, second] == [f"next: {commands[0]}", f"      {commands[1]}"]
    assert max(map(len, lines)) <= 30


def test_headings_and_facts_may_be_wider_than_tables() -> None:
    """As in a pipe, where there is no screen."""
    result = ViewResult("a text", {"short": "word " * 18 + "end", "long": "word " * 99}, question="question " * 30)
    console = Console(width=60, color_system=None, record=True, file=io.StringIO(), soft_wrap=True)
    console.print(draw_view_result(result, 60, has_colour=False, text_width=100))
    lines = console.export_text().splitlines()
    assert 90 < max(map(len, lines)) <= 100
    assert any(line.startswith("short") and line.endswith(" end") for line in lines)


def test_where_there_is_no_mark_there_is_no_line_of_marks() -> None:
    """But with annotations each line of the text has three."""
    values = [0, 0, 0, 8, 0]
    block = ColouredText("", "ab\ncd", values, 8, signed=False)
    assert draw_coloured_text(block, 80, has_colour=False).plain.split("\n")[1:] == ["ab↵", "cd", "█"]
    block = ColouredText("", "ab\ncd", values, 8, "", list("xb\nxd"), signed=False)
    lines = draw_coloured_text(block, 80, has_colour=False).plain.split("\n")
    assert lines[1:] == ["ab↵", "", "x", "cd", "█", "x"]


def test_the_legend_alone_is_dim() -> None:
    drawn = draw_coloured_text(ColouredText("", "ab", [0, 1], 1), 80, has_colour=True)
    assert (drawn.style, drawn.spans[0].style) == ("", "dim")
    assert drawn.spans[0].end == drawn.plain.index("\n") + 1
