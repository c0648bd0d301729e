"""Running text in random order: its lines or documents, each of which stays whole."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import IdsWriter, in_memory
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError

LINES, DOCUMENTS = "lines", "documents"

SORTED_LINES, SORTED_SHARE = 100, 0.95
"""A text of at least this number of lines counts as sorted where this share of them is not before the line above."""

_PART = 1 << 22  # ids that are searched for line ends at once


def shuffled(ids: Any, documents: list[int], what: str, vocabulary: Vocabulary, seed: int, limit: int) -> Any:
    """The ``ids`` (N,), an array or on disk, with their lines or documents in random order; ``documents`` are the
    places where each ends. The last one gets a line end if it has none. More than ``limit`` ids are on disk.
    InputError where there is only one line or document."""
    written = IdsWriter(ids.dtype, limit)
    for start, end, size in zip(*new_order(ids, documents, what, vocabulary, seed), strict=True):
        written.append(in_memory(ids[start:end]))
        if size > end - start:
            written.append(vocabulary.encode("\n"))
    return written.finish()


def new_order(
    ids: Any, documents: list[int], what: str, vocabulary: Vocabulary, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The lines or documents of :func:`shuffled` in their random order: where each started among ``ids`` (N,), where it
    ended, and its size with the line end that it gets."""
    line_feed = int(vocabulary.encode("\n")[0]) if "\n" in vocabulary.characters else -1
    ends = np.array(documents, np.intp) if what == DOCUMENTS else _line_ends(ids, line_feed)
    if len(ends) < 2:
        raise InputError(f"--shuffle {what} takes two or more of them, and there is only one")
    starts = np.concatenate(([0], ends[:-1]))
    sizes = ends - starts
    if line_feed >= 0:
        for n in range(0 if what == DOCUMENTS else len(ends) - 1, len(ends)):  # of lines only the last may have none
            sizes[n] += int(in_memory(ids[ends[n] - 1 : ends[n]])[0]) != line_feed
    order = np.random.default_rng([seed, 4]).permutation(len(ends))
    return starts[order], ends[order], sizes[order]


def _line_ends(ids: Any, line_feed: int) -> NDArray[np.intp]:
    """Behind each line of ``ids`` (N,), a last one without a line end included."""
    found = [np.empty(0, np.intp)]
    for start in range(0, len(ids), _PART):
        found.append(start + 1 + np.flatnonzero(in_memory(ids[start : start + _PART]) == line_feed))
    ends = np.concatenate(found)
    return ends if len(ends) and ends[-1] == len(ids) else np.append(ends, len(ids))


def looks_sorted(text: str) -> bool:
    """Whether the lines of a text are in alphabetical order, as those of a list are."""
    lines = [line.casefold() for line in text.splitlines() if line]
    rising = sum(a <= b for a, b in pairwise(lines))
    return len(lines) >= SORTED_LINES and len(set(lines)) > len(lines) // 2 and rising >= SORTED_SHARE * len(lines)
