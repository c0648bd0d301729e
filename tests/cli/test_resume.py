"""rnncli train --resume, after Ctrl-C and otherwise."""

import json
import shlex
import signal
import subprocess
from pathlib import Path

from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import COMMAND, environment, refused, rnncli, succeeded

LONG = ("--hidden-size", "6", "--dropout", "0.2", "--seq-length", "7", "--eval-every", "50", "--steps", "1500")


def interrupt(number: signal.Signals, *options: str, text: str = "lines.txt") -> "subprocess.CompletedProcess[bytes]":
    """Start a run and send it a signal after its fifth step. It blocks when the pipe of its events is full, so that it
    cannot have finished by then."""
    words = [*COMMAND, "train", "--json", *options, "--", text]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as run:
        assert run.stdout
        for line in run.stdout:
            if json.loads(line).get("step", 0) >= 5:
                break
        run.send_signal(number)
        output, error = run.communicate(timeout=60)
    return subprocess.CompletedProcess(words, run.returncode, output, error)


def test_a_run_resumed_after_ctrl_c_equals_an_uninterrupted_one(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *LONG)
    assert stopped.returncode == 130
    assert b"--resume" in stopped.stderr
    assert b"Traceback" not in stopped.stderr
    step = checkpoint.load("model.npz").record.state["step"]
    assert 5 <= step < 1500

    resumed = rnncli("train", "lines.txt", "--resume", "-q")
    assert (succeeded(resumed), resumed.stderr) == ("", "")
    succeeded(rnncli("train", "lines.txt", *LONG, "-o", "whole.npz", "-q"))
    assert (folder / "model.npz").read_bytes() == (folder / "whole.npz").read_bytes()


def test_sigterm_saves_too(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGTERM, *LONG, "-o", "m.npz")
    assert stopped.returncode == 143
    assert checkpoint.load("m.npz").record.state["step"] >= 5
    assert sorted(path.name for path in folder.iterdir()) == ["lines.txt", "m.npz"]


def test_after_ctrl_c_the_command_that_resumes_is_printed(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *LONG, "-o", "m.npz")
    _, found, advice = stopped.stderr.decode().rpartition("resume with\n  rnncli ")
    assert found
    assert shlex.split(advice) == ["train", "lines.txt", "-o", "m.npz", "--resume"]


def test_it_resumes_files_whose_names_begin_with_a_dash(folder: Path) -> None:
    (folder / "-x.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *LONG, "-o", "-m.npz", text="-x.txt")
    advice = shlex.split(stopped.stderr.decode().rpartition("resume with\n  rnncli ")[2])
    succeeded(rnncli(*advice[:1], "-q", *advice[1:]))
    assert checkpoint.load("-m.npz").record.state["step"] == 1500


def trained(*options: object) -> None:
    succeeded(rnncli("train", "-", "-q", "--hidden-size", 5, "--steps", 3, *options, input="abcabcabc"))


def test_one_step_is_one_step(folder: Path) -> None:
    """In the refusal to go on, and in what the overview says of the run."""
    (folder / "a.txt").write_text("abcabcabc")
    command = ("train", "a.txt", "-q", "--batch-size", 1, "--seq-length", 8, "--steps", 1, "--validation", 0)
    succeeded(rnncli(*command))
    refused(rnncli(*command, "--resume"), "finished after 1 step;")
    learning = " ".join(succeeded(rnncli("inspect", "model.npz", COLUMNS="200")).split())
    assert "learning 1 step of 1 × 8 characters (1 epoch), adam" in learning


def test_a_finished_run_can_be_extended() -> None:
    trained()
    first = checkpoint.load("model.npz").record.state
    succeeded(rnncli("train", "-", "--resume", "--steps", 8, "-q", input="abcabcabc"))
    second = checkpoint.load("model.npz").record.state
    assert second["step"] == 8
    assert second["history"][: len(first["history"])] == first["history"]


def test_what_cannot_be_resumed_is_refused() -> None:
    trained()
    refused(rnncli("train", "-", "--resume", input="abcabcabc"), "finished", "--steps")
    refused(rnncli("train", "-", "--resume", "--steps", 9, input="abcabcacb"), "not the text")
    for option, value in (("--hidden-size", 6), ("--cell", "lstm"), ("--learning-rate", 1), ("--seed", 1)):
        refused(rnncli("train", "-", "--resume", "--steps", 9, option, value, input="abcabcabc"), option)
    succeeded(rnncli("train", "-", "--resume", "--steps", 9, "--hidden-size", 5, "-q", input="abcabcabc"))


def test_a_run_that_stopped_early_can_be_extended(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    wild = ("--hidden-size", 4, "--learning-rate", 3, "--patience", 1, "--eval-every", 1, "--steps", 100, "-q")
    succeeded(rnncli("train", "lines.txt", *wild))
    step = checkpoint.load("model.npz").record.state["step"]
    assert step < 100
    succeeded(rnncli("train", "lines.txt", "--resume", "--steps", 110, "--patience", 0, "-q"))


def test_a_model_without_a_run_is_refused() -> None:
    trained()
    loaded = checkpoint.load("model.npz")
    checkpoint.save("bare.npz", checkpoint.Checkpoint(loaded.model))
    refused(rnncli("train", "-", "--resume", "-o", "bare.npz", "--steps", 9, input="abcabcabc"), "bare.npz")
