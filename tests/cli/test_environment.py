"""Options from the environment: which variables there are, which one counts, and what is said of those that have no
effect."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rnncli.cli import app
from rnncli.cli.environment import SHARED
from rnncli.storage import checkpoint
from tests.cli.running import process, refused, rnncli, succeeded
from tests.cli.test_help import COMMANDS, OPTIONS

QUICK = ("--steps", 1, "-qf")
USES = Counter(flag for p in OPTIONS for flag in p.values[1].opts if flag.startswith("--"))


def hidden_size(text: Path, *options: object, **env: str) -> int:
    succeeded(rnncli("train", text, *QUICK, *options, **env))
    return int(checkpoint.load("model.npz").model.config.hidden_size)


def test_the_nearest_setting_counts(hello_text: Path) -> None:
    """The option, then the variable of the command, then that of all commands; an empty variable is not set."""
    every, scoped = {"RNNCLI_HIDDEN_SIZE": "9"}, {"RNNCLI_TRAIN_HIDDEN_SIZE": "7"}
    assert hidden_size(hello_text, "--hidden-size", 5, **every, **scoped) == 5
    assert hidden_size(hello_text, **every, **scoped) == 7
    assert hidden_size(hello_text, **every, RNNCLI_TRAIN_HIDDEN_SIZE="", RNNCLI_BENCH_HIDDEN_SIZE="4") == 9
    assert hidden_size(hello_text, RNNCLI_HIDDEN_SIZE="", RNNCLI_STEP="") == hidden_size(hello_text)


def test_a_variable_for_score_leaves_train_alone(hello_text: Path, hello: Path) -> None:
    """Since --context is an option of both, and not the same."""
    with_context = json.loads(succeeded(rnncli("score", hello, hello_text, "--context", 2, "--json")))
    result = rnncli("train", hello_text, *QUICK, RNNCLI_SCORE_CONTEXT="2")
    assert (succeeded(result), result.stderr) == ("", "")
    scored = rnncli("score", hello, hello_text, "--json", RNNCLI_SCORE_CONTEXT="2", RNNCLI_TRAIN_CONTEXT="4")
    assert json.loads(succeeded(scored)) == with_context
    assert scored.stderr == ""


def test_an_ambiguous_variable_has_no_effect_and_is_told(hello_text: Path, hello: Path) -> None:
    plain = succeeded(rnncli("score", hello, hello_text))
    for command in (("train", hello_text, *QUICK), ("score", hello, hello_text)):
        result = rnncli(*command, RNNCLI_CONTEXT="2")
        assert succeeded(result) == (plain if command[0] == "score" else "")
        assert result.stderr.count("\n") == 1
        for name in ("RNNCLI_CONTEXT ", "RNNCLI_TRAIN_CONTEXT", "RNNCLI_SCORE_CONTEXT"):
            assert name in result.stderr


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("RNNCLI_HIDEN_SIZE", "RNNCLI_HIDDEN_SIZE"),
        ("RNNCLI_TRIAN_CONTEXT", "RNNCLI_TRAIN_CONTEXT"),
        ("RNNCLI_SCORE_CONTEXTS", "RNNCLI_SCORE_CONTEXT"),
        ("RNNCLI_DEBGU", "RNNCLI_DEBUG"),
        ("RNNCLI_CONTXT", "RNNCLI_TRAIN_CONTEXT or RNNCLI_SWEEP_CONTEXT or RNNCLI_SCORE_CONTEXT"),
        ("RNNCLI_QQQQ", "--help"),
    ],
)
def test_an_unknown_variable_gets_one_line_with_the_closest(name: str, close: str, hello: Path) -> None:
    result = rnncli("sample", hello, "-l", 5, "-t", 0, "--prime", "h", **{name: "1"})
    assert succeeded(result).startswith("hello")
    assert result.stderr.startswith(f"warning: {name} has no effect")
    assert close in result.stderr
    assert result.stderr.count("\n") == 1


def test_nothing_is_said_of_what_is_known_or_empty(hello: Path) -> None:
    """Nor with --version, which prints its line alone."""
    known = {name: "1" for p in OPTIONS for name in p.values[1].envvar if "COUNT" in name}
    names = {"RNNCLI_DEBUG": "0", "RNNCLI_HIDEN_SIZE": "", "RNNCLI_UNTIL_LINE": "3", "NOT_RNNCLI_": "x", **known}
    assert rnncli("sample", hello, "-l", 5, **names).stderr == ""
    assert process("--version", RNNCLI_HIDEN_SIZE="1").stderr == b""


@pytest.mark.parametrize("name", ["RNNCLI_TEXT", "RNNCLI_INSPECT_TEXT"])
def test_a_blank_splits_no_value(name: str, hello: Path, folder: Path) -> None:
    """Of an option that may be repeated; what is typed replaces it."""
    (folder / "a b.txt").write_text("hello")
    (folder / "c.txt").write_text("hell")
    command = ("inspect", hello, "text", "--json")
    assert json.loads(succeeded(rnncli(*command, **{name: "a b.txt"})))["text"] == "a b.txt"
    assert json.loads(succeeded(rnncli(*command, "--text", "c.txt", **{name: "a b.txt"})))["text"] == "c.txt"


@pytest.mark.parametrize(
    ("command", "name", "value", "told"),
    [
        ("train", "RNNCLI_HIDDEN_SIZE", "x", "not an integer"),
        ("train", "RNNCLI_TRAIN_CELL", "lstn", "did you mean lstm?"),
        ("train", "RNNCLI_JSON", "maybe", "boolean"),
        ("sample", "RNNCLI_UNTIL_LINE", "0", "below 1"),
    ],
)
def test_an_error_names_the_variable(command: str, name: str, value: str, told: str, hello_text: Path) -> None:
    refused(rnncli(command, hello_text, **{name: value}), f"Invalid value for {name}:", told)


def test_an_error_in_an_option_names_the_option(hello_text: Path) -> None:
    refused(rnncli("train", hello_text, "--hidden-size", "x", RNNCLI_HIDDEN_SIZE="3"), "'--hidden-size'")


def test_no_two_options_of_a_command_have_the_same_variable() -> None:
    """And two commands share one only where the options mean the same."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for name, option in (p.values for p in OPTIONS):
        for variable in option.envvar:
            owners.setdefault(variable, set()).add((name, option.name))
    for variable, found in owners.items():
        assert len({command for command, _ in found}) == len(found), variable
        assert len(found) == 1 or {f"--{option.replace('_', '-')}" for _, option in found} < SHARED


def test_every_shared_option_is_one_of_several_commands() -> None:
    assert all(USES[flag] > 1 for flag in SHARED)
    assert {flag for flag, uses in USES.items() if uses > 1} - SHARED == {"--context", "--beam", "--prime"}


def test_the_help_names_variables_that_exist() -> None:
    known: set[str] = {name for command in COMMANDS.values() for p in command.params for name in p.envvar or ()}
    epilog: Any = app.info.epilog
    named = {word.strip(".,").partition("=")[0] for word in epilog.split() if word.startswith("RNNCLI_")}
    assert named
    assert named <= known
