"""Over- and underfitting are told from the curves of a run."""

import pytest

from rnncli.training.diagnosis import diagnose


def history(*losses: tuple[float, float]) -> list[dict[str, float]]:
    return [{"step": 10 * n, "loss": a, "validation_loss": b} for n, (a, b) in enumerate(losses, start=1)]


CURVES = {
    "overfitting: the loss rises": history((2, 2.1), (1.5, 1.6), (1.4, 1.7)),
    "overfitting: far apart": history((2, 2.1), (1.5, 1.7), (1.2, 1.6)),
    "underfitting": history((2, 2.1), (1.8, 1.85), (1.7, 1.72)),
    "underfitting, below": history((2, 2.1), (1.8, 1.75), (1.7, 1.6)),
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
        ("good fit", 0.2, []),
    ],
)
def test_the_suggestion_counteracts_the_diagnosis(name: str, dropout: float, options: list[str]) -> None:
    found = diagnose(CURVES[name], 1_000, 20_000, 100, dropout)
    assert found is not None
    assert name.partition(":")[0].partition(",")[0] in found.verdict
    assert list(found.suggestion) == options
    assert "1,000 parameters for 20,000 characters" in found.verdict


def test_the_step_with_the_lowest_validation_loss_is_named() -> None:
    found = diagnose(CURVES["overfitting: the loss rises"], 1, 1, 1, 0)
    assert found is not None
    assert "risen since step 20" in found.verdict


@pytest.mark.parametrize("curve", [[], history((2, 2), (1, 1)), [{"step": n, "loss": 1.0} for n in range(5)]])
def test_too_few_evaluations_have_no_diagnosis(curve: list[dict[str, float]]) -> None:
    assert diagnose(curve, 1, 1, 1, 0) is None
