"""What the views say in words is so."""

import re
from typing import Any

import numpy as np
import pytest

from rnncli.inspection.activations import read
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.diff import diff
from rnncli.inspection.views.errors import KINDS, errors, kinds_of
from rnncli.inspection.views.gradients import gradients
from rnncli.inspection.views.memory import SMALL, loss_with_context, memory, memory_length
from rnncli.inspection.views.overview import health, overview
from rnncli.inspection.views.text import expectations
from rnncli.inspection.views.text import text as text_view
from rnncli.inspection.views.unit import unit
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.results import ColouredText, Table, ViewResult
from tests.helpers import random_model
from tests.inspection.probes import every_network, probe_of, random_probe


def bits_of_ngram(found: ViewResult, fact: str) -> float:
    match = re.search(r"-gram model.* has (\d+\.\d+)", found.facts[fact])
    assert match is not None
    return float(match[1])


@pytest.mark.parametrize(("view", "fact"), [(errors, "loss"), (health, "loss here")])
def test_an_ngram_model_is_not_asked_what_it_has_learnt(view: Any, fact: str) -> None:
    """Nobody can tell letters that are drawn by chance; where the corpus is gone, the n-gram model cannot either."""
    probe = random_probe(8000, np.float32)
    assert bits_of_ngram(view(ViewRequest(probe)), fact) > 0.98 * np.log2(5)


@every_network
def test_more_context_than_the_memory_has_changes_little(config: dict[str, Any]) -> None:
    """Neither for the worse nor for the better, as the view says."""
    probe = random_probe(560, **config)
    losses, enough, _ = memory_length(probe)
    assert enough in [one.context for one in losses]
    for one in losses:
        assert one.more == pytest.approx(one.nats - losses[-1].nats)
        if one.context >= enough:
            assert abs(one.more) <= SMALL, str(one)
    assert f"{enough} character" in memory(ViewRequest(probe)).facts["memory"]


