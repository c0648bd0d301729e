"""Characters to integers and back, without loss, and in the same order every time."""

import sys

import numpy as np
import pytest

from rnncli.datasets.vocabulary import UNKNOWN, Vocabulary, code_points
from rnncli.errors import InputError
from tests.helpers import ODD_CHARACTERS


def counts_of(text: str) -> np.ndarray:
    """How often each code point is in ``text``."""
    return np.bincount([ord(character) for character in text], minlength=sys.maxunicode + 1)


def of(text: str, min_count: int = 1, encoding: str = "utf-8") -> Vocabulary:
    return Vocabulary.from_counts(counts_of(text), encoding, min_count)


def random_text(seed: int) -> str:
    """Characters of all planes, the common ones often; no lone surrogates, which are no text."""
    rng = np.random.default_rng(seed)
    limit = [0x80, 0x800, 0x10000, sys.maxunicode + 1][seed % 4]
    points = rng.integers(limit, size=rng.integers(1, 200))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


@pytest.mark.parametrize("seed", range(20))
def test_any_text_survives_the_way_there_and_back(seed: int) -> None:
    text = random_text(seed)
    vocabulary = of(text)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert ids.max() < len(vocabulary)
    assert [ord(character) for character in text] == code_points(text).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_characters_are_those_of_the_text_sorted_whatever_their_order(seed: int) -> None:
    text = random_text(seed)
    shuffled = "".join(text[i] for i in np.random.default_rng(seed).permutation(len(text)))
    assert of(text).characters == "".join(sorted(set(text)))
    assert of(shuffled) == of(text)


def test_ids_are_the_ranks_of_the_characters() -> None:
    assert of("hello").encode("hello").tolist() == [1, 0, 2, 2, 3]  # e h l o


@pytest.mark.parametrize(
    ("size", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.uint32)]
)
def test_ids_take_the_smallest_dtype_that_holds_them_all(size: int, dtype: type) -> None:
    characters = "".join(chr(0x10000 + i) for i in range(size))
    ids = Vocabulary(characters).encode(characters)
    assert ids.dtype == dtype
    assert ids.tolist() == list(range(size))


@pytest.mark.parametrize("outside", ["b", "z", "\0", "🙂", "\U0010ffff", "\ud800"])
def test_a_character_without_id_is_named_with_its_place(outside: str) -> None:
    with pytest.raises(InputError) as error:
        of("acegm").encode("ace" + outside + "g")
    assert repr(outside) in str(error.value)
    assert "character 4" in str(error.value)
    assert "acegm" in str(error.value)


def test_all_unseen_characters_are_listed_once_each() -> None:
    with pytest.raises(InputError, match="'x' 'y' 'z'"):
        of("abc").encode("azyxzyxa")


def test_a_message_about_a_thousand_characters_stays_short() -> None:
    characters = "".join(chr(0x4E00 + i) for i in range(1000))
    with pytest.raises(InputError) as error:
        of("\n\x1b[31m" + characters).encode("".join(chr(0x6000 + i) for i in range(1000)))
    assert len(str(error.value)) < 500
    assert "\x1b" not in str(error.value)
    assert "\n" not in str(error.value)


def test_rare_characters_become_one_unknown_symbol_behind_all_others() -> None:
    vocabulary = of("aaabbbccz", min_count=3)
    assert vocabulary.characters == "ab"
    assert vocabulary.unknown
    assert len(vocabulary) == 3
    assert vocabulary.encode("abcz🙂a\0").tolist() == [0, 1, 2, 2, 2, 0, 2]
    assert vocabulary.decode([0, 2, 1]) == f"a{UNKNOWN}b"


def test_the_count_that_is_asked_for_is_enough() -> None:
    assert of("aab", min_count=2).characters == "a"
    assert of("aab", min_count=1).characters == "ab"


def test_there_is_no_unknown_symbol_where_nothing_is_rare() -> None:
    vocabulary = of("aabb", min_count=2)
    assert not vocabulary.unknown
    assert len(vocabulary) == 2


def test_without_unknown_leaves_out_just_the_characters_that_have_no_id() -> None:
    assert of("acegm").without_unknown("abcxyzm🙂") == "acm"
    with_symbol = of("aab", min_count=2)
    assert with_symbol.encode(with_symbol.without_unknown("ab🙂")).tolist() == [0, 1, 1]


def test_odd_characters_survive_json() -> None:
    vocabulary = Vocabulary(ODD_CHARACTERS, unknown=True)
    assert "".join(sorted(set(ODD_CHARACTERS))) == ODD_CHARACTERS
    again = Vocabulary.from_json(vocabulary.to_json())
    assert again == vocabulary
    assert again.encode(ODD_CHARACTERS + "x").tolist() == list(range(len(ODD_CHARACTERS) + 1))


def test_all_bytes_are_characters_of_their_own() -> None:
    text = bytes(range(256)).decode("latin-1")
    vocabulary = of(text * 2, encoding="bytes")
    assert vocabulary.encode(text).tolist() == list(range(256))
    assert vocabulary.decode(range(256)).encode("latin-1") == bytes(range(256))


@pytest.mark.parametrize(
    "change",
    [
        {"characters": "ba"},
        {"characters": "aab"},
        {"characters": 7},
        {"encoding": "utf-7"},
        {"unknown": 1},
        {"encoding": ["utf-8"]},
        {"normalize": "nfd"},
    ],
)
def test_what_is_no_vocabulary_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Vocabulary.from_json({**Vocabulary("ab").to_json(), **change})
