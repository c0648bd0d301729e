"""One run of ``rnncli train``, from what the user asked for to the model file."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from time import monotonic

import typer

from rnncli.cli.train.data import read
from rnncli.cli.train.messages import announce, emit, emit_report, finish, say_unless_quiet
from rnncli.cli.train.request import Request
from rnncli.errors import InputError, NotFiniteError
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.lock import exclusive_lock, temporary_path
from rnncli.terminal.console import say
from rnncli.terminal.progress import show_progress
from rnncli.training.plan import begin, resume_run
from rnncli.training.trainer import Report, Trainer

SAVE_INTERVAL = 10.0
"""Seconds between two saves, at least, where the user does not say."""


def run(request: Request) -> None:
    """Do what was asked for; RnncliError, or typer.Exit when interrupted."""
    _check_output(request)
    with nullcontext() if request.dry_run else exclusive_lock(Path(request.output)):
        _run(request)


def _run(request: Request) -> None:
    old = checkpoint.load(request.output) if request.resume else None
    start = checkpoint.load(request.init_from).model if request.init_from else None
    corpus, notices = read(request, old, start)
    for notice in notices:
        say_unless_quiet(request, notice)
    choices = request.network, request.learning, request.length
    if old is not None:
        trainer = resume_run(old.model, old.record, old.resume, corpus, *choices)
    else:
        trainer = begin(corpus, *choices, start)
    announce(request, trainer)
    if request.dry_run:
        return
    with _stop_signals(request) as stopped_by:
        try:
            last = _train(request, trainer, stopped_by)
        except NotFiniteError:
            raise  # what was saved before is better than what is left
        except Exception:
            if trainer.step:
                _save(request, trainer)
                say(f"{request.output} is saved at step {trainer.step}")
            raise
        _save(request, trainer)
    finish(request, trainer, last, stopped_by)
    if stopped_by and not trainer.finished:
        raise typer.Exit(128 + stopped_by[0])


def _train(request: Request, trainer: Trainer, stopped_by: list[int]) -> Report | None:
    """Train to the end or until a signal has come; returns the last report."""
    last, saved = None, monotonic()
    with closing(trainer.run()) as run:
        for last in run if request.quiet or request.json else show_progress(run):
            if request.json:
                emit_report(last)
            due = last.validation is not None and monotonic() - saved > SAVE_INTERVAL
            if due if request.save_every is None else last.step % request.save_every == 0:
                _save(request, trainer)
                saved = monotonic()
            if stopped_by:
                break
    return last


def _check_output(request: Request) -> None:
    """Refuse an output that would destroy something or cannot be written, before anything is computed."""
    path = Path(request.output)
    if request.output == "-":
        raise InputError("the model cannot go to standard output; name a file with -o")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the model file a name with -o {path / 'model.npz'}")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; create it, or write elsewhere with -o")
    probe = temporary_path(path)
    try:
        with open(probe, "xb"):
            probe.unlink()
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; write elsewhere with -o") from None
    if path.exists() and not request.resume:
        if not checkpoint.is_model(path):
            raise InputError(f"{path} exists and is no model, so it is left alone; write elsewhere with -o")
        if not request.force:
            raise InputError(
                f"{path} exists; replace it with --force, go on with it with --resume, or write elsewhere with -o"
            )
    if request.resume and request.init_from:
        raise InputError("--resume and --init-from exclude each other; give one of them")
    if request.resume and not path.exists():
        raise InputError(f"{path} does not exist, so there is nothing to resume; leave out --resume to begin")


def _save(request: Request, trainer: Trainer) -> None:
    arrays, state = trainer.state()
    corpus = trainer.corpus
    record = {
        "options": trainer.options.to_json(),
        "corpus": {
            "names": corpus.names,
            "training": len(corpus.training),
            "validation": len(corpus.validation),
            "held_out": corpus.held_out,
            "tails": corpus.tails,
            "steps_in_epoch": trainer.batches.steps_per_epoch,
            "sha256": corpus.sha256,
        },
        "state": state,
    }
    checkpoint.save(request.output, Checkpoint(trainer.best_model, record, arrays))
    if request.json:
        emit("save", step=trainer.step, model=request.output)


@contextmanager
def _stop_signals(request: Request) -> Iterator[list[int]]:
    """Collect Ctrl-C and requests to end; the second one ends the process at once, without saving."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        if len(received) > 1:
            raise SystemExit(128 + number)  # and not os._exit: the screen and the workers are put in order first
        say_unless_quiet(request, "finishing this step and saving; once more to end at once")

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
