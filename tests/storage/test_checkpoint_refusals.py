"""Everything that is no model is refused, in one sentence that names the file."""

import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import ModelFileError, NotFiniteError
from rnncli.storage.checkpoint import load, save
from tests.helpers import a_checkpoint


def replace_last(path: Path, data: bytes) -> None:
    """The same archive with another last member, sound as an archive."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    members[list(members)[-1]] = data
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


def refused(path: Path, words: str | None = None) -> None:
    with pytest.raises(ModelFileError, match=words) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message.removeprefix(str(path))) < 200
    assert error.value.exit_code == 2


@pytest.mark.parametrize("data", [b"", b"hello\n", b"PK\x03\x04", os.urandom(3000), b"\x80\x04K\x01."])
def test_what_is_no_archive_is_refused(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    refused(path, "not a valid rnncli model")


def test_what_is_missing_or_a_directory_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "nothing.npz", "does not exist")
    refused(tmp_path, "directory")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "regular file")


@pytest.mark.parametrize("part", [0.01, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(part: float, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    refused(path)


def test_a_flipped_bit_in_any_array_is_refused(path: Path) -> None:
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        places = [info.header_offset + 30 + len(info.filename) + info.file_size for info in file.infolist()]
    for end in places:
        path.write_bytes(data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:])
        refused(path)


def test_changed_weights_in_a_sound_archive_are_refused(path: Path) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    arrays["output.b"][0] += 1
    np.savez(path, **arrays)
    refused(path, "checksum")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_neither_written_nor_read(
    value: float, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = a_checkpoint()
    broken.model.parameters["l1.W_h"][0, 1, 2] = value
    before = path.read_bytes()
    with pytest.raises(NotFiniteError):
        save(path, broken)
    assert path.read_bytes() == before
    with monkeypatch.context() as careless:
        careless.setattr(np, "isfinite", np.ones_like)
        save(path, broken)
    refused(path, r"l1\.W_h")


def test_a_wrong_shape_is_told_with_the_right_one(path: Path) -> None:
    broken = a_checkpoint()
    broken.model.config = replace(broken.model.config, hidden_size=8)
    save(path, broken)
    refused(path, r"l1\.W_x.*8\).*7\)")


def test_a_wrong_dtype_is_refused(path: Path) -> None:
    save(path, a_checkpoint(dtype=np.float64))
    refused(path, "float32.*float64")


def test_another_version_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr("rnncli.storage.checkpoint.FORMAT_VERSION", 99)
        save(path, a_checkpoint())
    refused(path, "version 99")


class Trap:
    """Unpickling this would leave a file behind."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return Path.touch, (self.place,)


def test_nothing_is_ever_unpickled(path: Path) -> None:
    trap = Trap(path.with_name("sprung"))
    np.savez(path, allow_pickle=True, meta=np.zeros(3, np.uint8), weights=np.array([trap], object))
    refused(path)
    path.write_bytes(pickle.dumps(trap))
    refused(path)
    assert not trap.place.exists()


@pytest.mark.parametrize(
    "shape",
    [
        "(7,)",
        "(-1,)",
        "(2**9,)",
        pytest.param(
            "(100000000000000,)",
        ),
    ],
)
def test_an_array_whose_header_lies_is_refused(shape: str, path: Path) -> None:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    replace_last(path, b"\x93NUMPY\x01\x00" + bytes([len(header), 0]) + header + b"\0" * 24)
    refused(path)


def test_arrays_beyond_those_of_the_model_are_refused(path: Path) -> None:
    broken = a_checkpoint()
    names = dict(broken.model.parameters) | {"l9.W": np.zeros(2, np.float32)}
    broken.model.parameters = names  # type: ignore[assignment]
    save(path, broken)
    refused(path, r"l9\.W")


def test_compressed_and_doubled_and_unsorted_archives_are_refused(path: Path) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    np.savez_compressed(path, **arrays)
    refused(path, "compressed")
    np.savez(path, **dict(reversed(arrays.items())))
    refused(path, "begin")
    np.savez(path, **arrays)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("output.b.npy", b"x")
    refused(path, "two arrays")
