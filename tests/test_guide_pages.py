"""README and the pages of the guide: every command of them is typed, into a shell where it needs one, and says what the
page says; every block of Python is run."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

import pytest

from rnncli.cli.guide import PAGES as FOLDER
from tests.cli.running import ROOT, environment, rnncli, succeeded

OTHERS = {"contributing", "python"}
"""Pages whose examples have tests of their own."""

GUIDE = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
TYPED = {"README": (ROOT / "README.md").read_text("utf-8")} | {
    name: page for name, page in GUIDE.items() if name not in OTHERS
}
SECTIONS = {
    (name, section.partition("\n")[0]): section for name, page in TYPED.items() for section in page.split("\n## ")[1:]
}
REST = "…"
"""Stands for all further lines, and within a line for anything."""

TIME_LEFT = r"about .* left"
"""What a run prints where it takes more than a moment, as on a busy machine."""

DECIMAL = r"(?<![\w.])-?\d[\d,]*\.\d+"
"""Is computed in float32 and may come out a little different on another processor."""

QUOTED, SHELL = r"'[^']*'|\"[^\"$`\\]*\"", r"[^\w\s.,:/%+=-]"
"""Words in quotes, and characters outside of them that may mean something to a shell."""

# Measured is what differs each time: a time, a speed, the size of a file.
PARTS = re.compile(
    rf"(?P<rest>{REST})|(?P<blanks> +)"
    r"|(?P<measured>(?<![\w.])[\d,.]*\d(?= (?:s|ms|seconds|minutes|characters/s|KB|MB)\b))"
    rf"|(?P<decimal>{DECIMAL})"
)
PATTERNS = {"rest": ".*", "blanks": " +", "measured": r"[\d,.]+", "decimal": f"({DECIMAL})"}


def examples(section: str) -> list[tuple[list[str], list[str]]]:
    """What is run in a section, the code last, and the lines that it is to print: those below a command, and what
    stands behind a print as a comment."""
    found: list[tuple[list[str], list[str]]] = []
    for language, block in re.findall(r"^```(console|python)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        if language == "python":
            found.append(([sys.executable, "-c", block], re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)))
            continue
        assert block.startswith("$ "), f"no command in\n{block}"
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((["bash", "-c", line[2:]], []))
            else:
                found[-1][1].append(line)
    return found


def missing(code: str) -> list[str]:
    """The optional packages that the code of an example needs and that are not installed."""
    needed = re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE) + re.findall(r"\.(safetensors|onnx)\b", code)
    needed += ["optuna"] if "rnncli sweep" in code else []
    return [package for package in needed if find_spec(package) is None]


def pattern(expected: str) -> tuple[str, list[float]]:
    """A regular expression for a line that says what is expected, with a group for each decimal; the numbers."""
    found, numbers, end = "", [], 0
    for part in PARTS.finditer(expected):
        assert part.lastgroup
        found += re.escape(expected[end : part.start()]) + PATTERNS[part.lastgroup]
        numbers += [number(part[0])] if part.lastgroup == "decimal" else []
        end = part.end()
    return found + re.escape(expected[end:]), numbers


def number(text: str) -> float:
    return float(text.replace(",", ""))


def as_shown(line: str | None, expected: str | None) -> str | None:
    """The line, or what is expected if it fits: the same words and integers, decimals within 5 % or 0.01."""
    if line is None or expected is None:
        return line
    regex, numbers = pattern(expected)
    match = re.fullmatch(regex, line)
    if match is None:
        return line
    pairs = zip(map(number, match.groups()), numbers, strict=True)
    return expected if all(abs(one - other) <= 0.01 + 0.05 * abs(other) for one, other in pairs) else line


@pytest.mark.parametrize(
    ("line", "expected", "fits"),
    [
        ("loss 1.234 nats, 12 units", "loss  1.25 nats, 12 units", True),
        ("loss 1.234 nats, 12 units", "loss 1.4 nats, 12 units", False),
        ("loss 1.234 nats, 12 units", "loss 1.234 nats, 13 units", False),
        ("loss 1.234 nats", "loss …", True),
        ("loss -0.3", "loss 0.3", False),
        ("300 steps in 0.1 s", "300 steps in 4.2 s", True),
        ("300 steps in 0.1 s", "301 steps in 0.1 s", False),
        ("1,200 characters/s", "85,000 characters/s", True),
    ],
)
def test_what_counts_as_the_same(line: str, expected: str, fits: bool) -> None:
    assert (as_shown(line, expected) == expected) is fits


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", GUIDE)
def test_in_a_terminal_no_word_is_cut(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of a command is lost, which may go on in the next line. A table wants 80 columns."""
    monkeypatch.setattr("rnncli.terminal.console.is_interactive", lambda _: True)
    shown = succeeded(rnncli("guide", name, COLUMNS=str(columns)))
    assert max(map(len, shown.splitlines())) <= columns
    apart = r"^```.*?^```$|\]\([^)\n]*\)" + (r"|^\|[^\n]*" if columns < 80 else "")
    prose = re.sub(apart, "", GUIDE[name], flags=re.MULTILINE | re.DOTALL)
    words = set(re.findall(r"\w+", shown))
    assert [word for word in re.findall(r"\w+", prose) if word not in words] == []
    letters = re.sub(r"\W", "", shown)
    for section in (section for (page, _), section in SECTIONS.items() if page == name):
        for (*_, code), expected in examples(section):
            assert [line for line in (code, *expected) if re.sub(r"\W", "", line) not in letters] == []


