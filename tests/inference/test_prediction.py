"""Answers are those of the equations, each text by itself, whatever stands beside it."""

import math
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.ragged import Ragged
from rnncli.engine.arrays import Array, Workspace
from rnncli.inference import prediction as predicting
from rnncli.inference.beam import BeamSearch
from rnncli.inference.prediction import Prediction, max_target_length, predict
from rnncli.models.base import Model
from rnncli.models.translator import Translator
from tests.helpers import random_model, random_pair_model

TASKS = ["classify", "classify-two", "tag", "translate"]
NETWORKS: list[dict[str, Any]] = [{"cell": "gru", "bidirectional": True}, {"cell": "lstm", "layers": 2}]

every_task = pytest.mark.parametrize("task", TASKS)
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def model_of(task: str, **network: Any) -> Model:
    """It expects the end of a translation soon enough."""
    model = random_pair_model(task, np.float64, **network)
    if task == "translate":
        model.parameters["output.b"][0] += 2
    return model


def random_texts(count: int, seed: int = 5, longest: int = 12) -> list[str]:
    """Of 0 … ``longest`` characters, some of them unseen."""
    rng = np.random.default_rng(seed)
    return ["".join("abcde🙂"[i] for i in rng.integers(6, size=rng.integers(longest + 1))) for _ in range(count)]


def check(found: list[Prediction], expected: list[Prediction]) -> None:
    """The same answers and tags, with the same probabilities."""

    def flat(prediction: Prediction) -> list[tuple[str, float]]:
        return [*prediction.answers, *(one for ranked in prediction.tags for one in ranked)]

    assert [prediction.text for prediction in found] == [prediction.text for prediction in expected]
    for one, other in zip(found, expected, strict=True):
        assert len(one.tags) == len(other.tags)
        assert [symbol for symbol, _ in flat(one)] == [symbol for symbol, _ in flat(other)]
        assert [p for _, p in flat(one)] == pytest.approx([p for _, p in flat(other)], rel=1e-12)


