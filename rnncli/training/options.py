"""The choices of a training run."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from rnncli.names import CLASS_WEIGHTS, LOSSES, MAX_ORDER, OPTIMIZERS, SCHEDULES

Check = Callable[[Any], bool]

MAX_INT = 2**53
ENDS = ("steps", "epochs", "seconds")
"""The options that say when a run ends."""

OUTER = "outer"
"""Among the moments of a run with local steps, that of its outer step."""


def integer(low: int = 0, high: int = MAX_INT) -> Check:
    """An int between two bounds, and no bool."""
    return lambda value: type(value) is int and low <= value <= high


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """A finite int or float between two bounds."""
    return lambda value: type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def optional(check: Check) -> Check:
    """The same, or None."""
    return lambda value: value is None or check(value)


def one_of(names: tuple[str, ...]) -> Check:
    """One of these names."""
    return lambda value: isinstance(value, str) and value in names


def option(default: Any, check: Check) -> Any:
    """A field of :class:`TrainingOptions`: its default, and what it may be in a model file."""
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True)
class TrainingOptions:
    """One training run. A step reads ``batch_size`` streams in windows of ``seq_length``, or ``batch_size`` pairs.
    Exactly one of ``steps``, ``epochs`` and ``seconds`` says when the run ends.

    With the probability ``state_reset`` a stream begins a window with the zero state, and not with that behind the
    window before. The learning rate rises over ``warmup`` steps and then follows ``schedule`` to the end. ``patience``
    ends a run after this number of evaluations without a better one (0: never). ``workers`` processes share the
    streams; with ``local_steps`` > 1 each makes this number of steps alone before their parameters are averaged. With
    ``ngram`` > 0 an n-gram model of that order is counted at the end, to stand beside the network. ``class_weights``
    are those of a classifier's labels in the loss, see :func:`rnncli.training.batches.balanced_weights`.
    """

    batch_size: int = option(32, integer(1))
    seq_length: int = option(64, integer(1))
    optimizer: str = option("adam", one_of(OPTIMIZERS))
    learning_rate: float = option(5e-3, number(0))
    schedule: str = option("cosine", one_of(SCHEDULES))
    warmup: int = option(50, integer())
    clip_norm: float = option(5.0, number(0))
    weight_decay: float = option(0.0, number(0))
    loss: str = option("cross-entropy", one_of(LOSSES))
    state_reset: float = option(0.0, number(0, 1))
    class_weights: str = option("none", one_of(CLASS_WEIGHTS))
    steps: int | None = option(None, optional(integer(1)))
    epochs: float | None = option(None, optional(number(0)))
    seconds: float | None = option(None, optional(number(0)))
    eval_every: int | None = option(None, optional(integer(1)))
    patience: int = option(0, integer())
    seed: int = option(0, integer())
    workers: int = option(1, integer(1))
    local_steps: int = option(1, integer(1))
    ngram: int = option(0, integer(0, MAX_ORDER))

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> "TrainingOptions":
        """The inverse of :meth:`to_json`; ValueError, naming the option, for a value that cannot be. What an older file
        lacks has its default."""
        known = {one.name: one for one in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= set(known):
            raise ValueError("the options of its training record are malformed")
        for name, value in data.items():
            if not known[name].metadata["check"](value):
                raise ValueError(f"its training record has {name} = {value!r:.40}")
        if sum(data.get(name) is not None for name in ENDS) != 1:
            raise ValueError("its training record does not say when the run ends")
        return cls(**data)
