"""Grades against their definitions: by hand, by counting, and by trying out all ways to edit a text."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from rnncli.evaluation.metrics import ConfusionMatrix, edit_distance, sequence_metrics


def test_a_small_case_by_hand() -> None:
    """Of four cats three were seen, and a dog was taken for one; no answer was right about the owl."""
    truth = ["cat", "cat", "cat", "cat", "dog", "dog", "owl"]
    answers = ["cat", "cat", "cat", "dog", "dog", "cat", "dog"]
    grades = ConfusionMatrix.of(truth, answers)
    assert grades.names == ["cat", "dog", "owl"]
    assert grades.counts.tolist() == [[3, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert grades.total == 7
    assert grades.accuracy == pytest.approx(4 / 7, rel=1e-15)
    assert grades.precision == pytest.approx([3 / 4, 1 / 3, 0], rel=1e-15)
    assert grades.recall == pytest.approx([3 / 4, 1 / 2, 0], rel=1e-15)
    assert grades.f1 == pytest.approx([3 / 4, 2 / 5, 0], rel=1e-15)
    assert grades.macro_f1 == pytest.approx((3 / 4 + 2 / 5) / 3, rel=1e-15)


@pytest.mark.parametrize(
    ("truth", "answers", "accuracy", "precision", "recall", "f1"),
    [
        ("aab", "aab", 1, [1, 1], [1, 1], [1, 1]),
        ("ab", "ba", 0, [0, 0], [0, 0], [0, 0]),
        ("aa", "aa", 1, [1], [1], [1]),
        ("aaab", "aaaa", 3 / 4, [3 / 4, 0], [1, 0], [6 / 7, 0]),  # b was never answered
        ("aa", "ab", 1 / 2, [1, 0], [1 / 2, 0], [2 / 3, 0]),  # b was never right
    ],
)
def test_names_without_a_right_answer_have_zeros(
    truth: str, answers: str, accuracy: float, precision: list[float], recall: list[float], f1: list[float]
) -> None:
    grades = ConfusionMatrix.of(truth, answers)
    assert grades.accuracy == pytest.approx(accuracy, rel=1e-15)
    assert grades.precision == pytest.approx(precision, rel=1e-15)
    assert grades.recall == pytest.approx(recall, rel=1e-15)
    assert grades.f1 == pytest.approx(f1, rel=1e-15)
    assert grades.macro_f1 == pytest.approx(sum(f1) / len(f1), rel=1e-15)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@pytest.mark.parametrize("seed", range(10))
def test_random_answers_by_counting(seed: int) -> None:
    """Every grade by its definition, in names that are any text."""
    rng = np.random.default_rng(seed)
    known = ["a", "b", "B", "é", "[漢] x", ""]
    truth = [known[i] for i in rng.integers(5, size=40)]
    answers = [truth[n] if rng.random() < 0.4 else known[i] for n, i in enumerate(rng.integers(1, 6, size=40))]
    pairs = list(zip(truth, answers, strict=True))
    grades = ConfusionMatrix.of(truth, answers)
    assert grades.names == sorted({*truth, *answers})
    assert grades.counts.tolist() == [[pairs.count((t, a)) for a in grades.names] for t in grades.names]
    assert grades.accuracy == pytest.approx(sum(t == a for t, a in pairs) / 40, rel=1e-15)
    f1 = []
    for i, name in enumerate(grades.names):
        right = pairs.count((name, name))
        precision, recall = share(right, answers.count(name)), share(right, truth.count(name))
        f1.append(2 * precision * recall / (precision + recall) if right else 0.0)
        assert grades.precision[i] == pytest.approx(precision, rel=1e-15)
        assert grades.recall[i] == pytest.approx(recall, rel=1e-15)
    assert grades.f1 == pytest.approx(f1, rel=1e-14)
    assert grades.macro_f1 == pytest.approx(sum(f1) / len(f1), rel=1e-14)


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


TRUTH, ANSWERS = ["kitten", "ab", "漢字", "x"], ["sitting", "ab", "漢", "xyz"]


def test_texts_by_hand() -> None:
    """3 + 0 + 1 + 2 edits of 11 characters, and one text of four is right."""
    grades = sequence_metrics(TRUTH, ANSWERS)
    assert (grades.lines, grades.exact, grades.clamps, grades.characters) == (4, 1, 6, 11)
    assert grades.exact_match == 0.25
    assert grades.character_error_rate == pytest.approx(6 / 11, rel=1e-15)


def test_errors_are_per_character_of_the_truth() -> None:
    turned = sequence_metrics(ANSWERS, TRUTH)
    assert (turned.clamps, turned.characters) == (6, 13)
    assert sequence_metrics(["a"], ["bcd"]).character_error_rate == 3


@pytest.mark.parametrize("seed", range(3))
def test_random_texts_by_counting(seed: int) -> None:
    truth, answers = ["a", *random_words(seed, 20)], ["a", *random_words(seed + 9, 20)]
    grades = sequence_metrics(truth, answers)
    assert grades.exact == sum(a == b for a, b in zip(truth, answers, strict=True)) >= 1
    assert grades.clamps == sum(by_all_ways(a, b) for a, b in zip(truth, answers, strict=True))
    assert grades.character_error_rate == grades.clamps / len("".join(truth))
