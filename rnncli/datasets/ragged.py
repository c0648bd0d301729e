"""Sequences of different lengths: how they are kept, and how they are put side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Padded:
    """Sequences side by side: ``ids`` (T, B), of which stream b has ``lengths[b]``, and 0 behind that."""

    ids: NDArray[np.intp]
    lengths: NDArray[np.intp]

    def shard(self, which: slice) -> "Padded":
        """These of the streams, padded as all are."""
        return Padded(np.ascontiguousarray(self.ids[:, which]), self.lengths[which])

    def without_first(self) -> "Padded":
        """The same from the second symbol on: what is to be predicted from :meth:`without_last`."""
        return Padded(self.ids[1:], self.lengths - 1)

    def without_last(self) -> "Padded":
        """The same without its last symbol."""
        return Padded(self.ids[:-1], self.lengths - 1)


@dataclass(frozen=True)
class Ragged:
    """Sequences one behind the other: number i is ``ids[starts[i] : starts[i + 1]]``."""

    ids: NDArray[Any]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, ids: NDArray[Any], lengths: Sequence[int]) -> "Ragged":
        """Cut ``ids`` into sequences of these lengths."""
        return cls(ids, np.concatenate(([0], np.cumsum(lengths, dtype=np.intp))))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Symbols of each sequence."""
        return np.diff(self.starts)

    def take(self, which: NDArray[np.intp]) -> "Ragged":
        """These of the sequences, in this order."""
        parts = [self.ids[self.starts[i] : self.starts[i + 1]] for i in which]
        return Ragged.of(np.concatenate([self.ids[:0], *parts]), self.lengths[which].tolist())

    def padded(self, which: NDArray[np.intp]) -> Padded:
        """These of the sequences side by side."""
        lengths = self.lengths[which]
        t = np.arange(lengths.max(initial=0))[:, None]
        places = np.where(t < lengths, self.starts[which] + t, 0)
        return Padded(np.where(t < lengths, self.ids[places], 0).astype(np.intp), lengths)
