"""What of a text is copied: by brute force, planted, and nothing where there is nothing."""

from typing import Any

import numpy as np
import pytest

from rnncli.inference import copies as copies_module
from rnncli.inference.copies import Copy, Source, copied_lengths, find_copies
from rnncli.inference.novelty import NGRAM_LENGTH
from tests.datasets.test_disk_ids import stored


def as_text(ids: Any) -> str:
    return "".join(map(chr, np.asarray(ids) + 97))


def by_brute_force(text: str, training: str) -> list[Copy]:
    """Python's own search for every substring; of those from one place the longest, and none within another."""
    found = [
        max(n for n in range(len(text) - start + 1) if text[start : start + n] in training)
        for start in range(len(text))
    ]
    return [
        Copy(start, length, training.index(text[start : start + length]))
        for start, length in enumerate(found)
        if length >= NGRAM_LENGTH and start + length > max((n + found[n] for n in range(start)), default=0)
    ]


@pytest.mark.parametrize("piece", [3, 50, 1 << 18])
@pytest.mark.parametrize("seed", range(6))
def test_the_copies_are_those_of_a_search_for_every_substring(
    seed: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pieces of any size, on disk or not, of one type or two; of a text that repeats itself, and begins and
    ends with a copy."""
    monkeypatch.setattr(copies_module, "PIECE", piece)
    rng = np.random.default_rng(seed)
    training = rng.integers(0, 2, 300).astype(np.uint8)
    training[120:180] = training[40:100]
    if seed == 5:
        training[200:290] = 1
    parts = [training[a : a + n] for a, n in zip(rng.integers(0, 240, 5), (45, 19, 60, 22, 30), strict=True)]
    text = np.concatenate([parts[0], [2], *parts[1:4], parts[0], rng.integers(0, 3, 20), parts[4], training[-25:]])
    text = text.astype(np.uint8)
    expected = by_brute_force(as_text(text), as_text(training))
    assert len(expected) > 3
    for where in (training, stored(training), training.astype(np.intp)):
        assert find_copies(text, where) == expected


def test_a_planted_copy_is_found_exactly_and_nothing_else() -> None:
    """Thirty characters of the training text in a text with the same frequencies; nineteen are no copy."""
    rng = np.random.default_rng(0)
    frequencies = 1 / np.arange(1, 31)
    training, text = (
        rng.choice(30, size, p=frequencies / frequencies.sum()).astype(np.uint8) for size in (200_000, 900)
    )
    assert find_copies(text, training) == []
    text[100:130], text[129], text[130] = training[70_000:70_030], training[70_029], (training[70_030] + 1) % 30
    text[99] = (training[69_999] + 1) % 30
    text[500:519], text[519], text[499] = training[9:28], (training[28] + 1) % 30, (training[8] + 1) % 30
    assert find_copies(text, training) == [Copy(100, 30, 70_000)]


def test_each_character_has_the_longest_copy_that_it_lies_in() -> None:
    found = [Source(0, 20, "a", 1), Source(5, 30, "a", 2), Source(30, 21, "b", 1)]
    assert copied_lengths(found, 60) == [20] * 5 + [30] * 30 + [21] * 16 + [0] * 9


@pytest.mark.parametrize("size", [0, 1, NGRAM_LENGTH - 1, NGRAM_LENGTH])
def test_what_is_shorter_than_a_copy_has_none(size: int) -> None:
    ids = np.zeros(size, np.uint8)
    whole = [Copy(0, size, 0)] if size == NGRAM_LENGTH else []
    assert find_copies(ids, np.zeros(40, np.uint8)) == whole
    assert find_copies(np.zeros(40, np.uint8), ids) == ([Copy(n, 20, 0) for n in range(21)] if whole else [])
