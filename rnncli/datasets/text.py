"""A text as integers, cut into a part to learn from and a part to check on, and into streams."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import DiskIds, IdsWriter
from rnncli.datasets.sources import Sources
from rnncli.datasets.vocabulary import Vocabulary, code_points
from rnncli.errors import InputError

VALIDATION_FRACTION = 0.1
VALIDATION_LIMIT = 500_000
"""By default the last tenth of a text is held out, but no more characters than a loss needs to be exact."""

IN_MEMORY = 1 << 25
"""Texts of more characters than this are kept in a file."""

SMALLEST_VALIDATION = 100
"""Texts of which the last tenth would be shorter than this are learnt whole."""


@dataclass(frozen=True)
class Corpus:
    """A text and its vocabulary. ``training`` (N,) and ``validation`` (M,) are ids, M may be 0: arrays, or of a long
    text :class:`DiskIds`."""

    training: Any
    validation: Any
    vocabulary: Vocabulary
    names: list[str]
    sha256: str
    held_out: str | None = None
    """What the user asked to hold out."""
    tails: int = 0
    """Of so many streams the tail is held out; 0 is the end of the text."""

    task = "generate"
    partner = None


def read_ids(sources: Sources, vocabulary: Vocabulary, most: int | None = None, limit: int | None = None) -> Any:
    """The ids (N,) of a text, or of its first ``most`` characters, in a vocabulary that is given; InputError where a
    character has none. More than ``limit`` of them are :class:`DiskIds`, fewer an array."""
    ids = IdsWriter(vocabulary.dtype, sys.maxsize if limit is None else limit)
    before = dict.fromkeys(sources.names, 0)  # characters of each source so far
    for name, piece in sources.named_pieces():
        if most is not None:
            piece = piece[: most - len(ids)]
        ids.append(vocabulary.encode(piece, name, before[name]))
        before[name] += len(piece)
        if len(ids) == most:
            break
    return ids.finish()


def read_corpus(
    sources: Sources,
    validation: "float | Sources | None" = None,
    min_count: int = 1,
    vocabulary: Vocabulary | None = None,
    tails: int = 0,
) -> Corpus:
    """Read a text twice: once to count its characters, once to translate them.

    ``validation`` is the fraction at the end to hold out, or a text of its own, or None for a choice by size. With
    ``tails`` the text is cut into so many streams, and the fraction is taken from the end of each.
    ``vocabulary`` is that of a model to go on with. Raises InputError if there are fewer than two characters.
    """
    counts = np.zeros(sys.maxunicode + 1, np.int64)
    for piece in sources.pieces():
        in_piece = np.bincount(code_points(piece))
        counts[: len(in_piece)] += in_piece
    total, digest = int(counts.sum()), sources.read_digest
    if total < 2:
        where = ", ".join(sources.names)
        raise InputError(f"{where} holds {total or 'no'} character{'s'[: total != 1]}; training needs at least two")
    own = vocabulary or Vocabulary.from_counts(counts, sources.encoding, min_count)
    if not own.characters:
        raise InputError(f"no character occurs {min_count} times; use a smaller --min-count")
    try:
        ids = read_ids(sources, own, limit=IN_MEMORY)
    except InputError:
        if vocabulary is not None:
            raise
        sources.read_digest = ""  # characters that were not there when they were counted
    if sources.read_digest != digest:
        raise InputError(f"{', '.join(sources.names)} changed while it was read; start again")
    if isinstance(validation, Sources):
        parts = ids, read_ids(validation, own, limit=IN_MEMORY)
        if len(parts[1]) < 2:
            raise InputError(f"{', '.join(validation.names)} holds fewer than two characters, too few to check on")
    else:
        parts = split(ids, validation, tails)
    return Corpus(*parts, own, sources.names, digest, tails=tails)


def split(ids: Any, fraction: float | None, tails: int = 0) -> tuple[Any, Any]:
    """The part of ``ids`` (N,) to learn from, and that to check on: the end of the text, or the ends of so many streams
    one after the other, as char-rnn has it; up to ``tails`` − 1 characters are then left over. InputError where the
    streams are too short to take anything from."""
    total = len(ids)
    if not tails:
        cut = total - held_out(total, fraction)
        return ids[:cut], ids[cut:]
    length = total // tails
    cut = length - held_out(total, fraction) // tails
    if not 1 < cut < length:
        raise InputError(f"{total} characters in {tails} streams have no tails to hold out; use a smaller --batch-size")
    starts = range(0, tails * length, length)
    return _joined(ids, starts, 0, cut), _joined(ids, starts, cut, length)


def _joined(ids: Any, starts: Iterable[int], first: int, last: int) -> Any:
    """What lies from ``first`` to ``last`` behind each of these places, one after the other."""
    joined = IdsWriter(ids.dtype, IN_MEMORY)
    for start in starts:
        piece = ids[start + first : start + last]
        joined.append(piece.read(0, len(piece)) if isinstance(piece, DiskIds) else piece)
    return joined.finish()


def fraction_of(asked: str | None) -> float | None:
    """The fraction that was asked to be held out; None where that is left to us, or is the name of a file."""
    try:
        return None if asked is None else float(asked)
    except ValueError:
        return None


def held_out(total: int, fraction: float | None) -> int:
    """How many of ``total`` characters at the end are for validation; at least two stay for training."""
    if fraction is None:
        tenth = min(int(total * VALIDATION_FRACTION), VALIDATION_LIMIT)
        return tenth if tenth >= SMALLEST_VALIDATION else 0
    return min(int(total * fraction), total - 2)


@dataclass(frozen=True)
class Streams:
    """A text cut into B contiguous streams, read side by side in windows of T characters.

    Stream b is ``ids[b · n : b · n + n + 1]``, with n inputs and n targets, each target the next input; up to B − 1
    characters at the end are left over.
    """

    ids: Any
    count: int
    window: int

    @property
    def length(self) -> int:
        """n, the characters to predict in each stream."""
        return (len(self.ids) - 1) // self.count

    @property
    def windows(self) -> int:
        """Windows in an epoch; the last one may be shorter than the others."""
        return -(-self.length // self.window)

    def read(self, index: int, part: slice = slice(None)) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Inputs and targets of window ``index``, each (T, B) and C-contiguous; ``part`` is of the streams."""
        start = index * self.window
        stop = min(start + self.window, self.length)
        starts = np.arange(self.count)[part] * self.length
        window = self.ids[starts + np.arange(start, stop + 1)[:, None]].astype(np.intp)
        return window[:-1], window[1:]
