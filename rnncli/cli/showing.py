"""A result of a view or a lesson on standard output, and a page of HTML in a file."""

import json as jsonlib
import sys
from pathlib import Path

from rnncli.errors import InputError, RnncliError
from rnncli.results import ViewResult
from rnncli.storage.atomic import atomic_write
from rnncli.terminal.console import say, write
from rnncli.terminal.screen import screen
from rnncli.terminal.view_result import as_csv, draw_view_result


def show(result: ViewResult, json: bool, csv: bool) -> None:
    """Print it as JSON, as CSV, or drawn."""
    if json:
        write(jsonlib.dumps(result.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif csv:
        write(as_csv(result))
    else:
        output = screen(sys.stdout)
        output.print(draw_view_result(result, output.width, output.color_system is not None, output.is_terminal))


def check_page(output: str, mark: str, noun: str) -> Path:
    """Where a page goes that begins with ``mark``; InputError where it would replace something other than such a page,
    a ``noun``, or is no place for a file."""
    target = Path(output)
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"lies in no folder, {target.parent} does not exist"
        raise InputError(f"{output} {what}; name a file for the {noun}")
    if target.exists() and not _begins_with(target, mark):
        raise InputError(f"{output} exists and is no {noun}, so it is left alone; name another file")
    return target


def write_page(target: Path, html: str) -> None:
    """Write a page, and say so."""
    data = html.encode("utf-8", "replace")
    try:
        with atomic_write(target) as file:
            file.write(data)
    except OSError as error:
        raise RnncliError(f"{target} could not be written: {error.strerror}") from None
    say(f"{target} is written, {len(data) / 1024:,.0f} KB")


def _begins_with(path: Path, mark: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(mark)) == mark.encode()
