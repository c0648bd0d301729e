"""The commands that are printed for files whose names begin with a dash can be typed."""

import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import LINES
from tests.cli.looking import HELD_OUT, VIEWS, compute_once, model_of
from tests.cli.running import refused, rnncli, succeeded

pytestmark = pytest.mark.usefixtures("little_steering")


def printed(text: str) -> list[list[str]]:
    """The words of the commands in a text, without the program."""
    parts = [part.strip() for line in text.splitlines() for part in line.split("    or: ")]
    lines = [part.removeprefix("next:").removeprefix("try:").strip() for part in parts]
    return [shlex.split(line)[1:] for line in lines if line.startswith("rnncli ")]


@pytest.mark.parametrize("view", ["overview", "text", "units", "unit", "memory", "gates", "gradients", "errors"])
def test_of_a_view(view: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute_once(monkeypatch)  # what several views suggest
    for name in ("-m.npz", "other.npz"):
        shutil.copy(model_of("gru"), folder / name)
    (folder / "-x.txt").write_text(HELD_OUT)
    command = ("inspect", "--text", "-x.txt", "--", "-m.npz", view, *VIEWS[view])
    commands = printed(succeeded(rnncli(*command, COLUMNS="1000")))
    assert commands
    for name, *words in commands:
        assert "-m.npz" in words[words.index("--") :]
        assert ("-x.txt" in words) == (name == "inspect")
        succeeded(rnncli(name, *(("-l", 20) if name == "sample" else ()), *words))


@pytest.mark.parametrize(
    ("text", "options", "use"),
    [
        (LINES * 9, ("--task", "generate", "--hidden-size", 4), "sample"),
        ("a\tX\nb\tY\n" * 9, ("--task", "classify"), "predict"),
    ],
)
def test_of_a_run(text: str, options: tuple[object, ...], use: str, folder: Path) -> None:
    (folder / "-x.txt").write_text(text)
    told = rnncli("train", "-o", "-m.npz", *options, "--steps", 60, "--eval-every", 20, "--", "-x.txt")
    succeeded(told)
    commands = printed(told.stderr)
    assert [command[0] for command in commands] == [*(["train", "train"] if use == "sample" else []), use, "inspect"]
    for name, *words in commands:
        assert words[-2] == "--"
        succeeded(rnncli(name, *(("--steps", 2) if name == "train" else ()), *words, input="a\n"))
    wrong = "predict" if use == "sample" else "sample"
    refused(rnncli(wrong, "--", "-m.npz"), f"use rnncli {use} -- -m.npz")
