"""An advisory lock on a model file: one run at a time writes it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rnncli.errors import InputError
from rnncli.storage.atomic import follow, remove_stale_temporaries

try:
    import fcntl
except ImportError:  # without it, as on Windows, there is no lock: of two runs the last to save wins
    fcntl = None  # type: ignore[assignment]


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold ``path`` for this process; InputError, naming the other process, if one holds it already.

    The lock is an flock on a file beside it, which the system releases however the process ends. Once it is held, stale
    temporary files are removed.
    """
    with _acquire(path) as (file, lock_path):
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        remove_stale_temporaries(path)
        try:
            yield
        finally:
            with suppress(OSError):
                lock_path.unlink()


@contextmanager
def _acquire(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """The locked lock file, open, and its path."""
    target = follow(path)  # so that a link and what it points to have one lock
    lock_path = target.with_name(f".{target.name}.lock")
    while True:
        with open(lock_path, "a+b") as file:
            if fcntl is not None and not _try_flock(file):
                file.seek(0)
                other = file.read(32).decode("ascii", "replace").strip() or "of another user"
                raise InputError(
                    f"{path} is being written by process {other}; wait until it ends, or write elsewhere with -o"
                )
            if _is_same_file(file, lock_path):  # its owner may have removed it between our opening and locking it
                yield file, lock_path
                return


def _try_flock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
