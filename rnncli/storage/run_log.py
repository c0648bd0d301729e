"""Logs of a run: a .csv file of its losses and rates, and event files for TensorBoard.

Both get a row at each evaluation, and between them as many as make a curve. A row has the means since the row before of
``loss``, ``gradient_norm`` and ``characters_per_second``; the other columns are of its step, and those of an evaluation
are empty where there was none. ``seconds`` counts from the start or the resume of a run with a number of steps, and
over all of a run with a ``--time``. Where the training loss is the mean squared error, a last column has that of the
held-out text as well, since ``validation_loss`` is in nats.
"""

import importlib
import os
from pathlib import Path
from statistics import fmean, harmonic_mean
from typing import Any, Protocol

from rnncli.errors import InputError
from rnncli.names import CROSS_ENTROPY, MSE
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

MSE_COLUMNS = (*COLUMNS, "validation_mse")
"""Of a run whose training loss is the mean squared error."""

HEADERS = {(",".join(columns) + "\n").encode(): columns for columns in (COLUMNS, MSE_COLUMNS)}
"""The first line of a log, by which it is known, and its columns."""

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

MSE_TAGS = TAGS | {"validation_loss": "loss/validation_nats", "validation_mse": "loss/validation"}
"""The same where the training loss is the mean squared error."""

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
            "validation_mse": last.validation_mse,
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
    """A .csv file with the columns of a run with this training ``loss``. It goes on behind what is there, with the
    columns that it has, or begins anew unless it is to ``append``."""

    def __init__(self, path: str, append: bool, loss: str = CROSS_ENTROPY) -> None:
        self.name = path
        self._columns = MSE_COLUMNS if loss == MSE else COLUMNS
        self._file = open(path, "ab" if append else "wb", buffering=0)  # noqa: SIM115 a row is on its way at once
        if self._file.tell():
            self._columns = HEADERS.get(_first_line(path), self._columns)
            if not _ends_its_last_line(path):  # that of a run that was killed
                self._file.write(b"\n")
        else:
            self._file.write((",".join(self._columns) + "\n").encode())

    def write(self, row: Row) -> None:
        cells = ("" if row[name] is None else repr(row[name]) for name in self._columns)
        self._file.write((",".join(cells) + "\n").encode())

    def close(self) -> None:
        self._file.close()


def _first_line(path: str) -> bytes:
    """As far as a header may reach."""
    with open(path, "rb") as file:
        return file.readline(max(map(len, HEADERS)))


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
    first = _first_line(path)
    if first and first not in HEADERS:
        raise InputError(f"{path} exists and is no log of a run, so it is left alone; name another one with --log")
    if first and not (resume or force):
        raise InputError(
            f"{path} is the log of another run; continue that with --resume, replace it with --force, or name another "
            "one with --log"
        )


class TensorBoardLog:
    """Event files in a ``folder``, beside those that are there. What these have of steps after ``step`` is hidden: a
    killed run had lost it, and it comes again. InputError where the library is not installed."""

    def __init__(self, folder: str, step: int, loss: str = CROSS_ENTROPY) -> None:
        self.name, self._tags = folder, MSE_TAGS if loss == MSE else TAGS
        purge_step = step + 1 if step else None
        own = f".{os.getpid()}.{step}"  # the library's own name is the second, so that two runs could share a file
        self._writer = tensorboard_library().SummaryWriter(folder, purge_step=purge_step, filename_suffix=own)

    def write(self, row: Row) -> None:
        for name, tag in self._tags.items():
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
