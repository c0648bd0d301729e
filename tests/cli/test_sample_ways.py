"""rnncli sample: further ways to choose and to end, from the command line."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import LINES
from tests.cli.running import refused, rnncli, succeeded


def test_the_likeliest_text_is_always_the_same(hello: Path) -> None:
    text = succeeded(rnncli("sample", hello, "--beam", 3, "--prime", "h", "-l", 4))
    assert text == "hello\n"
    assert succeeded(rnncli("sample", hello, "--beam", 3, "--prime", "h", "-l", 4, "--stop", "lo")) == "hel\n"


def test_a_sample_ends_after_so_many_lines(lines: Path) -> None:
    text = succeeded(rnncli("sample", lines, "--max-lines", 2, "--seed", 1, "--prime", LINES[0], "-l", 5000))
    whole = succeeded(rnncli("sample", lines, "--seed", 1, "--prime", LINES[0], "-l", 5000))
    assert text == "".join(line + "\n" for line in whole.split("\n")[:2])


def test_novelty_tells_what_is_copied(hello: Path) -> None:
    result = rnncli("sample", hello, "--prime", "h", "-t", 0, "-l", 4, "--novelty", "--json")
    data = json.loads(succeeded(result))
    assert (data["copied"], data["longest_copy"]) == (1, "ello")
    told = rnncli("sample", hello, "--prime", "h", "-t", 0, "-l", 4, "--novelty")
    assert succeeded(told) == "hello\n"
    assert "100.0%" in told.stderr
    assert "'ello'" in told.stderr


def test_a_moving_temperature_and_min_p_are_as_the_library_says(lines: Path) -> None:
    command = ("sample", lines, "--seed", 2, "-l", 80)
    plain = succeeded(rnncli(*command))
    assert succeeded(rnncli(*command, "-t", "1:1")) == plain
    assert succeeded(rnncli(*command, "-t", "0:3")) != plain
    likeliest = succeeded(rnncli(*command, "-t", 0))
    assert succeeded(rnncli(*command, "--min-p", 1)) == likeliest
    assert succeeded(rnncli(*command, "-t", 0, "--no-repeat", 5)) != likeliest


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-t", "1:x"), "x"),
        (("-t", "1:-1"), "-1"),
        (("-t", "nan"), "nan"),
        (("-t", ""), "temperature"),
        (("-t", "0.5:1", "-l", -1), "no end"),
        (("--min-p", 1.5), "1.5"),
        (("--min-p", "nan"), "nan"),
        (("--no-repeat", -1), "-1"),
        (("--max-lines", 0), "0"),
        (("--beam", 2, "--count", 2), "--beam"),
        (("--beam", 2, "-l", -1), "--beam"),
        (("--novelty", "-l", -1), "--length -1"),
    ],
)
def test_what_cannot_be_asked_is_told(options: tuple[object, ...], told: str, lines: Path) -> None:
    refused(rnncli("sample", lines, *options), told)


def test_a_lost_corpus_is_told(folder: Path) -> None:
    (folder / "own.txt").write_text(LINES)
    succeeded(rnncli("train", "own.txt", "-o", "own.npz", "-q", "--hidden-size", 3, "--steps", 2))
    (folder / "own.txt").unlink()
    refused(rnncli("sample", "own.npz", "--novelty"), "own.txt", "--novelty")
