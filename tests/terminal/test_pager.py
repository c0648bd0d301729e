"""A text longer than the screen goes to the user's pager, where a person sits at a terminal."""

import os
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.cli.running import COMMAND, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")

TEN_LINES = "from rnncli.terminal.pager import paged; print('shown' if paged('line\\n' * 10) else 'not shown')"
MARKING = "sed 's/^/> /'"


def at_terminal(*words: str, **variables: str) -> list[str]:
    """The lines that a terminal gets of a command."""
    terminal, side = os.openpty()
    env = environment(TERM="xterm", COLUMNS="80", **variables)
    with subprocess.Popen(words, env=env, stdin=side, stdout=side, stderr=subprocess.PIPE) as process:
        os.close(side)
        received = b""
        with suppress(OSError):  # of Linux, at the end
            while data := os.read(terminal, 1 << 16):
                received += data
        assert process.wait(timeout=60) == 0
    os.close(terminal)
    return received.decode().splitlines()


def ten_lines(rows: int, pager: str) -> list[str]:
    return at_terminal(sys.executable, "-c", TEN_LINES, LINES=str(rows), PAGER=pager)


def test_a_text_longer_than_the_screen_goes_to_the_pager() -> None:
    """With the last line there must be room for the next prompt."""
    assert ten_lines(10, MARKING) == ["> line"] * 10 + ["shown"]
    assert ten_lines(11, MARKING) == ["not shown"]


@pytest.mark.parametrize("pager", ["", "no-such-pager"])
def test_without_a_pager_the_caller_prints_it(pager: str) -> None:
    assert ten_lines(5, pager) == ["not shown"]


def test_a_pager_that_is_left_early_has_shown_it() -> None:
    assert ten_lines(5, "true") == ["shown"]


def test_ctrl_c_is_the_pagers() -> None:
    assert ten_lines(5, "cat; kill -INT $PPID") == ["line"] * 10 + ["shown"]


def test_less_is_told_to_show_colours_and_the_user_has_the_last_word() -> None:
    assert ten_lines(5, "echo $LESS") == ["FRX", "shown"]
    assert at_terminal(sys.executable, "-c", TEN_LINES, LINES="5", PAGER="echo $LESS", LESS="R") == ["R", "shown"]


def test_in_a_pipe_there_is_no_pager() -> None:
    env = environment(LINES="5", PAGER=MARKING)
    assert subprocess.check_output([sys.executable, "-c", TEN_LINES], env=env) == b"not shown\n"


def test_a_page_of_the_guide_is_shown_so() -> None:
    words = [*COMMAND, "guide", "contributing"]
    long, plain = at_terminal(*words, LINES="24", PAGER=MARKING), at_terminal(*words, LINES="24", PAGER="")
    assert len(plain) > 24
    assert long == [f"> {line}" for line in plain]
