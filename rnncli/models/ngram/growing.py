"""An n-gram model that goes on counting in a text while it reads it."""

import numpy as np
from numpy.typing import NDArray

from rnncli.models.ngram.kneser_ney import WIDE, Distribution, KneserNey


class GrowingCounts:
    """The n-gram ``model`` of its training text and of what was read since, one character after the other: what was
    counted in both together. The discounts stay as they are, and ``model`` does too.

    An n-gram is new where no count says that it has occurred, and only then it counts for the order below. The first
    characters, with fewer before them than the model looks at, are not counted.
    """

    def __init__(self, model: KneserNey) -> None:
        self._model = model
        self._edges = model.index.start(1)[0]
        self._context: tuple[int, ...] = ()
        self._counts = np.zeros((model.order, model.size), np.int64)
        self._frequent: dict[tuple[int, int], NDArray[np.int64]] = {}  # by length of the context and first row
        self._added: dict[tuple[int, ...], dict[int, int]] = {}  # after the other contexts, beyond what the index has

    def distribution(self) -> Distribution:
        """P of each character (V,) after what was read."""
        p = np.full(self._model.size, 1 / self._model.size)
        for n in range(len(self._context) + 1):
            self._counts[n] = self._after(n)
            p = self._model.smooth(self._counts[n], n, p)
        return p

    def read(self, character: int) -> None:
        """Count the id of the next character, after :meth:`distribution`."""
        length, longest = len(self._context), self._model.order - 1
        for n in range(longest, -1, -1) if length == longest else ():
            self._add(n, character)
            if self._counts[n, character]:
                break  # not new: what is shorter has counted it
        self._edges = self._model.index.read(self._edges[None], np.array([character]))[0]
        self._context = (*self._context, character)[max(0, length + 1 - longest) :]

    def _add(self, n: int, character: int) -> None:
        start, stop = self._edges[n]
        if stop - start > WIDE:
            self._frequent[n, int(start)][character] += 1
        else:
            added = self._added.setdefault(self._context[len(self._context) - n :], {})
            added[character] = added.get(character, 0) + 1

    def _after(self, n: int) -> NDArray[np.int64]:
        """What follows the last ``n`` characters, (V,)."""
        start, stop = self._edges[n]
        if stop - start > WIDE:
            key = n, int(start)
            if key not in self._frequent:
                self._frequent[key] = self._model.counts(self._edges[n], n)
            return self._frequent[key]
        counts = self._model.counts(self._edges[n], n)
        for character, count in self._added.get(self._context[len(self._context) - n :], {}).items():
            counts[character] += count
        return counts
