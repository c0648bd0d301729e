"""Help for every command and option, an environment variable for each, and one sentence for every mistake."""

import re
import subprocess
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from rnncli.cli import app
from rnncli.cli.guide import PAGES
from rnncli.cli.options import Command, option
from tests.cli.running import COMMAND, environment, process, refused, rnncli, succeeded

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
GUIDE = {path.stem: path.read_text("utf-8") for path in sorted(PAGES.glob("*.md"))}
TABLES = {
    "train": ("train", "Options"),
    "sample": ("sample", "Options"),
    "predict": ("tasks", "Options of predict"),
    "bench": ("train", "How fast is this machine?"),
    "sweep": ("sweep", "Options of sweep"),
}
"""By the command the page of the guide and its section with a table of all options."""


def options_of(command: Any) -> list[Any]:
    options = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
    return [parameter for parameter in options if parameter.name != "help" and not parameter.hidden]


def flags_of(parameter: Any) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts]


OPTIONS = [
    pytest.param(name, parameter, id=f"{name} {parameter.opts[-1]}")
    for name, command in COMMANDS.items()
    for parameter in options_of(command)
]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help_with_examples(name: str, flag: str) -> None:
    text = succeeded(rnncli(name, flag))
    assert f"rnncli {name} " in text.partition("Options")[0]
    for parameter in COMMANDS[name].params:
        for flag in parameter.opts:
            assert (flag in text) != parameter.hidden or not flag.startswith("--")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_fits_the_screen_and_cuts_no_word(name: str, width: int) -> None:
    text = succeeded(rnncli(*filter(None, [name]), "--help", COLUMNS=str(width)))
    assert max(map(len, text.splitlines())) <= width
    assert not re.search(r"\w…|<bool>|<str>|\(gru\)|: \(", text)
    wide = succeeded(rnncli(*filter(None, [name]), "--help", COLUMNS="100"))
    assert sorted(re.sub(r"\|\n *", "|", text).split()) == sorted(wide.split())
    for parameter in COMMANDS[name].params if name else ():
        for flag in flags_of(parameter):
            assert re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", text) or parameter.hidden or flag[0] != "-"


