"""No command opens a connection, and no module could: what is read and written are files and streams."""

import re
import subprocess
import sys
from pathlib import Path

from tests.cli.running import ROOT, environment
from tests.test_architecture import FILES, imports

CONNECTING = (
    "asyncio",
    "ftplib",
    "http",
    "imaplib",
    "poplib",
    "smtplib",
    "socketserver",
    "ssl",
    "urllib.request",
    "xmlrpc",
)
"""Modules of the standard library that open connections; ``socket`` is looked at by itself."""

WATCHED = """
import sys
asked = []
sys.addaudithook(lambda event, _: asked.append(event) if event.startswith(("socket.", "urllib.")) else None)

from tests.cli.running import rnncli, succeeded

succeeded(rnncli("train", "a.txt", "-q", "--hidden-size", 4, "--steps", 2))
succeeded(rnncli("sample", "-l", 5))
succeeded(rnncli("score", "model.npz", "a.txt"))
succeeded(rnncli("inspect", "--html", "report.html"))
succeeded(rnncli("export", "model.npz", "page.html"))
succeeded(rnncli("info"))
succeeded(rnncli("guide", "counts"))
succeeded(rnncli("lesson"))
print(asked)
"""
"""CPython reports every socket and every name that is looked up, see its table of audit events."""


def test_no_command_asks_the_network(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello world\n" * 20)
    words, env = [sys.executable, "-c", WATCHED], environment(PYTHONPATH=str(ROOT))
    result = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout == "[]\n"


def test_no_module_could() -> None:
    """A socket is asked for nothing but the name of this host."""
    for path in FILES:
        source = path.read_text("utf-8")
        names = imports(source, path.relative_to(ROOT).parent.parts)
        assert [name for name in names if f"{name}.".startswith(tuple(f"{top}." for top in CONNECTING))] == [], path
        assert set(re.findall(r"\bsocket\.(\w+)", source)) <= {"gethostname"}, path
