"""Ids of a text that is too long for memory: they lie in a temporary file, and are read where they are needed.

``np.memmap`` would do the same in fewer lines, but every page that was ever read counts as resident memory of each
process, and a worker would be sent a copy of the whole array instead of the name of the file.
"""

import os
import tempfile
import weakref
from contextlib import suppress
from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray


class File:
    """An open file without a buffer, closed with the last that has it, and deleted then if it is a temporary one of
    ours."""

    def __init__(self, raw: FileIO, temporary: str | None = None) -> None:
        self.raw = raw
        weakref.finalize(self, _discard, raw, temporary)


def _discard(raw: FileIO, temporary: str | None) -> None:
    raw.close()
    if temporary is not None:
        with suppress(OSError):  # after it was closed: Windows removes no file that is open
            os.unlink(temporary)


class DiskIds:
    """An array (N,) of ids in a file, from ``start`` to ``stop``.

    It can be measured, cut, and read at places (T, B) that rise along the first axis, as those of streams do: each
    column is one stretch of the file. It is sent to another process as the name of the file, which is gone when the
    process that made it ends.
    """

    def __init__(self, path: str, dtype: np.dtype, start: int, stop: int, file: "File | None" = None) -> None:
        self.path, self.dtype, self.start, self.stop = path, dtype, start, stop
        self._file = file or File(FileIO(path))

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, which: Any) -> "DiskIds | NDArray[Any]":
        if isinstance(which, slice):
            start, stop, _ = which.indices(len(self))
            return DiskIds(self.path, self.dtype, self.start + start, self.start + max(start, stop), self._file)
        places = np.asarray(which)
        columns = places.reshape(len(places), -1)
        found = np.empty(columns.shape, self.dtype)
        for column, into in zip(columns.T, found.T, strict=True):
            first = int(column.min())
            into[...] = self.read(first, int(column.max()) + 1)[column - first]
        return found.reshape(places.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return DiskIds, (self.path, self.dtype, self.start, self.stop)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """The ids from ``start`` to ``stop`` in memory."""
        size, raw = self.dtype.itemsize, self._file.raw
        raw.seek((self.start + start) * size)
        return np.frombuffer(raw.read((stop - start) * size), self.dtype)


def in_memory(ids: Any) -> NDArray[Any]:
    """A stretch of ids (N,) as an array, from wherever it lies."""
    found: NDArray[Any] = ids.read(0, len(ids)) if isinstance(ids, DiskIds) else ids
    return found


class IdsWriter:
    """Where ids go one chunk after the other: memory, and beyond ``limit`` of them a temporary file."""

    def __init__(self, dtype: np.dtype, limit: int) -> None:
        self._dtype, self._limit, self._count = dtype, limit, 0
        self._chunks: list[NDArray[Any]] = []
        self._file: File | None = None
        self._path = ""

    def __len__(self) -> int:
        return self._count

    def append(self, ids: NDArray[Any]) -> None:
        """Add a chunk (n,)."""
        self._count += len(ids)
        if self._file is None and self._count > self._limit:
            descriptor, self._path = tempfile.mkstemp(prefix="rnncli-ids-")
            self._file = File(FileIO(descriptor, "r+"), self._path)
        self._chunks.append(ids)
        if self._file is not None:
            for chunk in self._chunks:
                _write(self._file.raw, chunk.tobytes())
            self._chunks = []

    def finish(self) -> "NDArray[Any] | DiskIds":
        """All of them, (N,)."""
        if self._file is None:
            return np.concatenate([np.empty(0, self._dtype), *self._chunks])
        return DiskIds(self._path, self._dtype, 0, self._count, self._file)


def _write(raw: FileIO, data: bytes) -> None:
    """All of it; one call may write a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[raw.write(rest) :]
