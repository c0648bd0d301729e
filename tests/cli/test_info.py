"""rnncli info: what a model is and where it comes from, in a screen, as a card, as data."""

import contextlib
import hashlib
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from rnncli.names import __version__
from rnncli.storage import checkpoint
from rnncli.training.software import SOFTWARE, software
from tests.cli.conftest import LINES
from tests.cli.examples import EXAMPLES, TASKS, learnt
from tests.cli.running import refused, rnncli, succeeded
from tests.storage.make_models import MODELS

KINDS = [name for name in EXAMPLES if name != "past"]


def info(model: object) -> dict[str, Any]:
    return dict(json.loads(succeeded(rnncli("info", model, "--json"))))


def card(model: object) -> str:
    return succeeded(rnncli("info", model, "--card"))


def blocks(text: str) -> dict[str, str]:
    """The blocks of code of a card by their language."""
    return dict(re.findall(r"^```(\w+)\n(.*?)\n^```$", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def text_model(lines: Path, folder: Path) -> Path:
    """A model of running text in the folder where the test works."""
    (folder / "lines.npz").write_bytes(lines.read_bytes())
    return folder / "lines.npz"


def test_the_three_forms_say_what_the_file_says(text_model: Path) -> None:
    loaded = checkpoint.load(text_model)
    record, found = loaded.record, info("lines.npz")
    assert record
    best = min(record.state["history"], key=lambda entry: entry["validation_loss"])
    assert found["parameters"] == loaded.model.parameters.flat.size
    assert found["bytes"] == text_model.stat().st_size
    assert found["data"]["sha256"] == hashlib.sha256(LINES.encode()).hexdigest()
    assert (found["training"]["steps_done"], found["training"]["learning_rate"]) == (30, record.options.learning_rate)
    assert found["quality"]["validation_loss"] == best["validation_loss"]
    assert (found["quality"]["step"], found["quality"]["training_loss"]) == (best["step"], best["loss"])
    assert found["quality"]["validation_accuracy"] == best["validation_accuracy"]
    assert (found["software"], found["counts"], found["contains_text"]) == ([software()], None, False)
    for text in (succeeded(rnncli("info", "lines.npz", COLUMNS="200")), card("lines.npz")):
        for said in (
            f"{found['parameters']:,} parameters",
            found["data"]["sha256"],
            f"{best['validation_loss']:.4f} nats",
            f"{best['validation_accuracy']:.1%}",
            f"rnncli {__version__}, Python {software()['python']}, NumPy {software()['numpy']}, {software()['blas']}",
        ):
            assert said.lower() in text.lower()


@pytest.mark.parametrize("name", KINDS)
def test_a_card_says_how_to_load_the_model_and_that_works(name: str, folder: Path) -> None:
    (folder / "a 'b`.npz").write_bytes(learnt(name, "--cell", "gru").read_bytes())
    code = blocks(card("a 'b`.npz"))
    *_, use = (words for line in code["sh"].splitlines()[:1] for words in line.split(" | "))
    piped = "a line of text\n" if "echo" in code["sh"] else ""
    for line in (use, *code["sh"].splitlines()[1:]):
        command, *words = shlex.split(line)
        assert command == "rnncli"
        output = succeeded(rnncli(*words, input=piped))
        assert output
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code["python"], {})
    assert printed.getvalue() == succeeded(rnncli(*shlex.split(use)[1:], input=piped))
    assert info("a 'b`.npz")["task"] == TASKS[name]


def test_a_file_with_counts_says_that_it_contains_the_text(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    words = ("train", "lines.txt", "-q", "--hidden-size", 4, "--steps", 9)
    succeeded(rnncli(*words, "--ngram", 3, "-o", "both.npz"))
    found = info("both.npz")
    assert (found["contains_text"], found["counts"]["order"], found["counts"]["characters"]) == (
        True,
        3,
        found["data"]["training"],
    )
    assert "the file contains this text" in succeeded(rnncli("info", "both.npz"))
    text = card("both.npz")
    assert "**This file contains its training text**" in text
    assert f"together with the counts {found['counts']['held_out']['mixture']:.4f} nats" in text
    (without,) = re.findall(r"`(rnncli train FILE .*?)`", text)
    succeeded(rnncli(*shlex.split(without.replace("FILE", "lines.txt"))[1:], "-q"))
    assert "does not hold the training text" in card("both.npz")


def test_a_translator_says_that_its_film_shows_a_line(folder: Path) -> None:
    (folder / "pairs.tsv").write_text("".join(f"line {n}\tenil {n}\n" for n in range(30)))
    for task, says in (("translate", True), ("generate", False)):
        train = ("train", "pairs.tsv", "--task", task, "--hidden-size", 4, "--steps", 1, "-q", "-f")
        succeeded(rnncli(*train))
        assert ("One line of the data stands in it" in card("model.npz")) is says


def test_what_a_file_says_is_not_taken_for_markdown(folder: Path) -> None:
    name = "a|`<b>`\n# c <script>.txt"
    (folder / name).write_text(LINES)
    succeeded(rnncli("train", name, "-q", "--hidden-size", 4, "--steps", 2, "-o", "`<b>`|.npz"))
    text = card("`<b>`|.npz")
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", re.sub(r"```.*?\n```", "", text, flags=re.DOTALL))
    assert "<" not in outside
    assert len(re.findall("^# ", text, re.MULTILINE)) == 1
    for row in re.findall(r"^\|.*$", text, re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) == 3


def test_a_run_that_went_on_elsewhere_names_both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "lines.txt").write_text(LINES)
    succeeded(rnncli("train", "lines.txt", "-q", "--hidden-size", 4, "--steps", 2))
    elsewhere = software() | {"numpy": "9.9", "platform": "Elsewhere"}
    monkeypatch.setattr("rnncli.training.trainer.software", lambda: elsewhere)
    for steps in (4, 6):
        succeeded(rnncli("train", "lines.txt", "-q", "--resume", "--steps", steps))
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    succeeded(rnncli("train", "lines.txt", "-q", "--resume", "--steps", 8))
    assert info("model.npz")["software"] == [software(), elsewhere]
    for text in (succeeded(rnncli("info")), card("model.npz")):
        assert "NumPy 9.9" in text
        assert "then with (2)" in text


@pytest.mark.parametrize("version", ["v2", "v5"])
def test_of_an_older_file_the_versions_are_not_known(version: str) -> None:
    path = MODELS / version / "classifier.npz"
    assert info(path)["software"] == []
    assert "is not recorded" in card(path)
    assert "2: even, odd" in succeeded(rnncli("info", path))


def test_a_model_that_no_run_has_written_says_so(text_model: Path) -> None:
    checkpoint.save("bare.npz", checkpoint.Checkpoint(checkpoint.load(text_model).model))
    found = info("bare.npz")
    assert (found["data"], found["training"], found["quality"]) == (None, None, None)
    assert "the file does not say" in succeeded(rnncli("info", "bare.npz"))
    assert "The file does not say." in card("bare.npz")


def test_the_quality_is_that_of_the_weights_that_are_kept(text_model: Path) -> None:
    """And not that of the last evaluation."""
    loaded = checkpoint.load(text_model)
    assert loaded.record
    entries = [(10, 2.5, 2.0, 0.4), (20, 1.5, 1.75, 0.6), (30, 0.5, 3.0, 0.5)]
    names = ("step", "loss", "validation_loss", "validation_accuracy")
    loaded.record.state["history"] = [dict(zip(names, entry, strict=True)) for entry in entries]
    loaded.record.state["best_loss"] = 1.75
    checkpoint.save("kept.npz", loaded)
    quality = info("kept.npz")["quality"]
    assert [quality[name] for name in ("step", "training_loss", *names[2:])] == list(entries[1])
    assert "Validation loss 1.7500 nats" in card("kept.npz")


def test_of_a_run_without_validation_and_with_another_loss(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    words = ("train", "lines.txt", "-q", "--hidden-size", 4, "--steps", 2, "--validation", 0)
    for options, said in (((), "nats per character"), (("--loss", "mse"), "per character (mean squared error)")):
        succeeded(rnncli(*words, "-f", *options))
        loss = info("model.npz")["quality"]["training_loss"]
        assert f"Nothing was held out; training loss {loss:.4f} {said}." in card("model.npz")


def test_the_versions_are_those_of_this_machine() -> None:
    assert tuple(software()) == SOFTWARE
    assert all(software().values())


def test_what_makes_no_sense_is_refused(text_model: Path, folder: Path) -> None:
    refused(rnncli("info", text_model, "--card", "--json"), "mutually exclusive")
    (folder / "lines.txt").write_text(LINES)
    refused(rnncli("info", "lines.txt"), "not a valid rnncli model")
