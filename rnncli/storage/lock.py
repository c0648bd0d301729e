"""One run at a time on a model file, and no litter of runs that were killed."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rnncli.errors import InputError

try:
    import fcntl
except ImportError:  # a system without them lets two runs write in turns
    fcntl = None  # type: ignore[assignment]


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold ``path`` for this process; InputError, naming the other process, if one holds it already.

    The claim is a lock on a file beside it, which the system lets go when the process ends in whatever way. What a
    killed run has left of half-written files is removed.
    """
    with _locked(path) as (file, lock):
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
        remove_stale_temporaries(path)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    lock = path.with_name(f".{path.name}.lock")
    while True:
        with open(lock, "a+b") as file:
            if fcntl is not None and not _lock(file):
                file.seek(0)
                other = file.read(32).decode("ascii", "replace").strip() or "of another user"
                raise InputError(
                    f"{path} is being written by process {other}; wait for its end, or write elsewhere with -o"
                )
            if _is_still(file, lock):  # and not one that its owner removed between our opening and our locking it
                yield file, lock
                return


def _lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_still(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def temporary_path(path: Path) -> Path:
    """Where this process writes before ``path`` is replaced."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def remove_stale_temporaries(path: Path) -> None:
    pattern = re.compile(re.escape(f".{path.name}.") + r"\d+\.tmp")
    for neighbour in path.parent.iterdir():
        if pattern.fullmatch(neighbour.name):
            with suppress(OSError):
                neighbour.unlink()
