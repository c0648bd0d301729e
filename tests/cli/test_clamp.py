"""rnncli sample --clamp: a unit is held while a model writes, and --compare shows what it does."""

from itertools import islice
from pathlib import Path
from unicodedata import east_asian_width

import numpy as np
import pytest

from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.inspection.activations import clamps_for, parse_unit, state_names
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.examples import learnt
from tests.cli.looking import LAYERED, model_of
from tests.cli.running import refused, rnncli, succeeded
from tests.helpers import random_model

BAD = ["1:0", "1:0=", "1:0=x", "1:0=nan", "1:0=inf", "1:0=-inf", "1:0=1=2", "1=1", ":0=1", "1:=1", "=1", "", "1:99=0"]
BAD += ["9:0=0", "1:-1=0", "0:0=0", "1:0:0=1", "a:0=1", "1:²=1"]


@pytest.mark.parametrize("network", sorted(LAYERED))
@pytest.mark.parametrize("value", ["0", "0.0", "-0", "-1", "0.9", "3", "1e2"])
def test_the_text_is_that_of_a_network_with_the_unit_held(network: str, value: str) -> None:
    """Of the same seed; zero is a value like any other."""
    model = checkpoint.load(model_of(network)).model
    options = ("--prime", "12 ", "--seed", 3, "-l", 60)
    found = succeeded(rnncli("sample", model_of(network), *options, "--clamp", f"2:1={value}"))
    clamps = clamps_for(model, parse_unit("2:1", model), dict.fromkeys(state_names(model), float(value)))
    ids = generate(model, model.vocabulary.encode("\n12 "), SamplingConfig(), np.random.default_rng(3), clamps=clamps)
    expected = "12 " + "".join(model.vocabulary.symbols[int(i[0])] for i in islice(ids, 60))
    assert found.removesuffix("\n") == expected.removesuffix("\n")


def test_several_units_are_held_at_once() -> None:
    texts = {
        succeeded(rnncli("sample", model_of("gru"), "--seed", 4, "-l", 80, *clamps))
        for clamps in ((), ("--clamp", "1:0=3"), ("--clamp", "2:0=-3"), ("--clamp", "1:0=3", "--clamp", "2:0=-3"))
    }
    assert len(texts) == 4


@pytest.mark.parametrize("written", BAD)
def test_what_is_no_unit_or_no_number_is_refused(written: str) -> None:
    refused(rnncli("sample", model_of("gru"), "--clamp", written, "-l", 5), "L:J")


def test_what_has_no_units_has_none_to_hold() -> None:
    """And does not name an empty list of layers."""
    result = rnncli("sample", model_of("perceptron"), "--clamp", "1:0=1", "-l", 5)
    refused(result, "1:0")
    assert "one of  and" not in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--json", "--clamp", "1:0=1"),
        ("--novelty", "--clamp", "1:0=1"),
        ("--count", 2, "--clamp", "1:0=1"),
        ("--length", -1, "--clamp", "1:0=1"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_refused(options: tuple[object, ...]) -> None:
    refused(rnncli("sample", model_of("gru"), "--compare", *options), "--compare")


def sides(shown: str) -> tuple[str, str]:
    """The two columns without their headings, lines put together again."""
    lines = [
        line.partition(" | ") if " | " in line else (line.removesuffix(" |"), "", "") for line in shown.split("\n")
    ]
    assert [lines[0][0].strip(), lines[0][2].strip()] == ["free", "clamped"]
    return tuple("".join(line[n].strip() for line in lines[2:]) for n in (0, 2))  # type: ignore[return-value]


def squeezed(text: str) -> str:
    """What is comparable of a text that was broken into lines."""
    return "".join(text.split())


@pytest.mark.parametrize("columns", ["40", "80", "121"])
@pytest.mark.parametrize("prime", [(), ("--prime", "12 "), ("--prime", "7\n8")], ids=str)
@pytest.mark.parametrize("choice", [(), ("-t", 0), ("-t", 0.7, "--top-k", 3)], ids=str)
def test_on_the_left_is_the_text_without_clamp(
    prime: tuple[str, ...], choice: tuple[object, ...], columns: str
) -> None:
    """And on the right the one with it, as they are when each is asked for alone."""
    options = (model_of("gru"), "--seed", 5, "-l", 150, *prime, *choice)
    shown = succeeded(rnncli("sample", *options, "--clamp", "2:1=2", "--compare", COLUMNS=columns))
    assert "\x1b" not in shown
    assert max(map(len, shown.split("\n"))) <= int(columns)
    left, right = (squeezed(side) for side in sides(shown))
    begin = prime[1] if prime else ""
    for side, clamp in ((left, ()), (right, ("--clamp", "2:1=2"))):
        alone = succeeded(rnncli("sample", *options, *clamp)).removeprefix(begin)
        assert side == squeezed(alone.replace("\x1b", "\\x1b"))
    assert left != right


def test_the_left_side_of_a_model_without_line_ends(folder: Path) -> None:
    """Where no prime is given, a character is drawn to begin with; that of the same seed is the same."""
    save("abc.npz", Checkpoint(random_model("abcdefgh")))
    for seed in range(6):
        left, right = sides(
            succeeded(rnncli("sample", "abc.npz", "--seed", seed, "-l", 60, "--clamp", "1:0=2", "--compare"))
        )
        assert left == succeeded(rnncli("sample", "abc.npz", "--seed", seed, "-l", 60)).strip()
        clamped = succeeded(rnncli("sample", "abc.npz", "--seed", seed, "-l", 60, "--clamp", "1:0=2"))
        assert right == clamped.strip()


def test_the_columns_of_wide_characters_are_straight(folder: Path) -> None:
    """A character of two columns is counted as two."""
    save("abc.npz", Checkpoint(random_model("\na가나다")))
    options = ("--seed", 3, "-l", 90, "--clamp", "1:0=2", "--compare")
    shown = succeeded(rnncli("sample", "abc.npz", *options, COLUMNS="40"))
    lines = [line for line in shown.splitlines() if "|" in line]
    widths = [[1 + (east_asian_width(c) == "W") for c in line] for line in lines]
    assert {sum(width[: line.index("|")]) for width, line in zip(widths, lines, strict=True)} == {19}
    assert max(map(sum, widths)) <= 40
    assert len(lines) > 4


def test_both_sides_of_a_labelled_text_end_where_it_ends() -> None:
    model = learnt("generate", "--cell", "gru")
    options = ("--label", "漢", "--seed", 6, "-l", 100)
    shown = succeeded(rnncli("sample", model, *options, "--clamp", "1:0=0", "--compare"))
    assert shown.count("\n") == 3  # a heading, an empty line, and the text
    assert sides(shown)[0] == succeeded(rnncli("sample", model, *options)).strip() == "one-two"


def test_both_sides_end_before_a_stop() -> None:
    options = (model_of("gru"), "--stop", "m", "--prime", "12 ", "--seed", 7, "-l", 200)
    shown = sides(succeeded(rnncli("sample", *options, "--clamp", "1:0=0", "--compare")))
    for side, clamp in zip(shown, ((), ("--clamp", "1:0=0")), strict=True):
        alone = succeeded(rnncli("sample", *options, *clamp)).removeprefix("12 ")
        assert squeezed(side) == squeezed(alone.replace("\x1b", "\\x1b"))
