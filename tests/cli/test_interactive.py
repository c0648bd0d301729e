"""rnncli sample --interactive, typed at a pseudo-terminal."""

import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from rnncli.inference.draft import Draft
from rnncli.inference.sampling import SamplingConfig
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint, save
from rnncli.terminal.draft import draw_draft
from rnncli.terminal.words import width_of
from tests.cli.examples import learnt
from tests.cli.running import COMMAND, environment, refused, rnncli
from tests.helpers import cyclic_model, random_model

needs_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")

ENTER, BACKSPACE, ESCAPE, LEFT = "\r", "\x7f", "\x1b", "\x1b[D"


def _take_terminal() -> None:
    """So that Ctrl-C is sent to this process."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Session:
    """A command at a terminal."""

    def __init__(self, *words: object) -> None:
        self.terminal, side = os.openpty()
        self.screen = ""
        self.process = subprocess.Popen(
            [*COMMAND, "sample", *map(str, words), "--interactive"],
            env=environment(TERM="xterm", COLUMNS="80"),
            stdin=side,
            stdout=side,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(side)
        self.wait_for("Esc ends")

    def wait_for(self, words: str) -> None:
        """Read what is shown until that is there."""
        end = time.monotonic() + 30
        while words not in self.screen:
            assert time.monotonic() < end, self.screen
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.screen += os.read(self.terminal, 1 << 16).decode()

    def press(self, key: str, shown: str = "Esc ends") -> None:
        """A key, and what is to be seen after it."""
        self.screen = ""
        os.write(self.terminal, key.encode())
        self.wait_for(shown)

    def end(self, key: str = ESCAPE) -> str:
        """The text that remains in the terminal."""
        self.screen = ""
        os.write(self.terminal, key.encode())
        with suppress(OSError):  # of Linux, at the end
            while select.select([self.terminal], [], [], 30)[0] and (data := os.read(self.terminal, 1 << 16)):
                self.screen += data.decode()
        os.close(self.terminal)
        assert self.process.wait(30) == 0, self.process.stderr and self.process.stderr.read()
        if self.process.stderr:
            self.process.stderr.close()
        rest = self.screen.rpartition("\x1b[2K")[2]  # behind the last line that was erased
        return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", rest).replace("\r", "").strip("\n")


@pytest.fixture
def cyclic(folder: Path) -> Path:
    """Expects b after a, c after b, a after c."""
    save(folder / "cyclic.npz", Checkpoint(cyclic_model("abc")))
    return folder / "cyclic.npz"


@needs_a_terminal
def test_characters_are_chosen_typed_drawn_and_taken_back(cyclic: Path) -> None:
    session = Session(cyclic, "--prime", "a", "-t", 0)
    assert re.search(r"1 +b .*100\.0%", session.screen)
    session.press("1")
    assert re.search(r"1 +c .*100\.0%", session.screen)
    for key in (ENTER, "b", "c", BACKSPACE, LEFT + ENTER):
        session.press(key)
    session.press("é", "the model does not know 'é'")
    session.press("9")  # there are only three
    assert session.end() == "abcbc"


@needs_a_terminal
def test_it_ends_at_the_length(cyclic: Path) -> None:
    session = Session(cyclic, "--prime", "ab", "-l", 2)
    session.press("1")
    assert session.end(ENTER) == "abca"


@needs_a_terminal
def test_a_labelled_text_ends_where_that_is_chosen() -> None:
    session = Session(learnt("generate", "--cell", "gru"), "--label", "A", "-t", 0)
    for key in (ENTER, ENTER):
        session.press(key)
    session.press(ENTER, "(the end)")
    assert session.end("1") == "one"


@needs_a_terminal
def test_ctrl_c_leaves_the_terminal_as_it_was(cyclic: Path) -> None:
    import termios

    session = Session(cyclic, "--prime", "a")
    os.write(session.terminal, b"\x03")
    assert session.process.wait(30) == 130
    assert termios.tcgetattr(session.terminal)[3] & (termios.ECHO | termios.ICANON) == termios.ECHO | termios.ICANON
    os.close(session.terminal)
    if session.process.stderr:
        assert b"Traceback" not in session.process.stderr.read()
        session.process.stderr.close()


def test_it_is_refused_where_there_is_no_terminal_and_nothing_to_choose(cyclic: Path) -> None:
    refused(rnncli("sample", cyclic, "--interactive"), "standard input is none")
    texts = (("--beam", 2), ("--json",), ("--count", 2), ("--stop", "a"), ("-t", "0:1"))
    for option in (*texts, ("--novelty",), ("--sources",)):
        refused(rnncli("sample", cyclic, "--interactive", *option), "choose each character")
    refused(rnncli("sample", cyclic, "--interactive", "--prime", "-", input="a"), "--prime -")


def draft_of(model: LanguageModel, seed: int = 0) -> Draft:
    return Draft(model, np.array([0]), SamplingConfig(), np.random.default_rng(seed))


@pytest.mark.parametrize(
    "network", [{"cell": "gru"}, {"cell": "lstm", "layers": 2}, {"cell": "mlp", "context": 3}], ids=str
)
def test_the_probabilities_are_those_after_the_text_and_undo_takes_it_back(network: dict[str, object]) -> None:
    model = random_model(**network)
    draft, seen = draft_of(model), []
    for symbol in (3, 1, 4, 1):
        seen.append(draft.candidates(5))
        draft.add(symbol)
    logits, _ = model.logits(np.array([[0], [3], [1], [4], [1]]), model.zero_state())
    p = np.exp(logits[-1, 0].astype(float))
    assert dict(draft.candidates(5)) == pytest.approx(dict(enumerate(p / p.sum())), rel=1e-5)
    assert [p for _, p in draft.candidates(5)] == sorted((p for _, p in draft.candidates(5)), reverse=True)
    for expected in reversed(seen):
        draft.undo()
        assert dict(draft.candidates(5)) == pytest.approx(dict(expected), rel=1e-5)
    draft.undo()
    assert draft.ids == []


def test_the_unknown_symbol_is_never_offered_or_drawn() -> None:
    model = random_model(unknown=True)
    model.parameters["output.b"][-1] = 50
    draft = draft_of(model)
    assert len(model.vocabulary) - 1 not in dict(draft.candidates(9))
    assert len(draft.candidates(9)) == len(model.vocabulary) - 1
    drawn = {draft.draw() for _ in range(200)}
    assert drawn == set(range(len(model.vocabulary) - 1))


@pytest.mark.parametrize(("width", "height"), [(30, 12), (80, 24), (200, 60)])
def test_what_is_drawn_fits_the_terminal(width: int, height: int) -> None:
    text = "漢字 and more\x1b[31m\n" * 30 + "x" * 300
    candidates = [(name, 0.1) for name in "\n ab漢\x00\u0301\u202e9"]
    drawn = draw_draft(text, candidates, "the model does not know 'é'" * 3, width, height).plain.split("\n")
    assert max(map(width_of, drawn)) < width
    assert len(drawn) <= max(height, len(candidates) + 12)
    assert "\x1b" not in "".join(drawn)
