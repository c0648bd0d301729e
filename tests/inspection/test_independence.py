"""The reader that judges the views shares no code with them, and judges all of them."""

import ast
import re
import sys
from pathlib import Path

import pytest

from rnncli.inspection.views import VIEWS

HERE = Path(__file__).parent
READER = sorted(HERE.glob("reader*.py"))

NOT_YET: set[str] = set()
"""Views whose answers are not recomputed."""


@pytest.mark.parametrize("path", READER, ids=lambda path: path.stem)
def test_the_reader_imports_numpy_and_itself_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            own = name.startswith("tests.inspection.reader")
            assert own or name.partition(".")[0] in {"numpy", *sys.stdlib_module_names}, name


def test_every_view_is_recomputed() -> None:
    """Or stands among those of which we know that it is not."""
    tests = "".join(path.read_text("utf-8") for path in HERE.glob("test_independent*.py"))
    recomputed = set(re.findall(r'\bprinted\(\s*\w+, "(\w+)"', tests))
    assert recomputed | NOT_YET >= VIEWS.keys()
    assert not recomputed & NOT_YET
