"""A kill at any moment, a disk that is full, a call that fails: the old file is whole, or the new one."""

import builtins
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import InputError, RnncliError
from rnncli.storage import atomic, lock
from rnncli.storage.atomic import atomic_write, temporary_path
from rnncli.storage.checkpoint import Checkpoint, load, save
from rnncli.storage.lock import exclusive_lock
from tests.cli.running import environment, rnncli, succeeded
from tests.trust.archives import small_model

KILLS = 100
FIRST_WRITES = 50

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def other_model() -> Checkpoint:
    """The same shapes, other numbers."""
    other = small_model()
    other.model.parameters.flat[...] += 1
    return other


def contents(path: Path) -> bytes:
    return load(path).model.parameters.flat.tobytes()


def in_child(work: Callable[[], Any]) -> int:
    """Do this in a process of its own, which ends with 0; returns its number."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


@needs_fork
def test_a_hundred_kills_while_saving(tmp_path: Path) -> None:
    """Processes that save one model after the other, killed at random moments: the file is one of the two, whole, and
    the next run sweeps away what they left."""
    path, rng = tmp_path / "model.npz", random.Random(1)
    models = [small_model(), other_model()]
    expected = {model.model.parameters.flat.tobytes() for model in models}
    save(path, models[0])

    def forever() -> None:
        while True:
            for model in models:
                save(path, model)

    left_over = 0
    for _ in range(KILLS):
        pid = in_child(forever)
        time.sleep(rng.uniform(0.002, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert contents(path) in expected
        left_over += len(list(tmp_path.iterdir())) > 1
    assert left_over  # some were killed in the middle of it
    with exclusive_lock(path):
        assert {child.name for child in tmp_path.iterdir()} == {"model.npz", ".model.npz.lock"}
    assert list(tmp_path.iterdir()) == [path]


class Failing:
    """A file that fails at the ``n``-th call to write or flush, counted over all files."""

    def __init__(self, file: Any, count: list[int], error: OSError) -> None:
        self.file, self.count, self.error = file, count, error

    def step(self) -> None:
        self.count[0] -= 1
        if self.count[0] < 0:
            raise self.error

    def write(self, data: Any) -> Any:
        self.step()
        return self.file.write(data)

    def flush(self) -> None:
        self.step()
        self.file.flush()

    def __enter__(self) -> "Failing":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError(5, "Input/output error")], ids=str)
def test_a_failure_at_every_write_and_flush(error: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old bytes stay, nothing else is left, and it is told in a sentence; where no call fails, the new ones
    stand."""
    path = tmp_path / "model.npz"
    save(path, small_model())
    before, real = path.read_bytes(), builtins.open
    failures = 0
    for number in range(10 * FIRST_WRITES):
        count = [number]
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "open", lambda *a, c=count, **k: Failing(real(*a, **k), c, error), raising=False)
            try:
                save(path, other_model())
            except RnncliError as raised:
                assert error.strerror in str(raised)
                assert str(path) in str(raised)
            else:
                break
        failures += 1
        assert path.read_bytes() == before, number
        assert list(tmp_path.iterdir()) == [path], number
    assert failures >= FIRST_WRITES
    assert contents(path) == other_model().model.parameters.flat.tobytes()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_of_the_last_steps(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.npz"
    save(path, small_model())
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(RnncliError, match="Input/output"):
            save(path, other_model())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="broken"), atomic_write(path) as file:
        file.write(b"half of the n")
        raise ValueError("broken")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_all_bytes_are_on_the_disk_before_they_replace_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    calls: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        calls.append(("fsync", os.fstat(descriptor).st_size))
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        calls.append(("replace", os.stat(source).st_size))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    with atomic_write(path) as file:
        file.write(b"x" * 10)
    assert calls[:2] == [("fsync", 10), ("replace", 10)]
    assert path.read_bytes() == b"x" * 10


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from rnncli.cli import app
sys.argv = ["rnncli", *sys.argv[2:]]
app()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_real_limit_of_the_disk_keeps_the_old_model(tmp_path: Path) -> None:
    """A run whose model does not fit: exit 1, one sentence, the old bytes."""
    (tmp_path / "a.txt").write_text("hello")
    words = ["train", "a.txt", "-q", "--steps", "2"]
    run = [sys.executable, "-c", LIMITED]
    subprocess.run([*run, "10000000", *words], cwd=tmp_path, env=environment(), check=True, timeout=60)
    before = (tmp_path / "model.npz").read_bytes()
    result = subprocess.run(
        [*run, "20000", *words, "--force"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: model.npz could not be written")
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "model.npz").read_bytes() == before
    assert {child.name for child in tmp_path.iterdir()} == {"a.txt", "model.npz"}


@needs_fork
def test_the_second_run_on_a_path_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    reading, writing = os.pipe()

    def hold() -> None:
        with exclusive_lock(path):
            os.write(writing, b"held")
            time.sleep(60)

    pid = in_child(hold)
    os.read(reading, 4)
    with pytest.raises(InputError, match=f"process {pid};"), exclusive_lock(path):
        pass
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with exclusive_lock(path):  # the lock of a process that is no more holds nobody up
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_leaves_the_files_of_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    stale = [temporary_path(path), path.with_name(".model.npz.77.tmp")]
    others = [
        path.with_name(name) for name in (".model.npz.tmp", "model.npz.77.tmp", ".other.npz.77.tmp", ".model.npz.x.tmp")
    ]
    for file in (*stale, *others):
        file.write_text("x")
    with exclusive_lock(path):
        assert not any(file.exists() for file in stale)
    assert all(file.exists() for file in others)


def test_a_file_system_without_locks_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock, "_lock", fail)
    with exclusive_lock(tmp_path / "model.npz"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_stale_temporary_of_the_own_number_stops_nothing(tmp_path: Path) -> None:
    """In a container every start may have the same number as the one that was killed."""
    path, text = tmp_path / "model.npz", tmp_path / "a.txt"
    text.write_text("hello")
    temporary_path(path).write_bytes(b"half a mod")
    succeeded(rnncli("train", text, "-q", "--steps", 1, "-o", path))
    assert sorted(tmp_path.iterdir()) == [text, path]


def test_weights_that_are_no_numbers_are_never_written(tmp_path: Path) -> None:
    broken = small_model()
    broken.model.parameters.flat[3] = np.nan
    with pytest.raises(RnncliError, match="finite"):
        save(tmp_path / "model.npz", broken)
    assert list(tmp_path.iterdir()) == []
