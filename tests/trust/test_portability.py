"""What the package uses of POSIX, and how each use is guarded: Windows has none of it."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.trust.posix_only import MODULES, NAMES, is_posix_only

ROOT = Path(__file__).parents[2]

GUARDED = {
    ("models/parallel.py", "os.sched_getaffinity"): "hasattr",
    ("models/workers.py", "signal.SIG_BLOCK"): "sys.platform",
    ("models/workers.py", "signal.SIG_SETMASK"): "sys.platform",
    ("models/workers.py", "signal.pthread_sigmask"): "sys.platform",
    ("storage/atomic.py", "os.O_DIRECTORY"): "hasattr",
    ("storage/lock.py", "fcntl"): "sys.platform",
    ("storage/npz.py", "os.O_NONBLOCK"): "getattr",
    ("terminal/keys.py", "termios"): "sys.platform",
    ("terminal/keys.py", "tty"): "sys.platform",
    ("training/benchmark.py", "resource"): "sys.platform",
    ("training/parallel/group.py", "signal.*"): "hasattr",
}
"""Each file below ``rnncli`` and what it uses, with what keeps Windows from it. ``*`` is a name that is computed."""

WHAT_TO_DO = (
    "Windows does not have what is used here: ask for sys.platform (modules, so that mypy sees it), hasattr or getattr "
    "with a default (names) first, and say in GUARDED which"
)

Facts = frozenset[str]
"""What holds at a place in the source: "sys.platform", where it is not Windows, and "os.fork", where there is one."""

NOTHING: Facts = frozenset()


class Uses(ast.NodeVisitor):
    """Collects the ``found`` (name, guard) of a module; the guard of what Windows would meet is empty."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[str, str]] = []
        self.facts = NOTHING
        self.modules: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self.modules |= {alias.asname or alias.name: alias.name for alias in node.names}
        self.visit(tree)

    def use(self, name: str, guard: str = "") -> None:
        if "sys.platform" in self.facts:
            guard = "sys.platform"
        elif name in self.facts:
            guard = "hasattr"
        self.found.append((name, guard))

    def name_of(self, module: ast.expr, key: ast.expr) -> str | None:
        """ "os.fork" of the arguments of getattr and hasattr; a computed name is known by its expression."""
        real = self.modules.get(ast.unparse(module))
        if real not in NAMES:
            return None
        if not isinstance(key, ast.Constant):
            return f"{real}.{{{ast.unparse(key)}}}"
        return f"{real}.{key.value}" if is_posix_only(real, key.value) else None

    def facts_of(self, test: ast.expr) -> tuple[Facts, Facts]:
        """What holds where ``test`` is true, and where it is false."""
        match test:
            case ast.Compare(ops=[ast.Eq() | ast.NotEq() as op], comparators=[ast.Constant(value="win32")]):
                here = frozenset({"sys.platform"} if ast.unparse(test.left) == "sys.platform" else ())
                return (NOTHING, here) if isinstance(op, ast.Eq) else (here, NOTHING)
            case ast.Call(func=ast.Name(id="hasattr"), args=[module, key]):
                return frozenset({self.name_of(module, key) or ""}), NOTHING
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.facts_of(operand)[::-1]
            case ast.BoolOp(op=ast.And(), values=values):
                return NOTHING.union(*(self.facts_of(value)[0] for value in values)), NOTHING
        return NOTHING, NOTHING

    def within(self, facts: Facts, nodes: Sequence[ast.AST]) -> None:
        """Visit what runs where these hold too. After a branch that leaves, what makes it false holds."""
        before, self.facts = self.facts, self.facts | facts
        for node in nodes:
            self.visit(node)
            if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue):
                self.facts |= self.facts_of(node.test)[1]
        self.facts = before

    def generic_visit(self, node: ast.AST) -> None:
        for _, value in ast.iter_fields(node):
            self.within(NOTHING, [child for child in (value if isinstance(value, list) else [value]) if is_node(child)])

    def visit_If(self, node: ast.If | ast.IfExp) -> None:
        true, false = self.facts_of(node.test)
        self.visit(node.test)
        self.within(true, node.body if isinstance(node.body, list) else [node.body])
        self.within(false, node.orelse if isinstance(node.orelse, list) else [node.orelse])

    visit_IfExp = visit_If

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        facts = NOTHING
        for value in node.values:
            self.within(facts, [value])
            facts |= self.facts_of(value)[isinstance(node.op, ast.Or)]

    def visit_comprehension_of(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        tests = [test for generator in node.generators for test in generator.ifs]
        self.within(NOTHING, node.generators)
        self.within(NOTHING.union(*(self.facts_of(test)[0] for test in tests)), [node.elt])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_comprehension_of

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name in MODULES:
                self.use(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            if module in MODULES:
                self.use(module)
            elif is_posix_only(module, alias.name):
                self.use(f"{module}.{alias.name}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if name := self.name_of(node.value, ast.Constant(node.attr)):
            self.use(name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[module, key, *default]):
                if name := self.name_of(module, key):
                    self.use(name, "getattr" if default else "")
        self.generic_visit(node)


def is_node(value: object) -> bool:
    return isinstance(value, ast.AST)


def uses(source: str) -> Iterator[tuple[str, str]]:
    """What a module uses that Windows does not have, and the guard of each use."""
    for name, guard in Uses(ast.parse(source)).found:
        yield (name if "{" not in name else name.partition("{")[0] + "*"), guard


def test_all_that_windows_lacks_is_guarded_as_declared() -> None:
    package = ROOT / "rnncli"
    found = {
        (path.relative_to(package).as_posix(), name, guard)
        for path in package.rglob("*.py")
        for name, guard in uses(path.read_text("utf-8"))
    }
    declared = {(*place, guard) for place, guard in GUARDED.items()}
    assert sorted(found - declared) == [], WHAT_TO_DO
    assert sorted(declared - found) == [], "GUARDED names what is not there any more"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nos.fork()", ("os.fork", "")),
        ("import os as o\ndef f():\n    return o.pread(1, 2, 3)", ("os.pread", "")),
        ("import os, signal\nos.kill(1, signal.SIGKILL)", ("signal.SIGKILL", "")),
        ("from os import fork", ("os.fork", "")),
        ("import fcntl", ("fcntl", "")),
        ("def f():\n    from termios import tcgetattr", ("termios", "")),
        ("import os\nos.open(p, os.O_RDONLY | os.O_CLOEXEC)", ("os.O_CLOEXEC", "")),
        ("import os\ngetattr(os, 'fork')()", ("os.fork", "")),
        ("import os\ngetattr(os, 'O_NONBLOCK', 0)", ("os.O_NONBLOCK", "getattr")),
        ("import os\nif hasattr(os, 'fork'):\n    os.fork()", ("os.fork", "hasattr")),
        ("import os\nif not hasattr(os, 'fork'):\n    pass\nelse:\n    os.fork()", ("os.fork", "hasattr")),
        ("import os\nif hasattr(os, 'pread'):\n    os.fork()", ("os.fork", "")),
        ("import os\nif hasattr(os, 'fork'):\n    pass\nelse:\n    os.fork()", ("os.fork", "")),
        ("import os\nif hasattr(os, 'fork'):\n    pass\nos.fork()", ("os.fork", "")),
        ("import os\nx = os.getuid() if hasattr(os, 'getuid') else 0", ("os.getuid", "hasattr")),
        ("import os\nx = hasattr(os, 'getuid') and y and os.getuid() == 0", ("os.getuid", "hasattr")),
        ("import signal\nx = [getattr(signal, n) for n in N if hasattr(signal, n)]", ("signal.*", "hasattr")),
        ("import signal\nx = [getattr(signal, n) for n in N]", ("signal.*", "")),
        ("import sys\nif sys.platform == 'win32':\n    pass\nelse:\n    import fcntl", ("fcntl", "sys.platform")),
        ("import sys\nif sys.platform != 'win32':\n    import fcntl", ("fcntl", "sys.platform")),
        ("import sys\nif sys.platform == 'win32':\n    import fcntl", ("fcntl", "")),
        (
            "import sys\ndef f():\n    if sys.platform == 'win32':\n        return\n    import pwd",
            ("pwd", "sys.platform"),
        ),
        ("import sys\ndef f():\n    if sys.platform == 'win32':\n        g()\n    import tty", ("tty", "")),
    ],
)
def test_a_use_and_its_guard_are_found(source: str, expected: tuple[str, str]) -> None:
    assert list(uses(source)) == [expected]


def test_what_windows_has_is_no_find() -> None:
    source = """
import os, signal, time
os.replace(a, b), os.fsync(1), os.kill(1, signal.SIGTERM), os.open(p, os.O_RDONLY | os.O_EXCL), os.waitpid(1, 0)
os.W_OK, os.WNOHANG if False else 0, signal.SIGINT, signal.signal, signal.SIG_IGN, time.perf_counter, os.spawnv
"""
    assert [name for name, _ in uses(source)] == ["os.WNOHANG"]
