"""Runs that fail late: what is on the disk, and what the user reads."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rnncli.cli.output import check_writable
from rnncli.storage import checkpoint
from rnncli.storage.atomic import remove_stale_temporaries
from tests.cli.conftest import LINES
from tests.cli.running import COMMAND, environment, process, rnncli, succeeded

EXPLODING = ("--learning-rate", "1e39", "--warmup", "0", "--hidden-size", "6")


def test_an_explosion_is_one_sentence(hello_text: Path) -> None:
    result = process("train", hello_text, *EXPLODING, "-q")
    assert result.returncode == 1
    assert result.stderr.startswith(b"error: ")
    assert result.stderr.count(b"\n") == 1


def test_no_model_is_written_that_cannot_be_read(hello_text: Path) -> None:
    process("train", hello_text, *EXPLODING, "--steps", "1", "-q")
    process("train", hello_text, *EXPLODING, "--steps", "2", "-q", "-o", "two.npz")
    for name in ("model.npz", "two.npz"):
        if Path(name).exists():
            checkpoint.load(name)


def test_a_validation_loss_that_is_not_finite_is_a_sentence(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    result = process("train", "lines.txt", *EXPLODING, "--steps", "1", "-q")
    assert b"Traceback" not in result.stderr
    assert b"internal error" not in result.stderr  # it is the rate that was too high


def test_a_file_whose_name_is_no_utf_8(folder: Path) -> None:
    name = os.fsencode(folder) + b"/h\xff.txt"
    try:
        Path(os.fsdecode(name)).write_text("hello")
    except (OSError, UnicodeError):
        pytest.skip("the system does not allow it")
    succeeded(rnncli("train", os.fsdecode(name), "--hidden-size", 4, "--steps", 2, "-q"))
    succeeded(rnncli("inspect"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_as_output_is_refused(hello_text: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert process("train", hello_text, "-o", "pipe", "--steps", "1", timeout=4).returncode == 2


def test_a_reader_of_the_progress_who_leaves_does_not_end_the_run(hello_text: Path, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pid = os.posix_spawn(
        COMMAND[0],
        [*COMMAND, "train", str(hello_text), "--hidden-size", "4", "--steps", "3"],
        environment(),
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 2)],
    )
    os.close(writing)
    os.waitpid(pid, 0)
    assert (folder / "model.npz").exists()


def test_a_run_that_takes_the_lock_meanwhile_does_not_disturb_the_check(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes whatever looks like the temporary file of a killed process, and may be quicker than whoever checks."""

    def created(path: Path, _mode: str) -> AbstractContextManager[None]:
        path.touch()
        remove_stale_temporaries(folder / "model.npz")
        return nullcontext()

    monkeypatch.setattr("rnncli.cli.output.open", created, raising=False)
    check_writable("model.npz")
    assert list(folder.iterdir()) == []
