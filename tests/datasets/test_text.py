"""A text as integers: whole, held out, and in streams that tile it."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from rnncli.datasets import text as text_module
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import Streams, TextDataset, held_out, read_ids, read_text, train_validation_split
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from tests.datasets.test_disk_ids import stored


def sources_of(*texts: str) -> Sources:
    """One source for each text."""
    openers: list[Callable[[], BinaryIO]] = [partial(io.BytesIO, text.encode()) for text in texts]
    return Sources([f"text {n + 1}" for n in range(len(texts))], openers)


def whole(dataset: TextDataset) -> str:
    return dataset.vocabulary.decode([*dataset.training, *dataset.validation])


@pytest.mark.parametrize(
    ("n", "count", "window"),
    [(n, b, t) for n in (2, 7, 12, 31) for b in (1, 2, 3, 5) if b < n for t in (1, 2, 4, 40)],
)
def test_the_windows_of_all_streams_tile_the_text(n: int, count: int, window: int) -> None:
    text = np.arange(n)  # each character says where it stands
    streams = Streams(text, count, window)
    windows = [streams.batch(index) for index in range(streams.windows)]
    inputs = np.concatenate([inputs for inputs, _ in windows])
    targets = np.concatenate([targets for _, targets in windows])

    # By the definition: stream b begins where stream b − 1 ends, and all are as long as they can be.
    length = max(k for k in range(n) if k * count + 1 <= n)
    expected = [[b * length + t for b in range(count)] for t in range(length)]
    assert inputs.tolist() == expected
    assert targets.tolist() == [[place + 1 for place in row] for row in expected]
    assert n - (targets.max() + 1) < count  # what is left over
    assert [len(inputs) for inputs, _ in windows[:-1]] == [window] * (streams.windows - 1)
    assert 1 <= len(windows[-1][0]) <= window
    assert all(array.flags.c_contiguous for pair in windows for array in pair)


def test_a_text_is_read_into_the_ids_of_its_own_vocabulary() -> None:
    dataset = read_text(DataSpec(validation="0"), sources_of("hel", "lo"))
    assert dataset.vocabulary.characters == "\nehlo"
    assert dataset.training.tolist() == [2, 1, 3, 0, 3, 4]  # a line end, so that the texts are not glued
    assert dataset.spec.files == ("text 1", "text 2")


@pytest.mark.parametrize(
    ("total", "fraction", "expected"),
    [
        (1000, 0.1, 100),
        (1000, 0.0, 0),
        (1000, 0.25, 250),
        (10, 0.99, 8),  # two stay, so that there is something to learn
        (2, 0.9, 0),
        (5, None, 0),
        (999, None, 0),
        (1000, None, 100),
        (20_000_000, None, 500_000),
    ],
)
def test_held_out(total: int, fraction: float | None, expected: int) -> None:
    assert held_out(total, fraction) == expected


def test_the_end_is_held_out_and_nothing_is_lost() -> None:
    text = "".join(chr(ord("a") + n * n % 26) for n in range(1234))
    dataset = read_text(DataSpec(), sources_of(text))
    assert len(dataset.validation) == 123
    assert whole(dataset) == text
    assert dataset.vocabulary.decode(dataset.training) == text[:-123]


def test_a_text_of_its_own_to_check_on(tmp_path: Path) -> None:
    (tmp_path / "check.txt").write_text("aab")
    dataset = read_text(DataSpec(validation=str(tmp_path / "check.txt")), sources_of("abcabc"))
    assert dataset.training.tolist() == [0, 1, 2, 0, 1, 2]
    assert dataset.validation.tolist() == [0, 0, 1]


def test_rare_characters_of_the_whole_text_become_the_unknown_symbol() -> None:
    dataset = read_text(DataSpec(validation="0"), sources_of("abzab\n", "\naycab"), min_count=2)
    assert dataset.vocabulary.characters == "\nab"
    assert dataset.training.tolist() == [1, 2, 3, 1, 2, 0, 0, 1, 3, 3, 1, 2]


@pytest.mark.parametrize(("text", "words"), [("", "no characters"), ("x", "1 character;"), ("\ufeff", "no characters")])
def test_a_text_too_short_to_learn_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        read_text(DataSpec(), sources_of(text))
    assert "text 1" in str(error.value)


def test_a_text_is_read_in_the_vocabulary_of_a_model() -> None:
    model = Vocabulary("abcxyz")
    dataset = read_text(DataSpec(validation="0"), sources_of("zab"), model)
    assert dataset.vocabulary is model
    assert dataset.training.tolist() == [5, 0, 1]
    assert read_ids(sources_of("za", "b"), model).tolist() == [5, 0, 1]
    with pytest.raises(InputError, match="'q'"):
        read_text(DataSpec(), sources_of("zaq"), model)


def test_an_unseen_character_is_named_with_its_place_in_its_file() -> None:
    with pytest.raises(InputError, match="character 3 of text 2"):
        read_ids(sources_of("abc", "abXc"), Vocabulary("abc"))


@pytest.mark.parametrize("second", ["hello, hello", "hell"])
def test_a_file_that_changes_while_it_is_read_is_an_error(second: str) -> None:
    versions = iter(["hello", second, second])
    with pytest.raises(InputError, match="changed"):
        read_text(DataSpec(), Sources(["log"], [lambda: io.BytesIO(next(versions).encode())]))


@pytest.mark.parametrize("in_file", [False, True])
def test_the_tail_of_every_stream_is_held_out(in_file: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4 streams of 25 characters the last 5 each, with a fifth held out; two characters are left over."""
    if in_file:
        monkeypatch.setattr(text_module, "IN_MEMORY", 10)
    ids = np.arange(102, dtype=np.uint8)
    whole = stored(ids) if in_file else ids
    training, validation = train_validation_split(whole, 0.2, 4)
    streams = ids[:100].reshape(4, 25)
    read = [part.read(0, len(part)) if in_file else part for part in (training, validation)]
    assert read[0].tolist() == streams[:, :20].ravel().tolist()
    assert read[1].tolist() == streams[:, 20:].ravel().tolist()
    with pytest.raises(InputError, match="no tails"):
        train_validation_split(ids, 0.2, 60)
