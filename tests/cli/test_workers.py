"""rnncli train --workers: the same run, shared."""

import json
import signal
from pathlib import Path

import pytest

from rnncli import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import process, refused, rnncli
from tests.cli.test_resume import LONG, interrupt

OPTIONS = ("--hidden-size", "6", "--layers", "2", "--dropout", "0.2", "--batch-size", "5", "--seq-length", "7")


def test_two_processes_do_what_one_does(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    runs = []
    for workers in ("1", "2"):
        options = (*OPTIONS, "--steps", "30", "--eval-every", "10", "--workers", workers, "-o", f"{workers}.npz")
        result = process("train", "lines.txt", "--json", "-q", *options)
        assert (result.returncode, result.stderr) == (0, b"")
        runs.append([json.loads(line) for line in result.stdout.splitlines()])
    for name in ("loss", "gradient_norm", "validation_loss"):
        one, two = ([event[name] for event in run if name in event] for run in runs)
        assert two == pytest.approx(one, rel=1e-3)  # rounding of float32, over thirty steps


def test_a_shared_run_that_is_stopped_goes_on_alone(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *LONG, "--workers", "2")
    assert stopped.returncode == 130
    assert b"Traceback" not in stopped.stderr
    step = checkpoint.load("model.npz").record["state"]["step"]
    assert 5 <= step < 1500
    result = process("train", "lines.txt", "--resume", "--workers", "1", "--steps", str(step + 3), "-q")
    assert (result.returncode, result.stderr) == (0, b"")
    assert checkpoint.load("model.npz").record["state"]["step"] == step + 3


def test_more_workers_than_streams_are_refused(hello_text: Path) -> None:
    refused(rnncli("train", hello_text, "--workers", 2), "--workers 2", "1 stream")
