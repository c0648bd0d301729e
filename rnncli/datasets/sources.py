"""Where text comes from: files, directories, standard input.

A text is read in chunks, so that its size is bounded by the disk and not by memory.
"""

import codecs
import difflib
import hashlib
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rnncli.datasets.vocabulary import CODECS
from rnncli.errors import InputError
from rnncli.names import plural

CHUNK_SIZE = 1 << 22
"""Bytes read at once."""

STDIN = "-"
_SNIFF = 8192  # bytes at the start of a file that tell whether it is text
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass
class Sources:
    """Several sources of bytes in a fixed order, which read as one text; ``warnings`` tell what was passed over."""

    names: list[str]
    openers: list[Callable[[], BinaryIO]]
    encoding: str = "utf-8"
    warnings: list[str] = field(default_factory=list)
    hint: str = "re-encode it, or train on its bytes with --encoding bytes"
    """What to do about bytes that are no UTF-8."""

    read_digest: str = ""
    """SHA-256 of all bytes, as they were when the text was last read to its end."""

    def chunks(self) -> Iterator[str]:
        """The text from its beginning, in chunks of some megabytes; each call reads it anew."""
        return (chunk for _, chunk in self.named_chunks())

    def whole_texts(self) -> list[tuple[str, str]]:
        """The name and the whole text of each source."""
        parts: list[list[str]] = [[] for _ in self.names]
        for number, chunk in self._numbered_chunks():
            parts[number].append(chunk)
        return [(name, "".join(chunks)) for name, chunks in zip(self.names, parts, strict=True)]

    def named_chunks(self) -> Iterator[tuple[str, str]]:
        """The name of a source and a chunk of its text, in order."""
        return ((self.names[number], chunk) for number, chunk in self._numbered_chunks())

    def _numbered_chunks(self) -> Iterator[tuple[int, str]]:
        """The number of a source and a chunk of its text.

        A byte order mark at the start of a file is left out, line ends stay as they are. Raises InputError for
        bytes that are no UTF-8, naming file and byte.
        """
        digest = hashlib.sha256()
        for number, (name, opener) in enumerate(zip(self.names, self.openers, strict=True)):
            decoder = codecs.getincrementaldecoder(CODECS[self.encoding])()
            position, begun = 0, False
            with opener() as file:
                while True:
                    data = _read(file, name)
                    digest.update(data)
                    try:
                        pending = len(decoder.getstate()[0])
                        text = decoder.decode(data, final=not data)
                    except UnicodeDecodeError as error:
                        raise InputError(
                            f"{name} is not valid UTF-8 at byte {position - pending + error.start}; {self.hint}"
                        ) from None
                    if not begun and text.startswith(BYTE_ORDER_MARK) and self.encoding == "utf-8":
                        text = text[1:]
                        self._warn(f"left out the byte order mark at the start of {name}")
                        begun = True
                    begun = begun or bool(text)
                    position += len(data)
                    if text:
                        yield number, text
                    if not data:
                        break
        self.read_digest = digest.hexdigest()

    def digest(self) -> str:
        """SHA-256 of all bytes in order, as hexadecimal."""
        digest = hashlib.sha256()
        for name, opener in zip(self.names, self.openers, strict=True):
            with opener() as file:
                while data := _read(file, name):
                    digest.update(data)
        return digest.hexdigest()

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def open_sources(arguments: Sequence[str], encoding: str = "utf-8") -> Sources:
    """Sources for what a user typed: text files, directories of them (searched through, sorted by path) and ``-``.

    Raises InputError for what is missing, unreadable or without text.
    """
    sources = Sources([], [], encoding)
    for argument in arguments:
        if argument == STDIN:
            _add_stdin(sources)
        elif os.path.isdir(argument):
            _add_directory(sources, Path(argument))
        else:
            _add_file(sources, argument)
    return sources


def standard_input() -> BinaryIO:
    """The bytes of standard input; InputError where it is closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed; pipe a text in, or name a file")
    return sys.stdin.buffer


def _add_stdin(sources: Sources) -> None:
    if "standard input" in sources.names:
        raise InputError("standard input (-) can be named only once")
    data = standard_input().read()  # cannot be read twice, so it is kept
    sources.names.append("standard input")
    sources.openers.append(lambda: io.BytesIO(data))


def _add_file(sources: Sources, path: str) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        raise InputError(f"{path} does not exist{did_you_mean(path)}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is neither a file nor a directory; pipe it in and name it - instead")
    sources.names.append(os.fsencode(path).decode(errors="replace"))  # a name may be no text
    sources.openers.append(lambda: _open(path))


def _add_directory(sources: Sources, folder: Path) -> None:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_hidden(path, folder)]
    texts = [path for path in found if sources.encoding == "bytes" or _looks_like_text(path)]
    if not texts:
        raise InputError(f"{folder} contains no text files; name a folder or a file with text")
    if len(texts) < len(found):
        left_out = plural(len(found) - len(texts), "file")
        sources.warnings.append(f"left out {left_out} of {folder} that are not text")
    for path in texts:
        _add_file(sources, str(path))


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)


def _looks_like_text(path: Path) -> bool:
    with _open(str(path)) as file:
        start = _read(file, str(path), _SNIFF)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < _SNIFF)
    except UnicodeDecodeError:
        return False
    return b"\0" not in start


def _open(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _read(file: BinaryIO, name: str, size: int = CHUNK_SIZE) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None


def did_you_mean(path: str) -> str:
    """A hint at a file with a similar name in the same folder."""
    folder, name = os.path.split(path)
    try:
        neighbours = os.listdir(folder or ".")
    except OSError:
        return ""
    close = difflib.get_close_matches(name, neighbours, 1)
    return f"; did you mean {os.path.join(folder, close[0])}?" if close else ""
