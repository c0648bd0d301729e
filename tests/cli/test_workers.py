"""rnncli train --workers: the same run, shared by several processes."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import COMMAND, environment, process, refused, rnncli
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


def test_a_shared_run_can_be_resumed_by_one_process(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *LONG, "--workers", "2")
    assert stopped.returncode == 130
    assert b"Traceback" not in stopped.stderr
    step = checkpoint.load("model.npz").record.state["step"]
    assert 5 <= step < 1500
    result = process("train", "lines.txt", "--resume", "--workers", "1", "--steps", str(step + 3), "-q")
    assert (result.returncode, result.stderr) == (0, b"")
    assert checkpoint.load("model.npz").record.state["step"] == step + 3


def test_more_workers_than_streams_are_refused(hello_text: Path) -> None:
    refused(rnncli("train", hello_text, "--workers", 2), "--workers 2", "--batch-size 1")


def test_the_same_number_of_workers_gives_the_same_bytes(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    for name in ("a.npz", "b.npz"):
        result = process("train", "lines.txt", "-q", *OPTIONS, "--steps", "20", "--workers", "2", "-o", name)
        assert (result.returncode, result.stderr) == (0, b"")
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker process in Linux's /proc")
def test_a_worker_that_dies_ends_the_run_with_a_sentence_and_a_model(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    words = [*COMMAND, "train", "lines.txt", "--json", *LONG, "--workers", "2"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert run.stdout is not None
    while b'"step": 5,' not in run.stdout.readline():
        assert run.poll() is None
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(int(workers[0]), signal.SIGKILL)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 1
    last = said.decode().splitlines()[-1]
    assert last.startswith("error: ")
    assert workers[0] in last
    assert "SIGKILL" in last
    assert checkpoint.load("model.npz").record.state["step"] >= 5
