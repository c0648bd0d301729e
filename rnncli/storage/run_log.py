"""Logs of a run: a .csv file of its losses and rates, and event files for TensorBoard.

Both get a row at each evaluation, and between them as many as make a curve. A row has the means since the row before of
``loss``, ``gradient_norm`` and ``characters_per_second``; the other columns are of its step, and those of an evaluation
are empty where there was none. ``seconds`` counts from the start or the resume of a run with a number of steps, and
over all of a run with a ``--time``.
"""

import importlib
import os
from pathlib import Path
from statistics import fmean, harmonic_mean
from typing import Any, Protocol

from rnncli.errors import InputError
from rnncli.training.trainer import Report

COLUMNS = (
    "step",
    "epoch",
    "loss",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "gradient_norm",
    "characters_per_second",
    "seconds",
)

HEADER = (",".join(COLUMNS) + "\n").encode()
"""The first line of a log, by which it is known."""

ROWS = 200
"""Rows of a run, besides those of evaluations."""

TAGS = {
    "loss": "loss/training",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
    "learning_rate": "learning_rate",
    "gradient_norm": "gradient_norm",
    "characters_per_second": "characters_per_second",
}
"""Under which names TensorBoard has the columns."""

Row = dict[str, int | float | None]


class Rows:
    """The rows of a run that has done a part of its way, ``progress`` 0 … 1, from its reports."""

    def __init__(self, progress: float = 0.0) -> None:
        self._since: list[Report] = []
        self._progress = progress

    def add(self, report: Report) -> Row | None:
        """Take a report; the row that is due with it, if one is."""
        self._since.append(report)
        is_next = int(ROWS * report.progress) > int(ROWS * self._progress)
        return self.rest() if is_next or report.validation is not None else None

    def rest(self) -> Row | None:
        """A row of the reports that have had none, if there are some."""
        if not self._since:
            return None
        reports, self._since = self._since, []
        last, validation = reports[-1], reports[-1].validation
        self._progress = last.progress
        return {
            "step": last.step,
            "epoch": last.epoch,
            "loss": fmean(report.loss for report in reports),
            "validation_loss": None if validation is None else validation.nats,
            "validation_accuracy": None if validation is None else validation.accuracy,
            "learning_rate": last.learning_rate,
            "gradient_norm": fmean(report.gradient_norm for report in reports),
            "characters_per_second": harmonic_mean([report.characters_per_second for report in reports]),
            "seconds": last.seconds,
        }


class RunLog(Protocol):
    """Where rows go."""

    name: str

    def write(self, row: Row) -> None:
        """Add a row, at once."""

    def close(self) -> None:
        """The end."""


class CsvLog:
    """A .csv file with the columns COLUMNS. It goes on behind what is there, or begins anew unless it is to
    ``append``."""

    def __init__(self, path: str, append: bool) -> None:
        self.name = path
        self._file = open(path, "ab" if append else "wb", buffering=0)  # noqa: SIM115 a row is on its way at once
        size = self._file.tell()
        if not size:
            self._file.write(HEADER)
        elif not _ends_its_last_line(path):  # that of a run that was killed
            self._file.write(b"\n")

    def write(self, row: Row) -> None:
        self._file.write((",".join("" if row[name] is None else repr(row[name]) for name in COLUMNS) + "\n").encode())

    def close(self) -> None:
        self._file.close()


def _ends_its_last_line(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def check_log(path: str, resume: bool, force: bool) -> None:
    """InputError where a log cannot stand at ``path``: in no folder, or in place of something that is no log; or of the
    log of another run, which is neither continued by ``resume`` nor replaced by ``force``."""
    if not Path(path).parent.is_dir():
        raise InputError(f"the folder {Path(path).parent} does not exist; create it, or write the log elsewhere")
    if not os.path.lexists(path):
        return
    if not Path(path).is_file():
        raise InputError(f"{path} is no file, so it cannot be the log; name another one with --log")
    with open(path, "rb") as file:
        first = file.read(len(HEADER))
    if first and first != HEADER:
        raise InputError(f"{path} exists and is no log of a run, so it is left alone; name another one with --log")
    if first and not (resume or force):
        raise InputError(
            f"{path} is the log of another run; continue that with --resume, replace it with --force, or name another "
            "one with --log"
        )


class TensorBoardLog:
    """Event files in a ``folder``, beside those that are there. What these have of steps after ``step`` is hidden: a
    killed run had lost it, and it comes again. InputError where the library is not installed."""

    def __init__(self, folder: str, step: int) -> None:
        self.name = folder
        purge_step = step + 1 if step else None
        own = f".{os.getpid()}.{step}"  # the library's own name is the second, so that two runs could share a file
        self._writer = tensorboard_library().SummaryWriter(folder, purge_step=purge_step, filename_suffix=own)

    def write(self, row: Row) -> None:
        for name, tag in TAGS.items():
            if row[name] is not None:
                self._writer.add_scalar(tag, row[name], row["step"])
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def tensorboard_library() -> Any:
    """tensorboardX, which writes event files without TensorFlow and PyTorch; InputError, saying how to get it."""
    try:
        return importlib.import_module("tensorboardX")
    except ImportError:
        raise InputError("--tensorboard needs tensorboardX: pip install 'rnncli[tensorboard]'") from None
