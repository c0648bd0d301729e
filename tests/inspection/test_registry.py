"""A view registers in one place: the command line, its help and the guide's table all agree with the registry."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnncli.inspection.views import VIEWS, View
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.running import ROOT, environment, rnncli, succeeded
from tests.helpers import random_model

PAGE = (ROOT / "rnncli" / "guide" / "inspect.md").read_text("utf-8")

NEW_VIEW = """
from rnncli.results import Table, ViewResult


def longest(request):
    words = request.probe.text().split()
    return ViewResult(request.probe.source, {}, [Table("Words", ("word",), [(max(words, key=len),)])])
"""
ENTRY = '    View("longest", "How long is a word?", "The longest", "rnncli inspect model.npz longest", "long words"),\n'


def row(view: View) -> str:
    """The row of a view in the guide: what one types, then the question and what answers it."""
    typed = " ".join(filter(None, [view.name, view.argument]))
    return f"| `{typed}` | {view.question} {view.answer} |"


def test_the_table_in_the_guide_is_the_registry() -> None:
    table = re.search(r"\| view \| answers \|\n\|---\|---\|\n((?:\|.*\|\n)+)", PAGE)
    assert table is not None
    assert table[1].splitlines() == [row(view) for view in VIEWS.values()]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_view_is_described_whole(view: View) -> None:
    assert re.fullmatch(r"[A-Z].*\?", view.question)
    assert re.fullmatch(r"[A-Z].*[^.]", view.answer)
    assert re.fullmatch(rf"rnncli inspect \w+\.npz( {view.name}\b.*)?", view.example)
    assert (ROOT / "rnncli" / "inspection" / "views" / f"{view.name}.py").is_file()


def test_the_help_has_a_line_for_each_view() -> None:
    text = succeeded(rnncli("inspect", "--help"))
    for view in VIEWS.values():
        assert re.search(rf"{re.escape(view.example)} +{re.escape(view.purpose)}", text)


def test_the_registry_imports_neither_numpy_nor_a_view() -> None:
    found = "[name for name in sys.modules if name == 'numpy' or name.startswith('rnncli.inspection.views')]"
    words = [sys.executable, "-c", f"import sys, rnncli.inspection.views; print({found})"]
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=True)
    assert result.stdout == "['rnncli.inspection.views']\n"


def test_a_file_and_an_entry_are_enough_for_a_new_view(tmp_path: Path) -> None:
    """In a copy of the package, from the command line."""
    shutil.copytree(ROOT / "rnncli", tmp_path / "rnncli", ignore=shutil.ignore_patterns("__pycache__"))
    views = tmp_path / "rnncli" / "inspection" / "views"
    (views / "longest.py").write_text(NEW_VIEW)
    registry = (views / "__init__.py").read_text("utf-8")
    assert registry.count("\n)\n\nVIEWS") == 1
    (views / "__init__.py").write_text(registry.replace("\n)\n\nVIEWS", f"\n{ENTRY})\n\nVIEWS"), "utf-8")
    save(tmp_path / "model.npz", Checkpoint(random_model(" abc")))
    (tmp_path / "text.txt").write_text("a bb ccc aa")

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "rnncli", "inspect", *words]
        env = environment(PYTHONPATH=str(tmp_path))
        result = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    found = json.loads(run("model.npz", "longest", "--text", "text.txt", "--json"))
    assert (found["view"], found["question"], found["text"]) == ("longest", "How long is a word?", "text.txt")
    assert found["parts"][0]["rows"] == [["ccc"]]
    assert "ccc" in run("model.npz", "longest", "--text", "text.txt")
    assert "long words" in run("--help")
