"""The docstring of the engine says in which order to read it, and the order is one in which it can be understood."""

import ast
import re
from pathlib import Path

from rnncli import engine

FOLDER = Path(engine.__file__).parent
ORDER = re.findall(r"^    (\w+)/? {2,}\S", engine.__doc__ or "", re.MULTILINE)


def test_every_file_has_its_place() -> None:
    """Once, and nothing else is named."""
    files = {path.stem for path in FOLDER.iterdir() if not path.stem.startswith("_")}
    assert sorted(ORDER) == sorted(files)


def test_a_file_imports_only_what_stands_above_it() -> None:
    """So there are no circles, also none that only a type checker sees."""
    seen = 0
    for path in FOLDER.rglob("*.py"):
        own = path.relative_to(FOLDER).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("rnncli.engine"):
                continue
            inner = (node.module or "").split(".")[2:]
            for name in [inner[0]] if inner else [alias.name for alias in node.names]:
                assert name == own or ORDER.index(name) < ORDER.index(own), f"{own} imports {name}"
                seen += 1
    assert seen > 20
