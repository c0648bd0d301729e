"""A whole run on Windows: simulated on Linux, real where the tests run on Windows."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import load
from tests.cli.running import environment, rnncli, succeeded

TEXT = "".join(f"{n} and {n * n % 97}\n" for n in range(400))
WINDOWS = [sys.executable, "-m", "tests.trust.windows"]
RUN = ["train", "a.txt", "-q", "--hidden-size", "16", "-o", "m.npz"]
IS_REAL = sys.platform == "win32"

pytestmark = pytest.mark.skipif(not IS_REAL and not Path("/proc/self/fd").exists(), reason="needs Windows, or /proc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    (tmp_path / "temporary").mkdir()
    return tmp_path


def start(folder: Path, *words: object, **more: Any) -> "subprocess.Popen[str]":
    """A command in a process that has a folder of its own for temporary files."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder / "temporary"))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = environment(**places)
    return subprocess.Popen([*WINDOWS, *map(str, words)], cwd=folder, env=env, text=True, **streams, **more)


def run(folder: Path, *words: object) -> str:
    """Standard output of a command that ends well and leaves no temporary file."""
    process = start(folder, *words)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert not [*(folder / "temporary").iterdir(), *folder.glob(".*")]
    return out


def test_a_run_and_its_resume_give_the_bytes_that_they_give_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text lies on disk, and is read there by all workers."""
    words = [*RUN, "--workers", 2, "--steps"]
    run(folder, *words, 6)
    run(folder, *words, 12, "--resume")
    found = (folder / "m.npz").read_bytes()
    monkeypatch.chdir(folder)
    succeeded(rnncli(*words, 6, "--force"))
    succeeded(rnncli(*words, 12, "--resume"))
    assert found == (folder / "m.npz").read_bytes()


def test_the_other_commands_run(folder: Path) -> None:
    succeeded(rnncli(*RUN[:1], folder / "a.txt", *RUN[2:-1], folder / "m.npz", "--steps", 3))
    sampled = run(folder, "sample", "m.npz", "--seed", 1, "-l", 20)
    assert sampled == succeeded(rnncli("sample", folder / "m.npz", "--seed", 1, "-l", 20))
    assert json.loads(run(folder, "inspect", "m.npz", "--json"))
    (folder / "b.txt").write_bytes(TEXT[:2000].encode())
    run(folder, "inspect", "m.npz", "--text", "b.txt", "--html", "report.html")
    assert json.loads(run(folder, "bench", "--time", "0.1s", "--hidden-size", 8, "--json"))["peak_memory"] is None


def wait_for_a_step(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert any(json.loads(line)["event"] == "step" for line in process.stdout)


def test_the_second_run_on_a_path_names_the_first(folder: Path) -> None:
    words = [*RUN, "--workers", 1, "--time", "60s"]
    first = start(folder, *words, "--json")
    wait_for_a_step(first)
    second = start(folder, *words)
    _, err = second.communicate(timeout=60)
    first.kill()
    first.communicate()
    for ids in (folder / "temporary").iterdir():
        ids.unlink()  # all that a kill leaves for good
    number = (folder / ".m.npz.lock").read_text().strip()
    assert IS_REAL or number == str(first.pid)  # a virtual environment of Windows starts Python in a second process
    assert err == f"error: m.npz is being written by process {number}; wait until it ends, or write elsewhere with -o\n"
    assert second.returncode == 2
    run(folder, *RUN, "--steps", 1)  # the lock of a process that was killed holds nobody up


def size(files: Iterable[Path]) -> int:
    """Bytes of those that are still there."""
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total


def test_a_save_waits_for_who_reads_the_model(folder: Path) -> None:
    run(folder, *RUN, "--steps", 1)
    with open(folder / "m.npz", "rb"):
        going_on = start(folder, *RUN, "--steps", 2, "--resume")
        while not size(folder.glob(".m.npz.*.tmp")):
            assert going_on.poll() is None, going_on.communicate()
        time.sleep(0.2)
        assert going_on.poll() is None
    _, err = going_on.communicate(timeout=60)
    assert err == ""
    assert load(folder / "m.npz").record.state["step"] == 2


def test_ctrl_break_saves_and_ends(folder: Path) -> None:
    """Of the signals that ask a run to stop, Windows lets another process send this one alone."""
    group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if sys.platform == "win32" else {}
    process = start(folder, *RUN, "--json", "--workers", 1, "--time", "60s", **group)
    wait_for_a_step(process)
    process.send_signal(signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGUSR1)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + (21 if IS_REAL else signal.SIGUSR1), err
    assert load(folder / "m.npz").record.state["step"] >= 1


@pytest.mark.skipif(IS_REAL, reason="nothing is simulated here")
def test_the_simulation_is_one(folder: Path) -> None:
    """What the tests above rely on, as a module of rnncli sees it."""
    script = """
from tests.trust.windows import simulate
simulate()
__name__ = "rnncli.any"
import os, signal, sys
from pathlib import Path
assert sys.platform == "win32" and os.name == "nt"
assert not any(map(hasattr, (os, os, os, signal), ("fork", "pread", "O_NONBLOCK", "SIGHUP")))
assert all(map(hasattr, (os, os, signal), ("fsync", "O_RDONLY", "SIGINT")))
def refused(call):
    try:
        call()
    except (PermissionError, ImportError):
        return True
calls = Path("a.txt").unlink, lambda: os.replace("b.txt", "a.txt"), lambda: os.replace("a.txt", "b.txt")
with open("a.txt"):
    assert all(map(refused, (*calls, lambda: __import__("fcntl", globals()))))
calls[0]()
"""
    subprocess.run([sys.executable, "-c", script], env=environment(), cwd=folder, check=True, timeout=60)
