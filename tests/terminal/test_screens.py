"""Pictures of the screens at 40, 80 and 120 columns, as text in ``screens/``. After a change that is meant, draw them
anew, and look at what ``git diff`` shows:

    RNNCLI_DRAW_SCREENS=1 pytest tests/terminal/test_screens.py
"""

import os
import re
from pathlib import Path

import pytest

from rnncli.terminal.words import width_of
from tests.terminal.screens import SCREENS

PICTURES = Path(__file__).parent / "screens"
WIDTHS = (40, 80, 120)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal whose width is what a screen says."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def drawn(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """A screen, without blanks at the ends of its lines."""
    return "".join(f"{line.rstrip()}\n" for line in SCREENS[name](width, monkeypatch).strip("\n").split("\n"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_in_its_picture(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path, text = PICTURES / f"{name}-{width}.txt", drawn(name, width, monkeypatch)
    if os.environ.get("RNNCLI_DRAW_SCREENS"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_the_screen(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the commands that come next, which stay whole."""
    lines = drawn(name, width, monkeypatch).split("\n")
    assert max(width_of(line) for line in lines if not re.match("(next: |      )rnncli ", line)) <= width


@pytest.mark.parametrize("name", ["overview", "units", "step", "compare", "train", "errors", "help_page"])
def test_no_word_and_no_number_is_cut_on_a_narrow_screen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is a word on a wide screen is one on a narrow one, but for the alphabet, which has no blanks."""

    def words(width: int) -> set[str]:
        text = drawn(name, width, monkeypatch)
        return {word for word in re.findall(r"[\w.:'/+-]{2,}", text) if not re.search("[\u2800-\u28ff]|BC|yz|RS", word)}

    assert words(120) - words(40) == set()


def test_every_picture_is_of_a_screen() -> None:
    assert {path.name for path in PICTURES.iterdir()} == {f"{name}-{width}.txt" for name in SCREENS for width in WIDTHS}
