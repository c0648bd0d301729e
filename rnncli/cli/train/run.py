"""One run of ``rnncli train``, from the request to the model file."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from time import monotonic

import typer

from rnncli.cli.output import check_model_output, check_writable
from rnncli.cli.train.data import open_data
from rnncli.cli.train.logs import Logs, check_logs, open_logs
from rnncli.cli.train.options import Request
from rnncli.cli.train.reporter import Reporter, emit
from rnncli.errors import InputError, NotFiniteError
from rnncli.models.mixture import Counts
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.lock import exclusive_lock
from rnncli.terminal.console import say
from rnncli.terminal.progress import show_progress
from rnncli.terminal.words import count
from rnncli.training.counts import counts_of_run
from rnncli.training.follow import mpi_group
from rnncli.training.parallel.group import STOP_SIGNALS
from rnncli.training.parallel.mpi import MPIGroup
from rnncli.training.plan import Overrides, resume_run, start_run
from rnncli.training.trainer import Report, Trainer

SAVE_INTERVAL = 10.0
"""Seconds between two saves, at least, unless the user says --save-every."""


def run(request: Request) -> None:
    """Train as requested and save the model. Raises RnncliError, and typer.Exit when a signal has stopped the run.

    Under an MPI launcher this is what rank 0 does; the others follow it.
    """
    with mpi_group(request.files) as group:
        _check_output(request)
        check_logs(request)
        with nullcontext() if request.dry_run else exclusive_lock(Path(request.output)):
            _run(request, group)


def _run(request: Request, group: MPIGroup | None) -> None:
    old = checkpoint.load(request.output) if request.resume else None
    counts = old.counts if old else None
    initial = checkpoint.load(request.init_from).model if request.init_from else None
    dataset = open_data(request, old, initial)
    reporter = Reporter(request)
    overrides = Overrides.of(request.given)
    if old is not None and old.record is not None:
        counted = counts.model.order if counts else 0
        trainer = resume_run(old.model, old.record, old.resume, dataset, overrides, counted, group)
    else:
        trainer = start_run(dataset, overrides, initial, group)
    reporter.say(*dataset.warnings)
    reporter.start(trainer, old.record.options.workers if old and old.record else None)
    if request.dry_run:
        return
    with stop_signals(reporter.say) as received:
        try:
            with open_logs(request, trainer) as logs:
                last = _train(request, trainer, reporter, logs, received, counts)
            if trainer.finished:
                counts = counts_of_run(trainer)
        except NotFiniteError:
            raise  # the last save is better than these weights
        except Exception:
            if trainer.step:
                _save(request, trainer, counts)
                say(f"saved {request.output} at step {count(trainer.step)}")
            raise
        _save(request, trainer, counts)
    if (received or (last and last.stop_requested)) and not trainer.finished:
        reporter.interrupted(trainer, last)
        raise typer.Exit(128 + (received[0] if received else signal.SIGTERM))
    reporter.end(trainer, last, counts)


def _train(
    request: Request,
    trainer: Trainer,
    reporter: Reporter,
    logs: Logs,
    signals: list[int],
    counts: Counts | None,
) -> Report | None:
    """Train to the end or until a signal has come; returns the last report. ``counts`` are those that the file has."""
    last, saved = None, monotonic()
    with closing(trainer.run()) as run:
        for last in run if request.quiet or request.json else show_progress(run, trainer.options.loss):
            reporter.step(last)
            logs.step(last)
            due = last.validation is not None and monotonic() - saved > SAVE_INTERVAL
            if due if request.save_every is None else last.step % request.save_every == 0:
                _save(request, trainer, counts)
                saved = monotonic()
            if signals or last.stop_requested:
                break
    return last


def _check_output(request: Request) -> None:
    """InputError for an output that cannot be written or would overwrite something, before anything is computed."""
    path = Path(request.output)
    if request.resume:
        check_writable(request.output)
    else:
        check_model_output(request.output, request.force, "replace it with --force, continue its run with --resume")
    if request.resume and request.init_from:
        raise InputError("--resume and --init-from are mutually exclusive; give one of them")
    if request.resume and not path.exists():
        raise InputError(f"{path} does not exist, so there is nothing to resume; leave out --resume to start a run")


def _save(request: Request, trainer: Trainer, counts: Counts | None) -> None:
    checkpoint.save(request.output, Checkpoint(trainer.best_model, trainer.record, trainer.arrays(), counts))
    if request.json:
        emit("save", step=trainer.step, model=request.output)


@contextmanager
def stop_signals(tell: Callable[[str], None], doing: str = "finishing this step and saving") -> Iterator[list[int]]:
    """Collect the STOP_SIGNALS, and ``tell`` at the first one what is now ``doing``; the second one ends the process at
    once, without saving. One that is ignored, as under nohup, stays ignored."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        if len(received) > 1:
            raise SystemExit(128 + number)  # not os._exit, so that the terminal is restored and the workers are stopped
        tell(f"{doing}; press Ctrl-C again to quit at once")

    numbers = [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
