"""Overfitting, underfitting and nothing left to learn are told from a run's losses and an n-gram baseline."""

from collections.abc import Callable

import numpy as np
import pytest

from rnncli.training.diagnosis import Baseline, best_baseline, diagnose
from tests.models.test_kneser_ney import larger_text

History = list[dict[str, float]]


def history(*losses: tuple[float, float]) -> History:
    return [{"step": 10 * n, "loss": a, "validation_loss": b} for n, (a, b) in enumerate(losses, start=1)]


WRITTEN = Baseline(6, 1.75, 1.9)
"""Of a written language: it gains from more text."""

CURVES = {
    "overfitting: the loss rises": history((2, 2.1), (1.5, 1.6), (1.4, 1.7)),
    "overfitting: far apart": history((2, 2.1), (1.5, 1.7), (1.2, 1.6)),
    "underfitting": history((2, 2.1), (1.8, 1.85), (1.7, 1.72)),
    "underfitting, below": history((2, 2.1), (1.8, 1.75), (1.7, 1.6)),
    "underfitting, above the n-gram model": history((2, 2.1), (1.9, 1.95), (1.88, 1.9)),
    "good fit": history((2, 2.1), (1.5, 1.65), (1.4, 1.55)),
}


@pytest.mark.parametrize(
    ("name", "dropout", "options"),
    [
        ("overfitting: the loss rises", 0.0, ["--dropout", "0.2"]),
        ("overfitting: far apart", 0.2, ["--dropout", "0.4"]),
        ("overfitting: far apart", 0.4, ["--dropout", "0.5"]),
        ("overfitting: far apart", 0.5, ["--hidden-size", "50"]),
        ("underfitting", 0.0, ["--hidden-size", "150"]),
        ("underfitting", 0.3, ["--dropout", "0.1"]),
        ("underfitting, below", 0.2, ["--dropout", "0"]),
        ("underfitting, above the n-gram model", 0.0, ["--hidden-size", "150"]),
        ("good fit", 0.2, []),
    ],
)
def test_the_suggestion_counteracts_the_diagnosis(name: str, dropout: float, options: list[str]) -> None:
    found = diagnose(CURVES[name], 1_000, 20_000, 100, dropout, lambda: WRITTEN)
    assert found is not None
    assert name.partition(":")[0].partition(",")[0] in found.verdict
    assert list(found.suggestion) == options
    assert "1,000 parameters for 20,000 characters" in found.verdict
    assert f"{CURVES[name][-1]['validation_loss']:.3f}" in found.verdict


def test_the_step_with_the_lowest_validation_loss_is_named() -> None:
    found = diagnose(CURVES["overfitting: the loss rises"], 1, 1, 1, 0, lambda: WRITTEN)
    assert found is not None
    assert "risen since step 20" in found.verdict


@pytest.mark.parametrize("curve", [[], history((2, 2), (1, 1)), [{"step": n, "loss": 1.0} for n in range(5)]])
def test_too_few_evaluations_have_no_diagnosis(curve: History) -> None:
    assert diagnose(curve, 1, 1, 1, 0, lambda: WRITTEN) is None


def drawn(weights: list[float], length: int = 40_000) -> np.ndarray:
    """Characters drawn independently."""
    shares = np.array(weights) / sum(weights)
    return np.random.default_rng(8).choice(len(weights), length, p=shares).astype(np.uint8)


def chain(length: int = 40_000) -> np.ndarray:
    """A Markov chain over five characters: after n comes n + 1 with probability 0.7, else any."""
    rng = np.random.default_rng(8)
    jumps = np.where(rng.random(length) < 0.7, 1, rng.integers(5, size=length))
    return np.asarray(jumps.cumsum() % 5).astype(np.uint8)


DNA, BIASED = drawn([1, 1, 1, 1]), drawn([8, 4, 2, 1, 1])
ENTROPY = {"DNA": np.log(4), "BIASED": 1.875 * np.log(2), "CHAIN": 0.76 * -np.log(0.76) + 0.24 * -np.log(0.06)}
"""In nats: each of the four other characters has probability 0.06 in the chain."""

TEXTS = {"DNA": DNA, "BIASED": BIASED, "CHAIN": chain()}


