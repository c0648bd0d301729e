"""What earlier characters did, against enumeration: every other character in every place, the text read as a whole."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.interventions.replacement import CONTEXT, alternatives, redraw, substitute
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.why import why
from rnncli.models.language_model import LanguageModel
from rnncli.results import ColouredText, Table, ViewResult
from tests.helpers import random_ids, random_model
from tests.inspection.probes import every_network, every_recurrent, probe_of

CONTRASTS = pytest.mark.parametrize("contrast", [None, 1])


def log_softmax(logits: Array) -> Array:
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def enumerated(model: LanguageModel, ids: np.ndarray, place: int, contrast: int | None) -> tuple[Array, Array]:
    """The effects (``place``, V), in bits, of the characters before a place against each that might have stood there,
    and the probabilities of these: as the text makes them, and 0 for the one that came."""

    V = len(model.vocabulary)
    texts = np.tile(ids[:place, None, None], (1, place, V))
    texts[np.arange(place), np.arange(place)] = np.arange(V)
    texts = np.column_stack([texts.reshape(place, -1), ids[:place]])
    scores = log_softmax(model.logits(texts, model.zero_state(texts.shape[1]))[0])
    last = scores[-1, :, ids[place]] - (0 if contrast is None else scores[-1, :, contrast])
    odds = np.concatenate([[np.bincount(ids, minlength=V) + 1], np.exp(scores[:-1, -1])])
    odds[np.arange(place), ids[:place]] = 0
    return (last[-1] - last[:-1].reshape(place, V)) / np.log(2), odds / odds.sum(axis=1, keepdims=True)


@every_network
@CONTRASTS
def test_what_is_drawn_is_one_of_all_and_as_often_as_it_is_likely(config: dict[str, Any], contrast: int | None) -> None:
    model = random_model("abcd", np.float64, **config)
    ids, place, draws = random_ids(model, 9), 8, 300
    effects, odds = enumerated(model, ids, place, contrast)
    drawn = redraw(probe_of(model, ids), place, contrast, draws)
    assert drawn.shape == (place, draws)
    for of_one, possible, p in zip(drawn, effects, odds, strict=True):
        distances = np.abs(of_one[:, None] - possible[p > 0])
        assert distances.min(axis=1).max() < 1e-9
        mean = (p * possible).sum()
        error = np.sqrt((p * (possible - mean) ** 2).sum() / draws)
        assert abs(of_one.mean() - mean) < 4 * error + 1e-9


@every_recurrent
@CONTRASTS
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_where_one_other_is_possible_the_estimate_is_exact(
    config: dict[str, Any], contrast: int | None, embedding_size: int
) -> None:
    """Of two characters, the average of what else might have come is the other."""
    model = random_model("ab", np.float64, embedding_size=embedding_size, **config)
    model.parameters.flat[...] *= 0.7
    ids = random_ids(model, CONTEXT + 20)
    found = substitute(probe_of(model, ids), 0, len(ids) - 1, contrast)
    assert found.shape == (len(ids) - 1, CONTEXT)
    for place in (1, 5, CONTEXT, CONTEXT + 1, CONTEXT + 19):
        effects, _ = enumerated(model, ids, place, contrast)
        backwards = effects[np.arange(place), 1 - ids[:place]][::-1][:CONTEXT]
        np.testing.assert_allclose(found[place - 1, : len(backwards)], backwards, rtol=1e-8, atol=1e-9)
        assert not found[place - 1, len(backwards) :].any()
        np.testing.assert_allclose(redraw(probe_of(model, ids), place, contrast, 1)[::-1, 0], backwards, atol=1e-9)


@pytest.mark.parametrize("config", [{}, {"layers": 2}, {"embedding_size": 3}], ids=str)
def test_of_a_linear_network_the_estimate_is_the_mean(config: dict[str, Any]) -> None:
    """Where every unit is above zero, relu does nothing, and the difference of two logits is linear in every vector."""
    model = random_model("abcd", np.float64, cell="rnn", activation="relu", hidden_size=4, **config)
    np.abs(model.parameters.flat, out=model.parameters.flat)
    model.parameters.flat[...] *= 0.3
    model.parameters["output.W"][...] *= np.random.default_rng(5).choice([-1, 1], model.parameters["output.W"].shape)
    ids = random_ids(model, 12)
    effects, odds = enumerated(model, ids, 11, 1)
    assert np.abs(effects).max() > 0.01
    found = substitute(probe_of(model, ids), 0, 11, 1)[-1, :11]
    np.testing.assert_allclose(found[::-1], (odds * effects).sum(axis=1), rtol=1e-9, atol=1e-12)


@every_recurrent
def test_what_lies_far_before_does_not_count(config: dict[str, Any]) -> None:
    model = random_model("ab", np.float64, **config)
    ids, place = random_ids(model, CONTEXT + BURN_IN + 30), CONTEXT + BURN_IN + 20
    one, other = (probe_of(model, text) for text in (ids, ids[20:]))
    here = substitute(one, place - CONTEXT, place)[-1]
    np.testing.assert_allclose(here, substitute(other, place - 20 - CONTEXT, place - 20)[-1], atol=1e-9)
    np.testing.assert_allclose(redraw(one, place, draws=1), redraw(other, place - 20, draws=1), atol=1e-9)


def copier() -> LanguageModel:
    """A delay line: the first unit is 1 after a, −1 after b and 0 after c, each other holds what the one before it
    held; after the third the logit of a is twice its value. So an a three back makes an a likelier, a b less likely."""
    model = random_model("abc", np.float64, cell="rnn", hidden_size=3)
    model.parameters.flat[...] = 0
    model.parameters["l1.W_x"][0, :2, 0] = 9, -9
    model.parameters["l1.W_h"][0, 0, 1] = model.parameters["l1.W_h"][0, 1, 2] = 9
    model.parameters["output.W"][2, 0] = 2
    return model


def parts(found: ViewResult) -> tuple[ColouredText, list[dict[str, Any]]]:
    (strip,) = [block for block in found.blocks if isinstance(block, ColouredText)]
    (table,) = [block for block in found.blocks if isinstance(block, Table) and block.name == "Strongest"]
    return strip, [dict(zip(table.columns, row, strict=True)) for row in table.rows]


@pytest.mark.parametrize("measured", [False, True], ids=["estimated", "measured"])
@pytest.mark.parametrize(("text", "came"), [("cabcab" + "abc" * 3 + "acc", "a"), ("cabcab" + "abc" * 3 + "bcc", "a")])
def test_the_character_that_is_copied_is_named_with_its_sign(text: str, came: str, measured: bool) -> None:
    model = copier()
    probe = probe_of(model, text + came)
    found = why(ViewRequest(probe, [str(len(text))], replace=measured))
    strip, rows = parts(found)
    copied = len(text) - 3
    assert strip.text == text
    assert strip.signed
    np.testing.assert_allclose(np.delete(strip.values, copied), 0, atol=1e-6)
    assert (strip.values[copied] > 0.3) == (text[copied] == "a")
    assert (strip.values[copied] < -0.3) == (text[copied] == "b")
    strongest = rows[0]
    assert (strongest["place"], strongest["character"]) == (copied, text[copied])
    assert strongest["bits"] == strip.values[copied]
    if measured:
        effects, odds = enumerated(model, probe.ids, len(text), None)
        assert abs(strongest["bits"] - (odds * effects)[copied].sum()) < 4 * strongest["±"]
        assert found.facts["fresh draws"].startswith("r = 1.00 ")
        assert found.facts["share"].startswith("the 6 strongest have 100% of all effects, the last 6 100%, ")


def test_an_effect_is_that_of_the_odds_where_a_contrast_is_named() -> None:
    """Both of which the character three back does not tell apart: it says as much of b as of c."""
    probe = probe_of(copier(), "abcabcabcabcaccb")
    odds = why(ViewRequest(probe, ["15"], contrast="c", replace=True))
    np.testing.assert_allclose(parts(odds)[0].values, 0, atol=1e-9)
    alone, _ = parts(why(ViewRequest(probe, ["15"], replace=True)))
    assert alone.values[12] < -0.3


def test_the_same_again() -> None:
    probe = probe_of(random_model("abc"), 40)
    one, other = (why(ViewRequest(probe, ["30"], replace=True)).to_json() for _ in range(2))
    assert one == other


def test_in_an_alphabet_of_one_nothing_else_may_come() -> None:
    assert alternatives(np.zeros((3, 1)), np.zeros(3, np.intp)) == pytest.approx(0)
