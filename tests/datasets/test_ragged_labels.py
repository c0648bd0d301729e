"""Sequences of different lengths, one behind the other and side by side; and labels, each a symbol."""

from typing import Any

import numpy as np
import pytest

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.errors import InputError


def random_sequences(seed: int, shortest: int = 0) -> list[list[int]]:
    """Up to nine, of ids that are not zero."""
    rng = np.random.default_rng(seed)
    return [rng.integers(1, 200, rng.integers(shortest, 7)).tolist() for _ in range(rng.integers(1, 10))]


def ragged(sequences: list[list[int]]) -> Ragged:
    ids = np.array([i for sequence in sequences for i in sequence], np.uint8)
    return Ragged.of(ids, [len(sequence) for sequence in sequences])


def columns(padded: Padded) -> list[list[int]]:
    """The streams without their padding."""
    return [padded.ids[:length, b].tolist() for b, length in enumerate(padded.lengths)]


def choices(count: int) -> list[np.ndarray]:
    """All of them, none, one, all backwards, and some twice."""
    everything = np.arange(count)
    return [everything, everything[:0], everything[-1:], everything[::-1], np.array([count - 1, 0, count - 1])]


@pytest.mark.parametrize("seed", range(12))
def test_taken_and_padded_they_are_the_same_sequences(seed: int) -> None:
    """In the order that was asked for; of what is padded nothing but zeros is behind the end, and no row is spare."""
    sequences = random_sequences(seed)
    whole = ragged(sequences)
    assert len(whole) == len(sequences)
    for which in choices(len(sequences)):
        expected = [sequences[i] for i in which]
        taken, padded = whole.take(which), whole.padded(which)
        assert [taken.take(np.array([i])).first(99).tolist() for i in range(len(taken))] == expected
        assert taken.ids.dtype == np.uint8
        assert taken.lengths.tolist() == padded.lengths.tolist() == [len(sequence) for sequence in expected]
        assert columns(padded) == expected
        assert padded.ids.shape == (max(map(len, expected), default=0), len(expected))
        assert padded.ids.dtype == np.intp
        assert np.count_nonzero(padded.ids) == sum(map(len, expected))


@pytest.mark.parametrize("seed", range(8))
def test_parts_of_a_batch_are_the_batch(seed: int) -> None:
    """Each part is as long as the whole, whatever is in it."""
    sequences = random_sequences(seed)
    whole = ragged(sequences).padded(np.arange(len(sequences)))
    for cut in range(len(sequences) + 1):
        parts = [whole.shard(slice(cut)), whole.shard(slice(cut, None))]
        assert columns(parts[0]) + columns(parts[1]) == sequences
        assert np.array_equal(np.concatenate([part.ids for part in parts], axis=1), whole.ids)
        assert all(part.ids.flags.c_contiguous for part in parts)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_predicted_is_one_ahead_of_what_is_read(seed: int) -> None:
    sequences = random_sequences(seed, shortest=1)
    whole = ragged(sequences).padded(np.arange(len(sequences)))
    assert columns(whole.without_first()) == [sequence[1:] for sequence in sequences]
    assert columns(whole.without_last()) == [sequence[:-1] for sequence in sequences]
    assert whole.without_first().ids.shape == whole.without_last().ids.shape


@pytest.mark.parametrize(("count", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16)])
def test_the_id_of_a_label_is_its_place(count: int, dtype: type) -> None:
    names = tuple(f"{n:04}" for n in range(count))
    labels = Labels(names)
    assert len(labels) == count
    ids = [labels.encode(name) for name in names]
    assert np.concatenate(ids).tolist() == list(range(count))
    assert {(each.shape, each.dtype) for each in ids} == {((1,), np.dtype(dtype))}


def test_labels_are_equal_by_their_names() -> None:
    assert Labels(("a", "b")) == Labels(("a", "b"))
    assert Labels(("a", "b")) != Labels(("a", "c"))
    assert Labels(("a", "b")) != ("a", "b")


LANGUAGES = Labels(("English", "French", "German", "[x] y", "漢"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Englsh", "did you mean English?"),
        ("german", "did you mean German?"),
        ("[x]y", "did you mean [x] y?"),
        ("Dutch", "it knows English, French, German, [x] y, 漢"),
        ("", "it knows English, French, German, [x] y, 漢"),
    ],
)
def test_an_unknown_label_is_met_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(InputError) as error:
        LANGUAGES.encode(name)
    assert str(error.value) == f"the model knows no label {name!r}; {hint}"


def test_a_message_about_a_thousand_labels_stays_short() -> None:
    with pytest.raises(InputError, match=r"0028, 0029 … \(1000 labels\)$") as error:
        Labels(tuple(f"{n:04}" for n in range(1000))).encode("?")
    assert len(str(error.value)) < 300


def test_labels_survive_json() -> None:
    assert Labels.from_json(LANGUAGES.to_json()) == LANGUAGES
    assert LANGUAGES.to_json() == ["English", "French", "German", "[x] y", "漢"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "malformed"),
        ("ab", "malformed"),
        ([], "malformed"),
        ({"a": 0, "b": 1}, "malformed"),
        (["a", 1], "malformed"),
        (["a", None], "malformed"),
        (["b", "a"], "not sorted"),
        (["a", "a", "b"], "not sorted"),
    ],
)
def test_what_are_no_labels_is_refused(data: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Labels.from_json(data)
