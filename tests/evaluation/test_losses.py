"""Scores against the definition: the mean of −log p(next character | all before it), one character at a time."""

import math
from itertools import pairwise

import numpy as np
import pytest

from rnncli.engine.activations import log_softmax, softmax
from rnncli.evaluation import windows as windows_module
from rnncli.evaluation.losses import dynamic_evaluation, fixed_context, score, stateful
from rnncli.evaluation.token_losses import losses_by_character
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score
from tests.helpers import random_ids, random_model


def by_brute_force(model: LanguageModel, ids: np.ndarray) -> float:
    """The sum of −log p over all but the first character, each in a step of its own."""
    state, total = model.zero_state(), 0.0
    for index, target in pairwise(ids):
        logits, state = model.logits(np.array([[index]]), state)
        total -= math.log(softmax(logits[0, 0])[target])
    return total


def test_units() -> None:
    result = Score(total=10 * math.log(8), symbols=10, correct=4)
    assert result.nats == pytest.approx(math.log(8), rel=1e-15)
    assert result.bits == pytest.approx(3, rel=1e-15)
    assert result.perplexity == pytest.approx(8, rel=1e-14)
    assert result.accuracy == 0.4


def test_a_hopeless_model_has_a_finite_perplexity() -> None:
    assert math.isfinite(Score(1e9, 1, 0).perplexity)


@pytest.mark.parametrize("count", [1, 2, 3, 26, 255])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_model_of_zeros_finds_all_characters_equally_likely(cell: str, count: int) -> None:
    model = random_model("".join(chr(97 + n) for n in range(count)), dtype=np.float64, cell=cell)
    model.parameters.flat[...] = 0
    result = score(model, random_ids(model, 60))
    assert result.symbols == 59
    assert result.nats == pytest.approx(math.log(count), rel=1e-14, abs=1e-15)
    assert result.perplexity == pytest.approx(count, rel=1e-13)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("embedding_size", [0, 3])
@pytest.mark.parametrize("count", [2, 3, 700])
def test_one_pass_is_the_sum_over_single_steps(cell: str, embedding_size: int, count: int) -> None:
    model = random_model(cell=cell, layers=2, embedding_size=embedding_size, dtype=np.float64)
    ids = random_ids(model, count)
    result = score(model, ids)
    assert result.total == pytest.approx(by_brute_force(model, ids), rel=1e-12)
    assert result.symbols == count - 1


def test_work_in_float32_is_close_to_the_definition() -> None:
    model = random_model(cell="gru", hidden_size=20)
    ids = random_ids(model, 500)
    assert score(model, ids).total == pytest.approx(by_brute_force(model, ids), rel=1e-5)


