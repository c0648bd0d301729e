"""Where text comes from: files, directories, standard input.

A text is read in chunks, so that its size is bounded by the disk and not by memory.
"""

import codecs
import difflib
import gzip
import hashlib
import io
import os
import re
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, cast

from rnncli.datasets.file_kinds import START, guess_encoding, identify
from rnncli.datasets.normal_form import normalised
from rnncli.datasets.notices import Notices
from rnncli.datasets.reading import BYTE_ORDER_MARK, GZIP, Reading, decoded, open_file, read_bytes
from rnncli.datasets.records import has_records, read_records
from rnncli.datasets.vocabulary import BYTES
from rnncli.errors import InputError
from rnncli.names import listed, plural

STDIN, STDIN_NAME = "-", "standard input"
_TOGETHER = 1 << 20  # characters of short texts that make a chunk


@dataclass
class Sources:
    """Several sources of bytes in a fixed order, which read as one text."""

    names: list[str]
    openers: list[Callable[[], BinaryIO]]
    reading: Reading = field(default_factory=Reading)
    hint: str = "re-encode it, or train on its bytes with --encoding bytes"
    """What to do about bytes that could be anything."""

    read_digest: str = ""
    """SHA-256 of all bytes, as they were when the text was last read to its end."""

    notices: Notices = field(default_factory=Notices)

    @property
    def warnings(self) -> list[str]:
        """What was passed over or changed, as far as the sources have been read."""
        return self.notices.sentences(self.reading.normalize)

    def chunks(self) -> Iterator[str]:
        """The text from its beginning, in chunks of some megabytes; each call reads it anew."""
        return (chunk for _, chunk in self.numbered_chunks())

    def numbered_chunks(self, end_lines: bool = True) -> Iterator[tuple[int, str]]:
        """The number of a source and a chunk of its text, in order. Records of the one column are a line each. Unless
        ``end_lines`` is false, a line end comes between a text that does not end its last line and the next."""
        for number, located in groupby(self.located_chunks(end_lines), lambda chunk: chunk[0]):
            yield from ((number, chunk) for chunk in _together(chunk for _, _, chunk in located))

    def located_chunks(self, end_lines: bool = True) -> Iterator[tuple[int, int, str]]:
        """The same with the number of the line where a chunk begins. All of a record stands in the last of its
        lines."""
        before, first, last = 0, 1, "\n"
        for number, (name, chunks) in enumerate(self._texts()):
            for line, chunk in self._with_lines(name, chunks):
                if end_lines and before != number and last[-1] not in "\r\n" and self.reading.encoding != BYTES:
                    yield before, first + last.count("\n"), "\n"
                yield number, line, chunk
                before, first, last = number, line, chunk

    def rows(self) -> Iterator[tuple[str, int, list[str]]]:
        """The fields of each line, between tabs, with the name of the source and the number of the line; of records
        those of the columns. Empty lines at the end of a source are passed over."""
        for name, chunks in self._texts():
            if self._is_table(name):
                for number, fields in self._records(name, chunks):
                    yield name, number, [self._on_one_line(name, field) for field in fields]
                continue
            empty = 0
            for number, line in enumerate(_lines(chunks), start=1):
                if not line:
                    empty += 1
                    continue
                yield from ((name, place, [""]) for place in range(number - empty, number))
                empty = 0
                yield name, number, line.split("\t")

    def digest(self) -> str:
        """SHA-256 of all bytes in order, as hexadecimal; of gzipped files those of their contents."""
        digest = hashlib.sha256()
        for name, opener in zip(self.names, self.openers, strict=True):
            with opener() as file:
                while data := read_bytes(file, name):
                    digest.update(data)
        return digest.hexdigest()

    def _texts(self) -> Iterator[tuple[str, Iterator[str]]]:
        """The name and the text of each source, in chunks. A byte order mark at the start is left out; line ends stay
        as they are. Raises InputError for bytes that are not text, naming the file and what it may be."""
        digest = hashlib.sha256()
        for name, opener in zip(self.names, self.openers, strict=True):
            with opener() as file:
                chunks = decoded(file, name, self.reading, self.hint, digest.update)
                yield name, chunks if self.reading.encoding == BYTES else self._cleaned(name, chunks)
        self.read_digest = digest.hexdigest()

    def _cleaned(self, name: str, chunks: Iterator[str]) -> Iterator[str]:
        """Without a byte order mark, and normalised."""
        before = after = returns = line_feeds = 0
        for raw, text in normalised(_without_mark(name, chunks, self.notices), self.reading.normalize):
            before, after = before + len(raw), after + len(text)
            returns, line_feeds = returns + text.count("\r"), line_feeds + text.count("\n")
            if raw != text:
                self.notices.normalised[name] = 0, 0
            yield text
        if name in self.notices.normalised:
            self.notices.normalised[name] = before, after
        if returns > 1 and not line_feeds:
            self.notices.returns_alone[name] = None

    def _with_lines(self, name: str, chunks: Iterator[str]) -> Iterator[tuple[int, str]]:
        """Records of the one column, or the chunks as they are, and in which line of the file each begins."""
        if self._is_table(name):
            for line, (text,) in self._records(name, chunks):
                ended = text if text.endswith("\n") else text + "\n"
                yield from ((line, part) for part in ended.splitlines(keepends=True))
            return
        line = 1
        for chunk in chunks:
            yield line, chunk
            line += chunk.count("\n")

    def _is_table(self, name: str) -> bool:
        return bool(self.reading.columns) and has_records(name)

    def _records(self, name: str, chunks: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        return read_records(name, _lines(chunks, keep_ends=True), self.reading.columns)

    def _on_one_line(self, name: str, text: str) -> str:
        if "\n" not in text and "\r" not in text:
            return text
        self.notices.joined_lines[name] = None
        return re.sub("\r\n|\r|\n", " ", text)


def open_sources(arguments: Sequence[str], reading: Reading | None = None) -> Sources:
    """Sources for what a user typed: text files, directories of them (searched through, sorted by path) and ``-``.

    ``reading`` says how their bytes become text; by default as UTF-8, as it is. Raises InputError for what is missing,
    unreadable or without text.
    """
    sources = Sources([], [], reading or Reading())
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
    if STDIN_NAME in sources.names:
        raise InputError("standard input (-) can be named only once")
    data = standard_input().read()  # cannot be read twice, so it is kept
    is_gzipped = data.startswith(GZIP) and sources.reading.encoding != BYTES
    sources.names.append(STDIN_NAME)
    sources.openers.append(
        lambda: cast(BinaryIO, gzip.GzipFile(fileobj=io.BytesIO(data))) if is_gzipped else io.BytesIO(data)
    )


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
    sources.openers.append(lambda: open_file(path, sources.reading.encoding))


def _add_directory(sources: Sources, folder: Path) -> None:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_hidden(path, folder)]
    left_out: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        reason = _reason_to_leave_out(str(path), sources.reading)
        if reason:
            left_out[reason].append(str(path.relative_to(folder)))
        else:
            _add_file(sources, str(path))
    total = sum(map(len, left_out.values()))
    reasons = "; ".join(f"{listed(names)}: {reason}" for reason, names in left_out.items())
    if total == len(paths):
        found = f" ({reasons})" if reasons else ""
        raise InputError(f"{folder} contains no text files{found}; name a folder or a file with text")
    if total:
        sources.notices.left_out.append(f"left out {plural(total, 'file')} of {folder} that are not text ({reasons})")


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)


