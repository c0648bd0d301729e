"""An option of rnncli train is declared once; the command line and the request follow."""

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from rnncli.cli.train.options import OPTIONS, Request
from rnncli.models.config import NetworkConfig
from rnncli.training.options import TrainingOptions
from rnncli.training.plan import Overrides
from rnncli.training.request import LENGTHS, VALUES
from tests.cli.running import ROOT, environment, rnncli, succeeded
from tests.cli.test_help import COMMANDS


def names(kind: Any) -> set[str]:
    return {field.name for field in fields(kind)}


def test_the_command_line_is_the_request() -> None:
    parameters = {parameter.name for parameter in COMMANDS["train"].params if not parameter.hidden}
    assert parameters - {"help"} == set(OPTIONS)


def test_a_value_goes_to_where_there_is_a_field_for_it() -> None:
    """And every field of the two can be chosen; the lengths are a group of their own."""
    given = Overrides.of(dict.fromkeys(VALUES, 1))
    assert set(given.network) == names(NetworkConfig)
    assert {*given.learning, *given.length} == names(TrainingOptions)
    assert set(given.length) == {"seconds" if name == "time" else name for name in LENGTHS}


def test_python_has_the_options_of_the_command() -> None:
    """All but those that say where a command reads and writes."""
    about_files = {
        "files",
        "output",
        "save_every",
        "init_from",
        "resume",
        "force",
        "dry_run",
        "json",
        "quiet",
        "log",
        "tensorboard",
    }
    assert set(VALUES) == set(OPTIONS) - about_files


def test_only_what_was_given_is_in_the_request() -> None:
    request = Request(files=["a.txt"], hidden_size=5, bidirectional=False, seed=0, time=9.0)
    assert request.given == {"hidden_size": 5, "bidirectional": False, "seed": 0, "time": 9.0}
    given = Overrides.of(request.given)
    assert given.network == {"hidden_size": 5, "bidirectional": False}
    assert given.learning == {"seed": 0}
    assert given.length == {"seconds": 9.0}
    assert (request.output, request.encoding, request.quiet) == ("model.npz", None, False)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def test_a_new_option_takes_a_declaration_and_a_field(folder: Path, hello_text: Path) -> None:
    """In a copy of the package: it is in the help, parsed and checked; the model file records it, a resume keeps it."""
    package = folder / "copy" / "rnncli"
    shutil.copytree(ROOT / "rnncli", package, ignore=shutil.ignore_patterns("__pycache__"))
    place = "    seed: int | None = _learning("
    declared = '    label_smoothing: float | None = _learning("--label-smoothing", help="Mix in this.")\n'
    replace(package / "cli" / "train" / "options.py", place, declared + place)
    request = package / "training" / "request.py"
    field = "    steps: Annotated[int, int_range(1)]\n"
    replace(request, field, field + "    label_smoothing: Annotated[float, float_range(0, 1)]\n")
    replace(
        package / "training" / "options.py",
        "    seed: int = option(0, integer())\n",
        "    seed: int = option(0, integer())\n    label_smoothing: float = option(0.0, number(0, 1))\n",
    )

    def run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        words = [sys.executable, "-m", "rnncli", "train", *arguments]
        env = environment(**env, PYTHONPATH=str(package.parent))
        return subprocess.run(words, capture_output=True, text=True, env=env, timeout=60, check=False)

    assert "--label-smoothing" in run("--help").stdout
    quick = (str(hello_text), "-q", "--hidden-size", "3", "--steps", "2")
    result = run(*quick, "--label-smoothing", "0.25")
    assert (result.returncode, result.stderr) == (0, "")
    with np.load("model.npz") as model:
        assert json.loads(bytes(model["meta"]))["training"]["options"]["label_smoothing"] == 0.25
    assert run(*quick, "--resume", "--steps", "4").returncode == 0
    assert "--label-smoothing cannot be changed" in run(*quick, "--resume", "--label-smoothing", "0.5").stderr
    assert "at most 1" in run(*quick, RNNCLI_LABEL_SMOOTHING="2").stderr


def test_one_direction_is_the_former_name_of_no_bidirectional(folder: Path) -> None:
    (folder / "tags.tsv").write_text("ab\tXY\nba\tYX\n" * 9)

    def bidirectional(*options: str, **env: str) -> bool:
        arguments = ("train", "tags.tsv", "--task", "tag", "--hidden-size", 3, "--json", "--dry-run", *options)
        start = json.loads(succeeded(rnncli(*arguments, **env)))
        return bool(start["network"]["bidirectional"])

    assert bidirectional()
    assert bidirectional("--bidirectional", RNNCLI_BIDIRECTIONAL="0")
    assert not bidirectional("--no-bidirectional")
    assert not bidirectional("--one-direction")
    assert not bidirectional("--one-direction", RNNCLI_BIDIRECTIONAL="1")
    assert not bidirectional(RNNCLI_BIDIRECTIONAL="0")
    assert "--one-direction" not in succeeded(rnncli("train", "--help"))
