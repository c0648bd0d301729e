"""A direction as a file: what was written is read, by plain NumPy too; what is none of this model is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnncli.errors import InputError, ModelFileError
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.direction import Direction, Part, check_output, digest_of, load, save
from rnncli.storage.npz import write_npz
from tests.helpers import random_model

MODEL = random_model(layers=2)


def a_direction() -> Direction:
    vectors = np.random.default_rng(1).standard_normal((2, 7))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = {"l1": Part(vectors[0], -0.5, 0.25), "l2": Part(vectors[1], 0.0, 1e-9)}
    return Direction('in "漢"\ud800\n', False, parts, 3, digest_of("a漢\ud800"))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path, written = str(tmp_path / "quotes"), a_direction()
    save(path, written, MODEL)
    save(path, written, MODEL)  # a direction may be replaced
    assert [file.name for file in tmp_path.iterdir()] == ["quotes"]  # by the name as it was given
    found = load(path, MODEL, "model.npz")
    assert (found.feature, found.is_binary, found.characters) == (written.feature, False, 3)
    for cell, part in written.parts.items():
        assert found.parts[cell].vector.tolist() == part.vector.tolist()
        assert (found.parts[cell].zero, found.parts[cell].one) == (part.zero, part.one)
    assert found.was_found_in("a漢\ud800 and on")
    assert not found.was_found_in("a漢") and not found.was_found_in("another text")


def test_plain_numpy_opens_it(tmp_path: Path) -> None:
    save(str(tmp_path / "quotes.npz"), a_direction(), MODEL)
    with np.load(tmp_path / "quotes.npz") as file:
        meta = json.loads(bytes(file["meta"]))
        assert file["l2"].tolist() == a_direction().parts["l2"].vector.tolist()
    assert meta["cells"]["l1"] == {"zero": -0.5, "one": 0.25}
    assert meta["feature"] == a_direction().feature


def test_a_value_lies_on_the_line_through_zero_and_one() -> None:
    clamps = a_direction().held_at(3)
    assert [(clamp.cell, clamp.state) for clamp in clamps] == [("l1", "hidden"), ("l2", "hidden")]
    assert clamps[0].value == pytest.approx(-0.5 + 3 * 0.75)


@pytest.mark.parametrize("other", [random_model(layers=2, seed=9), random_model(layers=1), random_model(cell="lstm")])
def test_another_model_has_other_directions(other: object, tmp_path: Path) -> None:
    """Of the same shape or not; it is told how to find them."""
    path = str(tmp_path / "quotes.npz")
    save(path, a_direction(), MODEL)
    with pytest.raises(
        InputError, match=r"another model than other\.npz; find it again: rnncli inspect other\.npz probe"
    ):
        load(path, other, "other.npz")  # type: ignore[arg-type]


def test_what_is_no_direction_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    faults = []
    save(str(path), a_direction(), MODEL)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:-1], whole.replace(b'"one": 0.25', b'"one": 0.35')):
        path.write_bytes(content)
        faults.append("is not a direction")
        with pytest.raises(ModelFileError, match=faults[-1]):
            load(str(path), MODEL, "model.npz")
    checkpoint.save(path, Checkpoint(MODEL))
    with pytest.raises(ModelFileError, match="it is a model"):
        load(str(path), MODEL, "model.npz")
    with pytest.raises(ModelFileError, match=r"does not exist.*-o FILE"):
        load(str(tmp_path / "none"), MODEL, "model.npz")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"hidden_size": -1},
        {"hidden_size": "7"},
        {"hidden_size": 6},
        {"cells": {}},
        {"cells": {"l1": {"zero": 0.0}}},
        {"cells": {"l1": {"zero": "0", "one": 1}}},
        {"cells": {"l2": {"zero": 0, "one": 1}}},
        {"feature": 3},
        {"is_binary": 1},
        {"text": {"characters": 1.5, "sha256": ""}},
    ],
    ids=str,
)
def test_metadata_that_do_not_fit_are_refused(changes: dict[str, object], tmp_path: Path) -> None:
    """Also with a checksum that does."""
    good = {
        "format": "rnncli-direction",
        "version": 1,
        "feature": "digit",
        "is_binary": True,
        "hidden_size": 7,
        "cells": {"l1": {"zero": 0, "one": 1}},
        "text": {"characters": 0, "sha256": ""},
        "model": "",
    }
    with open(tmp_path / "file", "wb") as file:
        write_npz(file, good | changes, {"l1": np.eye(7)[2]})
    with pytest.raises(ModelFileError, match="is not a direction"):
        load(str(tmp_path / "file"), MODEL, "model.npz")


@pytest.mark.parametrize("vector", [np.zeros(7), np.ones(7), np.full(7, np.nan)])
def test_a_vector_of_another_length_is_refused(vector: np.ndarray, tmp_path: Path) -> None:
    broken = Direction("digit", True, {"l1": Part(vector, 0, 1)}, 0, "")
    save(str(tmp_path / "file"), broken, MODEL)
    with pytest.raises(ModelFileError, match="l1 is not a unit vector"):
        load(str(tmp_path / "file"), MODEL, "model.npz")


def test_nothing_else_is_overwritten(tmp_path: Path) -> None:
    """Neither a model, which looks alike, nor a text; nor is anything written where it cannot be."""
    checkpoint.save(tmp_path / "model.npz", Checkpoint(MODEL))
    (tmp_path / "text").write_text("hello")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("model.npz", "text", ".", "none/file"):
        with pytest.raises(InputError, match="with -o"):
            save(str(tmp_path / name), a_direction(), MODEL)
    for name in ("", "-"):
        with pytest.raises(InputError, match="-o quotes"):
            check_output(name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
