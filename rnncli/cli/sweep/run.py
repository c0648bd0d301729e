"""One process of a sweep: trials one after the other, until all have begun or a signal has come."""

import hashlib
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import typer

from rnncli.cli.output import check_model_output, check_writable
from rnncli.cli.reporting import check_page, write_page
from rnncli.cli.sweep.reporter import MARK, Reporter
from rnncli.cli.sweep.request import SweepRequest
from rnncli.cli.train.run import stop_signals
from rnncli.datasets.sources import open_sources
from rnncli.errors import InputError, RnncliError
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint, is_model
from rnncli.storage.lock import exclusive_lock
from rnncli.terminal.progress import show_trial
from rnncli.training.data import open_new
from rnncli.training.sweep.findings import findings_of
from rnncli.training.sweep.library import optuna_library
from rnncli.training.sweep.plan import make_plan
from rnncli.training.sweep.study import Sweep
from rnncli.training.sweep.trial import STOPPED, Trial
from rnncli.training.trainer import Trainer

PATIENCE = 60.0
"""Seconds to wait for another process of the sweep that begins or ends a trial; it takes as long as to save a model."""


def run(request: SweepRequest) -> None:
    """Sweep as requested. Raises RnncliError, and typer.Exit when a signal has stopped it."""
    optuna_library()
    _check_paths(request)
    dataset = open_new(request.given, partial(open_sources, request.files))
    plan = make_plan(dataset, request.given, request.chosen)
    exclusive = partial(exclusive_lock, Path(request.storage), PATIENCE)
    sweep = Sweep(dataset, plan, request.storage, exclusive)
    with exclusive():
        _check_model(request, sweep)
    reporter = Reporter(request, sweep)
    reporter.start()
    with stop_signals(reporter.say, "ending this trial, which is begun again later") as received:
        while not received and (trial := sweep.ask(request.trials)) is not None:
            try:
                _train(trial, reporter, received)
                is_noted = sweep.tell(trial, partial(_save, request))
            except Exception:
                trial.state = STOPPED
                with suppress(Exception):  # the first error is the one to tell
                    sweep.tell(trial, partial(_save, request))
                raise
            reporter.trial(trial, is_noted)
    findings = findings_of(sweep)
    if received:
        reporter.interrupted(findings)
        raise typer.Exit(128 + received[0])
    reporter.end(findings)
    if request.html is not None:
        write_page(request.html, reporter.page(findings), reporter.say)
    if findings.best is None and not findings.running:
        raise RnncliError("no trial could be trained to its end; see what they say above, or change the space")


def _train(trial: Trial, reporter: Reporter, received: list[int]) -> None:
    with closing(trial.run()) as run:
        for _ in run if reporter.is_silent else show_trial(run, reporter.name(trial)):
            if received and not (trial.trainer and trial.trainer.finished):
                trial.state = STOPPED
                break


def _check_paths(request: SweepRequest) -> None:
    """InputError for files that cannot be written, before anything is computed."""
    check_writable(request.output)
    if Path(request.output).exists() and not (is_model(request.output) and Path(request.storage).exists()):
        check_model_output(request.output, request.force)
    check_writable(request.storage, "name another --storage")
    paths = [request.output, request.storage, *([request.html] if request.html else [])]
    if len({Path(path).resolve() for path in paths}) < len(paths):
        raise InputError("the model, the storage and the page are three files; give each a name of its own")
    if request.html is not None:
        check_page(request.html, MARK)


def _check_model(request: SweepRequest, sweep: Sweep) -> None:
    """InputError for a model at the output that this sweep has not written, unless it may be replaced."""
    if Path(request.output).exists() and _digest(request.output) not in sweep.saved_digests():
        check_model_output(request.output, request.force)


def _save(request: SweepRequest, trainer: Trainer) -> dict[str, Any]:
    """Keep the model of a trial, exactly as ``rnncli train`` would."""
    path = Path(request.output)
    with exclusive_lock(path, PATIENCE):
        checkpoint.save(path, Checkpoint(trainer.best_model, trainer.record, trainer.arrays()))
    return {"path": request.output, "sha256": _digest(request.output)}


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
