"""The counts of a model file: they come back as they were, and what cannot be counts is refused in a sentence."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import ModelFileError
from rnncli.models.mixture import Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.storage.checkpoint import Checkpoint, load, save
from tests.helpers import random_ids, random_model, random_pair_model
from tests.trust.archives import members_of, with_array, with_meta

HELD_OUT = {"network": 1.5, "counts": 1.75, "mixture": 1.25}
WIDE_ALPHABET = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))


def with_counts(characters: str = "abcde", order: int = 4) -> Checkpoint:
    model = random_model(characters)
    ids = random_ids(model, 90).astype(model.vocabulary.dtype)
    return Checkpoint(model, counts=Counts(KneserNey.of(ids, len(characters), order), 0.375, HELD_OUT))


@pytest.mark.parametrize("characters", ["ab", "abcde", WIDE_ALPHABET], ids=len)
@pytest.mark.parametrize("order", [1, 2, 20])
def test_they_predict_as_before(characters: str, order: int, tmp_path: Path) -> None:
    before = with_counts(characters, order)
    save(tmp_path / "m.npz", before)
    after = load(tmp_path / "m.npz")
    assert before.counts
    assert after.counts
    assert (after.counts.weight, after.counts.held_out) == (0.375, HELD_OUT)
    ids = random_ids(before.model, 50, seed=3)
    expected = before.counts.model.probabilities(ids)
    assert after.counts.model.probabilities(ids).tobytes() == expected.tobytes()


@pytest.mark.parametrize(("characters", "each"), [("abcde", 2), (WIDE_ALPHABET, 3)])
def test_they_take_two_or_three_bytes_for_each_character(characters: str, each: int, tmp_path: Path) -> None:
    checkpoint = with_counts(characters, 20)
    save(tmp_path / "with.npz", checkpoint)
    save(tmp_path / "without.npz", Checkpoint(checkpoint.model))
    with np.load(tmp_path / "with.npz") as file:
        assert sum(file[name].nbytes for name in file.files if name.startswith("counts/")) == 90 * each
    added = (tmp_path / "with.npz").stat().st_size - (tmp_path / "without.npz").stat().st_size
    assert added < 90 * each + 4_000


def refused(path: Path, data: bytes, *words: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert all(word in str(error.value) for word in (str(path), *words)), str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda counts: counts.update(weight=1.5),
        lambda counts: counts.update(weight=True),
        lambda counts: counts.update(weight="1"),
        lambda counts: counts.update(characters=89),
        lambda counts: counts.update(characters=0),
        lambda counts: counts.update(characters=10**15),
        lambda counts: counts.update(characters=90.0),
        lambda counts: counts.update(discounts=[]),
        lambda counts: counts.update(discounts=[[0, 0.5, 0.75]]),
        lambda counts: counts.update(discounts=[[0, 1.5, 0.75, 0.75]] * 4),
        lambda counts: counts.update(discounts=[[0, -0.5, 0.75, 0.75]] * 4),
        lambda counts: counts.update(discounts=[[0, 0.5, 0.75, 0.75]] * 21),
        lambda counts: counts.update(discounts="0123"),
        lambda counts: counts.update(held_out={"network": 1}),
        lambda counts: counts.update(held_out={**HELD_OUT, "mixture": "1"}),
        lambda counts: counts.update(held_out=[]),
        lambda counts: counts.update(more=1),
        lambda counts: counts.pop("weight"),
    ],
)
def test_metadata_that_cannot_be_are_refused(change: Callable[[dict[str, Any]], Any], tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save(path, with_counts())
    members = members_of(path.read_bytes())

    def changed(meta: dict[str, Any]) -> None:
        change(meta["counts"])

    refused(path, with_meta(members, changed), "counts")


def npy(numbers: Any) -> bytes:
    """A member of the archive."""
    file = io.BytesIO()
    np.save(file, numbers)
    return file.getvalue()


@pytest.mark.parametrize(("name", "value"), [("counts/followers", 5), ("counts/shared", 4)])
def test_an_id_beyond_the_alphabet_or_a_context_too_long_is_refused(name: str, value: int, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save(path, with_counts())
    members = members_of(path.read_bytes())
    with np.load(path) as file:
        numbers = file[name]
    numbers[17] = value
    refused(path, with_array(members, f"{name}.npy", npy(numbers)), "counts")


def test_only_running_text_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    counts = with_counts().counts
    save(path, Checkpoint(random_pair_model("classify"), counts=counts))
    refused(path, path.read_bytes(), "counts")


@pytest.mark.parametrize("lowest", [0, 3])
def test_numbers_of_no_text_are_harmless(lowest: int, tmp_path: Path) -> None:
    """They are in range, and no text has such an index: the model predicts badly, by probabilities all the same."""
    path, rng = tmp_path / "m.npz", np.random.default_rng(5)
    save(path, with_counts())
    members = members_of(path.read_bytes()) | {"counts/followers.npy": npy(rng.integers(5, size=90, dtype=np.uint8))}
    path.write_bytes(with_array(members, "counts/shared.npy", npy(rng.integers(lowest, 4, size=90, dtype=np.uint8))))
    counts = load(path).counts
    assert counts
    edges = counts.model.index.contexts(rng.integers(5, size=(200, 1)))[:, 0]
    p = counts.model.distribution(edges)
    assert p.min() >= 0
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
