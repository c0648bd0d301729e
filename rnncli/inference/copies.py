"""Which parts of a text are copied from the training text, and from where in it?

The n-grams of the text are looked up by their hashes (Karp and Rabin, "Efficient randomized pattern-matching
algorithms", 1987), in pieces of the training text, which may lie on disk. Each that is found is compared character by
character, so that no hash decides, and followed to where the copy ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.disk_ids import in_memory
from rnncli.datasets.origins import origins, training_text
from rnncli.inference.novelty import NGRAM_LENGTH

PIECE = 1 << 18
"""Characters of the training text that are looked through at once."""

BASE = np.uint64(0x9E3779B97F4A7C15)
"""Of the hash, a polynomial modulo 2^64."""


@dataclass(frozen=True)
class Source:
    """The ``length`` characters of a text from ``start`` on stand in this ``line``, from 1 on, of a ``file``, or begin
    there."""

    start: int
    length: int
    file: str
    line: int


@dataclass(frozen=True)
class Copy:
    """The ``length`` characters of a text from ``start`` on stand in the training text, first at ``place``."""

    start: int
    length: int
    place: int


def find_sources(text: str, dataset: Dataset) -> list[Source]:
    """Where the copies in a ``text`` come from, as :func:`find_copies` finds them in what a model learnt from."""
    copies = find_copies(dataset.vocabulary.encode(text), training_text(dataset))
    found = zip(copies, origins(dataset, [copy.place for copy in copies]) if copies else (), strict=True)
    return [Source(copy.start, copy.length, file, line) for copy, (file, line) in found]


def find_copies(text: NDArray[Any], training: Any) -> list[Copy]:
    """The substrings of ``text`` (n,) of at least ``NGRAM_LENGTH`` characters that stand in ``training`` (N,), ids of
    one vocabulary, by their start: the longest from each, without those that lie within another. Memory is bounded by
    n and ``PIECE``."""
    if len(text) < NGRAM_LENGTH:
        return []
    hashes = _hashes(text)
    order = np.argsort(hashes, kind="stable")
    known = hashes[order]
    lengths, places = np.zeros(len(text), np.intp), np.zeros(len(text), np.intp)
    for first in range(0, max(len(training) - NGRAM_LENGTH + 1, 0), PIECE):
        piece = in_memory(training[first : first + PIECE + len(text)])
        found = _hashes(piece[: PIECE + NGRAM_LENGTH - 1])
        ranks = np.searchsorted(known, found)
        at = np.flatnonzero(known[np.minimum(ranks, len(known) - 1)] == found)
        ranks = ranks[at]
        while len(at):  # one after the other, the places in the text of the same n-gram
            _lengthen(text, order[ranks], piece, at, lengths, places, first)
            ranks += 1
            again = known[np.minimum(ranks, len(known) - 1)] == found[at]
            again &= ranks < len(known)
            at, ranks = at[again], ranks[again]
    copies, end = list[Copy](), 0
    for start in np.flatnonzero(lengths >= NGRAM_LENGTH):
        if start + lengths[start] > end:
            end = int(start + lengths[start])
            copies.append(Copy(int(start), int(lengths[start]), int(places[start])))
    return copies


def copied_lengths(copies: Sequence[Source], size: int) -> list[int]:
    """For each of the ``size`` characters of a text the length of the longest copy that it lies in, or 0."""
    lengths = [0] * size
    for copy in sorted(copies, key=lambda copy: copy.length):
        lengths[copy.start : copy.start + copy.length] = [copy.length] * copy.length
    return lengths


def _hashes(ids: NDArray[Any]) -> NDArray[np.uint64]:
    """That of each n-gram, (n − NGRAM_LENGTH + 1,)."""
    ids = ids.astype(np.uint64)
    hashes = np.zeros(max(len(ids) - NGRAM_LENGTH + 1, 0), np.uint64)
    for n in range(NGRAM_LENGTH):
        hashes *= BASE
        hashes += ids[n : n + len(hashes)]
    return hashes


def _lengthen(
    text: NDArray[Any],
    starts: NDArray[np.intp],
    piece: NDArray[Any],
    at: NDArray[np.intp],
    lengths: NDArray[np.intp],
    places: NDArray[np.intp],
    offset: int,
) -> None:
    """Update ``lengths`` (n,) and ``places`` (n,), those of the longest copy from each place of ``text`` on, with what
    stands in ``piece`` (p,) at ``at`` (k,) and in the text at ``starts`` (k,). The piece begins at ``offset``."""
    begins = (starts == 0) | (at == 0) | (text[starts - 1] != piece[at - 1])
    starts, at = starts[begins], at[begins]
    found = np.zeros(len(starts), np.intp)
    alike = np.arange(len(starts))
    while len(alike):
        alike = alike[(starts[alike] + found[alike] < len(text)) & (at[alike] + found[alike] < len(piece))]
        alike = alike[text[starts[alike] + found[alike]] == piece[at[alike] + found[alike]]]
        found[alike] += 1
    order = np.lexsort((at, -found, starts))
    starts, longest = np.unique(starts[order], return_index=True)
    found, at = found[order][longest], at[order][longest]
    better = found > lengths[starts]
    lengths[starts[better]] = found[better]
    places[starts[better]] = at[better] + offset
