"""The lines of a text that a model reads as one: where each lies among the ids, and what stood in it."""

import re
from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import IdsWriter, in_memory
from rnncli.datasets.sources import Sources
from rnncli.datasets.text import IN_MEMORY
from rnncli.datasets.unknown import UnknownCharacters
from rnncli.datasets.vocabulary import Vocabulary

LINE = re.compile(r"[^\n]*\n|[^\n]+")

MAX_BYTES = 1 << 16
"""Of a line that is shown; the rest of a longer one is left out."""


@dataclass(frozen=True)
class TextLines:
    """A text as ``ids`` (N,) and its L lines, each with its line end: the places (L,) behind them among the ids, the
    number of ``unknown`` characters (L,) in them, and the number of the source (L,) from which they are. A source does
    not begin within a line."""

    ids: Any
    ends: NDArray[np.int64]
    unknown: NDArray[np.int64]
    sources: NDArray[np.int64]
    names: list[str]
    _text: Any
    _stops: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    def place(self, line: int) -> tuple[str, int]:
        """The name of the source of a line, counted from 0, and the line's number in it, counted from 1."""
        source = self.sources[line]
        return self.names[source], line - int(np.searchsorted(self.sources, source)) + 1

    def text(self, line: int) -> str:
        """A line without its line end, at most ``MAX_BYTES`` of UTF-8."""
        start, stop = (int(self._stops[line - 1]) if line else 0), int(self._stops[line])
        data = in_memory(self._text[start : min(stop, start + MAX_BYTES)]).tobytes()
        return data.decode("utf-8", "ignore").removesuffix("\n").removesuffix("\r")  # half a character at the cut


def read_text_lines(sources: Sources, vocabulary: Vocabulary, unknown: UnknownCharacters) -> TextLines:
    """Read a text into the same ids as :func:`rnncli.datasets.text.read_ids`, and keep its lines. What is long lies in
    temporary files; of each line some integers are in memory."""
    ids, text = IdsWriter(vocabulary.dtype, IN_MEMORY), IdsWriter(np.dtype(np.uint8), IN_MEMORY)
    lengths, sizes, unseen, origins = (array("q") for _ in range(4))
    is_open = False
    for number, chunk in sources.numbered_chunks(end_lines="\n" in vocabulary.characters):
        encoded = []
        for piece in LINE.findall(chunk):
            if not is_open or origins[-1] != number:
                for column, value in ((lengths, 0), (sizes, 0), (unseen, 0), (origins, number)):
                    column.append(value)
            before = unknown.number
            encoded.append(unknown.encode(piece, vocabulary))
            lengths[-1] += len(encoded[-1])
            sizes[-1] += len(piece.encode("utf-8", "replace"))
            unseen[-1] += unknown.number - before
            is_open = not piece.endswith("\n")
        ids.append(np.concatenate(encoded))
        text.append(np.frombuffer(chunk.encode("utf-8", "replace"), np.uint8))
    ends, stops = (np.cumsum(np.array(column, np.int64)) for column in (lengths, sizes))
    unknown_in_lines, source_of_lines = (np.array(column, np.int64) for column in (unseen, origins))
    return TextLines(ids.finish(), ends, unknown_in_lines, source_of_lines, sources.names, text.finish(), stops)
