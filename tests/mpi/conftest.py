"""Real ranks of a real ``mpirun``, more of them than this machine has cores."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import COMMAND, environment

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]

ODD_RANK = str(Path(__file__).with_name("odd_rank.py"))

OPTIONS = ("--layers", "2", "--hidden-size", "12", "--dropout", "0.2", "--batch-size", "16", "--seq-length", "16")
OPTIONS += ("--state-reset", "0.2")


@pytest.fixture(scope="session")
def launcher() -> list[str]:
    """``mpirun``, with what lets Open MPI start more ranks than there are cores, as root too."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    mpirun = shutil.which("mpirun", path=places)
    if mpirun is None or importlib.util.find_spec("mpi4py") is None:
        pytest.skip("there is no MPI here: pip install mpi4py mpich")
    version = subprocess.run([mpirun, "--version"], capture_output=True, text=True, check=False).stdout
    return [mpirun, "--oversubscribe"] if "Open MPI" in version or "prterun" in version else [mpirun]


@pytest.fixture(scope="session")
def start(launcher: list[str]) -> Callable[..., "subprocess.Popen[bytes]"]:
    """Start a command on a number of ranks. With a ``fault`` one of them is odd, see :mod:`tests.mpi.odd_rank`."""

    def started(ranks: int, *arguments: object, fault: str = "", cwd: Path) -> "subprocess.Popen[bytes]":
        command = [sys.executable, ODD_RANK, fault] if fault else COMMAND
        words = [*launcher, "-n", str(ranks), *command, *map(str, arguments)]
        pipe = subprocess.PIPE
        env = environment(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd)

    return started


@pytest.fixture(scope="session")
def mpirun(start: Callable[..., "subprocess.Popen[bytes]"]) -> Run:
    """Run a command on a number of ranks, to its end."""

    def run(ranks: int, *arguments: object, input: bytes = b"", timeout: float = 60, **how: object):
        with start(ranks, *arguments, **how) as process:
            try:
                output, errors = process.communicate(input, timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    return run


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text, and a place where there is another text of that name."""
    path = tmp_path_factory.mktemp("mpi")
    words = np.random.default_rng(0).choice(["ein", "zwei", "drei", "vier", "ö\n"], 3000)
    (path / "text.txt").write_text(" ".join(words), encoding="utf-8")
    (path / "empty").mkdir()
    (path / "other").mkdir()
    (path / "other" / "text.txt").write_text(" ".join(words[::-1]), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def two_ranks(mpirun: Run, folder: Path) -> Path:
    """The model of 30 steps on two ranks."""
    result = mpirun(2, "train", "text.txt", *OPTIONS, "--steps", 30, "-o", "two.npz", cwd=folder)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stderr.count(b"\nsaved ") == 1  # by one voice
    return folder / "two.npz"