@every_task
@every_network
def test_no_answer_depends_on_its_neighbours(
    task: str, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each text gives what it gives alone, in any order and in batches of any size."""
    model, texts = model_of(task, **network), random_texts(80)
    together = predict(model, texts, top=3)
    check(together, [prediction for text in texts for prediction in predict(model, [text], top=3)])
    order = np.random.default_rng(6).permutation(len(texts))
    check(predict(model, [texts[i] for i in order], top=3), [together[i] for i in order])
    monkeypatch.setattr(predicting, "BATCH_SIZE", 7)
    check(predict(model, texts, top=3), together)


@every_task
def test_an_empty_text_has_no_answer(task: str) -> None:
    model = model_of(task)
    assert predict(model, []) == []
    assert predict(model, ["", ""]) == [Prediction("")] * 2
    between = predict(model, ["", "ab", "", "a"])
    assert [prediction.text for prediction in between] == ["", "ab", "", "a"]
    assert [bool(prediction.answers) for prediction in between] == [False, True, False, True]
    assert between[0].best == "" and between[1].best == between[1].answers[0][0]


@every_task
def test_unseen_characters_are_all_alike(task: str) -> None:
    model = model_of(task)
    first, second, known = predict(model, ["a🙂b\0", "a漢bz", "aabb"])
    assert (first.answers, first.tags) == (second.answers, second.tags)
    assert first.answers != known.answers


@pytest.mark.parametrize("task", ["classify", "classify-two"])
@pytest.mark.parametrize("top", [1, 2, 3, 9])
def test_labels_are_ranked_and_all_of_them_are_certain(task: str, top: int) -> None:
    model = model_of(task)
    symbols = model.target.symbols
    for prediction in predict(model, [text for text in random_texts(20) if text], top):
        chances = [p for _, p in prediction.answers]
        assert len({label for label, _ in prediction.answers} & {*symbols}) == min(top, len(symbols)) == len(chances)
        assert chances == sorted(chances, reverse=True)
        assert min(chances) > 0
        everything = predict(model, [prediction.text], len(symbols))[0].answers
        assert [label for label, _ in prediction.answers] == [label for label, _ in everything][:top]
        assert sum(p for _, p in everything) == pytest.approx(1, rel=1e-12)


def logits(model: Model, text: str, bidirectional: bool) -> Array:
    """Of a single text, a row (K,) for a classifier and rows (T, K) for a tagger, from the states of its network."""
    ids = model.vocabulary.encode(text)[:, None]
    state = model.network.zero_state(1, np.dtype(float))
    hidden = model.network.forward(model.parameters, ids, state, Workspace()).outputs[:, 0]
    if model.task == "classify":
        size = model.config.hidden_size
        hidden = np.concatenate((hidden[-1, :size], hidden[0, size:])) if bidirectional else hidden[-1]
    return hidden @ model.parameters["output.W"] + model.parameters["output.b"]


def softmax(row: Array) -> list[float]:
    weights = [math.exp(logit) for logit in row]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_classifier_is_the_softmax_of_its_logits(bidirectional: bool) -> None:
    model = model_of("classify", bidirectional=bidirectional)
    for text in filter(None, random_texts(20)):
        chances = dict(zip("xyz", softmax(logits(model, text, bidirectional)), strict=True))
        [prediction] = predict(model, [text], top=3)
        assert dict(prediction.answers) == pytest.approx(chances, rel=1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_classifier_of_two_labels_is_the_sigmoid_of_one_logit(bidirectional: bool) -> None:
    model = model_of("classify-two", bidirectional=bidirectional)
    for text in filter(None, random_texts(20)):
        [logit] = logits(model, text, bidirectional)
        [prediction] = predict(model, [text], top=2)
        yes = 1 / (1 + math.exp(-logit))
        assert dict(prediction.answers) == pytest.approx({"yes": yes, "no": 1 - yes}, rel=1e-12)


@every_network
def test_a_tagger_gives_each_character_a_tag(network: dict[str, Any]) -> None:
    """The likeliest; the probability of a tagging is the product over its characters."""
    model = model_of("tag", **network)
    texts = [text for text in random_texts(30) if text]
    for prediction in predict(model, texts, top=3):
        expected = [softmax(row) for row in logits(model, prediction.text, False)]
        assert len(prediction.best) == len(prediction.tags) == len(prediction.text)
        assert prediction.best == "".join("ABC"[int(np.argmax(row))] for row in expected)
        for ranked, row in zip(prediction.tags, expected, strict=True):
            assert [p for _, p in ranked] == sorted((p for _, p in ranked), reverse=True)
            assert dict(ranked) == pytest.approx(dict(zip("ABC", row, strict=True)), rel=1e-12)
        [(_, chance)] = prediction.answers
        assert chance == pytest.approx(math.prod(max(row) for row in expected), rel=1e-12)


def test_top_leaves_the_tagging_as_it_is() -> None:
    model = model_of("tag")
    [few], [all_of_them] = predict(model, ["abcde"], top=1), predict(model, ["abcde"], top=9)
    assert few.answers == all_of_them.answers
    assert few.tags == [ranked[:1] for ranked in all_of_them.tags]
    assert {len(ranked) for ranked in all_of_them.tags} == {3}


@pytest.mark.parametrize(("top", "beam", "width"), [(1, 1, 1), (1, 4, 4), (3, 4, 4), (4, 1, 4), (3, 2, 3)])
@every_network
def test_a_translation_is_that_of_a_beam_as_wide_as_it_takes(
    network: dict[str, Any], top: int, beam: int, width: int
) -> None:
    """The likeliest of what the search finds, with probabilities instead of their logarithms."""
    model = model_of("translate", **network)
    assert isinstance(model, Translator)
    for text in filter(None, random_texts(12)):
        state = model.first_state(Ragged.of(model.vocabulary.encode(text), [len(text)]).padded(np.array([0])))
        found = BeamSearch(model, width).search(state, max_target_length(text))[:top]
        [prediction] = predict(model, [text], top, beam)
        assert [target for target, _ in prediction.answers] == [target for target, _ in found]
        assert [p for _, p in prediction.answers] == pytest.approx([math.exp(nats) for _, nats in found], rel=1e-12)
        assert "\n" not in "".join(target for target, _ in prediction.answers)


def test_many_texts_of_no_great_length_are_read_in_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side with others of like length."""
    model, shapes = model_of("tag"), []
    forward = model.network.forward

    def watched(*arguments: Any, **named: Any) -> Any:
        shapes.append(arguments[1].shape)
        return forward(*arguments, **named)

    monkeypatch.setattr(model.network, "forward", watched)
    texts = random_texts(640, longest=100)
    predict(model, texts)
    assert len(shapes) <= 10
    assert sum(steps * streams for steps, streams in shapes) < 1.15 * sum(map(len, texts))


def test_a_model_that_predicts_nothing_is_refused() -> None:
    with pytest.raises(TypeError, match="LanguageModel"):
        predict(random_model(), ["a"])
