"""What README says of the code is so."""

import re
from pathlib import Path

from tests.cli.running import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def layout() -> set[str]:
    """Files and folders of the package in the page on the layout, by the depth at which they stand."""
    page = README.partition("## How the code is laid out\n")[2].partition("\n    tests/")[0]
    found: set[str] = set()
    folders = [""]
    for line in page.strip("\n").splitlines():
        depth = (len(line) - len(line.lstrip())) // 2 - 2  # in the block, which is indented itself
        words = re.split(r" {2,}", line.strip())[0].split()
        names = [word for word in words if re.fullmatch(r"\w+(/|\.py)", word)]
        folders = folders[: depth + 1]
        found |= {"".join([*folders, name]) for name in names}
        if names[0].endswith("/"):
            folders.append(names[0])
            found |= {"".join([*folders, word]) for word in re.findall(r"\b\w+\.py\b", line)}
    return {name.removeprefix("rnncli/") for name in found if "/__" not in name} - {""}


def tree() -> set[str]:
    """The same of what there is; a view and a package's own file have no line of their own."""
    package = ROOT / "rnncli"
    files = {path for path in package.rglob("*.py") if not path.name.startswith("__")}
    files = {path for path in files if path.parent.name != "views"}
    folders = {path for path in package.rglob("*") if path.is_dir() and path.name != "__pycache__"}
    return {str(path.relative_to(package)) for path in files} | {f"{path.relative_to(package)}/" for path in folders}


def test_the_page_on_the_layout_is_the_tree() -> None:
    assert sorted(layout() ^ tree()) == []


def test_the_tests_and_benchmarks_that_it_names_are_there() -> None:
    named = set(re.findall(r"\btests/[\w/]+\.(?:py|md)\b", README))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_its_pictures_are_there() -> None:
    assert all((ROOT / Path(name)).is_file() for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README))
