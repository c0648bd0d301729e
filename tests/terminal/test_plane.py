"""A map of two dimensions: contour lines lie where the value is, and marks say what colours say."""

import csv
import io
import re

import numpy as np
import pytest

from rnncli.results import Plane, ViewResult
from rnncli.terminal.cells import mark
from rnncli.terminal.figures import plane
from rnncli.terminal.plane import contours, draw_plane
from rnncli.terminal.view_result import as_csv

PLACES = np.linspace(-2, 2, 41)
BOWL = Plane(
    "Bowl",
    "a",
    "b",
    PLACES.tolist(),
    PLACES.tolist(),
    (PLACES[None] ** 2 + PLACES[:, None] ** 2).tolist(),
    levels=(1, 2.5),
)
SLOPE = Plane("Slope", "a", "b", [0, 1, 2], [0, 1], [[-1, 0, 1], [1, 1, 1]], points=[(0, 0, "o"), (9, 9, "far")])
STYLES = ("red", "blue")


@pytest.mark.parametrize("level", BOWL.levels)
def test_a_contour_is_the_circle_of_its_level(level: float) -> None:
    """Every end is on it, and the pieces together are as long as it is."""
    pieces = np.array(list(contours(BOWL, level)))
    np.testing.assert_allclose((pieces**2).sum(axis=-1), level, atol=0.01)
    length = np.sqrt(((pieces[:, 0] - pieces[:, 1]) ** 2).sum(axis=-1)).sum()
    assert length == pytest.approx(2 * np.pi * np.sqrt(level), rel=0.01)


def test_no_contour_where_no_value_is_beyond_it() -> None:
    assert list(contours(BOWL, 9)) == []


def test_cells_are_marks_without_colour_and_blanks_with_it() -> None:
    """Rows from the top: the last row of values is drawn first."""
    rows = [line[9:] for line in draw_plane(SLOPE, STYLES, 3, has_colour=False).plain.split("\n")]
    assert rows[0] == mark(1) * 3
    assert rows[11] == "o" + mark(0) + mark(1)
    assert set("".join(line[9:] for line in draw_plane(SLOPE, STYLES, 3, has_colour=True).plain.split("\n")[:12])) == {
        " ",
        "o",
    }


def test_what_is_outside_is_left_out() -> None:
    far = Plane("", "a", "b", [0, 1], [0, 1], [[0, 0], [0, 0]], levels=(1,), paths={"p": [(0.5, 0.5), (50, 50)]})
    lines = draw_plane(far, STYLES, 20, has_colour=True).plain.split("\n")[:12]
    assert all(len(line) == 29 for line in lines)
    assert "far" not in draw_plane(SLOPE, STYLES, 20, has_colour=True).plain


def test_paths_differ_without_colour() -> None:
    way = [(0.0, 0.0), (1.0, 1.0)]
    block = Plane("", "a", "b", [0, 2], [0, 2], [[0, 0], [0, 0]], levels=(1,), paths={"one": way, "two": way})
    assert "t" in draw_plane(block, STYLES, 20, has_colour=False).plain.replace("two", "").replace("right", "")
    assert "t two" not in draw_plane(block, STYLES, 20, has_colour=True).plain


def test_letters_of_a_path_leave_room_for_what_lies_beneath() -> None:
    way = [(n / 50, 1.0) for n in range(100)]
    block = Plane("", "a", "b", [0, 2], [0, 2], [[0, 0], [0, 0]], levels=(1,), paths={"one": way, "two": way})
    drawn = draw_plane(block, STYLES, 20, has_colour=False).plain.split("\n")[:12]
    (row,) = (line[9:] for line in drawn if "t" in line)
    assert "tt" not in row
    assert row.count("t") == 10
    assert not any(character.isspace() for character in row.replace("t", "").strip("\u2800"))


def test_as_rows_and_as_svg() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(ViewResult(blocks=[SLOPE])))))
    assert rows[1:4] == [["a", "b", "value"], ["0", "0", "-1"], ["1", "0", "0"]]
    assert len(rows) == 2 + 6
    cells = re.findall(r'<rect fill="(#\w+)" fill-opacity="([\d.]+)" x="([\d.]+)" y="([\d.]+)"', plane(SLOPE, STYLES))
    lowest = [cell for cell in cells if float(cell[3]) > 100]
    assert [(fill, opacity) for fill, opacity, *_ in lowest] == [
        ("#2878ff", "0.70"),
        ("#2878ff", "0.00"),
        ("#ff8c00", "0.70"),
    ]
    drawn = plane(BOWL, STYLES)
    assert [drawn.count(f"<title>{level:g}</title>") for level in BOWL.levels] == [1, 1]
