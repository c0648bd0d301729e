"""The labels that texts have: a small alphabet whose symbols are whole names."""

import difflib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.errors import InputError


class Labels:
    """Names, sorted, of which each is one symbol; used where a vocabulary has characters."""

    def __init__(self, symbols: tuple[str, ...]) -> None:
        self.symbols = symbols
        self._ids = {name: i for i, name in enumerate(symbols)}
        self.dtype = np.min_scalar_type(max(len(symbols) - 1, 0))

    def __len__(self) -> int:
        return len(self.symbols)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.symbols == other.symbols

    __hash__ = None  # type: ignore[assignment]

    def encode(self, name: str) -> NDArray[Any]:
        """The id of a label, (1,); InputError, with a suggestion, for one that is not known."""
        if name not in self._ids:
            close = difflib.get_close_matches(name, self.symbols, 1)
            hint = f"did you mean {close[0]}?" if close else f"it knows {self.listed()}"
            raise InputError(f"the model knows no label {name!r}; {hint}")
        return np.array([self._ids[name]], self.dtype)

    def listed(self, most: int = 30) -> str:
        """The names for a message."""
        return ", ".join(self.symbols[:most]) + (f" … ({len(self)} labels)" if len(self) > most else "")

    def to_json(self) -> list[str]:
        """For the model file."""
        return list(self.symbols)

    @classmethod
    def from_json(cls, data: Any) -> "Labels":
        """The inverse of :meth:`to_json`; ValueError where the data cannot be labels."""
        if not isinstance(data, list) or not data or not all(isinstance(name, str) for name in data):
            raise ValueError("the labels are malformed")
        if sorted(set(data)) != data:
            raise ValueError("the labels are not sorted")
        return cls(tuple(data))
