"""Text up to a stop string, of which nothing is ever written, however the text is cut into pieces."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from rnncli.inference.sampling import stop_before


def pieces_of(text: str, seed: int) -> Iterator[str]:
    """The text in random pieces, some of them empty."""
    rng = np.random.default_rng(seed)
    cuts = sorted([0, *rng.integers(0, len(text) + 1, size=rng.integers(len(text) + 2)), len(text)])
    return (text[a:b] for a, b in pairwise(cuts))


@pytest.mark.parametrize("stop", ["", "a", "ab", "aab", "aba", "abab", "bb", "zz"])
def test_it_stops_before_the_stop_text_however_it_is_cut(stop: str) -> None:
    for seed in range(150):
        text = "".join(np.random.default_rng([seed, 1]).choice(list("ab"), size=seed % 14))
        expected = text.split(stop)[0] if stop else text
        so_far = ""
        for piece in stop_before(stop, pieces_of(text, seed)):
            so_far += piece
            assert expected.startswith(so_far), f"{stop!r} in {text!r}: {so_far!r} should not have been written"
        assert so_far == expected


def test_it_holds_back_no_more_than_it_must() -> None:
    taken: list[str] = []
    text = (taken.append(character) or character for character in "abaabac")  # type: ignore[func-returns-value]
    written = ""
    for piece in stop_before("abac", text):
        written += piece
        read = "".join(taken)
        held = read[len(written) :]
        assert held == max((read[i:] for i in range(len(read) + 1) if "abac".startswith(read[i:])), key=len)
    assert written == "aba"


def test_it_asks_for_nothing_after_the_stop_text() -> None:
    endless = iter(lambda: "ab", None)
    assert "".join(stop_before("ba", endless)) == "a"
