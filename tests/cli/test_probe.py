"""Find, prove, steer along a direction, by the commands that are printed."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.looking import strict
from tests.cli.running import refused, rnncli, succeeded
from tests.inspection.spread import spread_network, spread_text


@pytest.fixture
def planted(folder: Path) -> Path:
    """A model in which digits call for digits by a direction that no unit shows, and a text beside it."""
    save("planted.npz", Checkpoint(spread_network(np.float32, gain=60.0)))
    (folder / "text.txt").write_text(spread_text(6000))
    return folder


def following(result: Any) -> list[list[str]]:
    """The words of the commands that a view suggests, without the program."""
    lines = succeeded(result).partition("\nnext: ")[2].splitlines()
    return [shlex.split(line)[1:] for line in lines]


def digits(command: list[str]) -> tuple[int, int]:
    """How many there are in a free text and in the clamped one, of 400 characters."""
    command = [*command, "--seed", "1", "-l", "400"]
    free = [word for word in command if word != "--compare"]
    at = free.index("--clamp")
    texts = [succeeded(rnncli(*words)) for words in (free[:at] + free[at + 2 :], free)]
    return tuple(sum(map(str.isdigit, text)) for text in texts)  # type: ignore[return-value]


def test_the_printed_commands_lead_from_the_probe_to_the_text(planted: Path) -> None:
    """probe, probe -o, ablate --direction, sample --clamp FILE=V; the feature goes up, and down at 0."""
    (again,) = following(rnncli("inspect", "planted.npz", "probe", "digit", "--text", "text.txt", COLUMNS="200"))
    assert not (planted / "digit.npz").exists()
    (ablate,) = following(rnncli(*again, COLUMNS="200"))
    assert (planted / "digit.npz").exists()
    (sample,) = following(rnncli(*ablate, COLUMNS="200"))
    free, held = digits(sample)
    assert held > 1.2 * free
    at_zero = [re.sub(r"=\d$", "=0", word) for word in sample]
    assert digits(at_zero)[1] < 0.8 * free


def test_the_direction_is_the_cause_and_those_of_shifted_labels_are_not(planted: Path) -> None:
    succeeded(rnncli("inspect", "planted.npz", "probe", "digit", "--text", "text.txt", "-o", "d"))
    found = strict(
        succeeded(rnncli("inspect", "planted.npz", "ablate", "--direction", "d", "--text", "text.txt", "--json"))
    )
    direction, null = found["parts"][0]["rows"]
    assert "from 2,999" in found["text"]
    assert abs(direction[5]) > 3 * abs(null[5])


def test_a_direction_of_another_model_is_refused(planted: Path) -> None:
    succeeded(rnncli("inspect", "planted.npz", "probe", "digit", "--text", "text.txt", "-o", "d.npz"))
    save("other.npz", Checkpoint(spread_network(np.float32, gain=61.0)))
    refused(rnncli("sample", "other.npz", "--clamp", "d.npz=1"), "another model than other.npz")
    refused(rnncli("inspect", "other.npz", "ablate", "--direction", "d.npz", "--text", "text.txt"), "another model")
    refused(rnncli("sample", "planted.npz", "--clamp", "d.npz=x"), "FILE=V")
    refused(
        rnncli("sample", "planted.npz", "--clamp", "e.npz=1"), "e.npz does not exist", "L:J=V", "did you mean d.npz?"
    )
    refused(rnncli("sample", "planted.npz", "--clamp", "planted.npz=1"), "it is a model")
    refused(rnncli("inspect", "planted.npz", "probe", "digit", "--text", "text.txt", "-o", "text.txt"), "left alone")


@pytest.mark.parametrize(("task", "lines"), [("classify", "{0}\t{1}\n"), ("tag", "{1}\t{2}\n")])
def test_classifiers_and_taggers_have_probes_too(task: str, lines: str, folder: Path) -> None:
    """Each held-out text is read from its initial state; whether the last character was a digit is plain to see."""
    rng, rows = np.random.default_rng(2), []
    for n in range(300):
        text = "".join(rng.choice(list("12ab"), 20))
        rows.append(lines.format("xy"[n % 2], text, "".join("xy"[c.isdigit()] for c in text)))
    (folder / "pairs.tsv").write_text("".join(rows))
    options = ("--task", task, "--hidden-size", 8, "--steps", 3, "--validation", 0.4)
    succeeded(rnncli("train", "pairs.tsv", *options, "-q", "-o", "model.npz"))
    found = strict(succeeded(rnncli("inspect", "model.npz", "probe", "digit", "-o", "digit.npz", "--json")))
    table, strip, _ = found["parts"]
    assert table["rows"][0][1] > 0.999
    first, *_, last = strip["text"].split("\n")
    assert all(len(line) == 20 for line in strip["text"].split("\n")[1:-1])
    assert len(first) <= 20 and len(last) <= 20
    for character, value, mark in zip(strip["text"], strip["values"], strip["beneath"], strict=True):
        assert (mark == "^") == character.isdigit()
        assert (value == 0) == (character == "\n")
    assert (folder / "digit.npz").exists()
    refused(rnncli("inspect", "model.npz", "probe", "digit", "--prime", "12ab"), "held-out texts are read here")
