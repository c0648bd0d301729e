"""The distribution of the next character, against closed forms worked out by hand."""

import math

import numpy as np
import pytest

from rnncli.inference.sampling import SamplingConfig

SHARES = np.array([[0.1, 0.4, 0.05, 0.25, 0.2]])
LOGITS = np.log(SHARES) + 3  # a constant changes nothing


def close(found: np.ndarray, expected: list[float]) -> None:
    np.testing.assert_allclose(found[0], expected, rtol=1e-12, atol=1e-15)


def test_temperature_one_draws_from_the_distribution_of_the_model() -> None:
    close(SamplingConfig().probabilities(LOGITS), SHARES[0].tolist())


@pytest.mark.parametrize("temperature", [0.25, 0.5, 2.0, 10.0])
def test_temperature_is_a_power_of_the_probabilities(temperature: float) -> None:
    powers = [share ** (1 / temperature) for share in SHARES[0]]
    close(SamplingConfig(temperature).probabilities(LOGITS), [power / sum(powers) for power in powers])


@pytest.mark.parametrize(
    ("top_k", "kept"),
    [(1, [1]), (2, [1, 3]), (3, [1, 3, 4]), (4, [0, 1, 3, 4]), (5, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])],
)
def test_top_k_leaves_the_k_likeliest_in_their_proportions(top_k: int, kept: list[int]) -> None:
    total = sum(SHARES[0, kept])
    close(SamplingConfig(top_k=top_k).probabilities(LOGITS), [SHARES[0, i] / total * (i in kept) for i in range(5)])


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.01, [1]), (0.39, [1]), (0.41, [1, 3]), (0.64, [1, 3]), (0.66, [1, 3, 4]), (0.86, [0, 1, 3, 4]),
     (0.94, [0, 1, 3, 4]), (0.96, [0, 1, 2, 3, 4]), (1.0, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_top_p_leaves_the_fewest_that_have_the_share(top_p: float, kept: list[int]) -> None:
    total = sum(SHARES[0, kept])
    close(SamplingConfig(top_p=top_p).probabilities(LOGITS), [SHARES[0, i] / total * (i in kept) for i in range(5)])


def test_a_share_that_is_met_exactly_is_enough() -> None:
    close(SamplingConfig(top_p=0.5).probabilities(np.log(np.array([[0.25, 0.5, 0.25]]))), [0, 1, 0])


def test_temperature_acts_before_top_k_and_that_before_top_p() -> None:
    # Squares: 0.01 0.16 0.0025 0.0625 0.04; the three likeliest of them sum to 0.2625, of which 0.16 is 61 %.
    config = SamplingConfig(temperature=0.5, top_k=3, top_p=0.6)
    close(config.probabilities(LOGITS), [0, 1, 0, 0, 0])
    # Without top-k the same 0.16 is 58 % of 0.275, and the next is needed as well.
    close(SamplingConfig(0.5, 0, 0.6).probabilities(LOGITS), [0, 0.16 / 0.2225, 0, 0.0625 / 0.2225, 0])


def test_rows_are_independent() -> None:
    rows = np.random.default_rng(3).normal(size=(6, 9)) * 3
    config = SamplingConfig(0.7, 5, 0.8)
    together = config.probabilities(rows)
    for row, expected in zip(rows, together, strict=True):
        close(config.probabilities(row[None]), expected.tolist())
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-12)


def test_entropy_rises_with_temperature() -> None:
    def entropy(temperature: float) -> float:
        return -sum(p * math.log(p) for p in SamplingConfig(temperature).probabilities(LOGITS)[0] if p)

    assert entropy(0.3) < entropy(0.6) < entropy(1) < entropy(3) < math.log(5)


def test_an_enormous_temperature_is_nearly_uniform() -> None:
    found = SamplingConfig(1e30).probabilities(LOGITS.astype(np.float32))
    np.testing.assert_allclose(found, 0.2, rtol=1e-6)
