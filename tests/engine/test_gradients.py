"""The gradient checks themselves: they accept a right gradient and name the place of a wrong one."""

import numpy as np
import pytest

from tests.engine.gradients import check_direction, check_elements

X = np.random.default_rng(1).standard_normal((2, 3))


def loss() -> float:
    return float(np.sum(np.sin(X)))


def test_right_gradients_pass_and_the_value_is_put_back() -> None:
    """cos is the gradient of Σ sin."""
    before = X.copy()
    check_elements(loss, X, np.cos(X), "x")
    check_direction(loss, [X], [np.cos(X)], "x", seed=1)
    assert np.array_equal(X, before)


@pytest.mark.parametrize("wrong", [1e-5, np.nan, np.inf])
def test_one_wrong_element_fails_with_its_name_index_and_both_numbers(wrong: float) -> None:
    """An error of 1e-5 in one element is seen, and so is one that is not a number."""
    gradient = np.cos(X)
    gradient[1, 2] += wrong
    with pytest.raises(AssertionError, match=r"weights\[1, 2\]: by hand .*, central difference 0\.902018"):
        check_elements(loss, X, gradient, "weights")
    with pytest.raises(AssertionError, match=r"weights, direction 3: by hand .*, central difference"):
        check_direction(loss, [X], [gradient], "weights", seed=3)
