"""Sequences of different lengths: how they are kept, and how they are put side by side."""

from collections.abc import Iterator, Sequence
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

    def windows(self, size: int) -> "Iterator[Padded]":
        """The same in windows of ``size`` steps; a stream that has ended before one has length 0 there."""
        for start in range(0, max(len(self.ids), 1), size):
            yield Padded(self.ids[start : start + size], np.clip(self.lengths - start, 0, size))

    def without_first(self) -> "Padded":
        """The same from the second symbol on: what is to be predicted from :meth:`without_last`."""
        return Padded(self.ids[1:], self.lengths - 1)

    def without_last(self) -> "Padded":
        """The same without its last symbol."""
        return Padded(self.ids[:-1], self.lengths - 1)


@dataclass(frozen=True)
class Ragged:
    """N sequences in one array of ids, or :class:`~rnncli.datasets.disk_ids.DiskIds`: number i is
    ``ids[starts[i] : starts[i] + lengths[i]]``."""

    ids: Any
    starts: NDArray[np.intp]
    lengths: NDArray[np.intp]

    @classmethod
    def of(cls, ids: Any, lengths: Sequence[int] | NDArray[np.intp]) -> "Ragged":
        """Cut ``ids`` into sequences of these lengths."""
        sizes = np.asarray(lengths, np.intp)
        return cls(ids, np.cumsum(sizes) - sizes, sizes)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def first_symbols(self) -> NDArray[Any]:
        """The first symbol (N,) of each sequence; of labels the only one."""
        symbols: NDArray[Any] = self.ids[self.starts]
        return symbols

    def take(self, which: NDArray[np.intp]) -> "Ragged":
        """These of the sequences, in this order; the ids are not copied."""
        return Ragged(self.ids, self.starts[which], self.lengths[which])

    def padded(self, which: NDArray[np.intp]) -> Padded:
        """These of the sequences side by side."""
        lengths = self.lengths[which]
        t = np.arange(lengths.max(initial=0))[:, None]
        places = self.starts[which] + np.minimum(t, np.maximum(lengths - 1, 0))
        inside = t < lengths
        ids = self.ids[np.minimum(places, max(len(self.ids) - 1, 0))] if inside.any() else places
        return Padded(np.where(inside, ids, 0).astype(np.intp), lengths)

    def first(self, limit: int) -> NDArray[Any]:
        """The first ``limit`` ids of the sequences, one behind the other."""
        found: list[NDArray[Any]] = [np.empty(0, np.intp)]
        for start, length in zip(self.starts, self.lengths, strict=True):
            found.append(self.ids[start + np.arange(min(length, limit))])
            limit -= len(found[-1])
            if not limit:
                break
        return np.concatenate(found)
