"""How the bytes of a file become text: decompressed, decoded, and in one normal form."""

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from rnncli.datasets.file_kinds import START, guess_encoding, identify
from rnncli.datasets.vocabulary import BYTES
from rnncli.errors import InputError

CHUNK_SIZE = 1 << 22
"""Bytes read at once."""

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Reading:
    """How files are read: their ``encoding``, a codec of Python or bytes; the normal form of Unicode, ``normalize``;
    and of .csv and .jsonl files the ``columns``."""

    encoding: str = "utf-8"
    normalize: str = "none"
    columns: tuple[str, ...] = ()

    @property
    def codec(self) -> str:
        """Python's name of the encoding."""
        return "latin-1" if self.encoding == BYTES else self.encoding

    @property
    def written(self) -> str:
        """The encoding in a message."""
        return "UTF-8" if self.encoding == "utf-8" else self.encoding


def canonical_encoding(name: str) -> str | None:
    """The name under which an encoding is recorded: bytes, or Python's name of a text codec; None for another."""
    if name == BYTES:
        return name
    try:
        found = codecs.lookup(name)
        "a".encode(found.name)  # a codec of bytes, as base64 is, has no text
        codecs.getincrementaldecoder(found.name)
    except (LookupError, UnicodeError, ValueError):
        return None
    return found.name


def open_file(path: str, encoding: str) -> BinaryIO:
    """The bytes of a file, decompressed if it is gzipped text; InputError where it cannot be opened."""
    try:
        with open(path, "rb") as file:
            is_gzipped = encoding != BYTES and file.read(2) == GZIP
        return cast(BinaryIO, gzip.open(path)) if is_gzipped else open(path, "rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def read_bytes(file: BinaryIO, name: str, size: int = CHUNK_SIZE) -> bytes:
    """At most ``size`` bytes; InputError where the file cannot be read or is damaged."""
    try:
        return file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{name} is damaged: its compressed data end too early or are not valid") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None


def decoded(
    file: BinaryIO, name: str, reading: Reading, hint: str, observe: Callable[[bytes], object]
) -> Iterator[str]:
    """The text of an open file in chunks of some megabytes, with a byte order mark if it has one and before it is
    normalised; ``observe`` is given all bytes. InputError, naming the file and what it may be, where they are not text
    in this encoding; the ``hint`` is for bytes that could be anything."""
    decoder = codecs.getincrementaldecoder(reading.codec)()
    position, data = 0, b"."
    while data:
        data = read_bytes(file, name)
        observe(data)
        kind = None if position or reading.encoding == BYTES else identify(data[:START], reading.encoding)
        if kind is not None:
            raise InputError(f"{name} is {kind.name}; {kind.advice}")
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeError as error:
            place = position - pending + getattr(error, "start", 0)
            raise InputError(f"{name} is not valid {reading.written} at byte {place}; {_advice(data, hint)}") from None
        position += len(data)
        if text:
            yield text


def _advice(data: bytes, hint: str) -> str:
    guess = guess_encoding(data)
    return f"it looks like {guess}: read it with --encoding {guess.split()[0]}" if guess else hint
