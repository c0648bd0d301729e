"""What is this model, what did it learn from, and how well?"""

import math
from dataclasses import dataclass
from typing import Any

from rnncli.models.score import perplexity
from rnncli.results import Table
from rnncli.storage.checkpoint import Checkpoint


@dataclass(frozen=True)
class Overview:
    """The model file in short.

    ``parameters`` are (name, shape, number of elements) in the order of the file; ``history`` the evaluations with
    ``step``, ``loss`` and, where a part was held out, ``validation_loss``, in nats per character. ``best_loss`` is the
    lowest validation loss, None where there is none. ``partner`` is what texts are paired with, and its symbols.
    """

    task: str
    network: dict[str, Any]
    vocabulary: dict[str, Any]
    partner: tuple[str, Any] | None
    parameters: list[tuple[str, tuple[int, ...], int]]
    corpus: dict[str, Any]
    options: dict[str, Any]
    steps: int
    epochs: float
    history: list[dict[str, float]]
    best_loss: float | None

    @property
    def total(self) -> int:
        """Number of parameters."""
        return sum(size for _, _, size in self.parameters)

    @property
    def bits(self) -> float | None:
        """The lowest validation loss in bits per character."""
        return None if self.best_loss is None else self.best_loss / math.log(2)

    @property
    def perplexity(self) -> float | None:
        """The perplexity at the lowest validation loss."""
        return None if self.best_loss is None else perplexity(self.best_loss)

    def to_json(self) -> dict[str, Any]:
        """The same as plain data, with bits and perplexity."""
        return {
            "task": self.task,
            "network": self.network,
            "vocabulary": self.vocabulary,
            **({self.partner[0]: self.partner[1]} if self.partner else {}),
            "parameters": [{"name": name, "shape": shape, "size": size} for name, shape, size in self.parameters],
            "total_parameters": self.total,
            "corpus": self.corpus,
            "options": self.options,
            "steps": self.steps,
            "epochs": self.epochs,
            "history": self.history,
            "best_validation_loss": self.best_loss,
            "bits_per_character": self.bits,
            "perplexity": self.perplexity,
        }

    def tables(self) -> list[Table]:
        """The same as tables: the numbers of the whole, the parameters, the evaluations."""
        whole = {
            "task": self.task,
            **self.network,
            "parameters": self.total,
            "steps": self.steps,
            "epochs": self.epochs,
        }
        whole |= {"best_validation_loss": self.best_loss, "bits_per_character": self.bits}
        shapes = [(name, " × ".join(map(str, shape)), size) for name, shape, size in self.parameters]
        columns = ("step", "loss", "validation_loss")
        return [
            Table("Model", ("name", "value"), list(whole.items())),
            Table("Parameters", ("name", "shape", "elements"), shapes),
            Table("Learning", columns, [[entry.get(name) for name in columns] for entry in self.history]),
        ]


def overview(checkpoint: Checkpoint) -> Overview:
    """Sum up a model file."""
    model, record = checkpoint.model, checkpoint.record
    corpus, options, state = (record.get(key, {}) for key in ("corpus", "options", "state"))
    return Overview(
        task=model.task,
        network=model.config.to_json(),
        vocabulary=model.vocabulary.to_json(),
        partner=None if model.partner is None else (model.partner_key, model.partner.symbols),
        parameters=[(name, values.shape, values.size) for name, values in model.parameters.items()],
        corpus=corpus,
        options=options,
        steps=state.get("step", 0),
        epochs=state.get("step", 0) / corpus.get("steps_in_epoch", 1),
        history=state.get("history", []),
        best_loss=state.get("best_loss"),
    )
