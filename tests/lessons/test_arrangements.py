"""What goes in and what comes out: the tasks, their data, and the diagrams."""

import numpy as np
import pytest

from rnncli.datasets.columns import LAYOUTS
from rnncli.lessons.arrangements import arrangements_of, flat_diagram, tall_diagram
from rnncli.results import Diagram, ViewResult
from rnncli.terminal.words import width_of
from tests.cli.running import rnncli, succeeded
from tests.lessons.shown import block, column, lesson


@pytest.fixture(scope="module")
def shown() -> ViewResult:
    """The lesson as it is without options."""
    return lesson("arrangements")


def test_both_directions_see_the_next_letter_and_one_does_not(shown: ViewResult) -> None:
    """Of four tags the last is known, and chance is one of eight letters for the others."""
    table = block(shown, "Learnt")
    right = dict(zip(column(table, "arrangement"), column(table, "right"), strict=True))
    assert right["both directions"] == 1
    assert right["one direction"] == pytest.approx(0.25 + 0.75 / 8, abs=0.06)
    assert all(share > 0.95 for name, share in right.items() if name != "one direction")


def test_the_rows_of_data_have_the_layout_of_their_tasks(shown: ViewResult) -> None:
    table = block(shown, "Learnt")
    for row, options in zip(column(table, "a row of data"), column(table, "train --task"), strict=True):
        fields = dict(zip(LAYOUTS[options.split()[0]].columns, row.split("<TAB>"), strict=True))
        if "tags" in fields:
            assert len(fields["tags"]) == len(fields["text"]) == 4
        if "label" in fields:
            assert fields["label"] in {"yes", "no", "cow"}
        if "source" in fields:
            assert fields["target"] == fields["source"][::-1]


def test_what_is_to_be_learnt() -> None:
    """The targets of random words, told from the words alone."""
    rng = np.random.default_rng(0)
    for one in arrangements_of(6):
        for n in range(20):
            text, target = one.draw(rng, n)
            assert set(text) <= set(one.alphabet.characters)
            match one.learns:
                case "has it an a?":
                    assert target == ("yes" if "a" in text else "no")
                case "the letter before":
                    assert target[0] == "-"
                    assert target[1:] == text[:-1]
                case "the letter after":
                    assert target[-1] == "-"
                    assert target[:-1] == text[1:]


def between(figure: Diagram) -> set[tuple[str, str]]:
    """The arrows, as the places (column, row) of their ends."""
    places = {node.name: (node.column, node.row) for node in figure.nodes}
    assert len(places) == len(figure.nodes)
    return {(places[edge.source], places[edge.target]) for edge in figure.edges}


def test_the_flat_networks() -> None:
    """Arrows lead up, and from each h to the next of its network."""
    figure = flat_diagram()
    arrows = between(figure)
    steps = ((0, 3), (4, 3), (8, 3), (12, 6))
    along = {((c, 1), (c + 1, 1)) for start, count in steps for c in range(start, start + count - 1)}
    assert {(a, b) for a, b in arrows if a[1] == 1 == b[1]} == along
    assert all(a[0] == b[0] and b[1] == a[1] - 1 for a, b in arrows if a[1] != b[1])
    labels = {(node.column, node.row): node.label for node in figure.nodes}
    assert "".join(labels.get((c, 0), " ") for c in range(18)).split() == ["moo", "yes", "-ge", "cba"]


def test_the_second_direction_reads_from_the_end() -> None:
    """Two rows of h between the letters, which are written twice, and the tags."""
    figure = tall_diagram()
    arrows = between(figure)
    assert {(a, b) for a, b in arrows if a[1] == 1 == b[1] and a[0] > 3} == {((4, 1), (5, 1)), ((5, 1), (6, 1))}
    assert {(a, b) for a, b in arrows if a[1] == 3 == b[1] and a[0] > 3} == {((6, 3), (5, 3)), ((5, 3), (4, 3))}
    for c in (4, 5, 6):  # each letter to both, both to the tag
        assert {((c, 0), (c, 1)), ((c, 4), (c, 3)), ((c, 1), (c, 2)), ((c, 3), (c, 2))} <= arrows
    labels = {(node.column, node.row): node.label for node in figure.nodes}
    assert ["".join(labels[c, row] for c in (4, 5, 6)) for row in (0, 2, 4)] == ["gem", "em-", "gem"]


def test_rows_of_long_words_are_shortened() -> None:
    """So that the table fits the screen; what is learnt has the length that was asked for."""
    lines = succeeded(rnncli("lesson", "arrangements", "--length", "8")).splitlines()
    assert max(map(width_of, lines)) <= 80
    assert sum("--bidirectional" in line and "both directions" in line for line in lines) == 1
    assert "1/8 + 7/8 · 1/8" in " ".join(lines)