def baseline_of(text: np.ndarray) -> Callable[[], Baseline]:
    """The last tenth is held out."""
    return lambda: best_baseline(text[: -len(text) // 10], text[-len(text) // 10 :], int(text.max()) + 1)


def verdict(curve: History, text: np.ndarray) -> tuple[str, list[str]]:
    """The first words of the verdict on a network of 100 units without dropout, and the suggestion."""
    found = diagnose(curve, 30_000, len(text), 100, 0.0, baseline_of(text))
    assert found is not None
    return found.verdict.partition(":")[0], list(found.suggestion)


@pytest.mark.parametrize("name", TEXTS)
def test_of_random_text_nothing_is_left_to_learn_at_its_entropy(name: str) -> None:
    h = ENTROPY[name]
    curve = history((h + 0.3, h + 0.1), (h + 0.01, h + 0.002), (h + 0.001, h + 0.0006))
    assert verdict(curve, TEXTS[name]) == ("nothing left to learn", [])


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("gap", [0.1, 0.4])
def test_a_training_loss_below_the_entropy_of_random_text_is_overfitting(name: str, gap: float) -> None:
    h = ENTROPY[name]
    curve = history((h, h + 0.05), (h - gap / 2, h + 0.045), (h - gap, h + 0.04))
    assert verdict(curve, TEXTS[name]) == ("overfitting", ["--dropout", "0.2"])


@pytest.mark.parametrize("name", TEXTS)
def test_a_network_that_has_not_reached_the_entropy_underfits(name: str) -> None:
    h = ENTROPY[name]
    curve = history((h + 0.4, h + 0.4), (h + 0.3, h + 0.3), (h + 0.2, h + 0.2))
    assert verdict(curve, TEXTS[name]) == ("underfitting", ["--hidden-size", "150"])


def test_text_that_is_predicted_with_certainty_leaves_nothing_to_learn() -> None:
    text = np.arange(40_000, dtype=np.uint8) % 7
    assert verdict(history((0.5, 0.3), (0.1, 0.02), (0.011, 0.01)), text) == ("nothing left to learn", [])
    curve = history((0.5, 0.3), (0.1, 0.05), (0.05, 0.04))
    assert verdict(curve, text) == ("underfitting", ["--hidden-size", "150"])
    curve[-1]["validation_accuracy"] = 1.0
    assert verdict(curve, text) == ("nothing left to learn", [])
    assert verdict(history((0.5, 0.5), (0.5, 0.5), (0.5, 0.5)), text) == ("underfitting", ["--hidden-size", "150"])


def test_a_baseline_that_gains_from_more_text_shows_that_there_is_more_to_learn() -> None:
    """A network that is as good may learn more, too."""
    words = larger_text(40_000, 3)
    best = baseline_of(words)()
    assert not best.has_converged
    curve = history((2, 2), (best.nats, best.nats + 0.05), (best.nats - 0.02, best.nats))
    assert verdict(curve, words) == ("underfitting", ["--hidden-size", "150"])


def test_a_network_far_better_than_a_converged_baseline_fits() -> None:
    """It uses longer contexts than that; nothing tells how much more there is."""
    curve = history((1.6, 1.6), (1.2, 1.2), (1.0, 1.0))
    assert verdict(curve, DNA) == ("good fit", [])


def test_the_verdict_states_what_the_loss_is_compared_with() -> None:
    curve = history((1.5, 1.5), (1.4, 1.4), (1.3868, 1.3868))
    found = diagnose(curve, 1, 1, 1, 0, lambda: Baseline(1, 1.3863, 1.3865))
    assert found is not None
    assert "1.387 nats" in found.verdict
    assert "the character frequencies alone reach 1.386" in found.verdict
    found = diagnose(CURVES["underfitting, above the n-gram model"], 1, 1, 1, 0, lambda: WRITTEN)
    assert found is not None
    assert "a 6-gram model reaches 1.750" in found.verdict


@pytest.mark.parametrize("name", TEXTS)
def test_the_best_baseline_is_near_the_entropy_of_random_text(name: str) -> None:
    best = baseline_of(TEXTS[name])()
    assert best.has_converged
    assert best.nats == pytest.approx(ENTROPY[name], abs=0.03)
    assert best.order == (3 if name == "CHAIN" else 1)


def test_no_baseline_is_trained_where_the_losses_say_it_all() -> None:
    def never() -> Baseline:
        raise AssertionError

    for name in ("overfitting: the loss rises", "overfitting: far apart"):
        assert diagnose(CURVES[name], 1, 1, 1, 0, never)
    assert diagnose(history((1, 1), (0.1, 0.1), (0.01, 0.01)), 1, 1, 1, 0, never)
