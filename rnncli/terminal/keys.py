"""Keys as they are pressed, without waiting for the end of a line."""

import codecs
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENTER, BACKSPACE, END = "\n", "\b", "\x1b"

SAME = {"\r": ENTER, "\x7f": BACKSPACE, "\x04": END}
"""What terminals send for the same keys."""

KEY = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|.", re.DOTALL)
"""A key: what arrows and the like send begins with an escape, as ECMA-48 has it."""


@contextmanager
def pressed_keys() -> Iterator[Iterator[str]]:
    """The keys that are pressed at the terminal that is standard input, as they come: a character, ENTER, BACKSPACE or
    END (Escape and Ctrl-D). Arrows and their like are passed over. They end when the terminal does; Ctrl-C is a
    KeyboardInterrupt. On exit the terminal has its former settings."""
    if sys.platform == "win32":
        yield _known(_windows_keys())
    else:
        import termios
        import tty

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal, termios.TCSADRAIN)  # what was typed ahead counts
        try:
            yield _known(_posix_keys(terminal))
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _known(keys: Iterator[str]) -> Iterator[str]:
    return (SAME.get(key, key) for key in keys if len(key) == 1)


def _posix_keys(terminal: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with suppress(OSError):  # of a terminal that is gone
        while data := os.read(terminal, 1024):
            yield from KEY.findall(decoder.decode(data))


def _windows_keys() -> Iterator[str]:
    if sys.platform != "win32":
        return
    import msvcrt

    while True:
        key = msvcrt.getwch()
        if key == "\x03":
            raise KeyboardInterrupt
        yield key + msvcrt.getwch() if key in "\x00\xe0" else key
