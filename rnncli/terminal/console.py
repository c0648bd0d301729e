"""The two streams of the terminal, without Rich, which takes longer to import than most commands to run."""

import os
import sys
from typing import IO, Any, TextIO


def say(message: str) -> None:
    """A line for people, on standard error; if nobody reads it any more, that is no reason to stop."""
    try:
        print(message, file=sys.stderr, flush=True)
    except BrokenPipeError:
        silence(sys.stderr)


def write(text: str, encoding: str = "utf-8") -> None:
    """Data to standard output at once, in its own encoding whatever the terminal's is."""
    stream: Any = sys.stdout
    if stream is None:  # closed before we began
        raise BrokenPipeError
    stream.flush()
    stream.buffer.write(text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace"))
    stream.buffer.flush()


def silence(stream: IO[str] | None) -> None:
    """Let everything that is still written to this stream vanish."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def is_interactive(stream: TextIO | None) -> bool:
    """Whether a person watches this stream on a terminal that can redraw a line."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
