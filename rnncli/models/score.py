"""A loss in the units that are published."""

import math
from dataclasses import dataclass

import numpy as np

from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array
from rnncli.engine.padding import padding_mask


def perplexity(nats: float) -> float:
    """e to a loss in nats, e⁷⁰⁰ for those whose power is beyond all numbers."""
    return math.exp(min(nats, 700.0))


@dataclass(frozen=True)
class Score:
    """A loss summed over predicted symbols (characters, tags or labels): ``total`` in nats; and how many of the
    ``symbols`` were the most probable one."""

    total: float
    symbols: int
    correct: int

    @classmethod
    def of_padded(cls, nats: Array, right: Array, targets: Padded) -> "Score":
        """Sum up losses (T, B) and whether they were right, without the padding."""
        counted = ~padding_mask(targets.lengths, len(nats))
        return cls(float(nats[counted].sum(dtype=np.float64)), int(targets.lengths.sum()), int(right[counted].sum()))

    def __add__(self, other: "Score") -> "Score":
        return Score(self.total + other.total, self.symbols + other.symbols, self.correct + other.correct)

    @property
    def nats(self) -> float:
        """Mean cross-entropy in nats per symbol."""
        return self.total / self.symbols

    @property
    def bits(self) -> float:
        """Mean cross-entropy in bits per symbol."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """e to the nats per symbol: as uncertain as between this number of equally likely ones."""
        return perplexity(self.nats)

    @property
    def accuracy(self) -> float:
        """Share of symbols that were the most probable, 0 … 1."""
        return self.correct / self.symbols
