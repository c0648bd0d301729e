"""The pages of the guide for users: every command of them is typed into a shell, and says what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, environment, rnncli, succeeded

PAGES = {name: (ROOT / "rnncli" / "guide" / f"{name}.md").read_text("utf-8") for name in ("text", "counts")}
SECTIONS = {
    (name, section.partition("\n")[0]): section for name, page in PAGES.items() for section in page.split("\n## ")[1:]
}
REST = "…"
"""Stands for all further lines."""


def commands(section: str) -> list[tuple[str, list[str]]]:
    """The commands of a section, and the lines that each is to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def test_every_section_but_none_is_left_out() -> None:
    assert len(SECTIONS) == 7 + 4
    assert sum(len(commands(section)) for section in SECTIONS.values()) > 20


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
        for command, expected in commands(section):
            for line in (command, *expected):
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
    examples = commands(SECTIONS[page, name])
    if name == "What is refused":  # it uses the model of an earlier section
        examples = commands(SECTIONS[page, "The alphabet"])[:2] + examples
    for command, expected in examples:
        shell = ["bash", "-c", command]
        result = subprocess.run(
            shell,
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
        assert lines == expected, command
