"""What a shell is offered when the user presses Tab, by the protocol that its script speaks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rnncli import names
from rnncli.cli import app
from rnncli.inspection.views import VIEWS
from rnncli.lessons import LESSONS
from tests.cli.running import environment
from tests.cli.test_help import OPTIONS

PROGRAM = "import sys; sys.argv[0] = 'rnncli'; from rnncli.cli import main; main()"
CHOICES = [
    pytest.param(p.values[0], p.values[1].opts[-1], p.values[1].metavar, id=str(p.id))
    for p in OPTIONS
    if "|" in (p.values[1].metavar or "") and p.values[1].metavar.islower()
]


def run(*interpreter: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """The program, under its own name, as the script of a shell starts it."""
    words = [sys.executable, *interpreter, "-c", PROGRAM]
    return subprocess.run(words, env=environment(**env), capture_output=True, text=True, timeout=60, check=False)


def bash(line: str) -> list[str]:
    """What bash is offered for the last word of a line, which may be empty; by the program, in this process."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    result = CliRunner().invoke(app, prog_name="rnncli", env={"_RNNCLI_COMPLETE": "complete_bash", **words})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.split()


@pytest.fixture
def files(folder: Path) -> None:
    """Two models, a text and a folder."""
    for name in ("model.npz", "other.npz", "text.txt"):
        (folder / name).touch()
    (folder / "more").mkdir()
    (folder / "more" / "deep.npz").touch()


@pytest.mark.parametrize(("command", "flag", "metavar"), CHOICES)
def test_an_option_of_some_names_offers_them(command: str, flag: str, metavar: str) -> None:
    assert bash(f"rnncli {command} {flag} ") == metavar.split("|")


def test_choices_are_tried() -> None:
    assert len(CHOICES) >= 9


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rnncli train --cell l", ["lstm"]),
        ("rnncli train --cell x", []),
        ("rnncli inspect model.npz ", list(VIEWS)),
        ("rnncli inspect model.npz ga", ["gates"]),
        ("rnncli guide co", ["counts", "contributing"]),
        ("rnncli help in", ["inspect", "info"]),
        ("rnncli lesson ", list(LESSONS)),
        ("rnncli lesson back", ["backpropagation"]),
        ("rnncli lesson descent --optimizer a", ["adagrad", "adam"]),
        ("rnncli lesson lstm --model o", ["other.npz"]),
        ("rnncli inspect ", ["model.npz", "other.npz", "more/"]),
        ("rnncli score m", ["model.npz", "more/"]),
        ("rnncli sample mor", []),  # the shell completes a folder by itself, without a space after it
        ("rnncli sample more/", ["more/deep.npz"]),
        ("rnncli predict ./o", ["./other.npz"]),
        ("rnncli inspect model.npz diff o", ["other.npz"]),
        ("rnncli inspect model.npz unit ", []),
        ("rnncli train t.txt --init-from o", ["other.npz"]),
        ("rnncli train t.txt -o m", ["model.npz", "more/"]),
        ("rnncli export o", ["other.npz"]),
        ("rnncli import t", []),
        ("rnncli import t.pt -o o", ["other.npz"]),
        ("rnncli train t", []),  # files, which the shell completes
        ("rnncli score model.npz t", []),
    ],
)
def test_what_bash_is_offered(line: str, offered: list[str], files: None) -> None:
    assert bash(line) == offered


def test_names_that_need_quotes_are_left_to_the_shell(files: None, folder: Path) -> None:
    (folder / "my model.npz").touch()
    assert bash("rnncli sample m") == []
    assert bash("rnncli sample o") == ["other.npz"]


def test_zsh_and_fish_are_offered_the_same() -> None:
    line = "rnncli bench --cell "
    zsh = run(_RNNCLI_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line).stdout
    fish = {"_RNNCLI_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": line}
    assert [word.strip('"') for word in zsh.partition("((")[2].partition("))")[0].split()] == [*names.RECURRENT_CELLS]
    assert run(**fish, _TYPER_COMPLETE_FISH_ACTION="get-args").stdout.split() == [*names.RECURRENT_CELLS]
    assert run(**fish, _TYPER_COMPLETE_FISH_ACTION="is-args").returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_script_works_in_bash(files: None, folder: Path) -> None:
    program = folder / "rnncli"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    script = run(_RNNCLI_COMPLETE="source_bash").stdout
    call = 'COMP_WORDS=(rnncli train --cell ""); COMP_CWORD=3; _rnncli_completion rnncli; echo "${COMPREPLY[@]}"'
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", f"{script}\n{call}"], env=environment(PATH=path), capture_output=True, text=True, check=False
    )
    assert result.stdout.split() == [*names.CELLS], result.stderr


def test_completion_loads_no_numpy_and_warns_of_nothing(files: None) -> None:
    env = {"_RNNCLI_COMPLETE": "complete_bash", "RNNCLI_HIDEN_SIZE": "1"}
    for line in ("rnncli inspect ", "rnncli inspect model.npz diff ", "rnncli train --cell "):
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        assert run(**env, **words).stderr == ""
        imported = run("-X", "importtime", **env, **words).stderr
        assert "rnncli.cli" in imported
        assert "numpy" not in imported
