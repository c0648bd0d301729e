"""Imports point one way: cli → terminal, training, inspection, … → models → engine, text; anyone may raise an error.

An import counts wherever it stands, also inside a function, but not where only a type checker sees it.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "rnncli"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "results": set(),
    "engine": set(),
    "datasets": {"errors"},
    "models": {"datasets", "engine", "errors"},
    "inference": {"models", "datasets", "engine", "errors"},
    "evaluation": {"models", "datasets", "engine", "errors"},
    "training": {"inference", "evaluation", "models", "datasets", "engine", "errors"},
    "storage": {"training", "models", "datasets", "engine", "errors"},
}
MAY_IMPORT["inspection"] = {"training", "storage", "results"} | MAY_IMPORT["training"]
MAY_IMPORT["terminal"] = {"inspection", "evaluation", "results", "errors"}
MAY_IMPORT["api"] = MAY_IMPORT["inspection"]
MAY_IMPORT["cli"] = {"terminal", "inspection"} | MAY_IMPORT["inspection"]
MAY_IMPORT["__init__"], MAY_IMPORT["__main__"] = {"api"}, {"cli"}
MAY_IMPORT = {room: {room} | others for room, others in MAY_IMPORT.items()}
"""The rooms and doors, and from which of them each may import."""

OUTSIDE: dict[str, set[str]] = {
    "errors": set(),
    "__init__": set(),
    "__main__": set(),
    "cli": {"numpy", "rich", "typer"},
    "terminal": {"numpy", "rich"},
}
"""What may be imported besides the standard library; where nothing stands here, NumPy alone."""

FILES = sorted((ROOT / PACKAGE).rglob("*.py"))


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING:``."""
    if isinstance(tree, ast.If) and ast.unparse(tree.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
        return
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from nodes(child)


def imports(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The full dotted names that a module in ``package`` imports; of ``from a import b`` it is ``a.b``."""
    for node in nodes(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            start = [*base, *filter(None, [node.module])]
            yield from (".".join([*start, alias.name]) for alias in node.names)


def room_of(path: Path) -> str:
    """The first directory or file below the package."""
    return path.relative_to(ROOT / PACKAGE).with_suffix("").parts[0]


def strangers(room: str, names: list[str]) -> list[str]:
    """Those among the imported names that ``room`` may not import."""
    outside = OUTSIDE.get(room, {"numpy"})
    found = []
    for name in names:
        top, _, rest = name.partition(".")
        inner = rest.partition(".")[0]
        # The package itself, for its version, may be imported from anywhere.
        of_the_package = inner in {"", "__version__"}
        allowed = inner in MAY_IMPORT[room] or of_the_package if top == PACKAGE else top in outside
        if not allowed and top not in sys.stdlib_module_names:
            found.append(name)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is a new room: say here what it may import"
    names = list(imports(path.read_text("utf-8"), path.relative_to(ROOT).parent.parts))
    assert strangers(room, names) == []


def test_the_imports_of_the_engine_are_seen() -> None:
    """The search finds what is there: the proof above is not an empty one."""
    seen = {name for path in FILES if room_of(path) == "engine" for name in imports(path.read_text("utf-8"), ())}
    assert {"numpy", "rnncli.engine.arrays.Array", "rnncli.engine.cells.gru.GRU"} <= seen


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("engine", "import typer"),
        ("engine", "import rnncli.errors"),
        ("engine", "from .. import models"),
        ("datasets", "from rnncli.engine import dense"),
        ("datasets", "def f():\n    from rnncli import models"),
        ("models", "from rnncli.training.loop import train"),
        ("training", "from rich import print"),
        ("inspection", "import rnncli.terminal.table as t"),
        ("terminal", "from ..engine.types import Array"),
        ("terminal", "import typer"),
        ("errors", "import numpy"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str) -> None:
    """In every way to write it."""
    assert len(strangers(room, list(imports(source, (PACKAGE, room))))) == 1


def test_what_only_a_type_checker_sees_does_not_count() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rnncli.training import Report"
    assert strangers("terminal", list(imports(source, (PACKAGE, "terminal")))) == []
