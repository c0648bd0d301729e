"""rnncli train: what it writes, what it refuses, and that it never overwrites anything else."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import process, refused, rnncli, succeeded

QUICK = ("--hidden-size", "6", "--steps", "4", "-q")


def test_the_first_example(hello_text: Path) -> None:
    result = process("train", hello_text)
    assert result.returncode == 0
    assert result.stdout == b""
    assert b"model.npz" in result.stderr
    assert b"\x1b" not in result.stderr
    result = process("sample", "--prime", "hell", "-t", "0", "-l", "1")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"hello\n", b"")


def test_of_a_single_line_the_sample_is_that_line(folder: Path) -> None:
    """No character was read after its end."""
    (folder / "line.txt").write_text("hello\n")
    assert "a sample:\n\nhello\n" in rnncli("train", "line.txt").stderr


def test_quiet_prints_nothing(hello_text: Path) -> None:
    result = rnncli("train", hello_text, *QUICK)
    assert succeeded(result) == ""
    assert result.stderr == ""
    assert checkpoint.load("model.npz").record.state["step"] == 4


def test_quiet_prints_nothing_about_a_byte_order_mark(folder: Path) -> None:
    (folder / "mark.txt").write_bytes(b"\xef\xbb\xbfhello")
    assert rnncli("train", "mark.txt", *QUICK).stderr == ""


def test_an_existing_model_is_replaced_with_force_only(hello_text: Path, folder: Path) -> None:
    succeeded(rnncli("train", hello_text, *QUICK))
    before = (folder / "model.npz").read_bytes()
    refused(rnncli("train", hello_text, *QUICK, "--seed", 1), "model.npz exists", "--force", "--resume", "-o")
    assert (folder / "model.npz").read_bytes() == before
    succeeded(rnncli("train", hello_text, *QUICK, "--seed", 1, "--force"))
    assert (folder / "model.npz").read_bytes() != before


@pytest.mark.parametrize("options", [(), ("--force",), ("--resume",), ("--force", "--resume")])
def test_a_file_that_is_not_a_model_is_never_overwritten(
    options: tuple[str, ...], hello_text: Path, folder: Path
) -> None:
    (folder / "thesis.txt").write_text("ten years of work")
    np.savez(folder / "data.npz", measured=np.arange(3))
    for name in ("thesis.txt", "data.npz", "hello.txt"):
        before = (folder / name).read_bytes()
        refused(rnncli("train", hello_text, *QUICK, *options, "-o", name), name)
        assert (folder / name).read_bytes() == before


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_computed(
    hello_text: Path, folder: Path
) -> None:
    refused(rnncli("train", hello_text, "-o", "no/where.npz"), "the folder no does not exist")
    refused(rnncli("train", hello_text, "-o", folder), "is a folder")
    refused(rnncli("train", hello_text, "-o", "model.npz", "--resume"), "nothing to resume")
    assert [path.name for path in folder.iterdir()] == ["hello.txt"]


def test_the_same_seed_gives_the_same_file(hello_text: Path, folder: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        succeeded(rnncli("train", hello_text, *QUICK, "--dropout", 0.2, "--seed", seed, "-o", name))
    one, same, other = ((folder / name).read_bytes() for name in "abc")
    assert one == same != other
    assert process("train", hello_text, *QUICK, "--dropout", "0.2", "--seed", "3", "-o", "d").returncode == 0
    assert (folder / "d").read_bytes() == one


def test_json_lines(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    options = ("--hidden-size", 6, "--steps", 12, "--eval-every", 5, "--save-every", 6)
    result = rnncli("train", "lines.txt", "--json", *options)
    events = [json.loads(line) for line in succeeded(result).splitlines()]
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("start", "end")
    assert (kinds.count("step"), kinds.count("eval")) == (12, 3)  # at 5, at 10 and at the end
    assert kinds.count("save") >= 3

    figures = {"step", "epoch", "loss", "learning_rate", "gradient_norm", "characters_per_second"}
    assert all(figures <= event.keys() for event in events if event["event"] in ("step", "end"))
    for event in events:
        if event["event"] == "eval":
            assert event["bits_per_character"] == pytest.approx(event["validation_loss"] / np.log(2))
    assert [event["step"] for event in events if event["event"] == "step"] == [*range(1, 13)]
    best = min(event["validation_loss"] for event in events if event["event"] == "eval")
    assert events[-1]["best_validation_loss"] == best
    assert events[-1]["model"] == "model.npz"
    assert events[-1]["seconds"] > 0
    assert events[0]["parameters"] == checkpoint.load("model.npz").model.parameters.flat.size


def test_a_dry_run_writes_nothing(hello_text: Path, folder: Path) -> None:
    result = rnncli("train", hello_text, "--dry-run")
    assert succeeded(result) == ""
    assert "5 characters" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["hello.txt"]


def test_a_text_from_standard_input(folder: Path) -> None:
    succeeded(rnncli("train", "-", *QUICK, input="漢字🙂 ab"))
    assert checkpoint.load("model.npz").model.vocabulary.characters == " ab字漢🙂"


def test_too_little_text_is_one_sentence(folder: Path) -> None:
    refused(rnncli("train", "-", input=""), "standard input holds no characters")
    refused(rnncli("train", "-", input="x"), "standard input holds 1 character;")
    assert not list(folder.iterdir())


def test_a_folder_of_texts(folder: Path) -> None:
    (folder / "texts").mkdir()
    for name, text in (("b", "cd"), ("a", "ab")):
        (folder / "texts" / name).write_text(text)
    (folder / "texts" / "picture").write_bytes(b"\0\xff")
    result = rnncli("train", "texts", "--hidden-size", 6, "--steps", 4)
    succeeded(result)
    assert "left out 1 file" in result.stderr
    loaded = checkpoint.load("model.npz")
    assert loaded.model.vocabulary.characters == "\nabcd"
    assert loaded.data.files == (str(Path("texts", "a")), str(Path("texts", "b")))


def test_validation_by_a_fraction_or_a_file(folder: Path) -> None:
    (folder / "text.txt").write_text("abcd" * 10)
    (folder / "check.txt").write_text("dcba" * 3)
    for value, training, held_out in (("0.25", 30, 10), ("0", 40, 0), ("check.txt", 40, 12)):
        succeeded(rnncli("train", "text.txt", *QUICK, "--validation", value, "--force"))
        spec = checkpoint.load("model.npz").data
        assert (spec.training, spec.held_out) == (training, held_out)
    refused(rnncli("train", "text.txt", "-o", "n", "--validation", "1.5"), "--validation 1.5")
    refused(rnncli("train", "text.txt", "-o", "n", "--validation", "nan"), "--validation nan")
    refused(rnncli("train", "text.txt", "-o", "n", "--validation", "chek.txt"), "did you mean check.txt?")


def test_an_environment_variable_is_an_option_and_the_option_beats_it(hello_text: Path) -> None:
    def hidden_size(*options: str) -> int:
        succeeded(rnncli("train", hello_text, "--steps", 1, "-qf", *options, RNNCLI_HIDDEN_SIZE="9"))
        return checkpoint.load("model.npz").model.config.hidden_size

    assert hidden_size() == 9
    assert hidden_size("--hidden-size", "5") == 5
    refused(rnncli("train", hello_text, RNNCLI_CELL="lstn", RNNCLI_OUTPUT="n"), "did you mean lstm?")


def test_the_tails_of_the_streams_are_held_out(folder: Path) -> None:
    """The model file records it, a resumed run keeps it, and the views read the held-out text."""
    (folder / "lines.txt").write_text(LINES)
    options = ("--validation-split", "tails", "--validation", 0.25, "--batch-size", 3, "--hidden-size", 4, "-q")
    succeeded(rnncli("train", "lines.txt", *options, "--steps", 3))
    spec = checkpoint.load("model.npz").data
    length = len(LINES) // 3
    tail = len(LINES) // 4 // 3
    assert (spec.split_streams, spec.held_out) == (3, 3 * tail)
    held_out = "".join(LINES[(n + 1) * length - tail : (n + 1) * length] for n in range(3))
    found = json.loads(succeeded(rnncli("inspect", "model.npz", "text", "--json")))
    assert found["parts"][0]["text"] == held_out[1:640]
    (folder / "held").write_text(held_out)
    loss = json.loads(succeeded(rnncli("score", "model.npz", "held", "--json")))["nats_per_character"]
    assert loss == pytest.approx(checkpoint.load("model.npz").record.state["best_loss"], rel=1e-4)
    refused(rnncli("train", "lines.txt", "--resume", "--steps", 5, "--validation-split", "end"), "--validation-split")
    succeeded(rnncli("train", "lines.txt", "--resume", "--steps", 5, "-q"))
    assert checkpoint.load("model.npz").data.split_streams == 3
    refused(rnncli("train", "lines.txt", "-o", "b", "--validation-split", "tails", "--validation", "held"), "no file")
    (folder / "pairs.tsv").write_text("a\tb\nb\tc\n" * 9)
    told = ("--task", "classify", "--validation-split", "tails", "-o", "c")
    refused(rnncli("train", "pairs.tsv", *told), "running text")
