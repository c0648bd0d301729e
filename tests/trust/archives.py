"""Model files taken apart and put together again, with faults of our own making."""

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnncli.models.mixture import Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.storage.checkpoint import Checkpoint, save
from rnncli.training.record import resume_shapes
from tests.helpers import RECORD, random_model

Members = dict[str, bytes]

HEADER = 128
"""Bytes before the numbers of a small array."""


def small_model() -> Checkpoint:
    """A model of some hundred numbers with counts beside it and all that a resume needs."""
    model = random_model("ab\U0001f642", cell="gru", hidden_size=2)
    rng = np.random.default_rng(4)
    resume = {name: rng.normal(size=shape).astype(np.float32) for name, shape in resume_shapes(model, RECORD).items()}
    counts = Counts(KneserNey.of(np.array([0, 1, 0, 2, 1, 0], np.uint8), 3, 3), 0.25)
    return Checkpoint(model, RECORD, resume, counts)


def whole_file(folder: Path) -> bytes:
    """The bytes of a sound model file."""
    save(folder / "whole.npz", small_model())
    return (folder / "whole.npz").read_bytes()


def members_of(data: bytes) -> Members:
    """The members of an archive of ours, by the names in it."""
    members, at = {}, 0
    while data[at : at + 4] == b"PK\x03\x04":
        name_length, extra = struct.unpack("<HH", data[at + 26 : at + 30])
        name = data[at + 30 : at + 30 + name_length].decode()
        start = at + 30 + name_length + extra
        size = struct.unpack("<Q", data[start - 16 : start - 8])[0]
        members[name] = data[start : start + size]
        at = start + size
    return members


def archive(members: Mapping[str, bytes] | list[tuple[str, bytes]], **changes: Any) -> bytes:
    """A ZIP archive of stored members. ``changes`` are between (bytes after each member), comment, flags, method,
    extra."""
    pairs = list(members.items()) if isinstance(members, Mapping) else members
    out, directory = bytearray(), bytearray()
    flags, method = changes.get("flags", 0), changes.get("method", 0)
    for name, data in pairs:
        packed = zlib.compress(data, 9)[2:-4] if method == 8 else data
        encoded = name.encode()
        fixed = struct.pack("<HHHHH", 45, flags, method, 0, 33)
        sizes = struct.pack("<LLL", zlib.crc32(data), len(packed), len(data))
        lengths = struct.pack("<HH", len(encoded), 0)
        entry = b"PK\x01\x02" + struct.pack("<H", 45) + fixed + sizes + lengths
        directory += entry + struct.pack("<HHHLL", 0, 0, 0, 0, len(out)) + encoded
        out += b"PK\x03\x04" + fixed + sizes + lengths + encoded + packed + changes.get("between", b"")
    comment = changes.get("comment", b"")
    end = struct.pack("<4H2LH", 0, 0, len(pairs), len(pairs), len(directory), len(out), len(comment))
    return bytes(out + directory + b"PK\x05\x06" + end + comment)


def meta_of(members: Members) -> dict[str, Any]:
    """The metadata of a file."""
    meta = json.loads(members["meta.npy"][HEADER:])
    assert isinstance(meta, dict)
    return meta


def signed(members: Members, encoded: bytes | None = None) -> Members:
    """The same members with metadata (of ``encoded`` JSON, which ends with a checksum of zeros) whose checksum is
    right, so that nothing but the fault itself can be what is refused."""
    if encoded is None:
        meta = meta_of(members)
        meta.pop("sha256")
        encoded = json.dumps(meta | {"sha256": "0" * 64}).encode()
    digest = hashlib.sha256(encoded)
    for name, data in members.items():
        if name != "meta.npy":
            digest.update(name.removesuffix(".npy").encode() + b"\0" + data)
    encoded = encoded[:-66] + digest.hexdigest().encode() + encoded[-2:]
    return {"meta.npy": array_of(encoded, "|u1", f"({len(encoded)},)")} | {
        name: data for name, data in members.items() if name != "meta.npy"
    }


def array_of(data: bytes, descr: str, shape: str, order: bool = False, version: bytes = b"\x01\x00") -> bytes:
    """An ``.npy`` with this header."""
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    size = 2 if version == b"\x01\x00" else 4
    header = text.ljust((-(8 + size + len(text) + 1)) % 64 + len(text)) + b"\n"
    return b"\x93NUMPY" + version + len(header).to_bytes(size, "little") + header + data


def with_meta(members: Members, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """A file whose metadata were changed, checksum and all."""
    meta = meta_of(members)
    meta.pop("sha256")
    change(meta)
    return archive(signed(members, json.dumps(meta | {"sha256": "0" * 64}).encode()))


def with_array(members: Members, name: str, data: bytes) -> bytes:
    """A file with another member, checksum and all."""
    return archive(signed(members | {name: data}))
