"""``rnncli inspect --html``: a report in one file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnncli.errors import InputError, RnncliError
from rnncli.inspection.probe import Probe, make_probe
from rnncli.inspection.report import report
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.overview import overview
from rnncli.storage.lock import temporary_path
from rnncli.terminal.console import say
from rnncli.terminal.report import MARK, as_html

if TYPE_CHECKING:
    from rnncli.storage.checkpoint import Checkpoint


def write_report(output: str, path: str, loaded: "Checkpoint", texts: list[str]) -> None:
    """Look at a model in all ways that apply to it, and write what there is to see; InputError where that would destroy
    something else, or cannot be written."""
    target = Path(output)
    if target.is_dir() or not target.parent.is_dir():
        what = "is a folder" if target.is_dir() else f"lies in no folder, {target.parent} does not exist"
        raise InputError(f"{output} {what}; name a file for the report")
    if target.exists() and not _is_report(target):
        raise InputError(f"{output} exists and is no report, so it is left alone; name another file")
    if loaded.model.task == "generate" and loaded.model.partner is None:
        subject = make_probe(path, loaded, texts)
    else:
        subject = Probe(loaded.model, path, loaded.record, np.empty(0, np.intp), "")
    data = as_html(report(ViewRequest(subject), overview(loaded))).encode("utf-8", "replace")
    temporary = temporary_path(target)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except OSError as error:
        raise RnncliError(f"{output} could not be written: {error.strerror}") from None
    say(f"{output} is written, {len(data) / 1024:,.0f} KB")


def _is_report(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(len(MARK)) == MARK.encode()
