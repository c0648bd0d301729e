"""Replacing a file atomically: at every moment it has the old content or the new one, whole."""

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

REPLACE_TIMEOUT = 2.0 if sys.platform == "win32" else 0.0
"""Seconds. Windows replaces no file that another process has open, as one does that samples from it meanwhile."""


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write to, which replaces ``path`` on exit, once its bytes are on the disk. Where ``path`` is a
    symbolic link, that is the file it points to.

    After an exception, an OSError of the last steps included, ``path`` is untouched and the temporary file removed.
    """
    target, temporary = follow(path), temporary_path(path)
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, target)
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def follow(path: Path) -> Path:
    """The file that ``path`` stands for: itself, or where a symbolic link ends."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def temporary_path(path: Path) -> Path:
    """Where this process writes what is to replace ``path``: beside the file, so that a rename suffices."""
    target = follow(path)
    return target.with_name(f".{target.name}.{os.getpid()}.tmp")


def remove_stale_temporaries(path: Path) -> None:
    """Remove the temporary files for ``path`` that killed processes have left."""
    target = follow(path)
    pattern = re.compile(re.escape(f".{target.name}.") + r"\d+\.tmp")
    for neighbour in target.parent.iterdir():
        if pattern.fullmatch(neighbour.name):
            with suppress(OSError):
                neighbour.unlink()


def _replace(source: Path, target: Path) -> None:
    end = time.monotonic() + REPLACE_TIMEOUT
    while True:
        try:
            return os.replace(source, target)
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.02)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can (Windows cannot)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
