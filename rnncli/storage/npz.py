"""A strict reader of untrusted ``.npz`` files: every byte is accounted for before an array is created.

A valid file is a ZIP archive of stored members, contiguous, with nothing before, between or after them: first
``meta.npy``, JSON as bytes, then the arrays. The caller says which arrays to expect; their sizes must add up, and the
header of each must be, byte for byte, the one that NumPy writes for its dtype and shape. So nothing is evaluated or
unpickled, and memory is bounded by the size of the file.

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
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from rnncli.engine.arrays import Array

META = "meta"
MAX_FILE_SIZE = 1 << 34
MAX_META_SIZE = 1 << 21
"""Bytes. JSON of this size takes some tens of megabytes of memory at most."""

MAX_MEMBERS = 10_000
MAX_INT_DIGITS, MAX_FLOAT_DIGITS = 25, 40

ArrayType = tuple[str, tuple[int, ...]]
"""dtype, as NumPy writes it ("<f4"), and shape of an array."""

_CHECKSUM = re.compile(rb'"sha256": "([0-9a-f]{64})"\}\Z')
_ZERO_CHECKSUM = b"0" * 64


@dataclass(frozen=True)
class Member:
    """Offset and size, in bytes, of a member's data in the file."""

    start: int
    size: int


class Npz:
    """An open file with a valid structure and ``meta``, a JSON object. Of its arrays only the names and sizes have been
    read: ``members``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members = _members(file)
        self._encoded = self._encoded_meta()
        self.meta = parse_json(self._encoded)

    def _encoded_meta(self) -> bytes:
        if next(iter(self.members), None) != META:
            raise ValueError("it does not begin with its metadata")
        member = self.members.pop(META)
        if member.size > MAX_META_SIZE:
            raise ValueError(f"its metadata are larger than {MAX_META_SIZE >> 20} MB")
        data = self._bytes(member)
        length = member.size - len(_header(("|u1", (member.size,))))
        header = _header(("|u1", (length,))) if length > 0 else b""
        if not header or not data.startswith(header):
            raise ValueError("its metadata are not an array of bytes")
        return data[len(header) :]

    def arrays(self, expected: Mapping[str, ArrayType]) -> dict[str, Array]:
        """The arrays, which must be exactly the ``expected`` ones in their order; ValueError if they are not, or if the
        checksum does not match."""
        self._check_names(expected)
        for name, array_type in expected.items():
            self._check(name, array_type)
        digest = hashlib.sha256(_with_zero_checksum(self._encoded))
        arrays = {}
        for name, (descr, shape) in expected.items():
            data = self._bytes(self.members[name])
            digest.update(name.encode() + b"\0" + data)
            header = len(_header((descr, shape)))
            arrays[name] = np.frombuffer(data, descr, offset=header).reshape(shape)
        found = _CHECKSUM.search(self._encoded)
        if found is None or digest.hexdigest().encode() != found.group(1):
            raise ValueError("its checksum does not match its content")
        return arrays

    def _check_names(self, expected: Mapping[str, ArrayType]) -> None:
        if missing := [name for name in expected if name not in self.members]:
            raise ValueError(f"it lacks {', '.join(missing[:3])}")
        if unexpected := [name for name in self.members if name not in expected]:
            raise ValueError(f"it has arrays that no such model has: {', '.join(map(repr, unexpected[:3]))}")
        if list(self.members) != list(expected):
            raise ValueError("its arrays are not in order")

    def _check(self, name: str, array_type: ArrayType) -> None:
        """Raise ValueError unless the member is an array of this type and just as long."""
        descr, shape = array_type
        header, member = _header(array_type), self.members[name]
        found = self._bytes(Member(member.start, min(member.size, 256)))
        if not found.startswith(header):
            raise ValueError(f"{name} should be {np.dtype(descr)} of shape {shape}, found {_describe(found)}")
        if member.size != len(header) + math.prod(shape) * np.dtype(descr).itemsize:
            raise ValueError(f"{name} is not as long as its shape {shape} needs")

    def _bytes(self, member: Member) -> bytes:
        data = _read(self._file, member.start, member.size)
        if len(data) != member.size:
            raise ValueError("it was truncated while it was read")
        return data


@contextmanager
def open_npz(path: str) -> Iterator[Npz]:
    """Open a file; OSError if that fails, ValueError naming the fault if it is not valid."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a FIFO must not hang
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(21, "it is a directory", path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        yield Npz(file)


def write_npz(file: BinaryIO, meta: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write what :class:`Npz` reads; the same content gives the same bytes."""
    encoded = json.dumps(meta | {"sha256": _ZERO_CHECKSUM.decode()}, allow_nan=False).encode()
    digest = hashlib.sha256(encoded)
    for name, array in arrays.items():
        digest.update(name.encode() + b"\0" + _header((array.dtype.str, array.shape)))
        digest.update(np.ascontiguousarray(array).data)
    encoded = encoded[: -len(_ZERO_CHECKSUM) - 2] + digest.hexdigest().encode() + encoded[-2:]
    if len(encoded) > MAX_META_SIZE // 2:
        raise ValueError("the metadata are too large")
    # Not np.savez: before NumPy 2.2 it would store the keyword allow_pickle as an array.
    members: dict[str, Array] = {META: np.frombuffer(encoded, np.uint8), **arrays}
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _with_zero_checksum(encoded: bytes) -> bytes:
    return encoded[: -len(_ZERO_CHECKSUM) - 2] + _ZERO_CHECKSUM + encoded[-2:]


def _header(array_type: ArrayType) -> bytes:
    """The header that NumPy writes before the data of such an array."""
    file = io.BytesIO()
    descr, shape = array_type
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def _describe(start: bytes) -> str:
    """The beginning of a member in a few words, for a message."""
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
    """All members by name, from the directory at the end of the archive, which must account for every byte."""
    size = os.fstat(file.fileno()).st_size
    if size > MAX_FILE_SIZE:
        raise ValueError("it is larger than a model can be")
    end = _read(file, max(0, size - 22), 22)
    if len(end) < 22 or end[:4] != b"PK\x05\x06":
        raise ValueError("it is not an .npz file, or a truncated one")
    disk, first_disk, here, count, length, start, comment = struct.unpack("<4H2LH", end[4:])
    if disk or first_disk or here != count or comment or count > MAX_MEMBERS or start + length + 22 != size:
        raise ValueError("its directory does not fit the file")
    directory = _read(file, start, length)
    members: dict[str, Member] = {}
    position = expected_offset = 0
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
            raise ValueError(f"its directory has an unexpected entry, {name!r:.60}")
        if offset != expected_offset:
            raise ValueError("its members are not contiguous")
        data = _after_local_header(file, offset, name)
        if name.removesuffix(".npy") in members:
            raise ValueError(f"it has two arrays named {name!r:.60}")
        members[name.removesuffix(".npy")] = Member(data, plain)
        expected_offset, position = data + plain, position + 46 + name_length
    if expected_offset != start or position != length:
        raise ValueError("it has bytes that belong to no array")
    return members


def _after_local_header(file: BinaryIO, offset: int, name: str) -> int:
    """The offset of a member's data; its local header must agree with the directory."""
    header = _read(file, offset, 30 + len(name))
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise ValueError("a member has no header")
    flags, method = struct.unpack("<HH", header[6:10])
    name_length, extra = struct.unpack("<HH", header[26:30])
    if flags or method or name_length != len(name) or header[30:] != name.encode() or extra not in (0, 20):
        raise ValueError("a member and its entry in the directory differ")
    return offset + 30 + name_length + extra


def parse_json(encoded: bytes) -> dict[str, Any]:
    """Strict JSON: an object, without duplicate keys, without numbers that are not finite or out of range."""

    def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("its metadata have a duplicate key")
        return dict(pairs)

    def parse_int(digits: str) -> int:
        if len(digits) > MAX_INT_DIGITS:
            raise ValueError("its metadata have a number out of range")
        return int(digits)

    def parse_float(digits: str) -> float:
        if len(digits) > MAX_FLOAT_DIGITS or not math.isfinite(float(digits)):
            raise ValueError("its metadata have a number out of range")
        return float(digits)

    def parse_constant(name: str) -> float:
        raise ValueError(f"its metadata contain {name}")

    try:
        meta = json.loads(
            encoded.decode(),
            object_pairs_hook=unique_keys,
            parse_int=parse_int,
            parse_float=parse_float,
            parse_constant=parse_constant,
        )
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("its metadata are not JSON") from None
    if not isinstance(meta, dict):
        raise ValueError("its metadata are not a JSON object")
    return meta
