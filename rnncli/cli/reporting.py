"""``--html``: a report in one file."""

from collections.abc import Callable
from pathlib import Path

from rnncli.errors import InputError, RnncliError
from rnncli.inspection.report import report
from rnncli.inspection.request import ViewRequest
from rnncli.names import file_size
from rnncli.storage.atomic import atomic_write
from rnncli.terminal.console import say
from rnncli.terminal.report import MARK, as_html


def write_report(output: str, request: ViewRequest) -> None:
    """Run all views that apply to a model, and write what they found to ``output``; InputError where that would replace
    something other than a report, or is no place for a file."""
    check_page(output, MARK)
    write_page(output, as_html(report(request)))


def check_page(output: str, mark: str) -> None:
    """InputError where a page that begins with ``mark`` would replace anything but another such page, or has no folder
    to lie in."""
    target = Path(output)
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"lies in no folder, {target.parent} does not exist"
        raise InputError(f"{output} {what}; name a file for the report")
    if target.exists() and not _begins_with(target, mark):
        raise InputError(f"{output} exists and is no report, so it is left alone; name another file")


def write_page(output: str, page: str, tell: Callable[[str], None] = say) -> None:
    """Write a page, atomically, and ``tell`` its size; RnncliError where it cannot be written."""
    data = page.encode("utf-8", "replace")
    try:
        with atomic_write(Path(output)) as file:
            file.write(data)
    except OSError as error:
        raise RnncliError(f"{output} could not be written: {error.strerror}") from None
    tell(f"{output} is written, {file_size(len(data))}")


def _begins_with(path: Path, mark: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(mark)) == mark.encode()
