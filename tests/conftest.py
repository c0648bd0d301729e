"""What all tests need from the process that they run in."""

import functools
import os
import signal
import sys
from pathlib import Path

# As the command line has it; with matrices as small as those of the tests, threads mostly wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported


def pytest_configure() -> None:
    """Signals that are ignored, as in the background of a shell or under nohup, would be ignored by every process that
    a test starts and signals. The texts of tests end their lines alike on all systems."""
    if sys.platform == "win32":
        Path.write_text = functools.partialmethod(Path.write_text, newline="")
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)
