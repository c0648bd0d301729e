"""The word hello, number by number, as it was computed elsewhere; and any other word."""

import math
import unicodedata

import numpy as np
import pytest

from rnncli.lessons import LESSONS
from rnncli.lessons.rnn import Word, first_read, loss_of, nudged, trained, untrained
from rnncli.terminal.words import width_of
from tests.cli.running import rnncli, succeeded
from tests.lessons.shown import about, block, column, lesson


def test_forwards() -> None:
    figure = block(lesson("rnn"), "Forwards")
    nodes = {node.name: node.values for node in figure.nodes}
    assert list(nodes["h1"].values()) == [about(0.1974, 4), about(-0.2913, 4), about(-0.4621, 4)]
    assert list(nodes["h2"].values()) == [about(-0.3023, 4), about(0.2270, 4), about(0.6586, 4)]
    losses = [nodes[f"y{t}"]["−ln"] for t in (1, 2, 3, 4)]
    assert losses == [about(1.5458, 4), about(1.4439, 4), about(1.2875, 4), about(1.5431, 4)]
    assert [-math.log(nodes[f"y{t}"][letter]) for t, letter in enumerate("ello", 1)] == pytest.approx(losses)
    assert figure.name.endswith(f"{np.mean(losses):.4f}")


def test_the_weights_are_those_of_the_matrices() -> None:
    table = block(lesson("rnn"), "The weights")
    assert table.rows[0] == ["h", 0.2, -0.3, -0.5, "unit 1", 0.4, -0.5, 0.3, "h", -0.4, -0.1, 0.2]
    assert table.rows[3] == ["o", 0.5, 0.4, -0.6, None, None, None, None, "o", 0.1, 0.2, -0.4]


def test_a_weight_is_used_at_every_step_and_its_gradient_is_the_sum() -> None:
    table = block(lesson("rnn"), "Backwards")
    assert sum(column(table, "W_hh 1→2")) == about(-0.0092066, 7)
    share = "At h2, W_hh 1→2: (-0.06970 − 0.00400) · (1 − 0.2270²) · 0.1974 = -0.01380. "
    assert table.note == f"{share}The last column together: -0.0092066. Nudging this weight gives -0.0092066."
    h1, h2 = table.rows[0], table.rows[1]
    assert h2[7] == pytest.approx((h2[2] + h2[5]) * (1 - 0.2270**2) * 0.1974, abs=2e-5)
    assert h1[7] == 0


@pytest.mark.parametrize("text", ["hello", "안녕하세요"])
def test_what_arrives_at_a_hidden_state_goes_on_to_the_step_before(text: str) -> None:
    """The future of h is both gradients of the next h, times the slope of tanh, through W_hh."""
    table, figure = block(lesson("rnn", text=text), "Backwards"), block(lesson("rnn", text=text), "Forwards")
    W_hh = untrained(Word(text)).parameters["l1.W_h"][0]
    hidden = [np.array(list(node.values.values())) for node in figure.nodes if node.name.startswith("h")][1:]
    own, future = (np.array([row[n : n + 3] for row in table.rows], float) for n in (1, 4))
    for t, h in enumerate(hidden[1:]):
        np.testing.assert_allclose(future[t], W_hh @ ((own[t + 1] + future[t + 1]) * (1 - h**2)), atol=1e-12)
    assert not future[-1].any()


def test_learning_with_a_memory_and_without() -> None:
    rows = {row[0]: row[1:] for row in block(lesson("rnn"), "Learning").rows}
    assert rows[1][0] == about(1.3303, 4)
    assert rows[23][:2] == [about(0.4206, 4), "ello"]
    assert rows[10][1] != "ello"
    assert rows[100][0] == about(0.0221, 4)
    assert rows[500][3] == "elll"
    assert rows[500][2] == pytest.approx(Word("hello").floor(), abs=4e-3)
    assert Word("hello").floor() == about(0.3466, 4)
    told = block(lesson("rnn"), "A surprise").text
    assert "below 0.3466" in told
    assert "l 0.50 and o 0.50" in told
    assert told.endswith("h tells one l from the other.")


def test_what_three_units_cannot_learn_is_told() -> None:
    """To count to eight."""
    history = trained("aaaaaaaab", memory=True)[1]
    assert history[500][1] != "aaaaaaab"
    told = block(lesson("rnn", text="aaaaaaaab"), "A surprise").text
    assert told.endswith(f"it says {history[500][1]} after 500 updates.")


def test_without_a_memory_w_hh_stays_0() -> None:
    model, _ = trained("hello", memory=False)
    assert not model.parameters["l1.W_h"].any()
    assert model.parameters["l1.b"].any()


@pytest.mark.parametrize("text", ["google", "안녕하세요", "aa", "ab"])
def test_every_gradient_of_any_word_is_what_a_nudge_measures(text: str) -> None:
    word = Word(text)
    model = untrained(word)
    gradients = model.parameters.zeros_like()
    loss_of(model, word, gradients)
    for name in ("l1.W_x", "l1.W_h", "output.W", "output.b"):
        place = (0,) * gradients[name].ndim
        assert gradients[name][place] == pytest.approx(nudged(model, word, name, place), abs=1e-8)


def test_the_floor_without_a_memory_counts_the_followers() -> None:
    """After a: a twice, b once."""
    assert Word("aaab").floor() == pytest.approx((-2 * math.log(2 / 3) - math.log(1 / 3)) / 3)


def test_a_word_in_which_every_letter_has_one_follower_needs_no_memory() -> None:
    assert Word("안녕하세요").floor() == 0
    assert "W_hh is not needed" in block(lesson("rnn", text="안녕하세요"), "A surprise").text
    rows = block(lesson("rnn", text="안녕하세요"), "Learning").rows
    assert rows[-1][2] == rows[-1][4] == "녕하세요"


def test_a_word_is_composed_before_it_is_counted() -> None:
    """Hangul that was typed as its parts."""
    typed = unicodedata.normalize("NFD", "안녕")
    assert len(typed) == 6
    assert LESSONS["rnn"].options[0].values.parse(typed) == "안녕"


def test_the_widest_word_fits_the_screen() -> None:
    lines = succeeded(rnncli("lesson", "rnn", "--text", "가나다라마바사아자")).splitlines()
    assert max(map(width_of, lines)) <= 80
    assert len(lines) <= 67


def test_what_is_not_drawn_is_told() -> None:
    """The loss is the mean of all steps."""
    assert block(lesson("rnn", text="google"), "Forwards").name.endswith("of 5 steps, the first 4 of which are drawn")
    assert "drawn" not in block(lesson("rnn"), "Forwards").name


def test_when_the_word_is_first_read_is_told() -> None:
    assert ", first all right after 23;" in block(lesson("rnn"), "Learning").name
    assert first_read({1: (1.0, "x")}, Word("ab")) == ""
