"""Two losses at a wrong certainty, and the race in the valley, against numbers computed elsewhere."""

import numpy as np
import pytest

from rnncli.lessons.descent import best_rate, curvature, error_and_gradient, learning, path
from tests.lessons.shown import about, block, column, lesson


def error(places: object, tilt: float) -> np.ndarray:
    """E at places (…, 2)."""
    return error_and_gradient(np.array(places), curvature(tilt))[0]


@pytest.fixture(scope="module")
def shown() -> object:
    """The lesson as it is without options: the race takes half a second."""
    return lesson("descent")


def test_losses_and_slopes_at_a_wrong_certainty(shown: object) -> None:
    rows = {row[0]: row[2:4] for row in block(shown, "Wrong").rows}
    assert rows["cross-entropy"] == (about(6.0025, 4), about(-0.9975, 4))
    assert rows["mse"] == (about(0.9951, 4), about(-0.0049, 4))


def test_the_race(shown: object) -> None:
    """Adam's numbers are those of the engine, whose β₂ is 0.99; RMSprop's last step depends on rounding."""
    table = block(shown, "A race")
    assert table.columns[2:] == ("rate", "steps", "30°: rate", "30°: steps")
    straight, turned = ({row[0]: row[n] for row in table.rows} for n in (3, 5))
    assert [straight[name] for name in ("sgd", "momentum", "adam", "adagrad")] == [187, 81, 159, 5]
    assert [turned[name] for name in ("sgd", "momentum", "adam", "adagrad")] == [187, 81, 513, 199]


@pytest.mark.parametrize(("rate", "arrives"), [(0.0199, True), (0.0201, False)])
def test_gradient_descent_diverges_above_its_limit(rate: float, arrives: bool) -> None:
    assert (error(path("sgd", rate, 30)[-1], 30) < 0.01) == arrives


@pytest.mark.parametrize("tilt", [0, 30, -75])
def test_the_gradient_is_that_of_the_error(tilt: float) -> None:
    place, step = np.array([-1.3, 0.4]), 1e-6
    slopes = [(error(place + d, tilt) - error(place - d, tilt)) / (2 * step) for d in step * np.eye(2)]
    np.testing.assert_allclose(error_and_gradient(place, curvature(tilt))[1], slopes, rtol=1e-6)


def test_rotation_changes_nothing_for_gradient_descent() -> None:
    """Its path turns with the valley."""
    turned, straight = path("sgd", 0.01, 37), path("sgd", 0.01, 0)
    np.testing.assert_allclose(error(turned, 37), error(straight, 0), rtol=1e-9)


def test_the_valley_is_as_steep_as_it_says() -> None:
    """½ (a² + 100 b²), where a and b are the weights themselves while it is not turned."""
    assert error([(-4, 1), (2, 0), (0, 0.1)], 0) == pytest.approx([58, 2, 0.5])
    assert error([(0, -4), (1, 0)], 90) == pytest.approx([8, 50])


def test_a_path_at_the_best_rate_is_as_long_as_the_table_says() -> None:
    rate, steps = best_rate("adagrad", 30)
    assert len(path("adagrad", rate, 30)) - 1 == steps


def test_what_is_learnt_goes_on_until_the_answer_is_right() -> None:
    for name, most in (("cross-entropy", 10), ("mse", 300)):
        sums = [z for z, _, _ in learning(name)]
        assert sums == sorted(sums)
        assert sums[-2] <= 0 < sums[-1]
        assert len(sums) < most


def test_the_options_choose_what_is_drawn(shown: object) -> None:
    assert list(block(shown, "The valley").paths) == ["sgd", "adagrad"]
    result = lesson("descent", optimizer="adam", rate="0.1", tilt="0", loss="mse")
    assert list(block(result, "The valley").paths) == ["adam"]
    assert block(result, "A race").note.startswith("adam at 0.1: ")
    assert block(result, "A race").columns == ("optimizer", "a step down", "rate", "steps")
    assert column(block(result, "Learning with mse"), "step")[-1] == len(learning("mse")) - 1


def test_a_path_that_leaves_the_map_is_drawn_as_far_as_its_edge(shown: object) -> None:
    """And every path begins at S, which lies where the valley turns it to."""
    way = block(lesson("descent", optimizer="sgd", rate="0.021"), "The valley").paths["sgd"]
    outside = [abs(x) > 5 or abs(y) > 3.5 for x, y in way]
    assert outside == [False] * (len(way) - 1) + [True]
    plane = block(shown, "The valley")
    (start,) = ((x, y) for x, y, label in plane.points if label == "S")
    assert {path[0] for path in plane.paths.values()} == {start}
    assert error([start], 30) == pytest.approx([58])
