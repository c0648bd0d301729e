"""Imports point one way and never in a circle: cli → terminal → inspection, lessons → storage → training → evaluation,
inference → models → datasets, engine; anyone may raise an error, return plain results, or name what is chosen by name.

An import counts wherever it stands, inside a function and under ``if TYPE_CHECKING:`` too.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "rnncli"

ANYWHERE = {"errors", "launcher", "results", "names"}
"""What every room but the engine may import."""

BELOW: dict[str, set[str]] = {
    "errors": set(),
    "launcher": set(),
    "results": set(),
    "names": set(),
    "engine": set(),
    "datasets": set(),
    "models": {"datasets", "engine"},
    "inference": {"models", "datasets", "engine"},
    "evaluation": {"models", "datasets", "engine"},
    "training": {"evaluation", "inference", "models", "datasets", "engine"},
    "storage": {"training", "models", "datasets", "engine"},
    "inspection": {"storage", "training", "evaluation", "inference", "models", "datasets", "engine"},
    "lessons": {"storage", "training", "evaluation", "inference", "models", "datasets", "engine"},
    "terminal": {"inspection", "training", "evaluation"},
    "api": {"terminal", "storage", "training", "evaluation", "inference", "models", "datasets", "engine"},
    "cli": {
        *("terminal", "inspection", "lessons", "storage", "training", "evaluation", "inference", "models", "datasets"),
        "engine",
    },
    "__init__": {"api"},
    "__main__": {"cli"},
}
"""The rooms and doors, and from which of them each may import."""

MAY_IMPORT = {
    room: {room} | below | (ANYWHERE if room not in {"engine", "errors", "names"} else set())
    for room, below in BELOW.items()
}

OUTSIDE: dict[str, set[str]] = {
    "errors": set(),
    "names": set(),
    "__init__": set(),
    "__main__": set(),
    "cli": {"numpy", "rich", "typer"},
    "terminal": {"numpy", "rich"},
}
"""What may be imported besides the standard library; where nothing stands here, NumPy alone."""

FILES = sorted((ROOT / PACKAGE).rglob("*.py"))


def imports(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The full dotted names that a module in ``package`` imports; of ``from a import b`` it is ``a.b``."""
    for node in ast.walk(ast.parse(source)):
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
        allowed = inner in MAY_IMPORT[room] if top == PACKAGE else top in outside
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


def test_what_only_a_type_checker_sees_counts_too() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rnncli.cli import app"
    assert strangers("terminal", list(imports(source, (PACKAGE, "terminal")))) == ["rnncli.cli.app"]


def module_of(path: Path) -> str:
    """The dotted name of a file; a package has that of its folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """From each of these modules to those of them that it imports. A name from a package counts as the module of that
    name where there is one, else as the package."""
    found: dict[str, set[str]] = {}
    for module, source in sources.items():
        names = list(imports(source, tuple(module.split("."))[:-1]))
        targets = {name if name in sources else name.rpartition(".")[0] for name in names}
        found[module] = (targets & set(sources)) - {module}
    return found


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """The ways from a module back to itself: whatever remains when modules that import nothing of the rest are taken
    away again and again, and then those that nothing of the rest imports."""
    rest = {module: set(targets) for module, targets in edges.items()}
    for _ in range(2):
        while leaves := [module for module, targets in rest.items() if not targets & set(rest)]:
            for module in leaves:
                del rest[module]
        rest = {module: {other for other, targets in rest.items() if module in targets} for module in rest}
    return [sorted(rest)] if rest else []


def test_no_imports_in_a_circle() -> None:
    """Nor under TYPE_CHECKING: who needs a type needs the module."""
    assert circles(graph({module_of(path): path.read_text("utf-8") for path in FILES})) == []


def test_a_circle_is_found() -> None:
    sources = {
        "p.a": "from p.b import x\nimport q",
        "p.b": "def f():\n    from p import c",
        "p.c": "if TYPE_CHECKING:\n    from p.a import A",
        "p.d": "from p.a import A",
        "p.e": "import os",
    }
    assert circles(graph(sources)) == [["p.a", "p.b", "p.c"]]


def test_few_modules_stand_at_the_top() -> None:
    assert sorted(path.stem for path in FILES if path.parent.name == PACKAGE) == [
        "__init__",
        "__main__",
        "api",
        "errors",
        "launcher",
        "names",
        "results",
    ]
