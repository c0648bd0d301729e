"""The pages of the guide for users: every command of them is typed into a shell, and says what the page says; every
block of Python is run."""

import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.cli.running import ROOT, environment, rnncli, succeeded

PAGES = {
    name: (ROOT / "rnncli" / "guide" / f"{name}.md").read_text("utf-8") for name in ("text", "counts", "share", "sweep")
}
SECTIONS = {
    (name, section.partition("\n")[0]): section for name, page in PAGES.items() for section in page.split("\n## ")[1:]
}
REST = "…"
"""Stands for all further lines, and within a line for anything."""


def examples(section: str) -> list[tuple[list[str], list[str]]]:
    """What is run in a section, the code last, and the lines that it is to print: those below a command, and what
    stands behind a print as a comment."""
    found: list[tuple[list[str], list[str]]] = []
    for language, block in re.findall(r"^```(console|python)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        if language == "python":
            found.append(([sys.executable, "-c", block], re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)))
            continue
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


def as_shown(line: str | None, expected: str | None) -> str | None:
    """The line, or what is expected if it fits."""
    fits = line is not None and expected is not None and re.fullmatch(re.escape(expected).replace(REST, ".*"), line)
    return expected if fits else line


def test_every_section_but_none_is_left_out() -> None:
    assert len(SECTIONS) == 7 + 4 + 6 + 3
    assert sum(len(examples(section)) for section in SECTIONS.values()) > 40


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", PAGES)
def test_in_a_terminal_no_word_is_cut(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of a command is lost, which may go on in the next line."""
    monkeypatch.setattr("rnncli.terminal.console.is_interactive", lambda _: True)
    shown = succeeded(rnncli("guide", name, COLUMNS=str(columns)))
    assert max(map(len, shown.splitlines())) <= columns
    prose, words = (
        re.sub(r"^```.*?^```$", "", PAGES[name], flags=re.MULTILINE | re.DOTALL),
        set(re.findall(r"\w+", shown)),
    )
    assert [word for word in re.findall(r"\w+", prose) if word not in words] == []
    for section in (section for (page, _), section in SECTIONS.items() if page == name):
        for (*_, code), expected in examples(section):
            for line in (code, *expected):
                assert re.sub(r"\W", "", line) in re.sub(r"\W", "", shown)


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are typed into a POSIX shell")
@pytest.mark.parametrize(("page", "name"), SECTIONS)
def test_what_a_page_shows_is_what_is_printed(page: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "rnncli").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rnncli "$@"\n')
    (tmp_path / "rnncli").chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    env = environment(PYTHONPATH=str(ROOT), COLUMNS="400")
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    typed = examples(SECTIONS[page, name])
    if name == "What is refused":  # it uses the model of an earlier section
        typed = examples(SECTIONS[page, "The alphabet"])[:2] + typed
    for command, expected in typed:
        if packages := missing(command[-1]):
            pytest.skip(f"{packages[0]} is not installed")
        result = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        lines = result.stdout.splitlines()
        if REST in expected:
            expected, lines = expected[: expected.index(REST)], lines[: expected.index(REST)]
        assert [as_shown(*pair) for pair in zip_longest(lines, expected)] == expected, command[-1]