@pytest.mark.parametrize("window", [1, 2, 7, 99, 100, 101, 5000])
def test_the_window_does_not_matter(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model(cell="lstm", dtype=np.float64)
    ids = random_ids(model, 101)
    monkeypatch.setattr(windows_module, "WINDOW", window)
    assert score(model, ids).total == pytest.approx(by_brute_force(model, ids), rel=1e-12)


@pytest.mark.parametrize("streams", [2, 3, 32])
@pytest.mark.parametrize("count", [2049, 3000, 3002, 5121])
def test_several_streams_are_close_to_one_pass(streams: int, count: int) -> None:
    model = random_model(cell="gru", dtype=np.float64)
    ids = random_ids(model, count)
    one, several = score(model, ids), score(model, ids, streams)
    assert several.symbols == one.symbols == count - 1
    assert several.nats == pytest.approx(one.nats, abs=1e-6)


def test_each_stream_counts_its_own_characters_once() -> None:
    # Without a recurrence, a bias alone: the score is a count of characters, and no state can differ.
    model = random_model("abcde", dtype=np.float64)
    model.parameters.flat[...] = 0
    shares = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    model.parameters["output.b"][...] = np.log(shares)
    ids = random_ids(model, 4099)
    expected = -np.log(shares)[ids[1:]].sum()
    for streams in (1, 2, 3, 4):
        assert score(model, ids, streams).total == pytest.approx(expected, rel=1e-12)
        assert score(model, ids, streams).correct == (ids[1:] == 0).sum()  # the most probable is always the first


def test_a_short_text_is_read_in_one_pass_however_many_streams_are_asked_for() -> None:
    model = random_model(dtype=np.float64)
    ids = random_ids(model, 500)
    assert score(model, ids, 32) == score(model, ids)


def test_ids_of_every_dtype_give_the_same_score() -> None:
    model = random_model(dtype=np.float64)
    ids = random_ids(model, 50)
    assert len({score(model, ids.astype(dtype)).total for dtype in (np.uint8, np.uint16, np.int64)}) == 1


def test_dynamic_evaluation_is_a_loop_over_pieces() -> None:
    """Predict twenty characters, take one clipped step against their mean loss, go on: written out step by step."""
    model = random_model("abcde", np.float64, cell="lstm", layers=2)
    before, ids = model.parameters.flat.copy(), random_ids(model, 77)
    found = np.concatenate([batch.nats for batch in dynamic_evaluation(model, ids, 0.3)])
    assert np.array_equal(model.parameters.flat, before)
    learner, state, expected, clipped = model.on(before.copy()), model.zero_state(), [], 0
    for start in range(0, 76, 20):
        first_state, some = state.copy(), ids[start : start + 21]
        for index, target in pairwise(some):
            logits, state = learner.logits(np.array([[index]]), state)
            state = state.copy()
            expected.append(-math.log(softmax(logits[0, 0])[target]))
        gradients = learner.parameters.zeros_like()
        learner.loss_and_gradients(some[:-1, None], some[1:, None], first_state, gradients)
        norm = math.sqrt(float((gradients.flat**2).sum()))
        clipped += norm > 5
        learner.parameters.flat[...] -= 0.3 * gradients.flat * min(1, 5 / norm)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_dynamic_evaluation_learns_what_repeats_itself() -> None:
    model = random_model("abcde", cell="gru")
    ids = np.tile([0, 3, 1, 4, 4, 2], 200)
    adapted = losses_by_character(dynamic_evaluation(model, ids, 0.3), 5).score
    assert adapted.nats < 0.7 * score(model, ids).nats
    assert adapted.symbols == len(ids) - 1


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mlp"])
def test_the_sums_by_character_are_those_of_all(cell: str) -> None:
    config = {"context": 3} if cell == "mlp" else {}
    model = random_model("abcde", np.float64, cell=cell, **config)
    ids = random_ids(model, 500)
    whole, found = score(model, ids), losses_by_character(stateful(model, ids), 5)
    assert found.count.tolist() == np.bincount(ids[1:], minlength=5).tolist()
    np.testing.assert_allclose(found.nats.sum(), whole.total, rtol=1e-12)
    for symbol in range(5):
        nats = sum(
            float(batch.nats[batch.targets == symbol].sum())
            for batch in fixed_context(model, ids, np.arange(1, 500), 500)
        )
        np.testing.assert_allclose(found.nats[symbol], nats, rtol=1e-9)


@pytest.mark.parametrize("context", [1, 3, 40])
def test_a_fixed_context_is_read_anew_for_each_place(context: int) -> None:
    """At places of every kind, near the beginning, where less has been read, and behind."""
    model = random_model(cell="gru", dtype=np.float64)
    ids = random_ids(model, (200,))
    places = np.array([1, 2, 4, 39, 40, 41, *range(60, 199, 2)])
    expected = []
    for place in places:
        window = ids[max(0, place - context) : place + 1, None].astype(np.intp)
        logits, _ = model.logits(window[:-1], model.zero_state())
        expected.append(-log_softmax(logits[-1])[0, window[-1, 0]])
    found = list(fixed_context(model, ids, places, context))
    np.testing.assert_allclose(np.concatenate([batch.nats for batch in found]), expected, rtol=1e-12)
    assert np.concatenate([batch.targets for batch in found]).tolist() == ids[places].tolist()
