"""A terminal that closes, and messages that nobody can read: the work goes on, and the model is written."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import load
from tests.cli.running import COMMAND, environment, rnncli, succeeded

TEXT = "".join(f"{n} and {n * n % 97}\n" for n in range(400))
RUN = [*COMMAND, "train", "a.txt", "--hidden-size", "16", "-o", "m.npz"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals and signals of this kind are POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path


def run(folder: Path, *words: object, **streams: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [*RUN, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment(), timeout=60, check=False, **streams)


def shell(line: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(line, shell=True, cwd=folder, env=environment(), capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize(("number", "workers"), [(getattr(signal, "SIGHUP", None), 1), (signal.SIGINT, 2)])
def test_an_ignored_signal_stays_ignored(number: int, workers: int, folder: Path) -> None:
    """As nohup asks for, and a shell for what it starts in the background."""
    process = subprocess.Popen(
        [*RUN, "--time", "0.5", "--json", "--workers", str(workers)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    )
    assert process.stdout is not None
    while b'"event": "step"' not in process.stdout.readline():
        pass
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"stopp" not in err
    assert load(folder / "m.npz").record is not None


@pytest.mark.parametrize("workers", [1, 2])
def test_a_closed_terminal_stops_the_run_and_saves_it(workers: int, folder: Path) -> None:
    """SIGHUP comes to all processes; its messages can no longer be written."""
    terminal, side = os.openpty()
    process = subprocess.Popen(
        [*RUN, "--time", "60", "--workers", str(workers)],
        cwd=folder,
        env=environment(TERM="xterm"),
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
    )
    os.close(side)
    shown = b""
    while b"chars/s" not in shown:  # the bar of a run that has begun
        shown += os.read(terminal, 4096)
    os.close(terminal)
    os.killpg(process.pid, signal.SIGHUP)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
    assert load(folder / "m.npz").record.state["step"] >= 1


def test_a_terminal_that_is_gone_does_not_end_a_run_without_its_signal(folder: Path) -> None:
    """A session of its own, as of setsid: every write to the terminal fails from then on."""
    terminal, side = os.openpty()
    command = [*RUN, "--time", "1", "--workers", "1"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(TERM="xterm"), stderr=side, stdout=side, start_new_session=True
    )
    os.close(side)
    shown = b""
    while b"chars/s" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    assert process.wait(timeout=60) == 0
    assert load(folder / "m.npz").record.state["step"] >= 1


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


@needs_full
def test_messages_that_no_disk_takes_stop_nothing(folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        assert run(folder, "--steps", 5, stderr=full).returncode == 0
        command = [*COMMAND, "sample", "m.npz", "-l", "20", "--seed", "1", "--novelty"]
        sampled = subprocess.run(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=full, timeout=60, check=True
        )
    assert len(sampled.stdout) >= 20
    assert load(folder / "m.npz").record.state["step"] == 5


@needs_full
def test_data_that_no_disk_takes_is_an_error(folder: Path) -> None:
    """The events of --json are data; the model is saved all the same."""
    with open("/dev/full", "wb") as full:
        result = run(folder, "--steps", 5, "--json", stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert b"standard output could not be used: No space left on device" in result.stderr


def test_without_a_standard_error_messages_are_not_mixed_into_the_data(folder: Path) -> None:
    command = f"{' '.join(RUN)} --steps 5 --json 2>&-"
    result = subprocess.run(
        command, shell=True, cwd=folder, env=environment(), capture_output=True, timeout=60, check=True
    )
    assert all(line.startswith(b"{") for line in result.stdout.splitlines())


@pytest.mark.parametrize("words", ["train - -f -o m.npz", "predict", "score m.npz -", "sample m.npz --prime -"])
def test_without_a_standard_input_it_is_told_in_a_sentence(words: str, folder: Path) -> None:
    if words == "predict":
        (folder / "p.tsv").write_text("a\tone\nb\ttwo\n" * 5)
        succeeded(rnncli("train", folder / "p.tsv", "--task", "classify", "--steps", 2, "-q", "-o", folder / "p.npz"))
        words = "predict p.npz"
    elif "train" not in words:
        succeeded(rnncli("train", folder / "a.txt", "--steps", 2, "-q", "-o", folder / "m.npz"))
    command = f"{' '.join(COMMAND)} {words} <&-"
    result = subprocess.run(
        command, shell=True, cwd=folder, env=environment(), capture_output=True, timeout=60, check=False
    )
    assert result.returncode == 2
    assert result.stderr.startswith(b"error: standard input is closed")
