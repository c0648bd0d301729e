"""The page of the guide on the study notes has every lesson, every word of theirs and no other, and names code that is
there."""

import re

from rnncli.lessons import LESSONS
from rnncli.lessons.glossary import GLOSSARY
from tests.cli.running import ROOT

PAGE = (ROOT / "rnncli" / "guide" / "notes.md").read_text("utf-8")
CHAPTERS = [
    *("Perceptron", "Activation functions", "Loss functions", "Optimizers", "Back-propagation"),
    *("Recurrent networks", "hell → o", "Deep recurrent networks", "Bidirectional networks", "LSTM", "GRU"),
]
"""Of the notes, in their order."""

HANGUL = "[가-힣]+"


def test_it_has_the_chapters_of_the_notes() -> None:
    assert re.findall(r"^## (.*)$", PAGE, re.MULTILINE) == CHAPTERS
    for section in PAGE.split("\n## ")[1:]:
        assert re.search(r"^- Lessons?: `rnncli lesson ", section, re.MULTILINE), section
        assert re.search(r"^- Words: ", section, re.MULTILINE), section
        assert re.search(r"^- Code: `rnncli/engine/", section, re.MULTILINE), section


def test_every_lesson_and_every_word_stands_there() -> None:
    assert set(re.findall(r"rnncli lesson (\w+)", PAGE)) == set(LESSONS)
    page = " ".join(PAGE.split())
    assert [korean for korean, english, _ in GLOSSARY if f"{korean} = {english}" not in page] == []
    assert set(re.findall(HANGUL, page)) == set(re.findall(HANGUL, str(GLOSSARY)))


def test_the_code_that_it_names_is_there() -> None:
    named = re.findall(r"`(rnncli/[\w/.]+)`", PAGE)
    assert len(named) >= len(CHAPTERS)
    assert [name for name in named if not (ROOT / name).exists()] == []
