"""Which units carry the difference between two texts: as by hand, unit by unit; and one that was planted is found."""

import re
import shlex
from typing import Any

import numpy as np
import pytest

from rnncli.cli.model_input import parse_clamp
from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inference.prediction import predict
from rnncli.inspection.activations import Unit
from rnncli.inspection.interventions.patching import Difference, TwoTexts, difference, two_texts
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.patch import patch
from rnncli.models.base import PairModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.output import log_softmax
from rnncli.results import Curves, Table, ViewResult
from rnncli.storage.checkpoint import Checkpoint
from tests.helpers import random_model, random_pair_model
from tests.inspection.probes import every_recurrent

FIRST, SECOND = "abcadd", "eecadd"
COMMON = 4


def view_of(model: Any, first: str = FIRST, second: str = SECOND, **options: Any) -> ViewResult:
    return patch(ViewRequest(Probe(Checkpoint(model, path="model.npz")), [first, second], **options))


def table(found: ViewResult, name: str) -> list[dict[str, Any]]:
    """The rows of the table of this name."""
    (block,) = [block for block in found.blocks if block.name == name and isinstance(block, Table)]
    return [dict(zip(block.columns, row, strict=True)) for row in block.rows]


def texts_and_difference(model: Any, first: str = FIRST, second: str = SECOND) -> tuple[TwoTexts, Difference]:
    """What the view goes by."""
    texts = two_texts(model, first, second, None)
    place = texts.before_last(min(1, texts.common))
    both = np.repeat([[True], [False]], len(place.units), axis=1)
    return texts, difference(log_softmax(place.logits(both)))


def odds(model: LanguageModel, ids: list[int], state: Array, found: Difference) -> float:
    """Log-odds in bits after ``ids``, read one by one from ``state``."""
    for i in ids:
        logits, state = model.logits(np.array([[i]]), state)
    return float(logits[0, 0, found.one] - logits[0, 0, found.other]) / np.log(2)


@every_recurrent
@pytest.mark.parametrize("left", [1, 3, COMMON])
def test_one_by_one_as_by_hand(config: dict[str, Any], left: int) -> None:
    """Read up to a place, copy a unit of one state over that of the other, all that it holds, and read on."""
    model = random_model(dtype=np.float64, **config)
    texts, found = texts_and_difference(model)
    assert texts.common == COMMON
    one, other = (model.vocabulary.encode(text).astype(int).tolist() for text in (FIRST, SECOND))
    state = {}
    for name, ids in (("one", one), ("other", other)):
        state[name] = model.logits(np.array(ids[:-left])[:, None], model.zero_state())[1].copy()
    first, second = odds(model, one, model.zero_state(), found), odds(model, other, model.zero_state(), found)
    assert (found.first, found.second) == pytest.approx((first, second))
    assert found.bits > 0.01
    expected = []
    for layer in range(config["layers"]):
        for unit in range(7):
            mixed = state["other"].copy()
            mixed[layer, :, :, unit] = state["one"][layer, :, :, unit]
            expected.append((odds(model, other[-left:], mixed, found) - second) / (first - second))
    exchange = texts.before_last(left)
    assert exchange.units == [Unit(f"l{n + 1}", unit) for n in range(config["layers"]) for unit in range(7)]
    np.testing.assert_allclose(found.shares(exchange, np.eye(len(expected), dtype=bool)), expected, rtol=1e-8)


