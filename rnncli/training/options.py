"""How to learn: the choices of a training run."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class TrainingOptions:
    """One training run: ``batch_size`` streams in windows of ``seq_length``, or so many pairs, in a step. Exactly one
    of ``steps``, ``epochs`` and ``seconds`` says when it ends.

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
    loss: str = "cross-entropy"
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
