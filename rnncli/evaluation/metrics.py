"""Metrics: every number that ``rnncli score`` and ``rnncli compare`` report is computed here.

:func:`text_metrics`, :func:`ngram_metrics` and :func:`answer_metrics` return a mapping from the name of each metric, as
in ``--json``, to its value. To add a metric, add an entry: ``score`` prints and writes whatever a mapping holds.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.columns import CHARACTERS, TAGS
from rnncli.engine.arrays import Ids
from rnncli.evaluation.token_losses import LossByCharacter
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.models.score import Score

Metrics = dict[str, int | float]


def text_metrics(score: Score) -> Metrics:
    """How well a language model predicts a text."""
    return {
        "characters": score.symbols,
        "nats_per_character": score.nats,
        "bits_per_character": score.bits,
        "perplexity": score.perplexity,
        "accuracy": score.accuracy,
    }


def parts_metrics(losses: LossByCharacter) -> Metrics:
    """Of a mixture, how well the network and the counts alone predict the text, in nats per character."""
    return {f"{name}_nats_per_character": nats / losses.score.symbols for name, nats in losses.parts.items()}


def unknown_metrics(losses: LossByCharacter, number: int, as_symbol: bool) -> Metrics:
    """The ``number`` of characters that the model does not know and, where they were read ``as_symbol``, the last one,
    the loss on all others."""
    metrics: Metrics = {"unknown_characters": number}
    if as_symbol and number:
        known = int(losses.count[:-1].sum())
        metrics["nats_per_known_character"] = float(losses.nats[:-1].sum() / known) if known else math.nan
    return metrics


def ngram_metrics(training_ids: Ids, ids: Ids, size: int, order: int) -> Metrics:
    """The n-gram baseline: the cross-entropy of ``ids`` (N,), all but the first, under a model of this order over
    ``size`` symbols trained on ``training_ids`` (M,)."""
    nats = float(-np.log(KneserNey.of(training_ids, size, order).probabilities(ids)[1:]).mean())
    return {"order": order, "nats_per_character": nats, "bits_per_character": nats / math.log(2)}


def metrics_by_character(losses: LossByCharacter, symbols: Sequence[str]) -> list[dict[str, Any]]:
    """A mapping for each character that occurs, highest total loss first: its mean loss in ``nats``, its ``share`` of
    the total loss, and the fraction of its occurrences that were predicted (``accuracy``)."""
    return [
        {
            "character": symbols[i],
            "count": int(losses.count[i]),
            "nats": float(losses.nats[i] / losses.count[i]),
            "share": float(losses.nats[i] / losses.nats.sum()),
            "accuracy": float(losses.correct[i] / losses.count[i]),
        }
        for i in np.argsort(-losses.nats, kind="stable")
        if losses.count[i]
    ]


def answer_metrics(
    target: str, truth: Sequence[str], predictions: Sequence[str]
) -> "tuple[Metrics, ConfusionMatrix | None]":
    """The metrics of N answers that are labels, tags or texts, by the ``target`` of the task's
    :class:`~rnncli.datasets.columns.Layout`, and the confusion matrix of labels or tags."""
    lines = sequence_metrics(truth, predictions)
    if target == CHARACTERS:
        rates: Metrics = {"exact_match": lines.exact_match, "character_error_rate": lines.character_error_rate}
        return {"lines": lines.lines, **rates}, None
    if target == TAGS:
        confusion = ConfusionMatrix.of("".join(truth), "".join(predictions))
    else:
        confusion = ConfusionMatrix.of(truth, predictions)
    metrics: Metrics = {"lines": lines.lines, "accuracy": confusion.accuracy, "macro_f1": confusion.macro_f1}
    if target == TAGS:
        metrics["exact_lines"] = lines.exact_match
    return metrics, confusion


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each of K ``classes`` was predicted as each: ``counts[truth, prediction]``, (K, K)."""

    classes: list[str]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, truth: Sequence[str], predictions: Sequence[str]) -> "ConfusionMatrix":
        """Count two sequences of equal length; ValueError if they are not."""
        classes = sorted({*truth, *predictions})
        index = {name: i for i, name in enumerate(classes)}
        counts = np.zeros((len(classes), len(classes)), np.int64)
        for (true, predicted), number in Counter(zip(truth, predictions, strict=True)).items():
            counts[index[true], index[predicted]] = number
        return cls(classes, counts)

    @property
    def support(self) -> NDArray[np.int64]:
        """True occurrences of each class, (K,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def total(self) -> int:
        """Number of predictions."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """Fraction of correct predictions, 0 … 1."""
        return float(np.trace(self.counts)) / self.total

    @property
    def precision(self) -> NDArray[np.float64]:
        """TP / (TP + FP) of each class, (K,); 0 where it is never predicted."""
        return np.diag(self.counts) / np.maximum(self.counts.sum(axis=0), 1)

    @property
    def recall(self) -> NDArray[np.float64]:
        """TP / (TP + FN) of each class, (K,); 0 where it never occurs."""
        return np.diag(self.counts) / np.maximum(self.support, 1)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall, (K,); 0 where both are."""
        return 2 * np.diag(self.counts) / np.maximum(self.counts.sum(axis=0) + self.support, 1)

    @property
    def macro_f1(self) -> float:
        """Unweighted mean of F1 over the classes."""
        return float(self.f1.mean())

    def to_json(self) -> dict[str, Any]:
        """As plain data, by class in the order of ``names``."""
        return {
            "names": self.classes,
            "f1": self.f1.tolist(),
            "precision": self.precision.tolist(),
            "recall": self.recall.tolist(),
            "confusion": self.counts.tolist(),
        }


@dataclass(frozen=True)
class SequenceMetrics:
    """Of ``lines`` sequences ``exact`` are predicted without an error; all of them are ``edits`` insertions, deletions
    and substitutions away from the truth, which has ``characters``."""

    lines: int
    exact: int
    edits: int
    characters: int

    @property
    def exact_match(self) -> float:
        """Fraction of sequences without an error, 0 … 1."""
        return self.exact / self.lines

    @property
    def character_error_rate(self) -> float:
        """Edits per character of the truth; may exceed 1."""
        return self.edits / self.characters


def sequence_metrics(truth: Sequence[str], predictions: Sequence[str]) -> SequenceMetrics:
    """Compare two sequences of texts, one by one; ValueError if their numbers differ."""
    pairs = list(zip(truth, predictions, strict=True))
    return SequenceMetrics(
        len(pairs), sum(a == b for a, b in pairs), sum(edit_distance(a, b) for a, b in pairs), sum(map(len, truth))
    )


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance: the fewest insertions, deletions and substitutions that turn ``a`` into ``b``."""
    if a == b:
        return 0
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]
