"""Texts that are given as strings, and not as files."""

import io
from collections.abc import Iterable
from typing import BinaryIO

from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import Sources
from rnncli.datasets.vocabulary import BYTES
from rnncli.errors import InputError

Pair = tuple[str, str]

TEXTS, PAIRS = "texts", "texts.tsv"
"""The names of such sources, in messages and in the model file."""


def open_strings(texts: str | Iterable[str] | Iterable[Pair], reading: Reading) -> Sources:
    """A source of these ``texts``, read as files with the same content would be: a string is running text, and so are
    several, with a line end between two; pairs are the lines of a ``.tsv``, in the order of its columns.

    InputError, naming the text, for what is neither, and for what ``reading`` or the format cannot express.
    """
    items = [texts] if isinstance(texts, str) else list(texts)
    if not items:
        raise InputError("texts is empty; give at least one")
    if reading.columns:
        raise InputError("column is for .csv and .jsonl files; leave it out for texts")
    if reading.encoding not in (BYTES, Reading.encoding):
        raise InputError(f"encoding {reading.encoding} is for files; texts are characters, or with bytes their UTF-8")
    are_pairs = not isinstance(items[0], str)
    lines = [_line(item, i) if are_pairs else _text(item, f"texts[{i}]") for i, item in enumerate(items)]
    if not are_pairs and reading.encoding != BYTES:
        lines = [text if text.endswith(("\n", "\r")) or not text else text + "\n" for text in lines[:-1]] + lines[-1:]
    data = "".join(lines).encode()

    def opener() -> BinaryIO:
        return io.BytesIO(data)

    return Sources([PAIRS if are_pairs else TEXTS], [opener], reading)


def _text(item: object, place: str) -> str:
    if not isinstance(item, str):
        raise InputError(f"{place} is of type {type(item).__name__}; texts are all strings, or all pairs of strings")
    try:
        item.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{place} is not valid Unicode at character {error.start}: a lone surrogate") from None
    return item


def _line(item: object, number: int) -> str:
    place = f"texts[{number}]"
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise InputError(f"{place} is not a pair; texts are all strings, or all pairs of strings")
    fields = [_text(field, f"{place}[{i}]") for i, field in enumerate(item)]
    for i, field in enumerate(fields):
        if any(mark in field for mark in "\t\n\r"):
            raise InputError(f"{place}[{i}] has a tab or a line end, which separate columns and lines; replace them")
    return "\t".join(fields) + "\n"
