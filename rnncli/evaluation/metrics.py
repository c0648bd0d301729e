"""How many answers are right: the measures that are published for labels, tags and translations."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each of ``names`` was taken for each: ``counts[truth, answer]``, (K, K)."""

    names: list[str]
    counts: np.ndarray

    @classmethod
    def of(cls, truth: Sequence[str], answers: Sequence[str]) -> "ConfusionMatrix":
        """Count two sequences of equal length."""
        names = sorted({*truth, *answers})
        index = {name: i for i, name in enumerate(names)}
        counts = np.zeros((len(names), len(names)), np.int64)
        for (true, answer), number in Counter(zip(truth, answers, strict=True)).items():
            counts[index[true], index[answer]] = number
        return cls(names, counts)

    @property
    def total(self) -> int:
        """All answers."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 … 1."""
        return float(np.trace(self.counts)) / self.total

    @property
    def precision(self) -> np.ndarray:
        """Share of right ones among those answered so, (K,); 0 where there is none."""
        return np.diag(self.counts) / np.maximum(self.counts.sum(axis=0), 1)

    @property
    def recall(self) -> np.ndarray:
        """Share of right ones among those that are so, (K,); 0 where there is none."""
        return np.diag(self.counts) / np.maximum(self.counts.sum(axis=1), 1)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall, (K,); 0 where both are."""
        both = self.counts.sum(axis=0) + self.counts.sum(axis=1)
        return 2 * np.diag(self.counts) / np.maximum(both, 1)

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 of all names, frequent or not."""
        return float(self.f1.mean())


@dataclass(frozen=True)
class SequenceMetrics:
    """``exact`` of ``lines`` texts are right to the last character; ``clamps`` characters would have to be inserted,
    deleted or replaced in all of them, which have ``characters``."""

    lines: int
    exact: int
    clamps: int
    characters: int

    @property
    def exact_match(self) -> float:
        """Share of texts that are right, 0 … 1."""
        return self.exact / self.lines

    @property
    def character_error_rate(self) -> float:
        """Edits per character of the truth; may be above 1."""
        return self.clamps / self.characters


def sequence_metrics(truth: Sequence[str], answers: Sequence[str]) -> SequenceMetrics:
    """Compare two sequences of texts, one for one."""
    pairs = list(zip(truth, answers, strict=True))
    return SequenceMetrics(
        len(pairs), sum(a == b for a, b in pairs), sum(edit_distance(a, b) for a, b in pairs), sum(map(len, truth))
    )


def edit_distance(a: str, b: str) -> int:
    """The fewest insertions, deletions and replacements of a character that turn ``a`` into ``b`` (Levenshtein)."""
    if a == b:
        return 0
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]