@every_recurrent
@pytest.mark.parametrize("texts", [(FIRST, SECOND), ("ab", "ecccab"), ("c", "ac"), ("abc", "abe"), ("a", "cde")])
def test_all_units_together_are_the_whole_difference(config: dict[str, Any], texts: tuple[str, str]) -> None:
    """And none of them nothing, at every place; of texts of different lengths, and of those that differ at the end."""
    model = random_model(dtype=np.float64, **config)
    both, found = texts_and_difference(model, *texts)
    for left in range(both.common + 1):
        exchange = both.before_last(left)
        whole = np.repeat([[True], [False]], len(exchange.units), axis=1)
        np.testing.assert_allclose(found.shares(exchange, whole), [1, 0], atol=1e-9)
    (curves,) = [block for block in view_of(model, *texts).blocks if isinstance(block, Curves)]
    assert curves.curves["best first"][-1] == pytest.approx((len(exchange.units), 1))
    assert curves.curves["random"][-1] == pytest.approx((len(exchange.units), 1))


@every_recurrent
def test_at_the_end_a_unit_counts_by_its_weights_into_the_answer(config: dict[str, Any]) -> None:
    """Where the texts differ in the last character nothing is read after the exchange, and the output is linear."""
    model = random_model(dtype=np.float64, **config)
    texts, found = texts_and_difference(model, "abc", "abe")
    exchange = texts.before_last(0)
    assert exchange.units == [Unit(f"l{config['layers']}", unit) for unit in range(7)]
    W = model.parameters["output.W"]
    change = exchange.states[0, -1, 0] - exchange.states[1, -1, 0]
    expected = change * (W[:, found.one] - W[:, found.other]) / np.log(2) / found.bits
    np.testing.assert_allclose(found.shares(exchange, np.eye(7, dtype=bool)), expected, rtol=1e-8)
    assert "differ" in view_of(model, "abc", "abe").facts["exchanged"]


def planted(config: dict[str, Any], unit: int = 3) -> LanguageModel:
    """A unit in each layer that no other unit of its layer drives: in the lowest it hears the characters, above the
    one below. Only the one at the top is heard by the output."""
    model = random_model(dtype=np.float64, **config)
    p, others = model.parameters, np.arange(7) != unit
    for name in model.network.names:
        p[f"{name}.W_h"][:, others, unit] = 0
        if name != "l1":
            p[f"{name}.W_x"][:, others, unit] = 0
        p[f"{name}.W_h"][-1, unit, unit] = 1.5
    p["output.W"][others] = 0
    p["output.W"][unit] = [4, -4, 1, 0, 0]
    return model


@every_recurrent
def test_a_planted_unit_is_found(config: dict[str, Any]) -> None:
    """It carries all of the difference, with that of the layer below where there are two, and all others nothing."""
    model = planted(config)
    found = view_of(model)
    rows = table(found, "Exchanged one by one")
    true = {f"{n + 1}:3" for n in range(config["layers"])}
    shares = {row["unit"]: row["share"] for row in rows}
    assert [name for name, share in shares.items() if abs(share) > 1e-9] == [name for name in shares if name in true]
    together = table(found, "The same in numbers")
    assert together[len(true) - 1]["best first"] == pytest.approx(1)
    assert together[0]["random"] < 0.5
    if config["layers"] == 1:
        assert shares["1:3"] == pytest.approx(1)
        assert found.facts["carried"] == "1 unit makes 100% of the difference"
        assert {row["strongest unit"] for row in table(found, "Exchanged earlier")} == {"1:3"}
        assert "unit 1:3" in found.next[0]


def test_what_both_read_after_the_exchange_is_said() -> None:
    found = view_of(random_model(cell="gru"))
    assert "'d'" in found.facts["exchanged"]
    assert [row["both then read"] for row in table(found, "Exchanged earlier")] == ["cadd", "add", "dd", "d"]


@every_recurrent
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_suggested_clamps_lead_towards_the_first_text(config: dict[str, Any], seed: int) -> None:
    """Where they are suggested: the answer that the first text makes likelier becomes so after the second."""
    model = random_model(dtype=np.float64, seed=seed, **config)
    texts, found = texts_and_difference(model)
    commands = [shlex.split(line) for line in view_of(model).next]
    samples = [words for words in commands if words[1] == "sample"]
    assert [words[1:4:2] for words in commands if words not in samples] == [["inspect", "unit"], ["inspect", "ablate"]]
    for words in samples:
        assert words[words.index("--prime") + 1] == SECOND
        given = [words[n + 1] for n, word in enumerate(words) if word == "--clamp"]
        clamps = [clamp for one in given for clamp in parse_clamp(one, "model.npz", model)]
        logits = model.read(texts.ids[1][:, None], model.zero_state(), clamps)[0][0]
        assert (logits[found.one] - logits[found.other]) / np.log(2) > found.second


