"""Schedules: the factor on the learning rate, over a run whose progress goes from 0 to 1.

    constant   1
    linear     1 − progress
    cosine     (1 + cos(π · progress)) / 2      (Loshchilov and Hutter 2017, "SGDR", one period)

During the first ``warmup`` steps the factor also rises linearly from 0.
"""

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1 - progress,
    "cosine": lambda progress: (1 + math.cos(math.pi * progress)) / 2,
}


def factor(schedule: str, progress: float, step: int, warmup: int = 0) -> float:
    """The factor for the step number ``step`` (the first is 0) at ``progress`` in 0 … 1."""
    return SCHEDULES[schedule](min(max(progress, 0.0), 1.0)) * min(1.0, (step + 1) / (warmup + 1))
