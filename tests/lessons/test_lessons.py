"""Every lesson: it fits two screens, says its question, and what it tells to type can be typed."""

import json
import re
import shlex
import subprocess
import sys
from functools import cache
from unicodedata import normalize

import pytest

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.cells import GRU, LSTM
from rnncli.inspection.views import VIEWS
from rnncli.lessons import LESSONS
from rnncli.lessons.glossary import EXPLAINED, GLOSSARY
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.terminal.words import width_of
from tests.cli.running import ROOT, environment, refused, rnncli, succeeded
from tests.cli.test_help import COMMANDS
from tests.lessons.shown import lesson

LONGER = {"rnn": 8}
"""Lines above two screens: a network that is unrolled, and what it learns, which belong together."""


@cache
def screen(name: str) -> str:
    """What a lesson shows of itself."""
    return succeeded(rnncli("lesson", name))


@pytest.mark.parametrize("name", LESSONS)
def test_it_fits_two_screens(name: str) -> None:
    lines = screen(name).splitlines()
    assert len(lines) <= 48 + LONGER.get(name, 0)
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
    commands = [*LESSONS[name].changes, *LESSONS[name].uses]
    following = list(LESSONS)[list(LESSONS).index(name) + 1 :][:1]
    assert rows[len(commands) + 1 :] == [f"rnncli lesson {other}" for other in following]


@pytest.mark.parametrize("name", LESSONS)
def test_commands_stand_whole_on_a_line(name: str) -> None:
    """So that they can be copied from a terminal of 80 columns."""
    lines = screen(name).splitlines()
    commands = [(LESSONS[name].command(words), shows) for words, shows in LESSONS[name].changes]
    for command, shows in (*commands, *LESSONS[name].uses):
        assert any(re.fullmatch(f"{re.escape(command)} +{re.escape(shows)}", line) for line in lines)


@pytest.mark.parametrize(("name", "words"), [(name, words) for name in LESSONS for words, _ in LESSONS[name].changes])
def test_what_to_change_can_be_typed_and_changes_something(name: str, words: str) -> None:
    assert succeeded(rnncli("lesson", name, *shlex.split(words))) != screen(name)


def test_it_is_computed_by_the_engine() -> None:
    """No lesson has mathematics of its own where the engine, or a model that is made of it, has it."""
    for name in LESSONS:
        source = (ROOT / "rnncli" / "lessons" / f"{name}.py").read_text("utf-8")
        assert re.search(r"^from rnncli\.(engine\.|models\.registry import)", source, re.MULTILINE)


def test_the_list_has_every_lesson_and_every_term() -> None:
    """Each on one line."""
    lines = succeeded(rnncli("lesson")).splitlines()
    assert max(map(width_of, lines)) <= 80
    rows = [re.split(r" {2,}", line) for line in lines]
    assert all([lesson.name, lesson.chapter, lesson.summary] in rows for lesson in LESSONS.values())
    assert all(list(term) in rows for term in GLOSSARY)
    assert len({term for term, _, _ in GLOSSARY}) == len(GLOSSARY)


@pytest.mark.parametrize("place", sorted({place for _, _, place in GLOSSARY}))
def test_where_the_words_are_there_is_something(place: str) -> None:
    match place.split():
        case ["train", flag, *value]:
            option = next(option for option in COMMANDS["train"].params if flag in option.opts)
            assert not value or value[0].isupper() or value[0].isdigit() or value[0] in option.metavar.split("|")
        case ["inspect", "MODEL", view, *_]:
            assert view in VIEWS
        case ["lesson", name]:
            assert name in LESSONS
        case _:
            cell = NetworkConfig("lstm", 1, 2)
            names = {
                *LanguageModel(cell, Vocabulary("ab")).parameters,
                *(f"l1.{n}" for n in (*LSTM.gates, *LSTM.states, *GRU.gates)),
            }
            assert all(name in names for name in place.split(", ") if "." in name)


def test_the_list_of_lessons_imports_neither_numpy_nor_a_lesson() -> None:
    found = "[name for name in sys.modules if name == 'numpy' or name.startswith('rnncli.lessons')]"
    words = [sys.executable, "-c", f"import sys, rnncli.lessons; print({found})"]
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=True)
    assert result.stdout == "['rnncli.lessons']\n"


def test_a_misspelt_name_gets_a_suggestion() -> None:
    refused(rnncli("lesson", "activation"), "Did you mean 'activations'?")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("LSTM",), "lstm"),
        (("퍼셉트론",), "perceptron"),
        ((normalize("NFD", "퍼셉트론"),), "perceptron"),
        (("활성화", "함수"), "activations"),
        (("옵티마이저",), "descent"),
        (("Softmax",), "activations"),
        (("기울기 소실",), "memory"),
        (("삭제 게이트",), "lstm"),
        (("Update gate",), "gru"),
        (("단어", "벡터"), "rnn"),
        (("크로스", "엔트로피"), "descent"),
    ],
)
def test_words_of_the_notes_lead_to_their_lesson(words: tuple[str, ...], name: str) -> None:
    """With options behind them, as behind its name."""
    assert json.loads(succeeded(rnncli("lesson", *words, "--json")))["view"] == name


def test_every_explanation_is_of_a_place_in_the_glossary() -> None:
    for beginning, name in EXPLAINED.items():
        assert any(place.startswith(beginning) for _, _, place in GLOSSARY)
        assert name in LESSONS


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("perceptron", "--truth", "0001"), "if 00, 01, 10, 11 give 0001,"),
        (("activations", "--layers", "3"), "back through 3 layers?"),
        (("rnn", "--text", "{a}"), "spell {a}?"),
        (("memory", "--distance", "2", "--cell", "tanh"), "after 2 others?"),
    ],
)
def test_a_question_follows_the_options(words: tuple[str, ...], asked: str) -> None:
    assert asked in succeeded(rnncli("lesson", *words)).splitlines()[0]
