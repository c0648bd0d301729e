"""What does not compute does not load what computes."""

import subprocess
import sys
from pathlib import Path

import pytest

import rnncli as package
from tests.cli.running import COMMAND, ROOT, environment


def modules(*arguments: str) -> tuple[set[str], str]:
    """The top-level modules that a command imports, and what it prints."""
    words = [sys.executable, "-X", "importtime", *COMMAND[1:], *arguments]
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    names = [line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")]
    return {name.partition(".")[0] for name in names}, result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("help", "train"),
        ("train", "--help"),
        ("sample", "-h"),
        ("lesson", "descent", "-h"),
        ("lesson",),
        (),
    ],
)
def test_numpy_is_not_loaded_for_a_word(arguments: tuple[str, ...]) -> None:
    loaded, output = modules(*arguments)
    assert "rnncli" in loaded
    assert "numpy" not in loaded
    assert output


def test_the_version_is_that_of_the_package() -> None:
    assert modules("--version")[1] == modules("-V")[1] == f"rnncli {package.__version__}\n"


def test_pydantic_is_not_loaded_for_values(hello: Path) -> None:
    """Typer would, to convert them, and every short command would take half as long again."""
    loaded, output = modules("sample", str(hello), "--length", "5", "--temperature", "0.5", "--prime", "he", "--json")
    assert "numpy" in loaded
    assert "pydantic" not in loaded
    assert output


def test_numpy_is_loaded_where_it_is_needed() -> None:
    assert "numpy" in modules("inspect", "missing.npz")[0]  # so that the test above could fail
