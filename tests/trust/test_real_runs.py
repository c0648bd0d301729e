"""Promises of whole runs, each in a process of its own as a user starts it, some with one fault built in."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import load
from tests.cli.running import COMMAND, environment, rnncli, succeeded
from tests.trust.archives import small_model
from tests.trust.test_signals import TEXT, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")

SLOW_STEP = "SynchronousUpdate.__call__ = lambda self, step, rates: time.sleep(600)"
BREAKS_AT_SIX = """
update = SynchronousUpdate.__call__
def broken(self, step, rates):
    if step == 6:
        self.model.parameters.flat[:] = float("nan")
    return update(self, step, rates)
SynchronousUpdate.__call__ = broken
"""


def with_fault(fault: str, *arguments: str) -> list[str]:
    """A command whose trainer has this fault."""
    lines = (
        "import time",
        "from rnncli.training.updates import SynchronousUpdate",
        fault,
        "from rnncli.cli import main",
        "main()",
    )
    return [sys.executable, "-c", "\n".join(lines), *arguments]


def test_of_two_runs_the_second_ends_at_once_and_names_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    first = start(tmp_path, "m.npz")
    try:
        began = time.monotonic()
        words = [*COMMAND, "train", "a.txt", "-o", "m.npz", "--force", "--time", "60s"]
        second = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30)
        assert time.monotonic() - began < 10
        assert second.returncode == 2
        assert f"process {first.pid};" in second.stderr
        assert second.stderr.count("\n") == 1
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=30)
    assert first.returncode == 130
    load(tmp_path / "m.npz")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_does_not_wait_for_the_step(
    number: int, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first waits for the end of a step that takes ten minutes; the second does not, and the old model stays."""
    (tmp_path / "a.txt").write_text(TEXT)
    options = ["train", "a.txt", "--hidden-size", "4", "--steps", "3", "--workers", "1", "--force"]
    monkeypatch.chdir(tmp_path)
    succeeded(rnncli(*options, "-q", "-o", "m.npz"))
    before = (tmp_path / "m.npz").read_bytes()
    run = subprocess.Popen(
        with_fault(SLOW_STEP, *options, "--json", "-o", "m.npz"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert b'"start"' in run.stdout.readline()
    time.sleep(0.5)
    run.send_signal(number)
    time.sleep(1)
    assert run.poll() is None
    run.send_signal(number)
    _, said = run.communicate(timeout=5)
    assert run.returncode == status
    assert b"Traceback" not in said
    assert (tmp_path / "m.npz").read_bytes() == before


def test_a_late_explosion_leaves_the_last_good_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is that of the last save, the step is named, and a smaller rate suggested."""
    (tmp_path / "a.txt").write_text(TEXT)
    options = [
        "train",
        "a.txt",
        "-q",
        "--hidden-size",
        "4",
        "--workers",
        "1",
        "--steps",
        "20",
        "--learning-rate",
        "0.02",
    ]
    run = with_fault(BREAKS_AT_SIX, *options, "--save-every", "2")
    result = subprocess.run(run, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.startswith("error: step 7: the loss is not a finite number")
    assert "--learning-rate 0.002" in result.stderr
    assert load(tmp_path / "model.npz").record.state["step"] == 6
    good = (tmp_path / "model.npz").read_bytes()
    monkeypatch.chdir(tmp_path)
    assert rnncli(*options[:-1], "1e39", "--warmup", "0", "--force").exit_code == 1
    assert (tmp_path / "model.npz").read_bytes() == good


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mlp"])
def test_a_rate_of_a_million_is_finite_or_a_sentence(
    cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    options = ["--cell", cell, "--learning-rate", "1e6", "--hidden-size", "8", "--steps", "30", "--workers", "1"]
    result = rnncli("train", "a.txt", "-q", *options)
    assert result.exit_code in (0, 1)
    assert result.exit_code == 0 or ("error: " in result.stderr and "--learning-rate 1e+05" in result.stderr)
    if (tmp_path / "model.npz").exists():
        load(tmp_path / "model.npz")  # which takes finite weights only


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts memory in KB")
def test_a_text_of_a_quarter_of_a_gigabyte_is_learnt_in_less_memory_than_its_ids(tmp_path: Path) -> None:
    """Neither the text nor its ids are in memory at once, with the limit as it is."""
    with open(tmp_path / "long.txt", "w") as file:
        for _ in range(250):
            file.write("the quick brown fox jumps over the lazy dog once more, and so on\n" * 16_000)

    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    options = ["train", "long.txt", "-q", "--steps", "5", "--hidden-size", "16", "--workers", "1"]
    run = [sys.executable, "-c", code, *COMMAND, *options]
    result = subprocess.run(run, cwd=tmp_path, env=environment(), capture_output=True, timeout=120, check=True)
    assert (tmp_path / "long.txt").stat().st_size > 250e6
    assert int(result.stdout) < 200_000  # in KB; with everything that is imported


def test_two_runs_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    hashes = set()
    for n in range(2):
        words = ["train", "a.txt", "-q", "--steps", "9", "--hidden-size", "8", "--dropout", "0.2", "-o", f"{n}.npz"]
        subprocess.run([*COMMAND, *words], cwd=tmp_path, env=environment(), check=True, timeout=60)
        hashes.add(hashlib.sha256((tmp_path / f"{n}.npz").read_bytes()).hexdigest())
    assert len(hashes) == 1


def test_what_was_written_is_on_the_disk_before_it_replaces_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes first, then the name, then the folder that has the name: a loss of power finds one of the two."""
    calls: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        calls.append(("folder" if os.path.samestat(status, tmp_path.stat()) else "file", status.st_size))
        fsync(descriptor)

    def recorded_replace(source: Path, target: Path) -> None:
        calls.append(("replace", source.stat().st_size))
        replace(source, target)

    monkeypatch.setattr(checkpoint.os, "fsync", recorded_fsync)
    monkeypatch.setattr(checkpoint.os, "replace", recorded_replace)
    checkpoint.save(tmp_path / "m.npz", small_model())
    size = (tmp_path / "m.npz").stat().st_size
    assert [name for name, _ in calls] == ["file", "replace", "folder"]
    assert calls[0][1] == calls[1][1] == size  # nothing waited in a buffer
