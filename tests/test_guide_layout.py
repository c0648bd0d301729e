"""The page of the guide on the layout names every module and folder of the package, and no other."""

import re

from tests.cli.running import ROOT

PACKAGE = ROOT / "rnncli"
BLOCKS = re.findall(r"^```\n(rnncli/.*?)^```$", (PACKAGE / "guide" / "layout.md").read_text("utf-8"), re.M | re.S)
NAME = r"\w+(?:/|\.py)"


def layout() -> list[str]:
    """Files and folders as they stand on the page. A line of a tree has names, two blanks, and what is in them; what is
    indented below a folder is in it."""
    found = []
    for block in BLOCKS:
        folders = [""]
        for line in block.splitlines():
            parts = re.fullmatch(rf"((?:  )*)({NAME}(?: {NAME})*|rnncli/[\w/]+/)(?:  .*)?", line)
            assert parts, line
            indent, names = parts.groups()
            folders = folders[: len(indent) // 2 + 1]
            found += ["".join([*folders, name]) for name in names.split()]
            folders.append(names)
    return [name.removeprefix("rnncli/") for name in found]


def tree() -> set[str]:
    """The same of the package itself; a view and a package's own file have no line of their own."""
    files = {path for path in PACKAGE.rglob("*.py") if not path.name.startswith("__") and path.parent.name != "views"}
    folders = {path for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__"}
    return {str(path.relative_to(PACKAGE)) for path in files} | {f"{path.relative_to(PACKAGE)}/" for path in folders}


def test_the_page_on_the_layout_is_the_tree() -> None:
    named = [name for name in layout() if name]
    assert sorted(set(named) ^ tree()) == []
    assert len(named) == len(set(named))
