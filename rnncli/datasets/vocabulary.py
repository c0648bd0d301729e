"""Characters to integers and back.

The vocabulary is the set of characters of the training text in the order of their code points, so that the same
text always gives the same ids. Where rare characters were left out, one more symbol, the last, stands for all of them.

Text read as bytes is held as a string of the 256 characters U+0000 … U+00FF, one for each byte (Latin-1): everything
downstream then knows nothing of bytes.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.normal_form import NONE, normalise
from rnncli.errors import InputError
from rnncli.names import NORMAL_FORMS

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""How the symbol for rare characters is written."""

CHARACTERS, BYTES = "utf-8", "bytes"
"""What the symbols of a vocabulary are, under the names that a model file has for them."""


CONTROL = ("Cc", "Cs", "Zl", "Zp")
"""Categories of Unicode that are escaped in messages: control characters, surrogates, separators of lines."""


def code_points(text: str) -> NDArray[np.uint32]:
    """The characters of ``text`` as (N,) uint32; lone surrogates pass."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


class Vocabulary:
    """The V characters that a model knows: ``characters``, sorted, and perhaps the unknown symbol behind them. Text
    that users type is brought into the normal form ``normalize``, as files are when they are read."""

    def __init__(
        self, characters: str, encoding: str = CHARACTERS, unknown: bool = False, normalize: str = NONE
    ) -> None:
        self.characters, self.encoding, self.unknown, self.normalize = characters, encoding, unknown, normalize
        self.symbols = characters + UNKNOWN * unknown
        points = code_points(characters)
        missing = len(characters) if unknown else -1
        self._ids = np.full(int(points.max(initial=0)) + 2, missing, np.int32)  # the last entry is for all beyond
        self._ids[points] = np.arange(len(points))
        self.dtype = np.min_scalar_type(max(len(self) - 1, 0))

    @classmethod
    def from_counts(
        cls, counts: NDArray[np.int64], encoding: str = CHARACTERS, min_count: int = 1, normalize: str = NONE
    ) -> "Vocabulary":
        """The characters that occur at least ``min_count`` times; ``counts[p]`` is how often code point p does."""
        kept = np.flatnonzero(counts >= max(min_count, 1))
        return cls("".join(map(chr, kept)), encoding, len(kept) < int(np.count_nonzero(counts)), normalize)

    def extended(self, characters: str) -> "Vocabulary":
        """The same with these characters as well."""
        together = "".join(sorted({*self.characters, *characters}))
        return Vocabulary(together, self.encoding, self.unknown, self.normalize)

    @property
    def codec(self) -> str:
        """Python's name of the encoding in which text of this vocabulary is written."""
        return "latin-1" if self.encoding == BYTES else "utf-8"

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
        """What a user typed, as this vocabulary holds it: in its normal form, or the bytes that it is made of."""
        if self.encoding == BYTES:
            return text.encode("utf-8", "surrogateescape").decode("latin-1")
        return normalise(text, self.normalize)

    def without_unknown(self, text: str) -> str:
        """``text`` without the characters that have no id."""
        return "".join(character for character in text if self.unknown or character in self.characters)

    def unknown_characters(self, text: str) -> Counter[str]:
        """The characters of ``text`` that this vocabulary does not list, and how often each occurs."""
        points = code_points(text)
        missing = len(self.characters) if self.unknown else -1
        unseen = points[self._ids[np.minimum(points, len(self._ids) - 1)] == missing]
        return Counter(
            {chr(point): int(count) for point, count in zip(*np.unique(unseen, return_counts=True), strict=True)}
        )

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
        shown = "".join(repr(c)[1:-1] if unicodedata.category(c) in CONTROL else c for c in self.characters[:limit])
        return shown + (f" … ({len(self.characters)} characters)" if len(self.characters) > limit else "")

    def to_json(self) -> dict[str, Any]:
        """For the model file: plain strings, since NumPy's text arrays lose trailing NULs."""
        return {
            "characters": self.characters,
            "encoding": self.encoding,
            "unknown": self.unknown,
            "normalize": self.normalize,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Vocabulary":
        """The inverse of :meth:`to_json`; ValueError where the data cannot be a vocabulary."""
        characters, encoding, unknown, form = (data[key] for key in ("characters", "encoding", "unknown", "normalize"))
        is_valid = encoding in (CHARACTERS, BYTES) and form in NORMAL_FORMS and isinstance(unknown, bool)
        if not (isinstance(characters, str) and is_valid):
            raise ValueError("the vocabulary is malformed")
        if any(a >= b for a, b in pairwise(characters)):
            raise ValueError("the vocabulary is not sorted")
        return cls(characters, encoding, unknown, form)
