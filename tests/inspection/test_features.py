"""The features of a text, each against one that was worked out by hand, and what may be asked for besides."""

import random
import sys

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.inspection.features.built_in import FEATURES, feature, is_yes_or_no

BY_HAND = {
    "inside quotes": [
        ('a"bc"d"e"', "001100010"),
        ('"a\nb"c"\n\n"', "0111000000"),
        ('""x', "000"),
        ("it's", "0000"),
    ],
    "inside brackets": [("a(b)c", "01100"), ("([x]y)z", "1111100"), ("a)b(c", "00011"), ("{x}", "110"), ("<x>", "000")],
    "bracket depth": [("([x]y)z", "1221100"), ("a)b((c", "000122"), ("({[]})", "123210"), ("(\n)", "110")],
    "indentation": [("  a b\n\tc \n\nd", "122220888000"), (" \n  ", "1012"), ("a  b", "0000"), ("\u00a0a", "00")],
    "position in line": [("ab\nc\n\nd", "1201001"), ("\nab", "012")],
    "position in word": [("ab, c1_d", "12001234"), (" x", "01"), ("né漢", "123")],
    "position in sentence": [("Hi. Yo!a?\nb", "12012305018"), ("a, b", "1234")],
    "run of a character": [("aabbbac", "1212311"), ("   \n\n", "12312"), ("aA", "11")],
    "line begins": [("ab\nc\n\nd", "1001011"), ("\na", "11")],
    "word begins": [("ab, c1_d", "10001000"), (" x", "01"), ("\n漢é", "010")],
    "space": [("a b\t\nc\u00a0", "0101101"), ("_", "0")],
    "punctuation": [("a,b c_1\n漢!🙂", "01000100011"), ("'\"", "11")],
    "upper case": [("aBC dÉ1", "0110010"), ("漢ß", "00")],
    "digit": [("a1²x٣", "01101"), ("½Ⅷ", "00")],
    "vowel": [("aEb yü Io", "110001011"), ("éѐй", "110")],
}

CHARACTERS = "ab AB19t \n\n\t\r\"\"''()[]{}<>.,!?_-#\\:“”‘’„«»「」。"
CHARACTERS += "éßİǅ漢🙂\0\x1b\x85\u2028\u200d\u0301\ufeff\ufffd\U0010ffff\ud800"


def odd_text(seed: int, length: int) -> str:
    """Some text: half of it from characters that mean something to a feature, half from all of Unicode."""
    rng = random.Random(seed)
    return "".join(
        rng.choice(CHARACTERS) if rng.random() < 0.5 else chr(rng.randint(0, sys.maxunicode)) for _ in range(length)
    )


def test_every_feature_is_tried() -> None:
    assert BY_HAND.keys() == FEATURES.keys()
    assert len(FEATURES) == 15


@pytest.mark.parametrize(
    ("name", "text", "expected"), [(name, *example) for name, examples in BY_HAND.items() for example in examples]
)
def test_by_hand(name: str, text: str, expected: str) -> None:
    assert len(text) == len(expected)
    found = feature(name, text)
    assert found.dtype == np.float32
    assert "".join(f"{value:g}" for value in found) == expected


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("length", [0, 1, 2, 300])
def test_any_text_has_a_number_for_each_character(name: str, length: int) -> None:
    for seed in range(10):
        text = odd_text(seed, length)
        found = feature(name, text)
        assert found.shape == (length,)
        assert np.all(found >= 0)
        assert np.all(found <= 8 * length)  # as a tab is 8 wide
        assert np.all(found == np.round(found))


@pytest.mark.parametrize("name", FEATURES)
def test_what_comes_later_is_not_known(name: str) -> None:
    """A feature says something of the text up to and including a character: what follows does not change it."""
    for seed in range(8):
        text = odd_text(seed, 120)
        whole = feature(name, text)
        for stop in range(1, 120, 7):
            assert feature(name, text[:stop]).tolist() == whole[:stop].tolist()


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("b+", "abbcb", "01101"),
        ("aa", "aaaa a", "111100"),
        (r"^\w", "ab\ncd", "10010"),
        (r"\w$", "ab\ncd", "01001"),
        ("(?<=x).", "axbxc", "00101"),
        (r"\[bold\]", "a[bold]b", "01111110"),
        ("", "abc", "000"),
        ("z", "abc", "000"),
        ("[\x00\x1b]", "a\0\x1bb", "0110"),
        ("Space", " Space", "011111"),
        (".", "a\n漢", "101"),
    ],
)
def test_a_regular_expression_is_true_inside_its_matches(pattern: str, text: str, expected: str) -> None:
    found = feature(pattern, text)
    assert found.dtype == np.float32
    assert "".join(f"{value:g}" for value in found) == expected
    assert is_yes_or_no(found)


@pytest.mark.parametrize("wrong", ["(", "a)", "[a", "*", "a{2,1}", "(?P<x", "\\", "(?<=a+)b", "a{99999999999}"])
def test_what_is_no_regular_expression_is_refused(wrong: str) -> None:
    """In a sentence that names it and all the features there are."""
    with pytest.raises(InputError) as error:
        feature(wrong, "aab")
    assert repr(wrong) in str(error.value)
    for name in FEATURES:
        assert name in str(error.value)


@pytest.mark.parametrize(("strange", "expected"), [("[[]", [1, 0, 0]), ("[a||b]", [0, 1, 1])])
def test_a_strange_expression_brings_no_warning_of_python(strange: str, expected: list[float]) -> None:
    """Warnings are errors here; a user would see them among the results."""
    assert feature(strange, "[ab").tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"), [([0, 1, 1], True), ([0, 0], True), ([0, 2], False), ([0.5], False), ([1, -1], False)]
)
def test_yes_or_no(values: list[float], expected: bool) -> None:
    assert is_yes_or_no(np.array(values, np.float32)) is expected
