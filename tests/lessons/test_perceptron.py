"""What networks with and without hidden units make of truth tables."""

import math

import numpy as np
import pytest

from rnncli.lessons.perceptron import answers, as_one_layer, by_hand, measured, trained
from tests.lessons.shown import about, block, column, lesson


def test_one_unit_cannot_do_xor_and_says_a_half() -> None:
    table = block(lesson("perceptron"), "Answers")
    alone = table.rows[0]
    assert alone[1:5] == (about(0.5, 5),) * 4
    assert alone[5] == about(math.log(2), 4)
    assert alone[6] == 0


def test_nor_can_linear_hidden_units() -> None:
    table = block(lesson("perceptron"), "Answers")
    assert table.rows[1][0] == "2 linear"
    assert table.rows[1][5:] == (about(0.6931, 4), 0)


def test_two_tanh_units_can() -> None:
    table = block(lesson("perceptron"), "Answers")
    assert table.rows[2][0] == "2 tanh"
    assert table.rows[2][6] == 4
    assert table.rows[2][1:5] == pytest.approx([0, 1, 1, 0], abs=0.01)


def test_xor_by_hand() -> None:
    found = measured(by_hand(), answers("0110"))[:4]
    assert found == (about(0.00005, 5), about(0.99995, 5), about(0.99995, 5), about(0.00005, 5))
    assert column(block(lesson("perceptron"), "Answers"), "hidden units")[-1] == "2 sigmoid, by hand"


def test_two_linear_layers_are_one_matrix() -> None:
    """Of learnt weights that are not all but zero."""
    weights, difference = as_one_layer(trained("0001", 2, "linear"))
    assert np.abs(weights).min() > 1
    assert difference < 1e-12


@pytest.mark.parametrize("truth", ["0001", "0111", "1011", "1110", "0000"])
def test_what_a_line_parts_one_unit_learns(truth: str) -> None:
    table = block(lesson("perceptron", truth=truth), "Answers")
    assert column(table, "right")[0] == 4
    assert "by hand" not in str(table.rows)


def test_the_map_is_of_the_network_that_was_asked_for() -> None:
    """And says at the corners what the table says."""
    for options, row in (({}, 2), ({"activation": "linear"}, 1), ({"hidden": "0"}, 0)):
        result = lesson("perceptron", **options)
        plane, table = block(result, "The answer of"), block(result, "Answers")
        corners = [plane.values[i][j] / 2 + 0.5 for j in (10, 30) for i in (6, 18)]
        assert [plane.xs[10], plane.xs[30], plane.ys[6], plane.ys[18]] == pytest.approx([0, 1, 0, 1])
        assert corners == pytest.approx(table.rows[row][1:5])
        assert [label for *_, label in plane.points] == list("0110")


def test_the_weights_set_by_hand_are_told_where_they_are_used() -> None:
    note = block(lesson("perceptron"), "Answers").note
    assert "h1 = σ(20 x1 + 20 x2 − 10) is OR, h2 = σ(20 x1 + 20 x2 − 30) AND, the answer σ(20 h1 − 20 h2 − 10)" in note
    assert "By hand" not in block(lesson("perceptron", truth="0001"), "Answers").note