def _reason_to_leave_out(path: str, reading: Reading) -> str:
    """Why a file of a folder is not read: what it is instead of text; "" for text."""
    if reading.encoding == BYTES:
        return ""
    with open_file(path, reading.encoding) as file:
        start = read_bytes(file, path, START)
    kind = identify(start, reading.encoding)
    if kind is not None:
        return kind.name
    try:
        codecs.getincrementaldecoder(reading.codec)().decode(start, final=len(start) < START)
    except UnicodeError:
        return guess_encoding(start) or f"not {reading.written}"
    return "binary data" if b"\0" in start and reading.encoding == "utf-8" else ""


def _without_mark(name: str, chunks: Iterator[str], notices: Notices) -> Iterator[str]:
    first = next(chunks, "")
    if first.startswith(BYTE_ORDER_MARK):
        notices.byte_order_marks[name] = None
        first = first[1:]
    if first:
        yield first
    yield from chunks


def _lines(chunks: Iterator[str], keep_ends: bool = False) -> Iterator[str]:
    """The lines of a text, without their ends or with them. They end in LF or CR LF."""
    pending: list[str] = []
    for chunk in chunks:
        head, *lines = chunk.split("\n")
        pending.append(head)
        if lines:
            lines.insert(0, "".join(pending))
            pending = [lines.pop()]
            yield from (line + "\n" if keep_ends else line.removesuffix("\r") for line in lines)
    if last := "".join(pending):
        yield last if keep_ends else last.removesuffix("\r")


def _together(texts: Iterator[str]) -> Iterator[str]:
    """Short texts, joined to chunks."""
    chunk, size = [], 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size > _TOGETHER:
            yield "".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield "".join(chunk)


def did_you_mean(path: str) -> str:
    """A hint at a file with a similar name in the same folder."""
    folder, name = os.path.split(path)
    try:
        neighbours = os.listdir(folder or ".")
    except OSError:
        return ""
    close = difflib.get_close_matches(name, neighbours, 1)
    return f"; did you mean {os.path.join(folder, close[0])}?" if close else ""
