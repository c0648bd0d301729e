"""rnncli sample --sources: what is copied, coloured in a terminal, and listed with file and line."""

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from rnncli.storage import checkpoint
from tests.cli.running import COMMAND, environment, refused, rnncli, succeeded
from tests.helpers import cyclic_model

CYCLE = "abcdefghijklmnopqrstuvwxyz"
KNOWN = CYCLE * 2
SHUFFLED = CYCLE[::2] + CYCLE[1::2]


@pytest.fixture
def cyclic(folder: Path) -> Path:
    """A model that writes the alphabet for ever, of three files. Thirty characters of that stand in line 4 of the
    second one, and twenty in line 2 of the third."""
    (folder / "one.txt").write_text(f"{SHUFFLED}\n{CYCLE[:19]}\n" * 40)
    (folder / "two.txt.gz").write_bytes(gzip.compress(f"{SHUFFLED}\r\n\r\n\r\nx{KNOWN[3:33]}x\r\n".encode()))
    (folder / "three.txt").write_text(f"\n{KNOWN[20:40]}\n")
    files = ("one.txt", "two.txt.gz", "three.txt")
    options = ("--validation", 0, "--cell", "rnn", "--layers", 1, "--hidden-size", 28, "--steps", 1)
    succeeded(rnncli("train", *files, "-q", *options))
    loaded = checkpoint.load("model.npz")
    loaded.model.parameters.flat[...] = cyclic_model(loaded.model.vocabulary.characters).parameters.flat
    symbols = loaded.model.vocabulary.characters
    loaded.model.parameters["output.W"][symbols.index("z")] = 0
    loaded.model.parameters["output.W"][symbols.index("z"), symbols.index("a")] = 20
    checkpoint.save("model.npz", loaded)
    return folder / "model.npz"


FOUND = [
    {"start": 2, "length": 30, "file": "two.txt.gz", "line": 4},
    {"start": 19, "length": 20, "file": "three.txt", "line": 2},
    {"start": 28, "length": 30, "file": "two.txt.gz", "line": 4},
]


def test_file_and_line_of_the_copies(cyclic: Path) -> None:
    """The prime is no part of the text; a copy of nineteen characters is none."""
    command = ("sample", cyclic, "--prime", "a", "-t", 0, "-l", 58, "--sources")
    data = json.loads(succeeded(rnncli(*command, "--json")))
    assert data["text"] == (CYCLE * 3)[1:59]
    assert data["sources"] == FOUND
    told = rnncli(*command)
    assert succeeded(told) == "a" + data["text"] + "\n"  # as without the option
    lines = [line.split() for line in told.stderr.splitlines()]
    assert "96.6%" in told.stderr  # 56 of 58
    assert len(lines) == 5
    assert lines[-2:] == [["30", "two.txt.gz:4", KNOWN[3:33]], ["20", "three.txt:2", KNOWN[20:40]]]  # each once


def test_where_nothing_is_copied_there_is_no_table(cyclic: Path) -> None:
    told = rnncli("sample", cyclic, "--prime", "a", "-t", 0, "-l", 19, "--sources")
    assert succeeded(told) == CYCLE[:20] + "\n"
    assert told.stderr == "sources: no run of 20 characters appears in the training text\n"
    data = json.loads(succeeded(rnncli("sample", cyclic, "-t", 0, "-l", 0, "--sources", "--json")))
    assert data["sources"] == []


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals like this")
def test_in_a_terminal_copies_are_coloured_and_marked_without_colour(cyclic: Path) -> None:
    def shown(**variables: str) -> str:
        terminal, side = os.openpty()
        words = [*COMMAND, "sample", cyclic, "--prime", "ab", "-t", "0", "-l", "40", "--sources"]
        environ = environment(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS="80", **variables)
        subprocess.run(words, env=environ, stdout=side, stderr=subprocess.DEVNULL, timeout=60, check=True)
        os.close(side)
        text = os.read(terminal, 1 << 16).decode()
        os.close(terminal)
        return text

    legend, text, marks = shown(NO_COLOR="1").splitlines()
    assert text == KNOWN[:42]
    assert legend == "0 ▁▂▃▄▅▆▇█ 60 characters copied"
    assert marks.rstrip() == " " * 3 + "▄" * 30 + "▃" * 7
    coloured = re.findall(r"(?:\x1b\[([\d;]+)m)?([a-z])(?:\x1b\[0m)?", shown().split("\n")[1])
    styles = [style for style, _ in coloured]
    assert "".join(letter for _, letter in coloured) == KNOWN[:42]
    assert [styles.count(style) for style in dict.fromkeys(styles)] == [5, 30, 7]  # none, and two kinds of orange


def test_without_the_training_text_or_an_end_there_are_no_sources(cyclic: Path) -> None:
    refused(rnncli("sample", cyclic, "--sources", "-l", -1), "--length -1", "--sources")
    refused(rnncli("sample", cyclic, "--sources", "--compare", "--clamp", "1:0=1"), "--compare", "--sources")
    Path("three.txt").write_text("something else\n")
    refused(rnncli("sample", cyclic, "--sources"), "three.txt was moved or modified", "--sources")
