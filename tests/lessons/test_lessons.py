"""Every lesson: it fits two screens, says its question, and what it tells to type can be typed."""

import re
import subprocess
import sys

import pytest

from rnncli.lessons import LESSONS
from rnncli.lessons.glossary import GLOSSARY
from rnncli.terminal.words import width_of
from tests.cli.running import ROOT, environment, refused, rnncli, succeeded
from tests.lessons.shown import lesson

NOTES = ("xh", "hh", "hy")


@pytest.mark.parametrize("name", LESSONS)
def test_it_fits_two_screens(name: str) -> None:
    lines = succeeded(rnncli("lesson", name)).splitlines()
    assert len(lines) <= 48
    assert max(map(width_of, lines)) <= 80


@pytest.mark.parametrize("name", LESSONS)
def test_it_asks_surprises_and_goes_on(name: str) -> None:
    result = lesson(name)
    assert result.question.startswith("Guess first: ")
    assert result.question.endswith("?")
    assert [block.name for block in result.blocks][-2:] == ["A surprise", "Change this, then read the code"]
    rows = [first for first, _ in result.blocks[-1].rows]  # type: ignore[union-attr]
    files = [row for row in rows if row.startswith("rnncli/engine/")]
    assert len(files) == 1
    assert (ROOT / files[0]).is_file()
    following = list(LESSONS)[list(LESSONS).index(name) + 1 :][:1]
    assert rows[len(LESSONS[name].changes) + 1 :] == [f"rnncli lesson {other}" for other in following]


@pytest.mark.parametrize(("name", "words"), [(name, words) for name in LESSONS for words, _ in LESSONS[name].changes])
def test_what_to_change_can_be_typed_and_changes_something(name: str, words: str) -> None:
    assert succeeded(rnncli("lesson", name, *words.split())) != succeeded(rnncli("lesson", name))


def test_it_is_computed_by_the_engine() -> None:
    """No lesson has mathematics of its own where the engine has it."""
    for name in LESSONS:
        assert "from rnncli.engine." in (ROOT / "rnncli" / "lessons" / f"{name}.py").read_text("utf-8")


def test_the_list_has_every_lesson_and_every_term() -> None:
    text = succeeded(rnncli("lesson"))
    assert all(re.search(rf"^{name} ", text, re.MULTILINE) for name in LESSONS)
    assert all(f"W_{name}" in text for name in NOTES)
    assert len({term for term, _, _ in GLOSSARY}) == len(GLOSSARY) > 40
    assert max(map(width_of, text.splitlines())) <= 80


def test_the_list_of_lessons_imports_neither_numpy_nor_a_lesson() -> None:
    found = "[name for name in sys.modules if name == 'numpy' or name.startswith('rnncli.lessons')]"
    words = [sys.executable, "-c", f"import sys, rnncli.lessons; print({found})"]
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=True)
    assert result.stdout == "['rnncli.lessons']\n"


def test_a_misspelt_name_gets_a_suggestion() -> None:
    refused(rnncli("lesson", "activation"), "Did you mean 'activations'?")
