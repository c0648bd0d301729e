"""``python -m tests.trust.windows ARGUMENTS``: rnncli as on Windows, simulated where the system is another one.

For rnncli, and not for the libraries below it, there are then no POSIX modules and names, locks are those of
``msvcrt``, and no file that any process has open is removed or replaced. What is open is read from /proc of Linux. A
text of more than ``IN_MEMORY`` characters is kept on disk.
"""

import builtins
import os
import pathlib
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from glob import iglob
from types import ModuleType
from typing import Any

from tests.trust.posix_only import MODULES, is_posix_only

IN_MEMORY = 500


class View(ModuleType):
    """A module without what Windows does not have, and with ``changes``."""

    def __init__(self, real: ModuleType, **changes: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(changes, _real=real)

    def __getattr__(self, name: str) -> Any:
        if is_posix_only(self.__name__, name):
            raise AttributeError(f"on Windows there is no {self.__name__}.{name}")
        return getattr(self._real, name)


def is_open(path: Any) -> bool:
    """Whether any process has this file open."""
    target = os.path.realpath(path)
    for descriptor in iglob("/proc/[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(descriptor) == target:
                return True
    return False


def refusing_open_files(call: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*paths: Any, **options: Any) -> Any:
        for path in paths:
            if is_open(path):
                raise PermissionError(13, "it is being used by another process", str(path))
        return call(*paths, **options)

    return checked


def msvcrt() -> ModuleType:
    """A lock on one byte, as Windows has it: of this process alone, also for reading."""
    import fcntl

    def locking(descriptor: int, mode: int, size: int) -> None:
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        assert (mode, size) == (2, 1)
        assert position > 1 << 16, "others could not read what is in the locked part"
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PermissionError(13, "Permission denied") from None

    module = ModuleType("msvcrt")
    module.__dict__.update(locking=locking, LK_NBLCK=2)
    return module


def simulate() -> None:
    """Make all of rnncli that is imported from now on see Windows."""
    names = ("unlink", "remove", "rename", "replace")
    views = {
        "os": View(os, name="nt", **{name: refusing_open_files(getattr(os, name)) for name in names}),
        "signal": View(signal, SIGBREAK=signal.SIGUSR1),
        "sys": View(sys, platform="win32"),
        "msvcrt": msvcrt(),
    }
    for name in ("unlink", "rename", "replace"):
        setattr(pathlib.Path, name, refusing_open_files(getattr(pathlib.Path, name)))
    real_import = builtins.__import__

    def import_module(name: str, importer: Any = None, *rest: Any, **more: Any) -> ModuleType:
        if importer and importer["__name__"].partition(".")[0] == "rnncli":
            if name in MODULES:
                raise ModuleNotFoundError(f"on Windows there is no module {name}")
            if name in views:
                return views[name]
        return real_import(name, importer, *rest, **more)

    builtins.__import__ = import_module


if __name__ == "__main__":
    if sys.platform != "win32":
        simulate()
    from rnncli.cli import main
    from rnncli.datasets import text

    text.IN_MEMORY = IN_MEMORY
    main()
