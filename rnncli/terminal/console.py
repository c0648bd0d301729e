"""The two streams of the terminal."""

import os
import sys
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text


def console(stream: TextIO | None = None) -> Console:
    """A Rich console on standard error, or on another stream.

    Colours only on a terminal, and not with NO_COLOR or TERM=dumb; texts are never read as markup.
    """
    return Console(file=stream or sys.stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def say(message: str, style: str = "") -> None:
    """One line for people, on standard error."""
    console().print(Text(message, style))


def is_interactive(stream: TextIO) -> bool:
    """Whether a person watches this stream on a terminal that can redraw a line."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write(text: str, encoding: str = "utf-8") -> None:
    """Data to standard output at once, in its own encoding whatever the terminal's is."""
    stream: Any = sys.stdout
    stream.flush()
    stream.buffer.write(text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace"))
    stream.buffer.flush()