def test_the_overview_and_the_memory_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the overview reads a part of the text only, and says so."""
    monkeypatch.setattr("rnncli.inspection.views.overview.CHARACTERS", 300)
    request = ViewRequest(random_probe(900))
    found, length = overview(request), memory(request).facts["memory"]
    assert found.text == "a text, the first 300 characters"
    assert found.facts["memory"] == f"{length}, in all of the text"


def test_a_perceptron_remembers_what_it_sees() -> None:
    """It has three characters of context: of 1, 2, 4, 8, … from 4 on no place has another loss, before most have."""
    losses, enough, _ = memory_length(random_probe(1200, cell="mlp", layers=1, context=3))
    assert enough <= 4
    for one in losses:
        if one.context < 4:
            assert one.more_error > 1e-3
        else:
            assert (one.more, one.more_error) == pytest.approx((0, 0), abs=1e-12)


def test_the_error_of_a_mean_loss_is_that_of_the_places() -> None:
    """As far as means over places that are drawn anew lie apart (the bootstrap)."""
    probe = random_probe(3000)
    longest = memory_length(probe).losses[-1]
    losses = loss_with_context(probe.model, probe.ids, np.arange(256, 3000), 256)
    places = len(losses)
    rng = np.random.default_rng(3)
    drawn = [rng.choice(losses, places).mean() for _ in range(400)]
    assert longest.error == pytest.approx(np.std(drawn), rel=0.15)


def test_places_without_a_gradient_are_counted() -> None:
    """Of two rectified units both may be off; a tanh is never flat."""
    assert "is 0" not in gradients(ViewRequest(random_probe(700, cell="rnn", hidden_size=2))).facts["places"]
    probe = random_probe(700, cell="rnn", hidden_size=2, activation="relu")
    (norms,) = state_gradients(probe).values()
    off = int(np.sum(norms[:, 0] == 0))
    assert 0 < off < len(norms)
    assert gradients(ViewRequest(probe)).facts["places"].endswith(f"without {off:,} at most whose gradient is 0")


def biased(model: LanguageModel, symbol: int) -> LanguageModel:
    """The same model, which expects this symbol more."""
    other = random_model("abc", np.float64)
    other.parameters.flat[...] = model.parameters.flat
    other.parameters["output.b"][symbol] += 5
    return other


@pytest.mark.parametrize("place", [400, 1, 200, 699])
def test_the_excerpt_of_a_difference_has_the_place_where_it_is_largest(place: int) -> None:
    """A character that comes once, and that one of the two models expects."""
    one = random_model("abc", np.float64)
    one.parameters.flat[...] = 0
    text = np.random.default_rng(5).integers(2, size=700)
    text[place] = 2
    one.parameters["output.b"][2] = -9
    found = diff(ViewRequest(probe_of(one, text), others=[probe_of(biased(one, 2), text)]))
    (strip,) = [part for part in found.blocks if isinstance(part, ColouredText)]
    first = int(found.facts["excerpt"].split()[2])
    assert strip.text == "".join("abc"[i] for i in text[first : first + 320])
    assert "c" in strip.text
    assert strip.values[strip.text.index("c")] == pytest.approx(-5 / np.log(2), rel=0.01)


def test_the_strip_of_who_was_right_is_positive_where_the_network_was() -> None:
    """Counts of a b a b … expect what comes more than a network to which all three are equal, but not the c."""
    model = random_model("abc", np.float64)
    model.parameters.flat[...] = 0
    text = np.array([0, 1] * 20)
    probe = probe_of(model, np.append(text, [2, 0, 1]))
    probe.checkpoint.counts = Counts(KneserNey.of(text.astype(np.uint8), 3, 2), 0.5)
    surprisal, right = [part for part in text_view(ViewRequest(probe)).blocks if isinstance(part, ColouredText)]
    assert [surprisal.name, right.name] == ["Surprisal", "Who was right"]
    assert [value > 0 for value in right.values] == [c == "c" for c in right.text]
    assert right.values[0] == pytest.approx(-np.log2(probe.checkpoint.counts.model.probabilities(probe.ids)[1] * 3))


def test_accuracy_is_how_often_the_most_probable_came() -> None:
    """Which may have less than one half: of three characters at 0.4, 0.35 and 0.25, the first is right and never so."""
    model = random_model("abc", np.float64)
    model.parameters.flat[...] = 0
    model.parameters["output.b"][...] = np.log([0.4, 0.35, 0.25])
    found = text_view(ViewRequest(probe_of(model, "baabcaabac" + "b")))
    assert found.facts["accuracy"].startswith("50%; 0% ")


@every_network
@pytest.mark.parametrize("at", [0, 1, 320, 500, 899])
def test_a_text_is_shown_about_a_place_as_in_the_whole(config: dict[str, Any], at: int) -> None:
    """And every number of a place is that in the whole text."""
    probe = random_probe(900, **config)
    probe.model.parameters.flat[...] *= 0.4  # at 1 it would be chaotic, and forget nothing
    bits, _ = expectations(probe)
    whole = probe.text()
    found = text_view(ViewRequest(probe, at=at))
    strip, table = found.blocks
    assert isinstance(strip, ColouredText) and isinstance(table, Table)
    first = int(strip.name.split()[-2].replace(",", ""))
    assert first == max(1, min(at - 320, 260))
    assert strip.text == whole[first : max(0, at - 320) + 640]
    np.testing.assert_allclose(strip.values, bits[first - 1 :][: len(strip.text)], atol=1e-9)
    for character, after, came, surprisal, _ in table.rows:
        assert isinstance(character, int)
        assert whole[character - len(str(after)) : character + 1] == f"{after}{came}"
        assert surprisal == pytest.approx(bits[character - 1], abs=1e-9)
    if at:
        assert found.facts["place"] == f"character {at}, {whole[at]!r}, {bits[at - 1]:.2f} bits"
        assert any(f" why {at}" in command for command in found.next)


@every_network
@pytest.mark.parametrize("at", [None, 0, 150, 899])
def test_a_unit_is_shown_about_a_place(config: dict[str, Any], at: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the whole text, though only a part of it is read."""
    monkeypatch.setattr("rnncli.inspection.views.unit.CHARACTERS", 300)
    probe = random_probe(900, **config)
    probe.model.parameters.flat[...] *= 0.4
    hidden = read(probe, ["l1.hidden"]).values["l1.hidden"][:, 2]
    found = unit(ViewRequest(probe, ["1:2"], at=at))
    strip = found.blocks[0]
    assert isinstance(strip, ColouredText)
    begin = int(strip.name.split()[-2])
    assert begin <= (at or 0) <= begin + 200
    assert strip.text == probe.text(begin, begin + 200)
    np.testing.assert_allclose(strip.values, hidden[begin : begin + 200], atol=1e-9)
    (table,) = [block for block in found.blocks if block.name == "Where it is strongest"]
    assert isinstance(table, Table)
    for character, value, excerpt in table.rows:
        assert isinstance(character, int)
        assert value == pytest.approx(hidden[character], abs=1e-9)
        assert f"[{probe.text(character, character + 1)}]" in str(excerpt)


def test_every_character_has_the_first_kind_that_fits() -> None:
    """Known to the n-gram model, in a repeated word, in a rare one, first of a word, after a line end, or none."""
    text = "rare is\nthe rare 1\n!!"
    known = np.zeros(len(text) - 1)
    known[2] = 0.5  # the e of the first word
    kinds = [KINDS[kind] for kind in kinds_of(text, known, {"rare", "the"})]
    first, rare, again = "first letter of a word", "rare word", "repeated word"
    after, rest, counted = "after a newline", "the rest", "n-gram would have known"
    assert kinds[:7] == [rare, rare, counted, rest, first, rest, rest]  # are is↵
    assert kinds[7:11] == [first, rare, rare, rest]  # the
    assert kinds[11:16] == [first, again, again, again, rest]  # rare
    assert kinds[16:] == [first, rest, after, rest]  # 1↵!!


def test_shares_of_the_mistakes_add_up() -> None:
    probe = random_probe(3000, np.float32)
    (table,) = errors(ViewRequest(probe)).blocks
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]  # type: ignore[union-attr]
    assert sum(row["loss share"] for row in rows) == pytest.approx(1)
    assert sum(row["text share"] for row in rows) == pytest.approx(1)
    assert sum(row["characters"] for row in rows) == 2999
