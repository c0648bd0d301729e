"""Ctrl-C and a request to end, at random moments of a real run: it ends with 130 or 143 and a model that goes on from
where it was, at most a step before; a second one ends at once."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnncli.storage.checkpoint import load
from tests.cli.running import COMMAND, environment

TOGETHER = 5
"""Processes at once."""

TEXT = "".join(f"{n} and {n * n % 97}\n" for n in range(400))
RUN = ["train", "a.txt", "--json", "--workers", "1", "--hidden-size", "24", "--time", "60s", "-o"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX")


def launched(folder: Path, name: str) -> "subprocess.Popen[bytes]":
    """A run that begins. Its pipes have no buffer here, in which lines would be lost for who reads the rest."""
    return subprocess.Popen(
        [*COMMAND, *RUN, name],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


def wait_for_a_step(run: "subprocess.Popen[bytes]") -> None:
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line)["event"] == "step":
            break


def start(folder: Path, name: str) -> "subprocess.Popen[bytes]":
    """A run that has made its first steps."""
    run = launched(folder, name)
    wait_for_a_step(run)
    return run


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_ends(number: int, status: int, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    rng = random.Random(number)
    names = [f"m{n}.npz" for n in range(TOGETHER)]
    runs = [launched(tmp_path, name) for name in names]
    for run in runs:
        wait_for_a_step(run)
        time.sleep(rng.uniform(0, 0.06))
        run.send_signal(number)
    for name, run in zip(names, runs, strict=True):
        out, err = run.communicate(timeout=30)
        assert run.returncode == status, err
        steps = [event["step"] for event in map(json.loads, out.splitlines()) if event["event"] == "step"]
        saved = load(tmp_path / name).record.state["step"]
        assert saved >= 1
        assert not steps or saved in (steps[-1], steps[-1] + 1)
    words = [*COMMAND, "train", "a.txt", "-q", "--resume", "--steps", str(saved + 3), "-o", names[-1]]
    subprocess.run(words, cwd=tmp_path, env=environment(), check=True, timeout=60)
    assert load(tmp_path / names[-1]).record.state["step"] == saved + 3
    assert not [child for child in tmp_path.iterdir() if child.name.startswith(".")]


def test_a_second_signal_ends_at_once_and_keeps_the_last_save(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    run = start(tmp_path, "m.npz")
    run.send_signal(signal.SIGINT)
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = run.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert run.returncode == 130
    assert b"Traceback" not in err
    if (tmp_path / "m.npz").exists():
        load(tmp_path / "m.npz")
