"""What a run is told when it ends: whether there is more to learn from its text, and whether counts would help."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from rnncli.cli.train import messages
from rnncli.storage import checkpoint
from tests.cli.running import rnncli, succeeded

DNA = "".join(np.array(list("ACGT"))[np.random.default_rng(5).integers(4, size=12_000)])

TABLE = "".join(f"{n} times {n % 9} is {n * (n % 9)}\n" for n in range(1, 900))


def advice(text: str, folder: Path, *options: object) -> list[str]:
    """The verdict of a short run, and the command that it suggests."""
    (folder / "text.txt").write_text(text)
    result = rnncli("train", folder / "text.txt", "-o", folder / "m.npz", "--hidden-size", 12, *options)
    assert result.exit_code == 0, result.stderr
    verdicts = ("nothing left", "overfitting", "underfitting", "good fit", "counts would help")
    return [line for line in result.stderr.splitlines() if line.startswith((*verdicts, "try:"))]


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize(("text", "loss"), [("hello world\n" * 900, "0.0"), (DNA, "1.3")], ids=["certain", "DNA"])
def test_a_text_that_holds_no_more_gets_no_suggestion(
    text: str, loss: str, on_disk: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_disk:
        monkeypatch.setattr("rnncli.datasets.text.IN_MEMORY", 1000)
    (verdict,) = advice(text, folder, "--steps", 250, "--eval-every", 50)
    assert verdict.startswith("nothing left to learn: ")
    assert loss in verdict


def test_a_text_with_more_to_learn_gets_a_suggestion(folder: Path) -> None:
    verdict, command, *_ = advice(TABLE, folder, "--steps", 60, "--eval-every", 20, "--validation-split", "tails")
    assert verdict.startswith("underfitting: ")
    assert "-gram model reaches" in verdict
    assert "--hidden-size 18" in command


def test_counts_are_proposed_with_what_they_give(folder: Path) -> None:
    *_, said, command = advice(TABLE, folder, "--steps", 60, "--eval-every", 20)
    network, mixture = map(float, re.findall(r"\d\.\d+", said))
    result = rnncli(*command.split()[2:], "--json")
    losses = json.loads(result.stdout.splitlines()[-1])["counts"]
    assert losses["network"] == pytest.approx(network, abs=5.01e-4)
    assert losses["mixture"] == pytest.approx(mixture, abs=5.01e-4)
    assert mixture < network - 0.02


def test_counts_are_not_proposed_where_they_would_not_help(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared with is the network that was saved, the best of the run."""
    options = ("--steps", 120, "--eval-every", 15, "--hidden-size", 96, "--schedule", "constant", "-f")
    assert [line[:8] for line in advice(TABLE[:2680], folder, *options)] == ["good fit"]
    monkeypatch.setattr(messages, "MIN_GAIN", -1.0)
    *_, said, _ = advice(TABLE[:2680], folder, *options)
    losses = [entry["validation_loss"] for entry in checkpoint.load("m.npz").record.state["history"]]
    assert min(losses) < losses[-1] - 0.002
    assert f" {min(losses):.3f} nats become" in said


def test_where_the_held_out_text_is_long_its_beginning_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_HELD_OUT", 1_000)
    *_, said, _ = advice(TABLE, folder, "--steps", 60, "--eval-every", 20)
    assert "on the first 1,000 characters of the held-out text" in said


def test_counts_are_not_proposed_to_a_model_that_has_them(folder: Path) -> None:
    lines = advice(TABLE, folder, "--steps", 60, "--eval-every", 20, "--ngram", 4)
    assert lines
    assert not [line for line in lines if line.startswith("counts would help")]


def test_losses_in_other_units_are_not_compared(folder: Path) -> None:
    assert advice(DNA, folder, "--steps", 60, "--eval-every", 20, "--loss", "mse") == []
    loaded = checkpoint.load("m.npz")
    assert loaded.record is not None
    kept = min(loaded.record.state["history"], key=lambda entry: entry["validation_loss"])
    held_out, trained = f"{kept['validation_mse']:.4f}", f"{kept['loss']:.4f}"
    assert f"mean squared error {held_out} (in training {trained})" in succeeded(rnncli("info", "m.npz"))
    charts = json.loads(succeeded(rnncli("inspect", "m.npz", "--json")))["parts"]
    curves = {part["name"]: set(part["curves"]) for part in charts if part["kind"] == "curves"}
    assert curves == {
        "Loss, mean squared error": {"training loss", "validation loss"},
        "Loss, nats per character": {"validation loss"},
    }
