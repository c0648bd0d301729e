"""Schedules start at 1, end where they should, and rise during the warm-up."""

import math

import pytest

from rnncli.engine.optimizers import SCHEDULES, learning_rate_multiplier

every_schedule = pytest.mark.parametrize("schedule", list(SCHEDULES))
LATE = 1000
"""A step long after any warm-up."""


@pytest.mark.parametrize("progress", [0, 0.1, 0.25, 0.5, 0.8, 1])
def test_closed_forms(progress: float) -> None:
    """1, a line, and a quarter of a wave squared: (1 + cos πp) / 2 = cos²(πp / 2)."""
    assert learning_rate_multiplier("constant", progress, LATE) == 1
    assert learning_rate_multiplier("linear", progress, LATE) == pytest.approx(1 - progress, abs=1e-15)
    cosine = math.cos(math.pi * progress / 2) ** 2
    assert learning_rate_multiplier("cosine", progress, LATE) == pytest.approx(cosine, abs=1e-15)


@every_schedule
def test_begins_at_one_and_never_rises(schedule: str) -> None:
    multipliers = [learning_rate_multiplier(schedule, p / 20, LATE) for p in range(21)]
    assert multipliers[0] == 1
    assert multipliers == sorted(multipliers, reverse=True)
    assert schedule == "constant" or multipliers[-1] == 0


@every_schedule
def test_beyond_the_end_is_the_end(schedule: str) -> None:
    """Progress a rounding error outside 0 … 1 gives no negative rate."""
    assert learning_rate_multiplier(schedule, 1.01, LATE) == learning_rate_multiplier(schedule, 1, LATE)
    assert learning_rate_multiplier(schedule, -0.01, LATE) == 1


@every_schedule
@pytest.mark.parametrize("progress", [0, 0.3])
def test_warm_up(schedule: str, progress: float) -> None:
    """Equal rises from above 0 to the full rate on the first step behind the warm-up; none without one."""
    full = SCHEDULES[schedule](progress)
    rising = [learning_rate_multiplier(schedule, progress, step, warmup=4) / full for step in range(7)]
    assert rising == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1])
    assert learning_rate_multiplier(schedule, progress, 0) == full
