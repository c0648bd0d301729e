"""How far back a gradient reaches, and what is recalled; against numbers computed elsewhere."""

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.lessons import memory
from rnncli.lessons.memory import Kind, gradient_norms, model_of, recall, until_lowest
from rnncli.models.classifier import Classifier
from rnncli.results import ViewResult
from tests.lessons.shown import about, block, column, lesson


@pytest.fixture(scope="module")
def shown() -> ViewResult:
    """The lesson as it is without options: what is learnt there is kept for the tests."""
    return lesson("memory")


def test_the_factor_of_each_cell(shown: ViewResult) -> None:
    table = block(shown, "In numbers")
    factors = dict(zip(column(table, "cell"), column(table, "mean factor"), strict=True))
    assert factors["sigmoid"] == pytest.approx(0.15, abs=0.02)
    assert factors["tanh"] == pytest.approx(0.58, abs=0.02)
    assert factors["lstm, bias 1"] == pytest.approx(0.86, abs=0.02)
    assert factors["lstm, bias 3"] == pytest.approx(1.00, abs=0.02)


def test_the_factor_is_that_of_the_numbers_beside_it(shown: ViewResult) -> None:
    for _, _, _, at_64, factor, *_ in block(shown, "In numbers").rows:
        assert factor**64 == pytest.approx(at_64)


def test_the_powers_of_a_forget_gate(shown: ViewResult) -> None:
    rows = {row[0]: row for row in block(shown, "What a forget gate").rows}
    assert rows[1][3] == about(0.0019, 4)
    assert rows[3][3] == about(0.38, 2)
    assert rows[1][1] ** rows[1][5] == pytest.approx(0.5)


def test_recall_at_40(shown: ViewResult) -> None:
    """By chance one letter of eight; the loss of a learnt one is small whatever rounding does on the way."""
    table = block(shown, "In numbers")
    found = dict(zip(column(table, "cell"), column(table, "recall at 40"), strict=True))
    assert found["sigmoid"] == pytest.approx(1 / 8, abs=0.07)
    assert found["lstm, bias 1"] < 0.4
    assert found["lstm, bias 5"] > 0.97


def test_the_gradient_through_a_cell_is_a_power_of_its_forget_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without weights, h = σ(0) tanh(c) of a cell c that is 0 and keeps σ(bias) of itself at each character."""

    def without_weights(kind: Kind) -> Classifier:
        model = model_of(kind)
        model.parameters.flat[...] = 0
        model.parameters["l1.b"][1] = kind.bias
        return model

    monkeypatch.setattr(memory, "model_of", without_weights)
    norms = gradient_norms.__wrapped__(Kind("lstm", 2.0))
    forget = 1 / (1 + np.exp(-2.0))
    for distance, norm in norms.items():
        assert norm == pytest.approx(0.5 * forget**distance)


def test_options_choose_the_cells() -> None:
    table = block(lesson("memory", cell="lstm", forget_bias="0.5", distance="3"), "In numbers")
    assert column(table, "cell") == ["lstm, bias 0.5"]
    assert table.columns[-2] == "recall at 3"
    assert recall(Kind("lstm", 0.5), 3)[0] > 0.97


def test_a_forget_bias_is_that_of_an_lstm() -> None:
    with pytest.raises(InputError, match="--forget-bias is that of an LSTM, not of --cell tanh"):
        lesson("memory", cell="tanh", forget_bias="1")
    names = [part.name for part in lesson("memory", cell="tanh", distance="1").blocks]
    assert not any(name.startswith("What a forget gate") for name in names)


def test_a_curve_ends_where_it_is_cut() -> None:
    """On the straight line, in a logarithmic scale, to the first norm that is below."""
    assert until_lowest({1: 1e-3, 2: 1e-6, 4: 1e-12, 5: 1e-13}) == [(1, 1e-3), (2, 1e-6), (pytest.approx(3), 1e-9)]
    assert until_lowest({1: 1e-3, 2: 1e-6}) == [(1, 1e-3), (2, 1e-6)]


def test_only_the_path_by_w_hh_makes_a_gradient_rise(monkeypatch: pytest.MonkeyPatch, shown: ViewResult) -> None:
    """Without it, each character further away leaves less."""

    def without_w_hh(kind: Kind) -> Classifier:
        model = model_of(kind)
        model.parameters["l1.W_h"][...] = 0
        return model

    assert gradient_norms(Kind("lstm", 3.0))[64] > gradient_norms(Kind("lstm", 3.0))[20]
    monkeypatch.setattr(memory, "model_of", without_w_hh)
    norms = list(gradient_norms.__wrapped__(Kind("lstm", 3.0)).values())
    assert norms == sorted(norms, reverse=True)
