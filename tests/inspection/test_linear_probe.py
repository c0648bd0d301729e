"""The linear probe: its optimum is that of slow textbook methods, it finds what is spread over units, and nothing where
there is nothing."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.linear_probe import Axes, LinearProbe, fit, measure
from rnncli.inspection.views import VIEWS
from rnncli.results import ColouredText, Table
from rnncli.storage import direction
from tests.inspection.spread import ALONG, SPREAD, spread_probe


def correlated(count: int, size: int, seed: int = 1) -> Array:
    """States (count, size) of unequal scales, each correlated with the others, one of them constant."""
    rng = np.random.default_rng(seed)
    states = (
        rng.standard_normal((count, size)) @ rng.standard_normal((size, size)) * 10.0 ** rng.integers(-2, 2, size) + 3
    )
    states[:, 1] = 0.25
    return states


def in_units(states: Array) -> Array:
    """Standardised states after a column of ones; the constant one is 0."""
    deviation = states.std(axis=0)
    z = (states - states.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return np.column_stack([np.ones(len(z)), z])


@pytest.mark.parametrize("strength", [1.0, 0.03])
def test_of_a_number_it_is_ridge_regression(strength: float) -> None:
    """The solution of the normal equations."""
    states = correlated(300, 6)
    labels = states[:, 3] * 2 + np.random.default_rng(2).standard_normal(300)
    probe = Axes(states).path(labels, False, [strength])[0]
    X = in_units(states)
    penalty = strength * 300 * np.diag([0.0, *np.ones(6)])
    expected = X @ np.linalg.solve(X.T @ X + penalty, X.T @ labels)
    np.testing.assert_allclose(probe.values(states), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("strength", [1.0, 0.01, 0.0005])
def test_of_true_and_false_it_is_logistic_regression(strength: float) -> None:
    """The solution of Newton's method with all second derivatives, twenty steps of it."""
    states = correlated(400, 6)
    labels = (in_units(states)[:, 3] + np.random.default_rng(2).standard_normal(400) > 0.7).astype(np.float64)
    X, w = in_units(states), np.zeros(7)
    penalty = strength * np.diag([0.0, *np.ones(6)])
    for _ in range(20):
        p = 1 / (1 + np.exp(-X @ w))
        w -= np.linalg.solve(
            (X.T * (p * (1 - p))) @ X / 400 + penalty + 1e-12 * np.eye(7), X.T @ (p - labels) / 400 + penalty @ w
        )
    probe = Axes(states).path(labels, True, [1.0, strength])[1]
    np.testing.assert_allclose(probe.values(states), X @ w, atol=0.02)


def test_the_penalty_is_chosen_where_it_was_not_fitted() -> None:
    """Of sixty units that say nothing as little as possible, of the one that says all as much."""
    rng = np.random.default_rng(4)
    noise, labels = rng.standard_normal((240, 60)), np.repeat([0.0, 1.0, 0.0, 1.0], 60)
    assert fit(noise, labels, True, 60).strength == 1.0
    assert fit(noise + 9 * labels[:, None], labels, True, 60).strength == 0.001


def probed(
    tmp_path: Any, feature: str = "digit", **options: Any
) -> tuple[dict[str, list[float]], direction.Direction, Any]:
    """The scores by what was read, the direction as written, and the result."""
    probe, file = spread_probe(), str(tmp_path / "digit.npz")
    result = VIEWS["probe"](ViewRequest(probe, [feature], output=file, **options))
    table = result.blocks[0]
    assert isinstance(table, Table)
    return {str(row[0]): list(row[1:]) for row in table.rows}, direction.load(file, probe.model, "model.npz"), result


def test_what_is_spread_over_units_is_found(tmp_path: Any) -> None:
    """The direction that was planted; no unit tells as much, and shifted labels tell nothing."""
    scores, found, result = probed(tmp_path)
    assert scores["all 9 units"] == [1.0, 1.0]
    planted = np.zeros(9)
    planted[list(SPREAD)] = ALONG
    assert found.parts["l1"].vector @ planted > 0.95
    assert next(values for name, values in scores.items() if name.startswith("the best unit"))[0] < 0.75
    assert abs(scores["shifted labels"][0] - 0.5) < 0.05
    assert abs(scores["shifted labels"][1] - 0.5) < 0.06
    assert scores["random directions"][0] < 0.8
    units = result.blocks[2]
    assert isinstance(units, Table)
    assert {row[0] for row in units.rows[:3]} == {f"1:{unit}" for unit in SPREAD}
    signs = {str(row[0]): np.sign(row[1]) for row in units.rows}
    assert [signs[f"1:{unit}"] for unit in SPREAD] == np.sign(ALONG).tolist()


def test_the_excerpt_has_the_colour_of_the_truth(tmp_path: Any) -> None:
    """Above 0 after digits and below after letters, which are marked as such."""
    strip = probed(tmp_path)[2].blocks[1]
    assert isinstance(strip, ColouredText)
    assert strip.text.isalnum() and 0 < sum(map(str.isdigit, strip.text)) < len(strip.text)
    for character, value, mark in zip(strip.text, strip.values, strip.annotations, strict=True):
        assert (value > 0) == character.isdigit() == (mark == "^")


def test_the_direction_says_where_the_feature_lies(tmp_path: Any) -> None:
    """One is the mean of the states after digits along it, zero of those after letters."""
    part = probed(tmp_path)[1].parts["l1"]
    W = np.tanh(spread_probe().model.parameters["l1.W_x"][0])
    text = spread_probe().text()[:2999]
    states = np.array([W["0123456789abcdefghij".index(c)] for c in text]) @ part.vector
    digits = np.array([c.isdigit() for c in text])
    assert part.one == pytest.approx(states[digits].mean(), rel=1e-9)
    assert part.zero == pytest.approx(states[~digits].mean(), rel=1e-9)


def test_measured_by_hand() -> None:
    """AUC and accuracy of four places, one of them wrong; the correlation of a number."""
    states, labels = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 1, 0, 1])
    score = measure(LinearProbe(np.ones(1), 0.0, 1.0, True), states, labels)
    assert (score.strength, score.accuracy) == (0.75, 0.5)
    of_number = measure(LinearProbe(np.ones(1), 0.0, 1.0, False), states, np.array([1.0, 2.0, 4.0, 5.0]))
    assert of_number.strength == pytest.approx(np.corrcoef([-2, -1, 1, 2], [1, 2, 4, 5])[0, 1])
    assert of_number.accuracy is None


def test_the_penalty_is_chosen_in_the_last_quarter_of_the_first_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is fitted to the second half, in which it is measured."""
    seen = set()

    def recorded(states: Array, labels: Array, is_binary: bool, choose: int, **given: Any) -> LinearProbe:
        seen.add((len(states), len(labels), choose))
        return fit(states, labels, is_binary, choose, **given)

    monkeypatch.setattr("rnncli.inspection.views.probe.fit", recorded)
    given = spread_probe(2_001)
    VIEWS["probe"](ViewRequest(given, ["digit"]))
    assert seen == {(1_000, 1_000, 250)}
