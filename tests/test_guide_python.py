"""The page of the guide on Python: its examples are run as one script, and print what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import rnncli as package
from rnncli.training.request import VALUES
from tests.cli.running import ROOT, environment, rnncli, succeeded

PAGE = (ROOT / "rnncli" / "guide" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n\n```output\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DIGITS = re.compile(r"\d\.\d{4}")
"""The loss, whose last digits depend on the machine."""


def test_every_example_has_an_output() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 7


def test_what_the_page_shows_is_what_is_printed(tmp_path: Path) -> None:
    """In one script: the examples build on each other, and one of them starts a process, which imports it."""
    guarded = "".join(f"    {line}" if line.strip() else line for code, _ in EXAMPLES for line in code.splitlines(True))
    (tmp_path / "script.py").write_text(f'if __name__ == "__main__":\n{guarded}')
    words = [sys.executable, "-W", "error", "script.py"]
    env = environment(PYTHONPATH=str(ROOT))
    result = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert result.stderr == ""
    expected = "".join(output for _, output in EXAMPLES)
    assert DIGITS.sub("", result.stdout) == DIGITS.sub("", expected)


def test_in_a_narrow_terminal_no_word_of_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncli.terminal.console.is_interactive", lambda _: True)
    shown = succeeded(rnncli("guide", "python", COLUMNS="40"))
    assert max(map(len, shown.splitlines())) <= 40
    prose, words = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL), set(re.findall(r"\w+", shown))
    assert [word for word in re.findall(r"\w+", prose) if word not in words] == []


def test_it_names_the_whole_interface() -> None:
    """Every public name but what only type hints need, and no option that is none."""
    public = set(package.__all__) - {"__version__", "TrainOptions", "SamplingConfig"}
    assert [name for name in public if not re.search(rf"\b{name}\b", PAGE)] == []
    keywords = set(re.findall(r"`(\w+)=", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)))
    assert keywords - set(VALUES) == {"init_from", "progress"}
    assert all(hasattr(package, name) for name in package.__all__)
