"""The losses of single characters, and their sums over a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.models.score import Score


@dataclass(frozen=True)
class TokenLosses:
    """``nats`` (n,) is the loss of each of the ``targets`` (n,), and ``correct`` (n,) whether it was the most probable
    character. Of a mixture, ``parts`` are the losses (n,) of the network and of the counts alone, by name."""

    nats: Array
    correct: NDArray[Any]
    targets: Ids
    parts: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def joined(cls, pieces: "Sequence[TokenLosses]") -> "TokenLosses":
        """One piece after the other, of which there is at least one."""

        parts = {name: np.concatenate([piece.parts[name] for piece in pieces]) for name in pieces[0].parts}
        nats, correct, targets = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("nats", "correct", "targets")
        )
        return cls(nats, correct, targets, parts)


@dataclass(frozen=True)
class LossByCharacter:
    """Sums over a text for each of V characters, all (V,): its losses in ``nats``, its ``count``, and how often it was
    predicted, ``correct``. Of a mixture, ``parts`` are the losses of the network and of the counts alone, by name."""

    nats: NDArray[np.float64]
    count: NDArray[np.int64]
    correct: NDArray[np.int64]
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> Score:
        """The sum over all characters."""
        return Score(float(self.nats.sum()), int(self.count.sum()), int(self.correct.sum()))

    @classmethod
    def total(cls, pieces: "Iterable[LossByCharacter]", size: int) -> "LossByCharacter":
        """The sum over the pieces of a text, in their order, over an alphabet of V = ``size``."""
        total = losses_by_character([], size)
        for piece in pieces:
            np.add(total.nats, piece.nats, out=total.nats)
            np.add(total.count, piece.count, out=total.count)
            np.add(total.correct, piece.correct, out=total.correct)
            _add(total.parts, piece.parts)
        return total


def losses_by_character(batches: Iterable[TokenLosses], size: int) -> LossByCharacter:
    """Sum the losses of a text over an alphabet of V = ``size``."""
    nats, count, correct = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64)
    parts: dict[str, float] = {}
    for batch in batches:
        nats += np.bincount(batch.targets, batch.nats, minlength=size)
        count += np.bincount(batch.targets, minlength=size)
        correct += np.bincount(batch.targets[batch.correct], minlength=size)
        _add(parts, {name: float(part.sum(dtype=np.float64)) for name, part in batch.parts.items()})
    return LossByCharacter(nats, count, correct, parts)


def losses_by_line(batches: Iterable[TokenLosses], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean loss in nats per character of each of L lines, (L,), which lie before the places ``ends`` (L,) in a
    text: NaN for a line of which no character is predicted, as the first of a text is not."""
    nats, place = np.zeros(len(ends)), 1
    for batch in batches:
        lines = np.searchsorted(ends, np.arange(place, place + len(batch.nats)), side="right")
        np.add.at(nats, lines, batch.nats)
        place += len(batch.nats)
    predicted = predicted_characters(ends)
    return np.divide(nats, predicted, out=np.full(len(ends), np.nan), where=predicted > 0)


def predicted_characters(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many characters of each line, (L,), are predicted: all but the first of the text."""
    return np.diff(np.maximum(ends, 1), prepend=1)


def _add(total: dict[str, float], parts: dict[str, float]) -> None:
    for name, nats in parts.items():
        total[name] = total.get(name, 0.0) + nats
