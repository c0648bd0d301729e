"""rnncli inspect: the overview and what the network expects, as a drawing and as data."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.running import process, refused, rnncli, succeeded
from tests.helpers import cyclic_model

pytestmark = pytest.mark.usefixtures("little_steering")


def data(*arguments: object) -> dict[str, Any]:
    found = json.loads(succeeded(rnncli("inspect", *arguments, "--json")))
    assert isinstance(found, dict)
    return found


def test_the_overview_says_what_the_file_says(lines: Path) -> None:
    text = succeeded(rnncli("inspect", lines))
    with np.load(lines) as file:
        names = [name for name in file.files if name != "meta" and not name.startswith("resume/")]
        total = sum(file[name].size for name in names)
        shapes = {name: file[name].shape for name in names}
    weights = succeeded(rnncli("inspect", lines, "weights"))
    for name in names:
        (row, *_) = [line for line in weights.splitlines() if line.split()[:1] == [name]]
        assert " × ".join(map(str, shapes[name])) in row
    assert f"{total:,}" in text
    assert f"{total:,}" in weights
    for words in ("GRU", "2 layers of 10 units", "lines.txt", "30 steps", "bits per character"):
        assert words in text
    assert "\x1b" not in text


def test_the_overview_as_data(lines: Path) -> None:
    found = data(lines)
    loaded = checkpoint.load(lines)
    assert found["total_parameters"] == loaded.model.parameters.flat.size
    assert {p["name"]: tuple(p["shape"]) for p in found["parameters"]} == loaded.model.parameters.shapes
    assert found["network"] == loaded.model.config.to_json()
    assert found["vocabulary"] == loaded.model.vocabulary.to_json()
    assert found["steps"] == 30
    assert [entry["step"] for entry in found["history"]] == [10, 20, 30]
    assert found["best_validation_loss"] == min(entry["validation_loss"] for entry in found["history"])
    assert found["perplexity"] == pytest.approx(2 ** found["bits_per_character"])
    corpus = found["corpus"]
    per_epoch = -(-((corpus["training"] - 1) // found["options"]["batch_size"]) // found["options"]["seq_length"])
    assert found["epochs"] == pytest.approx(30 / per_epoch)
    assert found["prime"] == []


def test_what_is_expected_after_each_character(lines: Path) -> None:
    found = data(lines, "--prime", "12 [bold]")["prime"]
    assert [step["character"] for step in found] == list("12 [bold]")
    for step in found:
        shares = [guess["probability"] for guess in step["expected"]]
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] > 0
        assert sum(shares) <= 1 + 1e-6
        assert {name: len(values) for name, values in step["hidden"].items()} == {"l1": 10, "l2": 10}
        assert np.abs([*step["hidden"].values()]).max() <= 1
        text = "12 [bold]"[: found.index(step) + 1]
        greedy = succeeded(rnncli("sample", lines, "--prime", text, "-t", 0, "-l", 1))
        assert greedy.removeprefix(text)[0] == step["expected"][0]["character"]


def test_probabilities_of_a_model_made_by_hand() -> None:
    save("cycle.npz", Checkpoint(cyclic_model("abc")))
    (step,) = data("cycle.npz", "--prime", "c")["prime"]
    others = np.exp(-20 * np.tanh(5))
    assert step["expected"][0] == {"character": "a", "probability": pytest.approx(1 / (1 + 2 * others))}
    assert [guess["probability"] for guess in step["expected"][1:]] == pytest.approx([others] * 2, rel=1e-4)
    assert step["hidden"] == {"l1": pytest.approx([0, 0, np.tanh(5)], abs=1e-7)}
    text = succeeded(rnncli("inspect", "cycle.npz", "--prime", "ca"))
    assert "a 1.000" in text
    assert "··#" in text  # the hidden state, in marks
    assert "#··" in text


def test_what_looks_like_markup_is_shown_as_it_is(lines: Path) -> None:
    text = succeeded(rnncli("inspect", lines, "--prime", "[bold]"))
    (row,) = [line for line in text.splitlines() if line.strip().startswith("alphabet")]
    assert "[]" in row  # [ and ] are neighbours in the alphabet
    assert sum(line.split()[:1] == ["["] for line in text.splitlines()) == 2  # as read, and with its hidden state


def test_layers(lines: Path) -> None:
    one, two, top = (
        succeeded(rnncli("inspect", lines, "--prime", "12", *options))
        for options in (("--layer", 1), ("--layer", 2), ())
    )
    assert two == top != one
    refused(rnncli("inspect", lines, "--layer", 3), "2 layers", "no layer 3")
    refused(rnncli("inspect", lines, "--layer", 0), "--layer")


def test_bad_input_is_one_sentence(lines: Path, hello_text: Path) -> None:
    refused(rnncli("inspect", lines, "overvew"), "did you mean overview?")
    refused(rnncli("inspect", lines, "--prime", "xyz"), "'x' 'y' 'z'")
    refused(rnncli("inspect", hello_text), "hello.txt is not a valid rnncli model")
    refused(rnncli("inspect"), "model.npz")


@pytest.mark.parametrize("env", [{"TERM": "xterm-256color"}, {"LC_ALL": "C"}])
def test_a_pipe_gets_no_colours(env: dict[str, Any], lines: Path) -> None:
    result = process("inspect", lines, "--prime", "12", **env)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"\x1b" not in result.stdout
    assert "training loss" in result.stdout.decode()


def test_a_terminal_that_cannot_draw_gets_something(lines: Path) -> None:
    result = process("inspect", lines, PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert b"parameters" in result.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_hopeless_model_can_be_looked_at(options: tuple[str, ...], lines: Path) -> None:
    loaded = checkpoint.load(lines)
    loaded.record.state["best_loss"] = 1000.0
    save("hopeless.npz", loaded)
    succeeded(rnncli("inspect", "hopeless.npz", *options))


@pytest.mark.parametrize(("units", "written"), [(7, 7), (33, 6)])
def test_the_arithmetic_of_a_small_network_is_written_out_whole(units: int, written: int, hello_text: Path) -> None:
    """Of a larger one it says how much is shown; as data there is all."""
    succeeded(rnncli("train", hello_text, "--hidden-size", units, "--steps", 1, "-q", "-o", "m.npz"))
    found = data("m.npz", "step", "he")
    forwards = [part for part in found["parts"] if part["name"].startswith("Forwards")]
    assert sum(len(part["columns"]) - 3 for part in forwards) == written
    for row in (row for part in forwards for row in part["rows"]):
        assert all(isinstance(value, float) for value in row[3:])
    assert ("shown" in found["facts"]) == (units > written)
    assert [len(values) for values in found["numbers"]["forward"]["l1.hidden"]] == [units, units]


def test_a_character_that_was_never_read_has_no_neighbours(folder: Path) -> None:
    """Its input weights are zero: the last one of the text, which nothing follows."""
    (folder / "text.txt").write_text("abcdefgh" * 9 + "z")
    succeeded(rnncli("train", "text.txt", "--hidden-size", 4, "--steps", 2, "-q"))
    neighbours = succeeded(rnncli("inspect", "model.npz", "weights")).partition("Nearest neighbours")[2]
    assert "a  " in neighbours and "z" not in neighbours.partition("next:")[0].replace("cosine", "")
