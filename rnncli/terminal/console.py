"""Standard output and standard error, without Rich, which takes longer to import than most commands to run."""

import os
import sys
from typing import IO, Any, TextIO

from rnncli.terminal.words import wrapped

WIDTH = 80
"""Columns of a terminal that does not tell."""


class Messages:
    """A stream of messages for people: once it fails (a lost terminal, a full disk) all further ones are dropped.

    No work stops because its progress cannot be told.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            silence(self._stream)


def say(message: str) -> None:
    """Print a line for people on standard error, if there is one; a terminal gets it broken at blanks."""
    if sys.stderr is not None:
        print(wrapped(message, terminal_width(sys.stderr)), file=Messages(sys.stderr), flush=True)


def write(text: str, encoding: str = "utf-8") -> None:
    """Write data to standard output at once, in ``encoding`` whatever the terminal's is; BrokenPipeError if closed."""
    stream: Any = sys.stdout
    if stream is None:  # closed before the start
        raise BrokenPipeError
    stream.flush()
    stream.buffer.write(text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace"))
    stream.buffer.flush()


def terminal_width(stream: TextIO | None) -> int | None:
    """The columns of the terminal behind this stream; None for pipes and files. COLUMNS overrides it."""
    if stream is None or not stream.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


def silence(stream: IO[str] | None) -> None:
    """Redirect the rest of this stream to the null device."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_interactive(stream: TextIO | None) -> bool:
    """Whether this stream is a terminal that can redraw a line."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
