"""Two ways to run the command line: inside this process, which is quick, and as a user does."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import typer.testing
from typer.testing import CliRunner, Result

from rnncli.cli import app

# To build the commands takes longer than most of them run; they keep nothing from one run to the next.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "rnncli"]


def environment(**changes: str) -> dict[str, str]:
    """The environment without what would change the output or let each process compile the package anew, and with
    ``changes``."""
    without = ("RNNCLI_", "PYTHONIO", "PYTHONDONTWRITE")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(without)}
    return {**plain, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **changes}


def rnncli(*arguments: object, input: bytes | str | None = None, **env: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=input, env=env)


def process(
    *arguments: object, input: bytes = b"", timeout: float = 60, cwd: Path | None = None, **env: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=input,
        capture_output=True,
        env=environment(**env),
        timeout=timeout,
        check=False,
        cwd=cwd,
    )


def succeeded(result: Any) -> str:
    """Standard output of a command in this process that ended well."""
    assert result.exit_code == 0, result.stderr + repr(result.exception)
    return str(result.stdout)


def refused(result: Any, *words: str) -> None:
    """It ended with 2 and a sentence on standard error with these words, and wrote nothing else."""
    assert result.exit_code == 2, result.output + repr(result.exception)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr, result.stderr
