"""An advisory lock on a model file: one run at a time writes it.

It is a lock of the system on a small file beside the model, which holds the number of the process. The system releases
it however the process ends.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rnncli.errors import InputError
from rnncli.storage.atomic import follow, remove_stale_temporaries

RETRY_INTERVAL = 0.02
"""Seconds between two attempts to take a lock that is held."""

if sys.platform == "win32":
    import msvcrt

    LOCKED_BYTE = 1 << 30
    """No other process can read a byte that is locked, so it lies far behind the content."""

    def _lock(file: BinaryIO) -> None:
        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _release(file: BinaryIO, path: Path) -> None:
        file.close()  # an open file cannot be removed: not ours, and not that of whoever has taken the lock since
        path.unlink()

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(file: BinaryIO, path: Path) -> None:
        path.unlink()  # while it is locked: afterwards it may be that of another process
        file.close()


@contextmanager
def exclusive_lock(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold ``path`` for this process; InputError, naming the other process, if one holds it already and does not let go
    within ``patience`` seconds.

    Once it is held, stale temporary files are removed. A file system without locks gives none: of two runs the last to
    save wins.
    """
    target = follow(path)  # so that a link and what it points to have one lock
    lock_path = target.with_name(f".{target.name}.lock")
    with _acquire(path, lock_path, time.monotonic() + patience) as file:
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        remove_stale_temporaries(path)
        try:
            yield
        finally:
            with suppress(OSError):
                _release(file, lock_path)


@contextmanager
def _acquire(path: Path, lock_path: Path, deadline: float) -> Iterator[BinaryIO]:
    """The lock file, open and locked; it is waited for until the ``deadline``."""
    while True:
        with open(lock_path, "a+b") as file:
            try:
                _lock(file)
            except (BlockingIOError, PermissionError):  # what POSIX and Windows say of a lock that is held
                if time.monotonic() < deadline:
                    time.sleep(RETRY_INTERVAL)
                    continue
                file.seek(0)
                other = file.read(32).decode("ascii", "replace").strip() or "of another user"
                raise InputError(
                    f"{path} is being written by process {other}; wait until it ends, or write elsewhere with -o"
                ) from None
            except OSError:
                pass  # a file system without locks
            if _is_same_file(file, lock_path):  # its owner may have removed it between our opening and locking it
                yield file
                return


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    if sys.platform == "win32":
        return True  # as long as it is open
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
