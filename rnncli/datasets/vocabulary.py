"""Characters to integers and back.

The vocabulary is the set of characters of the training text in the order of their code points, so that the same
text always gives the same ids. Where rare characters were left out, one more symbol, the last, stands for all of them.

Text read as bytes is held as a string of the 256 characters U+0000 … U+00FF, one for each byte (Latin-1): everything
downstream then knows nothing of bytes.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.errors import InputError

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""How the symbol for rare characters is written."""

CODECS = {"utf-8": "utf-8", "bytes": "latin-1"}
"""From the name of an encoding, as users give it, to Python's."""


def code_points(text: str) -> NDArray[np.uint32]:
    """The characters of ``text`` as (N,) uint32; lone surrogates pass."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Vocabulary:
    """The V characters that a model knows: ``characters``, sorted, and perhaps the unknown symbol behind them."""

    def __init__(self, characters: str, encoding: str = "utf-8", unknown: bool = False) -> None:
        self.characters, self.encoding, self.unknown = characters, encoding, unknown
        self.symbols = characters + UNKNOWN * unknown
        points = code_points(characters)
        missing = len(characters) if unknown else -1
        self._ids = np.full(int(points.max(initial=0)) + 2, missing, np.int32)  # the last entry is for all beyond
        self._ids[points] = np.arange(len(points))
        self.dtype = np.min_scalar_type(max(len(self) - 1, 0))

    @classmethod
    def from_counts(cls, counts: NDArray[np.int64], encoding: str = "utf-8", min_count: int = 1) -> "Vocabulary":
        """The characters that occur at least ``min_count`` times; ``counts[p]`` is how often code point p does."""
        kept = np.flatnonzero(counts >= max(min_count, 1))
        return cls("".join(map(chr, kept)), encoding, unknown=len(kept) < int(np.count_nonzero(counts)))

    def __len__(self) -> int:
        return len(self.symbols)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def encode(self, text: str, source: str = "the text", before: int = 0) -> NDArray[Any]:
        """The ids (N,) of ``text`` in the smallest unsigned dtype that holds V.

        Raises InputError, naming the characters and where the first stands, if there are some without an id;
        ``source`` is where the text is from, and ``before`` how many characters of it came before these.
        """
        ids = self._ids[np.minimum(code_points(text), len(self._ids) - 1)]
        if ids.min(initial=0) < 0:
            self._refuse(text, source, before + int(np.argmax(ids < 0)))
        return ids.astype(self.dtype)

    def from_user_text(self, text: str) -> str:
        """What a user typed, as this vocabulary holds it: itself, or the bytes that it is made of."""
        return text.encode("utf-8", "surrogateescape").decode("latin-1") if self.encoding == "bytes" else text

    def without_unknown(self, text: str) -> str:
        """``text`` without the characters that have no id."""
        return "".join(character for character in text if self.unknown or character in self.characters)

    def decode(self, ids: Iterable[int]) -> str:
        """The text that these ids stand for."""
        return "".join(self.symbols[i] for i in ids)

    def _refuse(self, text: str, source: str, position: int) -> None:
        unseen = sorted(set(text) - set(self.characters))
        shown = " ".join(repr(character) for character in unseen[:10]) + (" …" if len(unseen) > 10 else "")
        hint = "; a line end is typed as $'\\n' in a shell" if "\\" in unseen and "\\n" in text else ""
        raise InputError(
            f"the model has never seen {shown} (first at character {position + 1} of {source}); "
            f"its alphabet is {self.alphabet()}{hint}"
        )

    def alphabet(self, limit: int = 80) -> str:
        """The characters for a message: as they are, control characters escaped, at most ``limit`` of them."""
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in self.characters[:limit])
        return shown + (f" … ({len(self.characters)} characters)" if len(self.characters) > limit else "")

    def to_json(self) -> dict[str, Any]:
        """For the model file: plain strings, since NumPy's text arrays lose trailing NULs."""
        return {"characters": self.characters, "encoding": self.encoding, "unknown": self.unknown}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Vocabulary":
        """The inverse of :meth:`to_json`; ValueError where the data cannot be a vocabulary."""
        characters, encoding, unknown = data["characters"], data["encoding"], data["unknown"]
        if not (isinstance(characters, str) and encoding in CODECS and isinstance(unknown, bool)):
            raise ValueError("the vocabulary is malformed")
        if any(a >= b for a, b in pairwise(characters)):
            raise ValueError("the vocabulary is not sorted")
        return cls(characters, encoding, unknown)
