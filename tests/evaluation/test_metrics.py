"""Metrics against their definitions: by hand, by counting, and by trying out all ways to edit a text."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from rnncli.datasets.columns import CHARACTERS, LABELS, TAGS
from rnncli.evaluation.metrics import (
    ConfusionMatrix,
    answer_metrics,
    edit_distance,
    metrics_by_character,
    ngram_metrics,
    sequence_metrics,
    text_metrics,
)
from rnncli.evaluation.token_losses import LossByCharacter
from rnncli.models.ngram.kneser_ney import KneserNey


def test_a_small_case_by_hand() -> None:
    """Of four cats three were seen, and a dog was taken for one; no answer was right about the owl."""
    truth = ["cat", "cat", "cat", "cat", "dog", "dog", "owl"]
    predictions = ["cat", "cat", "cat", "dog", "dog", "cat", "dog"]
    metrics = ConfusionMatrix.of(truth, predictions)
    assert metrics.classes == ["cat", "dog", "owl"]
    assert metrics.counts.tolist() == [[3, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert metrics.total == 7
    assert metrics.accuracy == pytest.approx(4 / 7, rel=1e-15)
    assert metrics.precision == pytest.approx([3 / 4, 1 / 3, 0], rel=1e-15)
    assert metrics.recall == pytest.approx([3 / 4, 1 / 2, 0], rel=1e-15)
    assert metrics.f1 == pytest.approx([3 / 4, 2 / 5, 0], rel=1e-15)
    assert metrics.macro_f1 == pytest.approx((3 / 4 + 2 / 5) / 3, rel=1e-15)


@pytest.mark.parametrize(
    ("truth", "predictions", "accuracy", "precision", "recall", "f1"),
    [
        ("aab", "aab", 1, [1, 1], [1, 1], [1, 1]),
        ("ab", "ba", 0, [0, 0], [0, 0], [0, 0]),
        ("aa", "aa", 1, [1], [1], [1]),
        ("aaab", "aaaa", 3 / 4, [3 / 4, 0], [1, 0], [6 / 7, 0]),  # b was never answered
        ("aa", "ab", 1 / 2, [1, 0], [1 / 2, 0], [2 / 3, 0]),  # b was never right
    ],
)
def test_names_without_a_right_answer_have_zeros(
    truth: str, predictions: str, accuracy: float, precision: list[float], recall: list[float], f1: list[float]
) -> None:
    metrics = ConfusionMatrix.of(truth, predictions)
    assert metrics.accuracy == pytest.approx(accuracy, rel=1e-15)
    assert metrics.precision == pytest.approx(precision, rel=1e-15)
    assert metrics.recall == pytest.approx(recall, rel=1e-15)
    assert metrics.f1 == pytest.approx(f1, rel=1e-15)
    assert metrics.macro_f1 == pytest.approx(sum(f1) / len(f1), rel=1e-15)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@pytest.mark.parametrize("seed", range(10))
def test_random_answers_by_counting(seed: int) -> None:
    """Every grade by its definition, in names that are any text."""
    rng = np.random.default_rng(seed)
    known = ["a", "b", "B", "é", "[漢] x", ""]
    truth = [known[i] for i in rng.integers(5, size=40)]
    predictions = [truth[n] if rng.random() < 0.4 else known[i] for n, i in enumerate(rng.integers(1, 6, size=40))]
    pairs = list(zip(truth, predictions, strict=True))
    metrics = ConfusionMatrix.of(truth, predictions)
    assert metrics.classes == sorted({*truth, *predictions})
    assert metrics.counts.tolist() == [[pairs.count((t, a)) for a in metrics.classes] for t in metrics.classes]
    assert metrics.accuracy == pytest.approx(sum(t == a for t, a in pairs) / 40, rel=1e-15)
    f1 = []
    for i, name in enumerate(metrics.classes):
        right = pairs.count((name, name))
        precision, recall = share(right, predictions.count(name)), share(right, truth.count(name))
        f1.append(2 * precision * recall / (precision + recall) if right else 0.0)
        assert metrics.precision[i] == pytest.approx(precision, rel=1e-15)
        assert metrics.recall[i] == pytest.approx(recall, rel=1e-15)
    assert metrics.f1 == pytest.approx(f1, rel=1e-14)
    assert metrics.macro_f1 == pytest.approx(sum(f1) / len(f1), rel=1e-14)


@pytest.mark.parametrize("grade", [ConfusionMatrix.of, sequence_metrics])
def test_a_text_without_an_answer_is_an_error(grade: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        grade(["a", "b"], ["a"])


@cache
def by_all_ways(a: str, b: str) -> int:
    """Of all ways to turn ``a`` into ``b`` from the front on the shortest."""
    if not a or not b:
        return len(a) + len(b)
    replaced = by_all_ways(a[1:], b[1:]) + (a[0] != b[0])
    return min(replaced, by_all_ways(a[1:], b) + 1, by_all_ways(a, b[1:]) + 1)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("kitten", "sitting", 3),
        ("saturday", "sunday", 3),
        ("intention", "execution", 5),
        ("flaw", "lawn", 2),
        ("ab", "ba", 2),
        ("abc", "", 3),
        ("", "", 0),
        ("漢🙂", "漢e\u0301🙂", 2),
    ],
)
def test_known_distances(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == distance


def random_words(seed: int, count: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join("abc"[i] for i in rng.integers(3, size=rng.integers(8))) for _ in range(count)]


def test_random_distances_by_all_ways() -> None:
    words = random_words(1, 30)
    for a in words:
        for b in words:
            assert edit_distance(a, b) == by_all_ways(a, b), (a, b)


TRUTH, PREDICTIONS = ["kitten", "ab", "漢字", "x"], ["sitting", "ab", "漢", "xyz"]


def test_texts_by_hand() -> None:
    """3 + 0 + 1 + 2 edits of 11 characters, and one text of four is right."""
    metrics = sequence_metrics(TRUTH, PREDICTIONS)
    assert (metrics.lines, metrics.exact, metrics.edits, metrics.characters) == (4, 1, 6, 11)
    assert metrics.exact_match == 0.25
    assert metrics.character_error_rate == pytest.approx(6 / 11, rel=1e-15)


def test_errors_are_per_character_of_the_truth() -> None:
    turned = sequence_metrics(PREDICTIONS, TRUTH)
    assert (turned.edits, turned.characters) == (6, 13)
    assert sequence_metrics(["a"], ["bcd"]).character_error_rate == 3


@pytest.mark.parametrize("seed", range(3))
def test_random_texts_by_counting(seed: int) -> None:
    truth, predictions = ["a", *random_words(seed, 20)], ["a", *random_words(seed + 9, 20)]
    metrics = sequence_metrics(truth, predictions)
    assert metrics.exact == sum(a == b for a, b in zip(truth, predictions, strict=True)) >= 1
    assert metrics.edits == sum(by_all_ways(a, b) for a, b in zip(truth, predictions, strict=True))
    assert metrics.character_error_rate == metrics.edits / len("".join(truth))


def test_the_metrics_of_each_task() -> None:
    """Under the names of ``--json``: of labels and tags with a confusion matrix, of translations without."""
    metrics, confusion = answer_metrics(LABELS, ["yes", "no", "no"], ["yes", "no", "yes"])
    assert metrics == {"lines": 3, "accuracy": pytest.approx(2 / 3), "macro_f1": pytest.approx(2 / 3)}
    assert confusion is not None and confusion.to_json()["confusion"] == [[1, 1], [0, 1]]
    metrics, confusion = answer_metrics(TAGS, ["ab", "b"], ["aa", "b"])
    assert (metrics["accuracy"], metrics["exact_lines"]) == (pytest.approx(2 / 3), 0.5)
    assert confusion is not None and confusion.to_json()["names"] == ["a", "b"]
    metrics, confusion = answer_metrics(CHARACTERS, TRUTH, PREDICTIONS)
    assert metrics == {"lines": 4, "exact_match": 0.25, "character_error_rate": pytest.approx(6 / 11)}
    assert confusion is None


def test_metrics_by_character_are_ranked_by_their_share_of_the_loss() -> None:
    losses = LossByCharacter(np.array([1.0, 0.0, 3.0]), np.array([4, 0, 2]), np.array([4, 0, 1]))
    frequent = {"character": "a", "count": 4, "nats": 0.25, "share": 0.25, "accuracy": 1.0}
    rare = {"character": "c", "count": 2, "nats": 1.5, "share": 0.75, "accuracy": 0.5}
    assert metrics_by_character(losses, "abc") == [rare, frequent]
    assert text_metrics(losses.score) == {
        "characters": 6,
        "nats_per_character": pytest.approx(4 / 6),
        "bits_per_character": pytest.approx(4 / 6 / math.log(2)),
        "perplexity": pytest.approx(math.exp(4 / 6)),
        "accuracy": pytest.approx(5 / 6),
    }


def test_the_baseline_is_the_mean_surprise_after_the_first_character() -> None:
    text = np.array([0, 1, 0, 0, 1, 2, 0, 1])
    nats = -np.log(KneserNey.of(text, 3, 2).probabilities(text)[1:]).mean()
    expected = {"order": 2, "nats_per_character": nats, "bits_per_character": nats / math.log(2)}
    assert ngram_metrics(text, text, 3, 2) == pytest.approx(expected)
