"""What goes wrong on one rank ends all of them, soon, with one sentence; a run that is asked to stop is saved."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnncli.launcher import VARIABLES
from rnncli.storage import checkpoint
from tests.mpi.conftest import OPTIONS, Run

MANY = ("train", "text.txt", *OPTIONS, "--steps", 1_000_000, "--save-every", 5, "-o")

Start = Callable[..., Any]


def process_of(rank: int, launcher: int) -> int:
    """The process that this launcher has started as ``rank``."""
    for entry in Path("/proc").iterdir():
        try:
            variables = dict(line.split("=", 1) for line in (entry / "environ").read_text().split("\0") if "=" in line)
            words = (entry / "cmdline").read_text()
        except (OSError, UnicodeDecodeError):
            continue
        is_rank = any(variables.get(name) == str(rank) for name, _ in VARIABLES)
        if is_rank and "\0train\0" in words and variables.get("STARTED_BY") == str(launcher):
            return int(entry.name)
    raise AssertionError(f"there is no rank {rank}")


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end, f"{path} was not written"
        time.sleep(0.05)


def one_sentence(errors: bytes) -> str:
    """The only one that is ours; a launcher may add its own."""
    (line,) = (line for line in errors.decode().splitlines() if line.startswith("error: "))
    return line


@pytest.mark.parametrize("rank", [0, 1])
def test_a_signal_to_any_rank_ends_the_run_with_a_saved_model(
    start: Start, mpirun: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setenv("STARTED_BY", str(os.getpid()))
    model = folder / f"stopped{rank}.npz"
    with start(2, *MANY, model.name, cwd=folder) as process:
        wait_for(model)
        os.kill(process_of(rank, os.getpid()), signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    step = checkpoint.load(model).record.state["step"]
    assert f"stopped at step {step:,}, saved {model.name}; resume with\n" in errors.decode()
    assert f"  mpirun -n 2 rnncli train text.txt -o {model.name} --resume\n" in errors.decode()
    arguments = ("train", "text.txt", "--steps", step + 3, "--resume", "-q", "-o", model.name)
    assert mpirun(2, *arguments, cwd=folder).returncode == 0
    assert checkpoint.load(model).record.state["step"] == step + 3


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_is_killed_ends_all_and_the_last_save_stands(
    start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setenv("STARTED_BY", str(os.getpid()))
    model = folder / f"killed{rank}.npz"
    with start(2, *MANY, model.name, cwd=folder) as process:
        wait_for(model)
        os.kill(process_of(rank, os.getpid()), signal.SIGKILL)
        began = time.monotonic()
        process.communicate(timeout=30)
        assert time.monotonic() - began < 5
    assert process.returncode != 0
    assert checkpoint.load(model).record.state["step"] >= 5


@pytest.mark.parametrize(
    ("fault", "words"), [("fails", "no room for a gradient"), ("begins-not", "no room for a network")]
)
def test_an_error_on_one_rank_ends_all(mpirun: Run, folder: Path, fault: str, words: str) -> None:
    result = mpirun(2, *MANY, f"{fault}.npz", fault=fault, timeout=20, cwd=folder)
    assert result.returncode == 1
    sentence = one_sentence(result.stderr)
    assert sentence.startswith("error: rank 1 on ")
    assert sentence.endswith(words)


def test_an_error_while_a_text_is_scored_is_told_by_rank_0(mpirun: Run, folder: Path, two_ranks: Path) -> None:
    (folder / "long.txt").write_text((folder / "text.txt").read_text(encoding="utf-8") * 20, encoding="utf-8")
    result = mpirun(2, "score", two_ranks, "long.txt", fault="scores-not", timeout=20, cwd=folder)
    assert (result.returncode, result.stdout) == (1, b"")
    assert one_sentence(result.stderr) == "error: this part cannot be read"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("empty", "text.txt does not exist"),
        ("other", "text.txt is not the text that rank 0 has read (its bytes differ)"),
    ],
)
def test_a_text_that_one_rank_cannot_read_is_told_with_its_host(
    mpirun: Run, folder: Path, fault: str, words: str
) -> None:
    result = mpirun(2, *MANY, "blind.npz", fault=fault, cwd=folder)
    assert result.returncode == 2
    sentence = one_sentence(result.stderr)
    assert sentence.startswith(f"error: rank 1 on {os.uname().nodename}: ")
    assert words in sentence
    assert not (folder / "blind.npz").exists()


def test_bad_input_is_reported_once(mpirun: Run, folder: Path) -> None:
    result = mpirun(3, "train", "_", cwd=folder)
    assert (result.returncode, result.stdout) == (2, b"")
    assert one_sentence(result.stderr) == "error: _ does not exist"
    result = mpirun(2, "score", "nothing.npz", "text.txt", cwd=folder)
    assert result.returncode == 2
    assert "nothing.npz does not exist" in one_sentence(result.stderr)


def test_workers_are_not_for_ranks(mpirun: Run, folder: Path, two_ranks: Path) -> None:
    """Neither for a new run, nor for one that is resumed, nor for a benchmark."""
    resume = ("train", "text.txt", "-o", two_ranks.name, "--resume", "--steps", 40)
    for command in ((*MANY, "many.npz"), resume, ("bench", "--time", "1s")):
        result = mpirun(2, *command, "--workers", 2, cwd=folder)
        assert result.returncode == 2
        assert one_sentence(result.stderr) == "error: --workers is for one machine; the launcher has started 2 ranks"


def test_without_mpi4py_one_rank_says_what_to_install(mpirun: Run, folder: Path) -> None:
    result = mpirun(2, *MANY, "none.npz", fault="without-mpi4py", cwd=folder)
    assert result.returncode == 2
    assert "pip install 'rnncli[mpi]'" in one_sentence(result.stderr)
    assert not (folder / "none.npz").exists()