def output_of(command: list[str], folder: Path, env: dict[str, str]) -> str:
    """What a command prints in ``folder``, messages too. A line that is rnncli alone needs no shell, and no process of
    its own, which would take longer than most of what it does."""
    program, *words = shlex.split(command[-1]) if command[0] == "bash" else [""]
    if program == "rnncli" and not re.search(SHELL, re.sub(QUOTED, "", command[-1])):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            return rnncli(*words, COLUMNS="80").output
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=folder, env=env, text=True, timeout=60, check=False, **pipe).stdout


def typed(section: str, folder: Path) -> None:
    """Type the commands of a section, in ``folder``; what they print is what it shows."""
    env = environment(PYTHONPATH=str(ROOT), COLUMNS="80")
    env["PATH"] = f"{folder.parent}:{env['PATH']}"
    for command, expected in examples(section):
        if packages := missing(command[-1]):
            pytest.skip(f"{packages[0]} is not installed")
        lines = [line for line in output_of(command, folder, env).splitlines() if not re.fullmatch(TIME_LEFT, line)]
        if REST in expected:
            expected, lines = expected[: expected.index(REST)], lines[: expected.index(REST)]
        assert [as_shown(*pair) for pair in zip_longest(lines, expected)] == expected, command[-1]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """By the name of a page a folder with the command in it, and a folder ``work`` with the repository's ``data``, in
    which all that stands before the page's first section was typed."""

    @cache
    def begin(page: str) -> Path:
        top = tmp_path_factory.mktemp(page)
        (top / "rnncli").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rnncli "$@"\n')
        (top / "rnncli").chmod(0o755)
        (top / "work").mkdir()
        (top / "work" / "data").symlink_to(ROOT / "data")
        typed(TYPED[page].partition("\n## ")[0], top / "work")
        return top

    return begin


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are typed into a POSIX shell")
@pytest.mark.parametrize(("page", "name"), SECTIONS)
def test_what_a_page_shows_is_what_is_printed(
    page: str, name: str, tmp_path: Path, begun: Callable[[str], Path]
) -> None:
    shutil.copytree(begun(page), tmp_path / "page", symlinks=True)
    typed(SECTIONS[page, name], tmp_path / "page" / "work")