def test_some_clamps_are_suggested() -> None:
    assert any("--clamp" in line for line in view_of(planted({"cell": "gru", "layers": 1})).next)


PAIRS = [(task, bidirectional) for task in ("classify", "classify-two", "tag") for bidirectional in (False, True)]


@pytest.mark.parametrize(("task", "bidirectional"), PAIRS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("texts", [("abcd", "eecd"), ("ab", "cde")])
def test_of_a_classifier_and_a_tagger(task: str, bidirectional: bool, layers: int, texts: tuple[str, str]) -> None:
    """The difference is that of the probabilities which they predict, a tagger for the last character, and all units
    together make it."""
    model: PairModel = random_pair_model(task, np.float64, cell="lstm", layers=layers, bidirectional=bidirectional)
    both, found = texts_and_difference(model, *texts)
    names = model.target.symbols
    for text, bits in zip(texts, (found.first, found.second), strict=True):
        (prediction,) = predict(model, [text], top=5)
        answers = dict(prediction.tags[-1] if task == "tag" else prediction.answers)
        assert bits == pytest.approx(np.log2(answers[names[found.one]] / answers[names[found.other]]))
    shown = view_of(model, *texts)
    together = table(shown, "The same in numbers")
    assert together[-1]["best first"] == pytest.approx(1)
    top = f"l{layers}"
    if bidirectional:
        assert {unit.cell for unit in both.before_last(0).units} == {top, f"{top}r"}
    assert not shown.next


def test_of_a_model_of_labelled_texts() -> None:
    """It begins with the state of the label."""
    model = random_pair_model("generate", np.float64)
    found = view_of(model, "ab", "cb", label="x").facts["difference"]
    assert found != view_of(model, "ab", "cb", label="y").facts["difference"]
    with pytest.raises(InputError, match="label"):
        view_of(model, "ab", "cb")


def test_answers_are_chosen_among_those_that_occur() -> None:
    """Not what is next to impossible after both texts, however large the ratio."""
    logs = np.log([[0.5, 0.3, 0.2, 1e-9, 1e-15], [0.1, 0.6, 0.3, 1e-15, 1e-9]])
    found = difference(logs)
    assert (found.one, found.other) == (0, 1)
    assert (found.first, found.second) == pytest.approx((np.log2(5 / 3), np.log2(1 / 6)))


def test_texts_that_lead_to_the_same_say_so() -> None:
    model = random_model(cell="gru")
    with pytest.raises(InputError, match="the same"):
        view_of(model, "abc", "abc")
    model.parameters["output.W"][...] = 0
    found = view_of(model)
    assert "same prediction" in found.facts["difference"]
    assert not found.blocks


def test_little_is_called_little() -> None:
    model = random_model(cell="gru")
    model.parameters["output.W"][...] *= 50
    assert "little" not in view_of(model).facts["difference"]
    model.parameters["output.W"][...] *= 1e-4
    assert "little" in view_of(model).facts["difference"]


def test_what_has_no_state_or_no_single_answer_is_refused() -> None:
    with pytest.raises(InputError, match=r"^model\.npz is a feed-forward network"):
        view_of(random_model(cell="mlp", context=3))
    with pytest.raises(InputError, match=r"^model\.npz is a translator"):
        view_of(random_pair_model("translate"))
    with pytest.raises(InputError, match=re.escape("never seen 'x' (first at character 2 of text 2)")):
        view_of(random_model(), "ab", "ax")
