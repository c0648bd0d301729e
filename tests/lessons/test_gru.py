"""The unit that was set by hand, against closed forms; the learnt one."""

import math

import numpy as np
import pytest

from rnncli.lessons.gru import DELETE, OTHER, STORE, TURN, UNIT, accuracy, answers, hand_made, learnt, never_reset
from rnncli.results import ColouredText
from tests.lessons.shown import about, block, column, lesson

OPEN, SHUT = 1 / (1 + math.exp(-5)), 1 / (1 + math.exp(5))


def test_the_unit_stores_turns_and_deletes() -> None:
    """h' = (1 − z) tanh(a − 3 r h) + z h, where a is 3 at "(" and 0 elsewhere."""
    table = block(lesson("gru"), "By hand")
    assert "".join(column(table, "reads")) == "a(bc!de)f!"
    h = 0.0
    for character, *shown in table.rows:
        r = OPEN if character == "!" else SHUT
        z = SHUT if character in "()!" else OPEN
        n = math.tanh(3 * (character == "(") - 3 * r * h)
        h = (1 - z) * n + z * h
        assert shown == pytest.approx([r, z, n, h], abs=1e-12)


def test_what_stands_in_it() -> None:
    hidden = column(block(lesson("gru"), "By hand"), "hidden h")
    assert hidden[1] == about(OPEN * math.tanh(3), 12)
    assert [round(value) for value in hidden] == [0, 1, 1, 1, -1, -1, -1, 0, 0, 0]


def test_what_is_to_be_answered() -> None:
    ids = np.array([TURN, STORE, STORE, OTHER, TURN, OTHER, TURN, DELETE, TURN])[:, None]
    assert answers(ids)[:, 0].tolist() == [0, 1, 1, 1, -1, -1, 1, 0, 0]


def test_a_unit_learns_it() -> None:
    assert accuracy(learnt()) > 0.99
    assert accuracy(hand_made()) > 0.99
    values = UNIT.trace(learnt(), "a(bc!de)f!")
    assert np.array(values["hidden"]).round().tolist() == [0, 1, 1, 1, -1, -1, -1, 0, 0, 0]
    assert values["reset"][4] > 0.7 > 0.2 > values["reset"][2]


def test_without_a_reset_gate_it_cannot_store_twice() -> None:
    """The old h, which the candidate sees, is taken off what "(" adds."""
    first, second = UNIT.trace(never_reset(), "((")["hidden"]
    assert second == pytest.approx(OPEN * math.tanh(3 - 3 * OPEN * first) + SHUT * first)
    assert f"of h = {first:.2f} a second one makes {second:.2f}" in block(lesson("gru"), "A surprise").text
    assert UNIT.trace(hand_made(), "((")["hidden"][1] > 0.98
    assert accuracy(never_reset()) < 0.9


def test_the_sum_that_is_told_is_that_of_the_table() -> None:
    """Where the learnt gates differ most, at the character that deletes."""
    r, z, n, h = block(lesson("gru"), "Learnt").rows[7][1:]
    before = block(lesson("gru"), "Learnt").rows[6][-1]
    told = block(lesson("gru"), "A surprise").text
    assert f"')', the learnt reset gate is {r:.2f}" in told
    assert f"h = {z:.2f} · {before:.2f} + {1 - z:.2f} · {n:.2f} = {h:.2f}, as both cancel" in told
    assert z * before + (1 - z) * n == pytest.approx(h)


def test_a_sentence_is_shown_in_strips() -> None:
    result = lesson("gru", text="No! (Yes! Or no?) Ah!")
    names = [part.name for part in result.blocks if isinstance(part, ColouredText)]
    assert names == ["Reset gate", "Update gate", "Hidden"] * 2
