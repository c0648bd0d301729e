"""An empty folder to work in, an environment without surprises, and small models that are trained once."""

import os
from pathlib import Path

import pytest

os.environ["TERM"] = "dumb"  # Typer looks at it when it is imported, and would colour its help

from tests.cli.running import rnncli, succeeded

LINES = "".join(f"{n} [bold]and[/bold] {n * n % 97}\n" for n in range(120))
"""A text with line ends, held-out characters, and what Rich would take for markup."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test works."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RNNCLI_")] + ["NO_COLOR", "FORCE_COLOR", "COLUMNS"]:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def little_steering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views write a few texts only, where it does not matter what is in them."""
    monkeypatch.setattr("rnncli.inspection.interventions.steering.CHOOSE", (2, 0))
    monkeypatch.setattr("rnncli.inspection.interventions.steering.MEASURE", (8, 1))
    monkeypatch.setattr("rnncli.inspection.interventions.steering.LENGTH", 60)


@pytest.fixture
def hello_text(folder: Path) -> Path:
    """The text hello, without a line end."""
    (folder / "hello.txt").write_text("hello")
    return folder / "hello.txt"


@pytest.fixture(scope="session")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt the word hello, as the first example of the README."""
    place = tmp_path_factory.mktemp("hello")
    (place / "hello.txt").write_text("hello")
    succeeded(rnncli("train", place / "hello.txt", "-o", place / "hello.npz", "-q"))
    return place / "hello.npz"


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of LINES, with two layers and evaluations."""
    place = tmp_path_factory.mktemp("lines")
    (place / "lines.txt").write_text(LINES)
    options = ["--hidden-size", 10, "--layers", 2, "--steps", 30, "--eval-every", 10]
    succeeded(rnncli("train", place / "lines.txt", "-o", place / "lines.npz", "-q", *options))
    return place / "lines.npz"


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the bytes 0 … 255."""
    place = tmp_path_factory.mktemp("raw")
    (place / "all").write_bytes(bytes(range(256)) * 3)
    options = ["--encoding", "bytes", "--hidden-size", 4, "--steps", 2]
    succeeded(rnncli("train", place / "all", "-o", place / "raw.npz", "-q", *options))
    return place / "raw.npz"
