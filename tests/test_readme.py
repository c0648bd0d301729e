"""What README and the guide name is there."""

import re
from pathlib import Path

from rnncli.cli.guide import PAGES
from tests.cli.running import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_tests_and_benchmarks_that_they_name_are_there() -> None:
    pages = [README, *(page.read_text("utf-8") for page in PAGES.glob("*.md"))]
    named = {name for page in pages for name in re.findall(r"\btests/[\w/]+\.(?:py|md)\b", page)}
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_pictures_of_readme_are_there() -> None:
    assert all((ROOT / Path(name)).is_file() for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
