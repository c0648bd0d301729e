"""Slopes, chains of slopes and softmax, against numbers computed elsewhere."""

import re

import numpy as np
import pytest

from rnncli.engine.activations import softmax
from rnncli.lessons.activations import ORDER, softmax_jacobian
from tests.lessons.shown import about, block, column, lesson


def test_slopes_at_three_places() -> None:
    table = block(lesson("activations"), "At x")
    slopes = {row[0]: row[-3:] for row in table.rows}
    assert slopes["sigmoid"] == [about(0.25, 6), about(0.105, 4), about(0.0177, 4)]
    assert slopes["tanh"] == [about(1, 6), about(0.0707, 4), about(0.00134, 5)]
    assert (slopes["relu"], slopes["leaky-relu"]) == ([0, 1, 1], [0.01, 1, 1])


def test_what_ten_layers_let_through() -> None:
    left = dict(zip(ORDER, column(block(lesson("activations"), "At x"), "10 layers"), strict=True))
    assert left["sigmoid"] == pytest.approx(2.8e-7, abs=0.05e-7)
    assert left["tanh"] == about(0.041, 3)
    assert left["relu"] == left["leaky-relu"] == 1


def test_softmax_and_its_jacobian() -> None:
    table = block(lesson("activations"), "Softmax")
    assert column(table, "probability") == [about(0.659, 3), about(0.242, 3), about(0.0986, 4)]
    assert table.rows[0][3:] == (about(0.2247, 4), about(-0.1598, 4), about(-0.0650, 4))


def test_the_jacobian_is_what_a_nudge_of_each_logit_changes() -> None:
    logits, nudge = np.array([0.3, -1.2, 2.0, 0.0]), 1e-6 * np.eye(4)
    changes = (softmax(logits + nudge) - softmax(logits - nudge)) / 2e-6
    np.testing.assert_allclose(softmax_jacobian(logits), changes.T, atol=1e-9)


def test_where_tanh_stops_to_pass_more_is_told() -> None:
    told = block(lesson("activations"), "A surprise").text
    assert re.findall(r"\d+\.\d+", told)[0] == "1.663"


def test_the_options_change_what_is_shown() -> None:
    assert column(block(lesson("activations", at="-1"), "At x = -1"), "slope at -1")[2:] == [0, 0.01]


def test_a_place_is_shown_once_and_a_chain_begins_with_its_first_layers() -> None:
    """The second layer reads what the first gave."""
    table = block(lesson("activations", at="4"), "At x = 4")
    assert table.columns == ("function", "f(4)", "slope at 4", "2 layers", "10 layers", "at 0", "at 2")
    assert block(lesson("activations", layers="1"), "At x").columns[2:4] == ("slope at 1", "at 0")
    f, first, both = (value for value in block(lesson("activations"), "At x").rows[0][1:4])
    assert both == pytest.approx(first * (1 / (1 + np.exp(-f))) * (1 - 1 / (1 + np.exp(-f))))


def test_each_row_of_the_softmax_slopes_adds_up_to_0() -> None:
    for row in block(lesson("activations"), "Softmax").rows:
        assert sum(row[3:]) == pytest.approx(0, abs=1e-12)
    three = column(block(lesson("activations", at="0.5", layers="3"), "At x"), "3 layers")

    def composed(x: float) -> float:
        return float(np.tanh(np.tanh(np.tanh(x))))

    assert three[ORDER.index("tanh")] == pytest.approx((composed(0.5 + 1e-6) - composed(0.5 - 1e-6)) / 2e-6, abs=1e-8)
