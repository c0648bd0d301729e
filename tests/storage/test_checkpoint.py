"""The model file: the same model back, the same bytes again, and never half of it."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import InputError, RnncliError
from rnncli.storage.checkpoint import is_model, load, save
from rnncli.storage.lock import exclusive_lock
from tests.helpers import DATA, ODD_CHARACTERS, RECORD, a_checkpoint, random_ids


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_all_comes_back_as_it_was(cell: str, embedding_size: int, tmp_path: Path) -> None:
    before = a_checkpoint(cell=cell, layers=2, embedding_size=embedding_size, dropout=0.1)
    save(tmp_path / "m.npz", before)
    after = load(tmp_path / "m.npz")
    assert after.model.config == before.model.config
    assert after.model.vocabulary == before.model.vocabulary
    assert after.record == RECORD
    assert {name: array.tobytes() for name, array in after.model.parameters.items()} == {
        name: array.tobytes() for name, array in before.model.parameters.items()
    }
    assert {name: array.tolist() for name, array in after.resume.items()} == {
        name: array.tolist() for name, array in before.resume.items()
    }
    ids = random_ids(before.model, (9, 1))
    logits = [model.logits(ids, model.zero_state())[0].tobytes() for model in (before.model, after.model)]
    assert logits[0] == logits[1]


def test_numpy_alone_opens_it(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        assert file.files[0] == "meta"
        meta = json.loads(file["meta"].tobytes().decode("utf-8"))
        assert file["output.b"].tolist() == a_checkpoint().model.parameters["output.b"].tolist()
    assert meta["vocabulary"]["characters"] == ODD_CHARACTERS
    assert meta["network"]["hidden_size"] == 7
    assert meta["training"] == RECORD.to_json()


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(tmp_path / name, a_checkpoint())
    save(tmp_path / "three", load(tmp_path / "one"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == (tmp_path / "three").read_bytes()


def test_the_bytes_are_those_of_savez(path: Path) -> None:
    """On every version of NumPy, whatever keywords its savez knows."""
    written = io.BytesIO()
    with np.load(path) as arrays:
        np.savez(written, **dict(arrays))
    assert path.read_bytes() == written.getvalue()


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    """However far it is, and whether there is a file at its end or not yet."""
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "big.npz", tmp_path / "model.npz"
    (tmp_path / "between").symlink_to(target)
    link.symlink_to("between")
    for layers in (1, 2):
        save(link, a_checkpoint(layers=layers))
        assert link.is_symlink()
        assert load(target).model.config.layers == layers
    assert [child.name for child in target.parent.iterdir()] == ["big.npz"]
    with exclusive_lock(link), pytest.raises(InputError, match="is being written"), exclusive_lock(target):
        pass


def test_a_file_of_any_name_and_the_rights_that_the_user_wants(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        save(tmp_path / "no suffix", a_checkpoint())
    finally:
        os.umask(mask)
    assert (tmp_path / "no suffix").stat().st_mode & 0o777 == 0o640
    assert [child.name for child in tmp_path.iterdir()] == ["no suffix"]


@pytest.mark.parametrize("step", ["replace", "fsync", "write_array"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    step: str, error: BaseException, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def fail(*arguments: Any, **_: Any) -> None:
        if step == "write_array":
            arguments[0].write(b"the beginning")
        raise error

    monkeypatch.setattr(np.lib.format if step == "write_array" else os, step, fail)
    with pytest.raises(RnncliError if isinstance(error, OSError) else KeyboardInterrupt) as raised:
        save(path, a_checkpoint(layers=2))
    if isinstance(error, OSError):
        assert str(raised.value) == f"{path} could not be written: No space left on device"
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "place",
    [
        "missing/model.npz",
        pytest.param(
            "a" * 250 + ".npz",  # the system allows it, but nothing longer,
        ),
        pytest.param(
            "model.npz/model.npz",
        ),
    ],
)
def test_a_place_that_cannot_be_written_is_an_error_in_a_sentence(place: str, path: Path) -> None:
    try:
        save(path.parent / place, a_checkpoint())
    except RnncliError as error:
        assert str(path.parent / place) in str(error)
    else:
        load(path.parent / place)


def test_a_record_may_name_a_file_whose_name_is_no_utf_8(path: Path) -> None:
    named = a_checkpoint()
    named.record = replace(RECORD, data=replace(DATA, files=(os.fsdecode(b"h\xff.txt"),)))
    save(path, named)
    assert load(path).record == named.record


def test_only_a_model_looks_like_one(path: Path, tmp_path: Path) -> None:
    assert is_model(path)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text").write_text("PK\x03\x04 not quite")
    assert not is_model(tmp_path / "other.npz")
    assert not is_model(tmp_path / "text")
    assert not is_model(tmp_path / "missing")
    assert not is_model(tmp_path)
