"""What README and the guide name is there."""

import re

from rnncli.cli.guide import PAGES
from tests.cli.running import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_tests_and_benchmarks_that_they_name_are_there() -> None:
    pages = [README, *(page.read_text("utf-8") for page in PAGES.glob("*.md"))]
    named = {name for page in pages for name in re.findall(r"\btests/[\w/]+\.(?:py|md)\b", page)}
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_pictures_that_they_show_are_there() -> None:
    shown = {
        page.parent / name
        for page in (ROOT / "README.md", *PAGES.glob("*.md"))
        for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text("utf-8"))
    }
    assert len(shown) == 2 and all(picture.is_file() for picture in shown)
