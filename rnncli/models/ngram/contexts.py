"""An index of all contexts of a text: which characters follow a context, and in how many other contexts.

A row of the index stands for a position of the text. Rows are sorted by what precedes the position, the nearest
character first, so that the positions after a context h are a range of rows, and those after xh a range inside it:

    what precedes, and follows, in banana:    … b a | n
                                              … n a | n
                                              … n a | b
                                              … a b | a
                                              … a n | a
                                              … a n | a

The column of what follows is the Burrows-Wheeler transform of the reversed text. It contains the text and the order of
its rows: the range after h, followed by a character c, leads to the range of hc by counting the c before its edges
(backward search; Ferragina and Manzini 2000, "Opportunistic data structures with applications"). So the index takes two
bytes for each character of the text, or three if the alphabet has more than 256, however long the contexts are.

The text is read as a ring: each position has a context of every length.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Ids

Edges = NDArray[np.int64]
"""Ranges of rows, (…, 2): the first row, and the one behind the last. A context that does not occur has none."""


@dataclass(frozen=True)
class ContextIndex:
    """The contexts of up to ``depth`` characters in a text of N.

    ``followers`` (N,) is the id of the character at the position of each row. ``shared`` (N,) uint8 is how many
    characters of its context, at most ``depth``, a row has in common with the last row above it that has the same
    follower: where it is n or less, the row is the first in which its context of n + 1 characters is followed by that.
    """

    followers: NDArray[Any]
    shared: NDArray[np.uint8]
    depth: int

    @classmethod
    def of(cls, ids: NDArray[Any], depth: int) -> "ContextIndex":
        """The index of ``ids`` (N,) in an unsigned dtype, N ≥ 1. It takes some 25 bytes of memory for each of them,
        whatever the ``depth``."""
        count = len(ids)
        rows: NDArray[Any] = np.arange(count, dtype=np.int32 if count < 1 << 31 else np.int64)
        for _ in range(depth):  # sorted by contexts one character longer each time: a radix sort
            rows = rows[np.argsort(ids[rows], kind="stable")]
            rows += 1
            rows[rows == count] = 0
        followers = ids[rows]
        by_follower = np.argsort(followers, kind="stable").astype(rows.dtype)
        rows, in_order, same = rows[by_follower], np.zeros(count, np.uint8), _repeats(followers[by_follower])
        for _ in range(depth):
            rows -= 1  # in place: the array of the positions before would be another 4 bytes a character
            rows[rows < 0] += count
            same &= _repeats(ids[rows])
            in_order += same
        shared = np.empty_like(in_order)
        shared[by_follower] = in_order
        return cls(followers, shared, depth)

    def __reduce__(self) -> tuple[Any, ...]:
        return ContextIndex, (self.followers, self.shared, self.depth)  # what follows from them stays here

    def __len__(self) -> int:
        return len(self.followers)

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """The rows (N,) sorted by their followers c, as c · N + row."""
        rows = np.argsort(self.followers, kind="stable")
        rows += self.followers[rows].astype(np.int64) * len(self)
        return rows

    def start(self, streams: int) -> Edges:
        """The ranges (B, depth + 1, 2) of the contexts of 0, 1, … characters where no character is known."""
        edges = np.zeros((streams, self.depth + 1, 2), np.int64)
        edges[:, 0, 1] = len(self)
        return edges

    def read(self, edges: Edges, ids: Ids) -> Edges:
        """The ranges (B, depth + 1, 2) of the contexts after a further character of each of B texts, ``ids`` (B,)."""
        after = self.start(len(ids))
        after[:, 1:] = self.extend(edges[:, :-1], ids[:, None])
        return after

    def extend(self, edges: Edges, ids: Ids) -> Edges:
        """The ranges (…, 2) of the contexts in ``edges`` (…, 2) after a further character, ``ids`` (…), is read; −1 is
        none, after which no context occurs."""
        return np.searchsorted(self._keys, edges + ids[..., None] * np.int64(len(self)))

    def counts_of_counts(self, n: int, continuation: bool) -> NDArray[np.int64]:
        """How many pairs of a context of ``n`` characters and a follower have the count 1, 2, 3 and 4, (4,): that of
        their occurrences, or of the distinct characters before them."""
        rows = self._keys % len(self)
        shared, first = self.shared[rows], ~_repeats(self.followers[rows])
        del rows  # 8 bytes a character
        first |= shared < n
        starts = np.flatnonzero(first[shared <= n] if continuation else first)
        counts = np.diff(starts, append=np.count_nonzero(shared <= n) if continuation else len(self))
        return np.bincount(np.minimum(counts, 5), minlength=6)[1:5]

    def contexts(self, ids: Ids) -> Edges:
        """The ranges (T, B, depth + 1, 2) of the contexts of 0, 1, … characters before each of ``ids`` (T, B), of which
        those before the first are not known."""
        edges = np.zeros((*ids.shape, self.depth + 1, 2), np.int64)
        edges[:, :, 0, 1] = len(self)
        for n in range(self.depth):
            edges[1:, :, n + 1] = self.extend(edges[:-1, :, n], ids[:-1])
        return edges


def _repeats(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of ``values`` (N,) is that before it."""
    return np.append(False, values[1:] == values[:-1])
