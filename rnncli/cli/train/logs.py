"""The logs of ``rnncli train``: ``--log`` and ``--tensorboard``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnncli.cli.train.options import Request
from rnncli.errors import InputError
from rnncli.storage.run_log import CsvLog, Row, Rows, RunLog, TensorBoardLog, check_log, tensorboard_library
from rnncli.terminal.console import say
from rnncli.training.trainer import Report, Trainer


def check_logs(request: Request) -> None:
    """InputError for logs that cannot be written, before anything is computed."""
    if request.log is not None:
        check_log(request.log, request.resume, request.force)
        if Path(request.log).resolve() == Path(request.output).resolve():
            raise InputError(f"{request.log} is the model file; name another file for the log")
    if request.tensorboard is not None:
        if Path(request.tensorboard).exists() and not Path(request.tensorboard).is_dir():
            raise InputError(f"{request.tensorboard} is no folder; name one for TensorBoard's event files")
        tensorboard_library()


class Logs:
    """Writes the rows of a run to its ``logs``. One that fails, as on a full disk, is given up, and the run goes on."""

    def __init__(self, logs: list[RunLog], progress: float) -> None:
        self._logs, self._rows = logs, Rows(progress)

    def step(self, report: Report) -> None:
        """After each step."""
        if self._logs:
            self._write(self._rows.add(report))

    def close(self) -> None:
        """After the last one."""
        self._write(self._rows.rest())
        for log in self._logs:
            log.close()

    def _write(self, row: Row | None) -> None:
        for log in list(self._logs) if row else ():
            try:
                log.write(row or {})
            except OSError as error:
                say(f"{log.name} could not be written: {error.strerror}; the run goes on without this log")
                self._logs.remove(log)
                log.close()


@contextmanager
def open_logs(request: Request, trainer: Trainer) -> Iterator[Logs]:
    """The logs that a run asks for, which go on where it is resumed."""
    opened: list[RunLog] = []
    if request.log is not None:
        opened.append(CsvLog(request.log, request.resume, trainer.options.loss))
    if request.tensorboard is not None:
        opened.append(TensorBoardLog(request.tensorboard, trainer.step, trainer.options.loss))
    logs = Logs(opened, trainer.progress)
    try:
        yield logs
    finally:
        logs.close()
