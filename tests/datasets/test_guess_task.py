"""What lines of two columns look like, and when it is better to ask."""

import pytest

from rnncli.datasets.columns import guess_task
from tests.datasets.test_text import sources_of

LETTERS = "abcdefghijklmnopqrst"

WORDS = [f"{letter}{letter * n}" for n, letter in enumerate(LETTERS)]
"""Twenty different words of different lengths."""

SHAPES = {
    "labels that repeat": ("classify", [f"{'xyz'[n % 3]}\t{word}" for n, word in enumerate(WORDS)]),
    "each label twice": ("classify", [f"{LETTERS[n // 2]}\t{word}" for n, word in enumerate(WORDS)]),
    "a tag for each character": ("tag", [f"{word}\t{'NV'[n % 2] * len(word)}" for n, word in enumerate(WORDS)]),
    "nothing repeats": ("translate", [f"{word}\t{word}!" for word in WORDS]),
    "two of twenty sources repeat": ("translate", [f"{word}\t{word}!" for word in [*WORDS[:18], *WORDS[:2]]]),
    "three of twenty repeat": (None, [f"{word}\t{word}!" for word in [*WORDS[:17], *WORDS[:3]]]),
    "nine of twenty repeat": (None, [f"{word}\t{word}!" for word in [*WORDS[:11], *WORDS[:9]]]),
    "ten of twenty repeat": ("classify", [f"{word}\t{word}!" for word in WORDS[:10] * 2]),
    "a single line": (None, ["x\tab"]),
    "no line": (None, []),
    "no columns": (None, WORDS),
    "three columns": (None, [f"x\t{word}\t{word}" for word in WORDS]),
    "mostly no columns": (None, [*WORDS[:11], *(f"x\t{word}" for word in WORDS[11:])]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"], ids=repr)
def test_the_look_of_the_lines(shape: str, end: str) -> None:
    """Whatever ends them, in one file or two."""
    expected, lines = SHAPES[shape]
    for cut in (0, len(lines) // 2):
        texts = [end.join(part) + end * bool(part) for part in (lines[:cut], lines[cut:])]
        assert guess_task(sources_of(*texts)) == expected


@pytest.mark.parametrize("shape", [shape for shape, (task, _) in SHAPES.items() if task])
def test_the_order_of_the_lines_does_not_matter(shape: str) -> None:
    expected, lines = SHAPES[shape]
    assert guess_task(sources_of("\n".join(reversed(lines)))) == expected
    assert guess_task(sources_of("\n".join(sorted(lines)))) == expected


@pytest.mark.parametrize("shape", [shape for shape, (task, _) in SHAPES.items() if task])
@pytest.mark.parametrize("fault", ["no tab at all", "one\ttab\ttoo many"])
def test_a_faulty_line_changes_nothing(shape: str, fault: str) -> None:
    """So that whoever reads the lines next can name it."""
    expected, lines = SHAPES[shape]
    assert guess_task(sources_of("\n".join([fault, *lines]))) == expected
