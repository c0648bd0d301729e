"""A hostile model file never runs code, never exhausts memory, never loads wrong: it is refused in a sentence that
names the file and the fault, at once, or it loads exactly as it was."""

import os
import pickle
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import ModelFileError
from rnncli.models.mixture import Counts
from rnncli.storage.checkpoint import Checkpoint, load
from tests.trust.archives import (
    HEADER,
    Members,
    archive,
    array_of,
    members_of,
    signed,
    small_model,
    whole_file,
    with_array,
    with_meta,
)

MUTATIONS = 2_000
GROWTH = 64 << 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound file."""
    return whole_file(tmp_path_factory.mktemp("whole"))


def is_refused(path: Path) -> str:
    """The sentence with which a file is refused, in under a second and 64 MiB."""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(ModelFileError) as error:
            load(path)
        assert time.perf_counter() - began < 1
        assert tracemalloc.get_traced_memory()[1] < GROWTH
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message) < 300 + len(str(path))
    return message


def test_the_tools_make_a_file_that_loads(whole: bytes, tmp_path: Path) -> None:
    """Taken apart, put together and signed again it is the same model: what is refused below is the fault."""
    (tmp_path / "m.npz").write_bytes(archive(signed(members_of(whole))))
    assert same(load(tmp_path / "m.npz"))


def same(found: Checkpoint) -> bool:
    expected = small_model()
    return (
        found.model.to_json() == expected.model.to_json()
        and found.record == expected.record
        and found.model.parameters.flat.tobytes() == expected.model.parameters.flat.tobytes()
        and _numbers(found.counts) == _numbers(expected.counts)
        and {k: v.tobytes() for k, v in found.resume.items()} == {k: v.tobytes() for k, v in expected.resume.items()}
    )


def _numbers(counts: Counts | None) -> tuple[Any, ...]:
    assert counts is not None
    index = counts.model.index
    return index.followers.tolist(), index.shared.tolist(), counts.model.discounts.tolist(), counts.weight


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three small accidents."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at, length = int(rng.integers(max(1, len(changed)))), int(rng.integers(1, 40))
        kind = rng.integers(7)
        if not changed:
            break
        if kind == 0:
            changed[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[at] = int(rng.integers(256))
        elif kind == 2:
            del changed[at : at + length]
        elif kind == 3:
            changed[at:at] = rng.bytes(length)
        elif kind == 4:
            changed[at:at] = changed[at : at + length]
        elif kind == 5:
            changed[at : at + length] = bytes(length)
        else:
            del changed[max(at, 1) :]
    return bytes(changed)


def test_two_thousand_accidents(whole: bytes, tmp_path: Path) -> None:
    rng, path, loaded = np.random.default_rng(7), tmp_path / "m.npz", 0
    for number in range(MUTATIONS):
        data = mutate(whole, rng)
        path.write_bytes(data)
        try:
            found = load(path)
        except ModelFileError as error:
            assert str(error).startswith(f"{path} "), number
            assert "\n" not in str(error), number
        else:
            loaded += 1
            assert same(found), number
    assert loaded < MUTATIONS / 10  # time stamps and the like may change


Fault = Callable[[Members, bytes], bytes]


def first(members: Members) -> tuple[str, bytes]:
    """The first array after the metadata."""
    return list(members.items())[1]


def weights(number: float) -> Fault:
    """The last number of an array is this one."""

    def fault(members: Members, _: bytes) -> bytes:
        name, data = first(members)
        return with_array(members, name, data[:-4] + np.float32(number).tobytes())

    return fault


def header(descr: str = "<f4", shape: str | None = None, **more: Any) -> Fault:
    """The first array has another header; it is right but for that."""

    def fault(members: Members, _: bytes) -> bytes:
        name, data = first(members)
        return with_array(members, name, array_of(data[HEADER:], descr, shape or "(3, 3, 2)", **more))

    return fault


def meta(change: Callable[[dict[str, Any]], Any]) -> Fault:
    return lambda members, _: with_meta(members, change)


def raw_meta(encoded: bytes) -> Fault:
    """Metadata of these bytes, that end with a checksum."""
    return lambda members, _: archive(signed(members, encoded + b', "sha256": "' + b"0" * 64 + b'"}'))


def renamed(name: str) -> Fault:
    def fault(members: Members, _: bytes) -> bytes:
        old = first(members)[0]
        return archive([(name if key == old else key, data) for key, data in signed(members).items()])

    return fault


class Trap:
    """Unpickling it would end the tests."""

    def __reduce__(self) -> Any:
        return os._exit, (3,)


FAULTS: dict[str, tuple[Fault, str]] = {
    "empty": (lambda m, w: b"", "not an .npz file"),
    "one byte": (lambda m, w: b"P", "not an .npz file"),
    "a text": (lambda m, w: b"To be, or not to be\n" * 99, "not an .npz file"),
    "a bare array": (lambda m, w: array_of(bytes(24), "<f4", "(6,)"), "not an .npz file"),
    "a pickle": (lambda m, w: pickle.dumps(Trap()), "not an .npz file"),
    "bad magic": (lambda m, w: b"QK" + w[2:], "no header"),
    "half of it": (lambda m, w: w[: len(w) // 2], "not an .npz file"),
    "all but the last byte": (lambda m, w: w[:-1], "not an .npz file"),
    "a byte behind": (lambda m, w: w + b"\0", "not an .npz file"),
    "a byte before": (lambda m, w: b"\0" + w, "does not fit"),
    "an archive comment": (lambda m, w: archive(signed(m), comment=b"hello"), "not an .npz file"),
    "bytes between members": (lambda m, w: archive(signed(m), between=b"x"), "contiguous"),
    "deflated": (lambda m, w: archive(signed(m), method=8), "compressed"),
    "a compressed bomb": (lambda m, w: archive({"meta.npy": bytes(50 << 20)}, method=8), "compressed"),
    "encrypted": (lambda m, w: archive(signed(m), flags=1), "entry"),
    "a member twice": (lambda m, w: archive([*signed(m).items(), first(m)]), "two arrays named"),
    "a path out of the folder": (renamed("../x.npy"), "lacks"),
    "an absolute path": (renamed("/x.npy"), "lacks"),
    "a member that is no array": (renamed("readme.txt"), "entry"),
    "one array more": (lambda m, w: archive(signed(m) | {"x.npy": first(m)[1]}), "no such model"),
    "one array less": (lambda m, w: archive(dict(list(signed(m).items())[:-1])), "lacks"),
    "another order": (lambda m, w: archive([*list(signed(m).items())[:1], *reversed(list(m.items())[1:])]), "order"),
    "metadata last": (lambda m, w: archive(dict(reversed(signed(m).items()))), "begin"),
    "metadata of 3 MB": (lambda m, w: archive(m | {"meta.npy": array_of(bytes(3 << 20), "|u1", "(3145728,)")}), "MB"),
    "metadata of floats": (lambda m, w: archive(m | {"meta.npy": array_of(bytes(96), "<f4", "(24,)")}), "bytes"),
    "no UTF-8": (raw_meta(b'{"format": "\xff"'), "not JSON"),
    "no JSON": (raw_meta(b"{format"), "not JSON"),
    "a JSON list": (lambda m, w: archive(m | {"meta.npy": array_of(b"[]", "|u1", "(2,)")}), "object"),
    "a key twice": (raw_meta(b'{"format": "rnncli", "format": "rnncli"'), "duplicate key"),
    "NaN in the JSON": (raw_meta(b'{"format": NaN'), "NaN"),
    "infinity in the JSON": (raw_meta(b'{"format": 1e999'), "out of range"),
    "a number of 200,000 digits": (raw_meta(b'{"format": ' + b"9" * 200_000), "out of range"),
    "a million brackets": (raw_meta(b'{"format": ' + b"[" * 1_000_000), "out of range"),
    "another format": (meta(lambda m: m.update(format="other")), "metadata"),
    "a version from the future": (meta(lambda m: m.update(version=99)), "version 99"),
    "a version that is true": (meta(lambda m: m.update(version=True)), "version True"),
    "an unknown task": (meta(lambda m: m.update(task="fly")), "fly"),
    "no vocabulary": (meta(lambda m: m.pop("vocabulary")), "lack 'vocabulary'"),
    "a vocabulary too short": (meta(lambda m: m["vocabulary"].update(characters="ab")), "shape"),
    "a vocabulary unsorted": (meta(lambda m: m["vocabulary"].update(characters="ba\U0001f642")), "sorted"),
    "a layer that is true": (meta(lambda m: m["network"].update(layers=True)), "layers"),
    "10¹² units": (meta(lambda m: m["network"].update(hidden_size=10**12)), "hidden_size"),
    "a million units": (meta(lambda m: m["network"].update(hidden_size=1 << 20)), "too small"),
    "a million layers": (meta(lambda m: m["network"].update(layers=1 << 20)), "too small"),
    "a million layers without memory": (
        meta(lambda m: m["network"].update(cell="mlp", context=1, layers=1 << 20)),
        "too small",
    ),
    "a million characters of context": (meta(lambda m: m["network"].update(cell="mlp", context=1 << 20)), "too small"),
    "a million numbers for a character": (meta(lambda m: m["network"].update(embedding_size=1 << 20)), "too small"),
    "a language model in both directions": (meta(lambda m: m["network"].update(bidirectional=True)), "the future"),
    "a feed-forward tagger": (
        meta(lambda m: m.update(task="tag", network=m["network"] | {"cell": "mlp", "context": 1})),
        "feed-forward network cannot be",
    ),
    "an unknown cell": (meta(lambda m: m["network"].update(cell="lstn")), "lstn"),
    "a step below zero": (meta(lambda m: m["training"]["state"].update(step=-1)), "step"),
    "a step of text": (meta(lambda m: m["training"]["state"].update(step="3")), "step"),
    "an unknown optimizer": (meta(lambda m: m["training"]["options"].update(optimizer="eve")), "optimizer"),
    "a choice too many": (meta(lambda m: m["training"]["options"].update(more=1)), "options"),
    "a run without an end": (meta(lambda m: m["training"]["options"].update(steps=None)), "ends"),
    "counts of 2³⁰ characters": (meta(lambda m: m["counts"].update(characters=1 << 30)), "counts/followers"),
    "a batch of 10¹⁵": (meta(lambda m: m["training"]["options"].update(batch_size=10**15)), "hidden"),
    "another batch size": (meta(lambda m: m["training"]["options"].update(batch_size=3)), "hidden"),
    "a shape of 10¹²": (header(shape="(1000000000000,)"), "shape"),
    "a shape with True": (header(shape="(3, 3, True)"), "should be"),
    "an array of objects": (header(descr="|O"), "should be"),
    "big-endian": (header(descr=">f4"), ">f4"),
    "Fortran order": (header(order=True), "Fortran"),
    "double precision": (header(descr="<f8"), "float64"),
    "another version of .npy": (header(version=b"\x02\x00"), "should be"),
    "a header of 500 MB": (
        lambda m, w: with_array(m, first(m)[0], b"\x93NUMPY\x02\x00" + (500 << 20).to_bytes(4, "little") + b" " * 99),
        "should be",
    ),
    "a weight that is NaN": (weights(np.nan), "not finite"),
    "a weight without end": (weights(np.inf), "not finite"),
    "another weight": (lambda m, w: archive(m | {first(m)[0]: first(m)[1][:-1] + b"\x01"}), "checksum"),
    "another checksum": (lambda m, w: archive(m | {"meta.npy": m["meta.npy"][:-3] + b'x"}'}), "checksum"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_with_a_name(name: str, whole: bytes, tmp_path: Path) -> None:
    fault, words = FAULTS[name]
    path = tmp_path / "m.npz"
    path.write_bytes(fault(members_of(whole), whole))
    assert words in is_refused(path)


def test_other_things_than_files(tmp_path: Path) -> None:
    assert "directory" in is_refused(tmp_path)
    assert "does not exist" in is_refused(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe")
    assert "regular file" in is_refused(tmp_path / "pipe")
