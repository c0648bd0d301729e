"""How to learn: the choices of a training run, and how they are made for a corpus where the user makes none."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from rnncli.models.config import NetworkConfig

WORK = 4e12
"""Multiplications of a run of default length, some minutes on a laptop. It is counted and not timed, so that the same
seed gives the same model on a slow machine and a fast one."""

EPOCHS, FEWEST_STEPS = 30, 300
"""A run of default length reads no text more often than EPOCHS times, unless that were fewer steps than these."""


@dataclass(frozen=True)
class TrainingOptions:
    """One training run. Exactly one of ``steps``, ``epochs`` and ``seconds`` says when it ends.

    The learning rate rises over ``warmup`` steps and then follows ``schedule`` to the end. ``patience`` ends a run
    after so many evaluations without a better one (0: never). ``workers`` processes share the streams.
    """

    batch_size: int = 32
    seq_length: int = 64
    optimizer: str = "adam"
    learning_rate: float = 5e-3
    schedule: str = "cosine"
    warmup: int = 50
    clip_norm: float = 5.0
    weight_decay: float = 0.0
    steps: int | None = None
    epochs: float | None = None
    seconds: float | None = None
    eval_every: int | None = None
    patience: int = 0
    seed: int = 0
    workers: int = 1

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TrainingOptions":
        """The inverse of :meth:`to_json`; ValueError for names that are no options. What an older file lacks has its
        default."""
        if not set(data) <= {field.name for field in fields(cls)}:
            raise ValueError("the training options are malformed")
        return cls(**data)


def default_network(characters: int, vocabulary_size: int) -> NetworkConfig:
    """A network for a text of so many characters: wide where there is much to learn, narrow where it would only
    learn by heart."""
    sizes = ((1_000, 32), (20_000, 96), (200_000, 192), (math.inf, 256))
    hidden_size = next(size for limit, size in sizes if characters < limit)
    return NetworkConfig(hidden_size=hidden_size, embedding_size=0 if vocabulary_size <= 256 else 64)


def default_streams(characters: int) -> tuple[int, int]:
    """Batch size and window: as many streams as leave each at least some windows of its own."""
    seq_length = max(1, min(64, characters - 1))
    batch_size = max(1, min(32, characters // (8 * seq_length)))
    return batch_size, seq_length


def default_steps(characters: int, parameters: int, batch_size: int, seq_length: int) -> int:
    """Steps of a run of default length: by WORK, but not more than EPOCHS."""
    in_step = batch_size * seq_length
    affordable = WORK / (3 * parameters * in_step)  # forward, and twice as much backward
    epochs = EPOCHS * characters / in_step
    return max(FEWEST_STEPS, round(min(affordable, epochs)))
