"""The cell that was set by hand, against numbers computed elsewhere; the learnt one; a unit of a trained model."""

from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from rnncli.lessons.lstm import DELETE, OTHER, READ, STORE, UNIT, accuracy, answers, hand_made, learnt
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.results import ColouredText, Table
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from tests.lessons.shown import about, block, column, lesson

CELL = [0, 0.9884, 0.9818, 0.9752, 0.9687, 0.9622, 0.9558, 0.0064, 0.0064, 0.0063]


def test_the_cell_stores_deletes_and_shows() -> None:
    table = block(lesson("lstm"), "By hand")
    assert "".join(column(table, "reads")) == "a(bc?de)f?"
    assert column(table, "cell c") == [about(value, 4) for value in CELL]
    hidden = column(table, "hidden h")
    assert (hidden[4], hidden[9]) == (about(0.7431, 4), about(0.0063, 4))


def test_each_mark_works_one_gate() -> None:
    values = UNIT.trace(hand_made(), "(?)a")
    assert np.array(values["input"]).round().tolist() == [1, 0, 0, 0]
    assert np.array(values["output"]).round().tolist() == [0, 1, 0, 0]
    assert np.array(values["forget"]).round().tolist() == [1, 1, 0, 1]


def test_what_is_to_be_answered() -> None:
    ids = np.array([READ, STORE, OTHER, READ, STORE, DELETE, READ])[:, None]
    assert answers(ids)[:, 0].tolist() == [0, 0, 0, 1, 0, 0, 0]


def test_a_cell_learns_it() -> None:
    assert accuracy(learnt()) > 0.99
    assert accuracy(hand_made()) > 0.99
    values = UNIT.trace(learnt(), "a(bc?de)f?")
    assert values["hidden"][4] > 0.5 > max(values["hidden"][:4] + values["hidden"][5:])
    assert values["forget"][7] < 0.1 < 0.9 < min(values["forget"][:7])


def test_a_sentence_is_shown_in_strips() -> None:
    result = lesson("lstm", text="Is it (or is it not) so?")
    strips = [part for part in result.blocks if isinstance(part, ColouredText)]
    assert len(strips) == 8
    assert {strip.text for strip in strips} == {"Is it (or is it not) so?"}
    for forget in (strip.values for strip in strips if strip.name == "Forget gate"):
        assert min(forget) == forget[19] < 0.05
    assert not any(isinstance(part, Table) and "reads" in part.columns for part in result.blocks)


def test_what_is_learnt_is_compared_only_where_it_differs() -> None:
    """Where the input gate opens after h was shown, the reason is told."""
    told = block(lesson("lstm"), "A surprise").text
    assert "character 6, 'd', the learnt input gate is 0.92, by hand 0.01, as the h before is 0.77" in told
    for text in ("???", "한국어"):
        assert "by hand" not in block(lesson("lstm", text=text), "A surprise").text


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Model files of an LSTM, in which unit 2 keeps most, and of a GRU."""
    paths = {}
    for cell in ("lstm", "gru"):
        model = LanguageModel(NetworkConfig(cell, 1, 4), Vocabulary(" ehlo"))
        model.initialise(np.random.default_rng(0))
        if cell == "lstm":
            model.parameters["l1.b"][1] = (0, 1, 4, 2)
        paths[cell] = tmp_path_factory.mktemp("models") / f"{cell}.npz"
        checkpoint.save(paths[cell], Checkpoint(model))
    return paths


def test_a_unit_of_a_trained_lstm(models: dict[str, Path]) -> None:
    """That keeps longest what it holds; a model that was loaded gives the same gates as the one that was saved."""
    result = lesson("lstm", model=str(models["lstm"]), text="hello hello")
    forget = [part for part in result.blocks if isinstance(part, ColouredText) and part.name == "Forget gate"][-1]
    assert block(result, f"Unit 1:2 of {models['lstm']}") in result.blocks
    assert forget.text == "hello hello"
    assert np.mean(forget.values) > 0.9
    assert f"{np.mean(forget.values):.3f} of its cell" in block(result, "A surprise").text


def test_a_model_without_these_gates_is_refused(models: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="is no LSTM but a GRU"):
        lesson("lstm", model=str(models["gru"]), text="hello")


def test_a_text_that_the_model_does_not_know_is_refused(models: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="has never seen 'x'"):
        lesson("lstm", model=str(models["lstm"]), text="hexo")


@pytest.mark.parametrize(("bias", "said"), [(100, "nothing is lost"), (-100, "nothing is left")])
def test_a_gate_that_is_open_or_shut_in_float32(tmp_path: Path, bias: float, said: str) -> None:
    """What float32 knows as 0 or 1 has no half-life."""
    model = LanguageModel(NetworkConfig("lstm", hidden_size=3, forget_bias=bias), Vocabulary("ab"))
    model.initialise(np.random.default_rng(0))
    checkpoint.save(tmp_path / "model.npz", Checkpoint(model))
    shown = lesson("lstm", model=str(tmp_path / "model.npz"), text="abba")
    assert said in block(shown, "A surprise").text
