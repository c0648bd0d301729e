"""The command line as the benchmarks use it."""

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any


def rnncli(*arguments: object) -> list[Any]:
    """The JSON objects that a command prints."""
    command = [sys.executable, "-m", "rnncli", *map(str, arguments), "--json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def print_heading(titles: list[str]) -> None:
    """The first two lines of a table in Markdown."""
    print_row(titles)
    print("|---" * len(titles) + "|")


def print_row(cells: Iterable[object]) -> None:
    """A row of it, at once."""
    print("|", " | ".join(map(str, cells)), "|", flush=True)
