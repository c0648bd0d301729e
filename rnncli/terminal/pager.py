"""A long text, a screen at a time."""

import os
import shutil
import signal
import subprocess
import sys

SETTINGS = {"LESS": "FRX", "LESSCHARSET": "utf-8", "LV": "-c"}
"""Let less and lv show colours and leave the text on the screen, as git does; the user's own settings go first."""

NOT_FOUND = 127
"""What a POSIX shell returns where it finds no such command."""


def paged(text: str) -> bool:
    """Show the text in the user's pager, ``$PAGER`` or less.

    False if it was not shown: it fits the screen, or there is no pager, or no person at a terminal.
    """
    pager = os.environ.get("PAGER", "less" if shutil.which("less") else "")
    at_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if not pager or not at_terminal or text.count("\n") < shutil.get_terminal_size().lines:
        return False
    if sys.platform == "win32" and not shutil.which(pager.split()[0]):
        return False
    with subprocess.Popen(pager, shell=True, stdin=subprocess.PIPE, env={**SETTINGS, **os.environ}) as process:
        ours = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is a key of the pager
        try:
            process.communicate(text.encode())
        finally:
            signal.signal(signal.SIGINT, ours)
    return process.returncode != NOT_FOUND
