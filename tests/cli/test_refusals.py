"""What rnncli train cannot do is refused before anything is computed or written."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import LINES
from tests.cli.running import COMMAND, environment, process, refused, rnncli
from tests.cli.test_resume import LONG


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "-"), "standard output"),
        (("-o", "none/m.npz"), "none"),
        (("--patience", "2"), "--validation"),
        (("--validation", "one.txt"), "one.txt"),
        (("--validation", "1.5"), "fraction"),
        (("--resume", "--init-from", "a.npz"), "mutually exclusive"),
        (("--cell", "GRU"), "did you mean gru?"),
        (("--steps", "x"), "integer"),
        (("--steps", "0"), "below 1"),
    ],
)
def test_refused_in_one_sentence(options: tuple[str, ...], words: str, hello_text: Path) -> None:
    (hello_text.parent / "one.txt").write_text("h")
    refused(rnncli("train", hello_text, *options), words)
    assert not (hello_text.parent / "model.npz").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layers", 0), "--layers 0"),
        (("--context", 3), "--context"),
        (("--batch-size", 1_000_000), "a smaller --batch-size"),
    ],
)
def test_a_network_that_cannot_be_is_refused_before_it_is_tried(
    options: tuple[object, ...], said: str, hello_text: Path
) -> None:
    """A run of some time tries networks first."""
    refused(rnncli("train", hello_text, "--time", "3m", *options), said)


def test_bench_has_no_more_workers_than_streams() -> None:
    refused(rnncli("bench", "--workers", 5, "--batch-size", 4), "--workers 5", "--batch-size 4")


def test_a_missing_model_gets_a_suggestion(hello_text: Path) -> None:
    (hello_text.parent / "hello.npz").write_bytes(b"")
    refused(rnncli("sample", hello_text.parent / "helo.npz"), "does not exist", "did you mean", "hello.npz")


def test_a_second_signal_ends_the_run_without_a_traceback(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    words = [*COMMAND, "train", "lines.txt", "--json", *LONG, "--workers", "2"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert run.stdout is not None
    while b'"step": 5,' not in run.stdout.readline():
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=30)
    assert run.returncode in (130, 143)
    assert b"Traceback" not in said
    assert b"leaked" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a device of Linux")
def test_a_full_standard_output_is_an_error(hello: Path) -> None:
    with open("/dev/full", "wb") as full:
        words = [*COMMAND, "sample", str(hello), "-l", "5"]
        result = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert result.returncode == 1
    assert b"No space left" in result.stderr
    assert b"internal error" not in result.stderr


def test_a_closed_pipe_of_events_does_not_stop_the_run(hello_text: Path) -> None:
    command = f"{' '.join(COMMAND)} train {hello_text} --json -q -o m.npz --steps 3000 | head -n 1"
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True,
        cwd=hello_text.parent,
        env=environment(),
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    overview = json.loads(process("inspect", hello_text.parent / "m.npz", "--json").stdout)
    assert overview["steps"] == 3000