def test_help_shows_defaults_and_values_as_they_are_typed() -> None:
    text = succeeded(rnncli("train", "--help", COLUMNS="100"))
    assert re.search(r"\n      --cell rnn\|gru\|lstm\|mlp  Recurrent cell.*\n.* \[default: gru\]\n", text)
    assert re.search(r"\n  -o, --output PATH +The model file. \[default: model.npz\]\n", text)
    assert re.search(r"\n  -f, --force +Replace an existing model and its log.\n", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_its_help(name: str) -> None:
    assert succeeded(rnncli("help", name)) == succeeded(rnncli(name, "--help"))


def test_help_of_a_lesson_is_its_help() -> None:
    assert succeeded(rnncli("help", "lesson", "rnn")) == succeeded(rnncli("lesson", "rnn", "--help"))
    refused(rnncli("help", "train", "rnn"), "rnn stands after train")


def test_the_root_lists_its_commands() -> None:
    text = succeeded(rnncli("--help"))
    assert all(name in text for name in COMMANDS)
    assert "RNNCLI_" in text
    assert succeeded(rnncli()) == succeeded(rnncli("help")) == text
    assert re.findall(r"^  (\w+)", text.partition("Commands:")[2], re.MULTILINE)[-4:] == [
        "bench",
        "lesson",
        "guide",
        "help",
    ]


@pytest.mark.parametrize(("name", "parameter"), OPTIONS)
def test_every_option_has_help_and_a_variable(name: str, parameter: Any) -> None:
    long = next(flag for flag in parameter.opts if flag.startswith("--"))
    assert parameter.help
    assert parameter.help.rstrip().endswith(".")
    assert parameter.envvar[0] == f"RNNCLI_{name}_{long.removeprefix('--')}".replace("-", "_").upper()


def test_a_renamed_option_keeps_its_former_name_and_variable(hello: Path) -> None:
    """Hidden from the help; typed with its value after a blank or an equals sign."""
    command = ("sample", hello, "--prime", "h", "-t", 0, "-l", 9)
    for arguments, variables in (
        (("--max-lines", "x"), {}),
        (("--until-line", "x"), {}),
        (("--until-line=x",), {}),
        ((), {"RNNCLI_MAX_LINES": "x"}),
        ((), {"RNNCLI_UNTIL_LINE": "x"}),
    ):
        refused(rnncli(*command, *arguments, **variables), "'x' is not an integer")
    assert succeeded(rnncli(*command, "--until-line", 3)) == succeeded(rnncli(*command, "--max-lines", 3))
    assert "--until-line" not in succeeded(rnncli("sample", "--help"))


def test_a_pair_of_flags_may_be_renamed() -> None:
    """And another command that has an option of the former name keeps it."""
    application = typer.Typer()

    @application.command(cls=Command)
    def one(both: Annotated[bool, option("--both/--no-both", formerly="--both/--single", help="x.")] = True) -> None:
        typer.echo(both)

    @application.command(cls=Command)
    def other(single: Annotated[str, option("--single", help="x.")] = "") -> None:
        typer.echo(single)

    def printed(*arguments: str) -> str:
        return CliRunner().invoke(application, arguments).stdout

    assert (printed("one"), printed("one", "--no-both"), printed("one", "--single")) == ("True\n", "False\n", "False\n")
    assert printed("other", "--single", "a") == "a\n"


@pytest.mark.parametrize(("name", "parameter"), OPTIONS)
def test_every_option_is_in_the_guide(name: str, parameter: Any) -> None:
    """With all its names, in a page that has its command."""
    flags = [flag for flag in flags_of(parameter) if flag.startswith("--")]
    about = [page for page in GUIDE.values() if f"rnncli {name}" in page]
    assert any(all(re.search(rf"(?<![\w-]){flag}(?![\w-])", page) for flag in flags) for page in about)


@pytest.mark.parametrize("name", TABLES)
def test_the_table_of_a_command_has_every_option_and_no_other(name: str) -> None:
    page, title = TABLES[name]
    section = GUIDE[page].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\|(.*?)(?<!\\)\|", section, re.MULTILINE)
    listed = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(first_cells))
    declared = [flag for parameter in options_of(COMMANDS[name]) for flag in flags_of(parameter)]
    assert sorted(listed) == sorted(declared)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["trian", "x"], "train"),
        (["help", "trian"], "train"),
        (["train", "hello.txt", "--cell", "lstn"], "lstm"),
        (["train", "hello.txt", "--optimizer", "adm"], "adam"),
        (["train", "hello.txt", "--schedule", "cosin"], "cosine"),
        (["train", "hello.txt", "--encoding", "byte"], "bytes"),
        (["train", "hello.txt", "--cell", "rnn", "--activation", "rellu"], "relu"),
        (["train", "helo.txt"], "hello.txt"),
        (["train", "hello.txt", "--hidden-sise", "3"], "--hidden-size"),
    ],
)
def test_a_misspelling_gets_a_suggestion(arguments: list[str], hint: str, hello_text: Path) -> None:
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
def test_invalid_values_are_refused(option: str, value: str, hello_text: Path, folder: Path) -> None:
    result = rnncli("train", hello_text, option, value)
    refused(result, option)
    assert not (folder / "model.npz").exists()


@pytest.mark.parametrize(
    ("value", "seconds"), [("2", 2), ("90s", 90), ("3m", 180), ("1.5h", 5400), ("1h30m", 5400), ("1m1.5s", 61.5)]
)
def test_durations(value: str, seconds: float, hello_text: Path) -> None:
    result = rnncli("train", hello_text, "--time", value, "--dry-run", "--json")
    assert f'"seconds": {float(seconds)}' in succeeded(result)


def test_ends_are_mutually_exclusive(hello_text: Path) -> None:
    refused(rnncli("train", hello_text, "--steps", 3, "--epochs", 1), "--epochs and --steps are mutually exclusive")
    refused(
        rnncli("train", hello_text, RNNCLI_STEPS="3", RNNCLI_TIME="3m"), "--steps and --time are mutually exclusive"
    )
    result = rnncli("train", hello_text, "--steps", 3, RNNCLI_TIME="3m")
    assert "after 3 steps" in result.stderr  # an option beats the variable of another one


def test_a_traceback_is_shown_on_request_only() -> None:
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


@pytest.mark.parametrize("command", [(), ("train",), ("inspect",)], ids=str)
def test_a_reader_that_has_seen_enough_of_the_help_is_no_error(command: tuple[str, ...]) -> None:
    words = [*COMMAND, *command, "--help"]
    with subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.close()
        assert run.stderr is not None
        assert run.stderr.read() == b""
    assert run.returncode == 0
