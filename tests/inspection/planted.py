"""Texts of which the truth is known, and small networks that have learnt it.

In each, what comes next depends on one thing that has to be remembered: whether a bracket is open, how often a
character has come, how many letters are still owed. The letters themselves say little.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.inspection.probe import Probe
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Trainer
from tests.helpers import dataset_of
from tests.inspection.probes import probe_of

LEARNT, LOOKED_AT = 40_000, 16_000

Rng = np.random.Generator


def _letters(rng: Rng, letters: str, low: int, high: int) -> str:
    """From ``low`` to below ``high`` of these letters."""
    return "".join(rng.choice(list(letters), rng.integers(low, high)))


def brackets(rng: Rng) -> str:
    """Inside brackets and outside the same letters are equally likely."""
    return _letters(rng, "ab ", 25, 50) + "(" + _letters(rng, "ab ", 6, 14) + ")"


def even_lines(rng: Rng) -> str:
    """Lines of 19 characters."""
    return _letters(rng, "ab", 19, 20) + "\n"


def lines(rng: Rng) -> str:
    """Lines of 15 to 20 characters: who counts knows when the end may come. A feature that repeats itself exactly, as
    in ``even_lines``, looks the same when it is shifted."""
    return _letters(rng, "ab", 14, 20) + "\n"


def runs(rng: Rng) -> str:
    """An a 6 to 14 times, and then something else."""
    return "a" * int(rng.integers(6, 15)) + "bcb"[: int(rng.integers(1, 4))]


def debts(rng: Rng) -> str:
    """As many of the letters x and y as there were of a and b."""
    count = int(rng.integers(2, 9))
    return _letters(rng, "ab", count, count + 1) + _letters(rng, "xy", count, count + 1)


def owed(text: str) -> np.ndarray:
    """How many letters of ``debts`` are still to come."""
    found, count = [], 0
    for c in text:
        count = count + 1 if c in "ab" else max(0, count - 1)
        found.append(count)
    return np.array(found, np.float32)


@dataclass(frozen=True)
class Truth:
    """A text of such pieces, the feature that matters in it, and a network of a shape that can learn it.

    An ``untrained`` network tracks the feature less than this: it is near to nothing but where runs are counted, since
    a network settles down while it reads the same again and again, by steps that are tiny and in order.
    """

    piece: Any
    feature: str
    network: dict[str, Any]
    steps: int
    untrained: float
    learning_rate: float = 0.02
    seed: int = 3

    def learn(self) -> "tuple[Probe, Probe]":
        """What has learnt the text, and the same network before it has, both with another text of the kind."""
        rng = np.random.default_rng(self.seed)
        text, other = self._text(rng, LEARNT), self._text(rng, LOOKED_AT)
        dataset = dataset_of(text)
        model = LanguageModel(NetworkConfig(**self.network), dataset.vocabulary)
        model.initialise(np.random.default_rng(7))
        fresh = model.on(model.parameters.flat.copy())
        options = TrainingOptions(seq_length=48, warmup=0, steps=self.steps, learning_rate=self.learning_rate)
        trainer = Trainer(model, dataset, options)
        for _ in trainer.run():
            pass
        return probe_of(trainer.best_model, other), probe_of(fresh, other)

    def _text(self, rng: Rng, length: int) -> str:
        pieces: list[str] = []
        while sum(map(len, pieces)) < length:
            pieces.append(self.piece(rng))
        return "".join(pieces)[:length]


TRUTHS = {
    "brackets": Truth(brackets, "inside brackets", {"cell": "gru", "hidden_size": 8}, 600, 0.75, 0.03),
    "runs": Truth(runs, "run of a character", {"cell": "rnn", "hidden_size": 8}, 300, 0.9, seed=4),
    "lines": Truth(lines, "position in line", {"cell": "lstm", "hidden_size": 12}, 500, 0.7),
    "debts": Truth(debts, "owed", {"cell": "gru", "hidden_size": 12}, 600, 0.7, seed=4),
}

EVEN = Truth(even_lines, "position in line", {"cell": "lstm", "hidden_size": 12}, 400, 0.7)
