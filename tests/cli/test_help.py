"""Help for every command and option, an environment variable for each, and one sentence for every mistake."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from rnncli.cli import app
from tests.cli.running import ROOT, process, refused, rnncli, succeeded

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OPTIONS = [
    pytest.param(name, parameter, id=f"{name} {parameter.opts[-1]}")
    for name, command in COMMANDS.items()
    for parameter in command.params
    if parameter.opts[0].startswith("-") and parameter.name != "help"
]
README_TEXT = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help_with_examples(name: str, flag: str) -> None:
    text = succeeded(rnncli(name, flag))
    assert f"rnncli {name} " in text.partition("Options")[0]
    for parameter in COMMANDS[name].params:
        for flag in parameter.opts:
            assert flag in text or not flag.startswith("--")


def test_the_root_lists_its_commands() -> None:
    text = succeeded(rnncli("--help"))
    assert all(name in text for name in COMMANDS)
    assert "RNNCLI_" in text
    assert succeeded(rnncli()) == text


@pytest.mark.parametrize(("name", "parameter"), OPTIONS)
def test_every_option_has_help_and_a_variable(name: str, parameter: Any) -> None:
    long = next(flag for flag in parameter.opts if flag.startswith("--"))
    assert parameter.help
    assert parameter.help.rstrip().endswith(".")
    assert parameter.envvar == "RNNCLI_" + long.removeprefix("--").replace("-", "_").upper()


@pytest.mark.skipif("--clip-norm" not in README_TEXT, reason="the README does not list the options yet")
@pytest.mark.parametrize(("name", "parameter"), OPTIONS)
def test_every_option_stands_in_the_readme(name: str, parameter: Any) -> None:
    assert f"rnncli {name}" in README_TEXT
    assert all(flag in README_TEXT for flag in parameter.opts if flag.startswith("--"))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["trian", "x"], "train"),
        (["train", "hello.txt", "--cell", "lstn"], "lstm"),
        (["train", "hello.txt", "--optimizer", "adm"], "adam"),
        (["train", "hello.txt", "--schedule", "cosin"], "cosine"),
        (["train", "hello.txt", "--encoding", "byte"], "bytes"),
        (["train", "hello.txt", "--cell", "rnn", "--activation", "rellu"], "relu"),
        (["train", "helo.txt"], "hello.txt"),
        (["train", "hello.txt", "--hidden-sise", "3"], "--hidden-size"),
    ],
)
def test_what_is_misspelt_gets_a_suggestion(arguments: list[str], hint: str, hello_text: Path) -> None:
    result = rnncli(*arguments)
    refused(result, hint)
    assert re.search("id you mean|Possible option", result.stderr)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--learning-rate", "0"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "fast"),
        ("--dropout", "1"),
        ("--dropout", "-0.1"),
        ("--clip-norm", "inf"),
        ("--weight-decay", "nan"),
        ("--epochs", "0"),
        ("--steps", "0"),
        ("--steps", "1.5"),
        ("--layers", "0"),
        ("--hidden-size", "-3"),
        ("--batch-size", "0"),
        ("--seq-length", "0"),
        ("--min-count", "0"),
        ("--time", "0"),
        ("--time", "3x"),
        ("--time", "-3m"),
        ("--time", ""),
        ("--activation", "relu"),  # of the cell gru
        ("--batch-size", "5"),  # of five characters
        pytest.param("--min-count", "100"),
        pytest.param(
            "--hidden-size",
            "1000000",
        ),
    ],
)
def test_values_that_cannot_be_are_refused(option: str, value: str, hello_text: Path, folder: Path) -> None:
    result = rnncli("train", hello_text, option, value)
    refused(result, option)
    assert not (folder / "model.npz").exists()


@pytest.mark.parametrize(
    ("value", "seconds"), [("2", 2), ("90s", 90), ("3m", 180), ("1.5h", 5400), ("1h30m", 5400), ("1m1.5s", 61.5)]
)
def test_lengths_of_time(value: str, seconds: float, hello_text: Path) -> None:
    result = rnncli("train", hello_text, "--time", value, "--dry-run", "--json")
    assert f'"seconds": {float(seconds)}' in succeeded(result)


def test_ends_exclude_each_other(hello_text: Path) -> None:
    refused(rnncli("train", hello_text, "--steps", 3, "--epochs", 1), "--epochs and --steps exclude each other")
    refused(rnncli("train", hello_text, RNNCLI_STEPS="3", RNNCLI_TIME="3m"), "--steps and --time exclude each other")
    result = rnncli("train", hello_text, "--steps", 3, RNNCLI_TIME="3m")
    assert "after 3 steps" in result.stderr  # an option beats the variable of another one


def test_a_traceback_is_for_those_who_ask() -> None:
    plain, debug = process("train", "none.txt"), process("train", "none.txt", RNNCLI_DEBUG="1")
    assert plain.returncode == 2
    assert plain.stderr.startswith(b"error: none.txt does not exist")
    assert b"Traceback" not in plain.stderr
    assert b"Traceback" in debug.stderr


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_that_fails_ends_with_1(hello_text: Path) -> None:
    result = rnncli("train", hello_text, "--learning-rate", "3e38", "-q")
    assert result.exit_code == 1
    assert "--learning-rate 3e+37" in result.stderr
