"""Reading an ``.npz`` that may be anything: every byte is accounted for before an array is made.

A file of ours is a ZIP archive of stored members, one behind the other with nothing between, before or after them:
first ``meta.npy``, JSON as bytes, then the arrays. Who reads says which arrays there must be; their sizes must add up,
and the header of each must be, byte for byte, the one that NumPy writes for its type and shape. So nothing is
evaluated, nothing is unpickled, and no more memory is taken than the file is long.

A SHA-256 at the end of the metadata covers all names, headers, arrays and the metadata themselves.
"""

import hashlib
import io
import json
import math
import os
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from rnncli.engine.arrays import Array

META = "meta"
LARGEST_FILE = 1 << 34
LARGEST_META = 1 << 21
"""Bytes. JSON of so many cannot become more than some tens of megabytes in memory."""

MOST_MEMBERS = 10_000
MOST_DIGITS = 25

Kind = tuple[str, tuple[int, ...]]
"""Type, as NumPy writes it ("<f4"), and shape of an array."""

_SUM_IN_META = re.compile(rb'"sha256": "([0-9a-f]{64})"\}\Z')
_NO_SUM = b"0" * 64


@dataclass(frozen=True)
class Member:
    """Where a member's bytes lie in the file."""

    start: int
    size: int


class Npz:
    """An open file whose structure is sound and whose metadata are a JSON object: ``meta``. Nothing is known yet of its
    arrays but their names and sizes, ``members`` without ``meta``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members = _members(file)
        self._encoded = self._encoded_meta()
        self.meta = _parsed(self._encoded)

    def _encoded_meta(self) -> bytes:
        if next(iter(self.members), None) != META:
            raise ValueError("it does not begin with the metadata")
        member = self.members.pop(META)
        if member.size > LARGEST_META:
            raise ValueError(f"its metadata are larger than {LARGEST_META >> 20} MB")
        data = self._bytes(member)
        length = member.size - len(_header(("|u1", (member.size,))))
        header = _header(("|u1", (length,))) if length > 0 else b""
        if not header or not data.startswith(header):
            raise ValueError("its metadata are no array of bytes")
        return data[len(header) :]

    def arrays(self, expected: Mapping[str, Kind]) -> dict[str, Array]:
        """The arrays of these types and shapes, when there are just these, in this order, and the checksum is right;
        ValueError elsewhere."""
        self._check_names(expected)
        for name, kind in expected.items():
            self._check(name, kind)
        digest = hashlib.sha256(_without_sum(self._encoded))
        arrays = {}
        for name, (descr, shape) in expected.items():
            data = self._bytes(self.members[name])
            digest.update(name.encode() + b"\0" + data)
            header = len(_header((descr, shape)))
            arrays[name] = np.frombuffer(data, descr, offset=header).reshape(shape)
        found = _SUM_IN_META.search(self._encoded)
        if found is None or digest.hexdigest().encode() != found.group(1):
            raise ValueError("its checksum does not match its content")
        return arrays

    def _check_names(self, expected: Mapping[str, Kind]) -> None:
        if missing := [name for name in expected if name not in self.members]:
            raise ValueError(f"it lacks {', '.join(missing[:3])}")
        if strange := [name for name in self.members if name not in expected]:
            raise ValueError(f"it holds arrays that no such model has: {', '.join(map(repr, strange[:3]))}")
        if list(self.members) != list(expected):
            raise ValueError("its arrays are not in their order")

    def _check(self, name: str, kind: Kind) -> None:
        """The member is an array of this kind, as long as it must be."""
        descr, shape = kind
        header, member = _header(kind), self.members[name]
        found = self._bytes(Member(member.start, min(member.size, 256)))
        if not found.startswith(header):
            raise ValueError(f"{name} should be {np.dtype(descr)} of shape {shape}, found {_described(found)}")
        if member.size != len(header) + math.prod(shape) * np.dtype(descr).itemsize:
            raise ValueError(f"{name} is not as long as its shape {shape} needs")

    def _bytes(self, member: Member) -> bytes:
        data = _read(self._file, member.start, member.size)
        if len(data) != member.size:
            raise ValueError("it became shorter while it was read")
        return data


@contextmanager
def open_npz(path: str) -> Iterator[Npz]:
    """Open a file; OSError if that cannot be done, ValueError naming the fault if it is not one of ours."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a FIFO must not hang
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(21, "it is a directory", path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        yield Npz(file)


def write_npz(file: BinaryIO, meta: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write what :class:`Npz` reads; the same content gives the same bytes."""
    encoded = json.dumps(meta | {"sha256": _NO_SUM.decode()}, allow_nan=False).encode()
    digest = hashlib.sha256(encoded)
    for name, array in arrays.items():
        digest.update(name.encode() + b"\0" + _header((array.dtype.str, array.shape)))
        digest.update(np.ascontiguousarray(array).data)
    encoded = encoded[: -len(_NO_SUM) - 2] + digest.hexdigest().encode() + encoded[-2:]
    if len(encoded) > LARGEST_META // 2:
        raise ValueError("the metadata are too large")
    np.savez(file, allow_pickle=False, **{META: np.frombuffer(encoded, np.uint8)}, **arrays)


def _without_sum(encoded: bytes) -> bytes:
    return encoded[: -len(_NO_SUM) - 2] + _NO_SUM + encoded[-2:]


def _header(kind: Kind) -> bytes:
    """What NumPy writes before the bytes of such an array."""
    file = io.BytesIO()
    descr, shape = kind
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def _described(start: bytes) -> str:
    """In a few words what the beginning of a member is, for a message."""
    found = re.search(rb"'descr': '([^']{1,20})', 'fortran_order': (True|False), 'shape': (\([\d, ]{0,60}\))", start)
    if not found:
        return "something else"
    descr, order, shape = (group.decode("latin-1") for group in found.groups())
    names = {"<f4": "float32", "<f8": "float64"}
    return f"{names.get(descr, descr)} of shape {shape}{' in Fortran order' * (order == 'True')}"


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _members(file: BinaryIO) -> dict[str, Member]:
    """Names and places of all members, from the directory at the end of the archive, which must account for every
    byte."""
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST_FILE:
        raise ValueError("it is larger than any model")
    end = _read(file, max(0, size - 22), 22)
    if len(end) < 22 or end[:4] != b"PK\x05\x06":
        raise ValueError("it is no .npz file, or not all of it")
    disk, first_disk, here, count, length, start, comment = struct.unpack("<4H2LH", end[4:])
    if disk or first_disk or here != count or comment or count > MOST_MEMBERS or start + length + 22 != size:
        raise ValueError("its directory does not fit the file")
    directory = _read(file, start, length)
    members: dict[str, Member] = {}
    position = place = 0
    for _ in range(count):
        entry = directory[position : position + 46]
        if len(entry) < 46 or entry[:4] != b"PK\x01\x02":
            raise ValueError("its directory is damaged")
        flags, method, packed, plain, name_length, extra, note, _, _, _, offset = struct.unpack(
            "<HH8xLLHHHHHLL", entry[8:46]
        )
        name = directory[position + 46 : position + 46 + name_length].decode("ascii", "replace")
        if method or packed != plain:
            raise ValueError("it is compressed")
        if flags or extra or note or not name.endswith(".npy"):
            raise ValueError(f"its directory has an entry that no model has: {name!r:.60}")
        if offset != place:
            raise ValueError("its members do not lie one behind the other")
        data = _after_local_header(file, offset, name)
        if name.removesuffix(".npy") in members:
            raise ValueError(f"it has two arrays of one name, {name!r:.60}")
        members[name.removesuffix(".npy")] = Member(data, plain)
        place, position = data + plain, position + 46 + name_length
    if place != start or position != length:
        raise ValueError("it holds bytes that belong to no array")
    return members


def _after_local_header(file: BinaryIO, offset: int, name: str) -> int:
    """Where the bytes of a member begin; its own header must agree with the directory."""
    header = _read(file, offset, 30 + len(name))
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise ValueError("a member has no header")
    flags, method = struct.unpack("<HH", header[6:10])
    name_length, extra = struct.unpack("<HH", header[26:30])
    if flags or method or name_length != len(name) or header[30:] != name.encode() or extra not in (0, 20):
        raise ValueError("a member and its entry in the directory differ")
    return offset + 30 + name_length + extra


def _parsed(encoded: bytes) -> dict[str, Any]:
    """Strict JSON: an object, no key twice, no number that is not finite or beyond all measure."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("its metadata have a key twice")
        return dict(pairs)

    def whole(digits: str) -> int:
        if len(digits) > MOST_DIGITS:
            raise ValueError("its metadata have a number beyond all measure")
        return int(digits)

    def real(digits: str) -> float:
        if len(digits) > 40 or not math.isfinite(float(digits)):
            raise ValueError("its metadata have a number beyond all measure")
        return float(digits)

    def constant(name: str) -> float:
        raise ValueError(f"its metadata hold {name}")

    try:
        meta = json.loads(
            encoded.decode(), object_pairs_hook=once, parse_int=whole, parse_float=real, parse_constant=constant
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("its metadata are no JSON") from None
    if not isinstance(meta, dict):
        raise ValueError("its metadata are no JSON object")
    return meta
