"""One run of ``rnncli train``, from what the user asked for to the model file."""

import json
import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import typer

from rnncli import checkpoint
from rnncli.checkpoint import Checkpoint
from rnncli.engine.optimizers import OPTIMIZERS
from rnncli.errors import InputError
from rnncli.models.language_model import LanguageModel
from rnncli.sampling import Choice, generate
from rnncli.terminal.console import say, write
from rnncli.terminal.progress import show_progress
from rnncli.terminal.words import count, plural, seconds
from rnncli.text.corpus import Corpus, read_corpus
from rnncli.text.sources import Sources, open_sources
from rnncli.training import options as defaults
from rnncli.training.options import TrainingOptions
from rnncli.training.team import Team
from rnncli.training.trainer import Report, Trainer
from rnncli.training.workers import default_workers, team_of

SAMPLE_LENGTH = 200
SAVE_INTERVAL = 10.0
"""Seconds between two saves, at least, where the user does not say."""


@dataclass(frozen=True)
class Request:
    """The command line of ``rnncli train``. None stands for an option that was not given."""

    files: list[str]
    output: str
    network: dict[str, Any]
    learning: dict[str, Any]
    length: dict[str, Any]
    encoding: str
    min_count: int
    validation: str | None
    workers: int | None
    save_every: int | None
    resume: bool
    force: bool
    dry_run: bool
    json: bool
    quiet: bool


def run(request: Request) -> None:
    """Do what was asked for; RnncliError, or typer.Exit when interrupted."""
    _check_output(request)
    old = checkpoint.load(request.output) if request.resume else None
    if old is not None:
        request = replace(request, validation=old.record["corpus"]["held_out"])
    corpus = _read(request, old)
    trainer = _resumed(request, old, corpus) if old else _new(request, corpus)
    _announce(request, trainer)
    if request.dry_run:
        return
    with _stop_signals() as stopped_by:
        try:
            last = _train(request, trainer, stopped_by)
        finally:
            if trainer.step:
                _save(request, trainer)
    if stopped_by and not trainer.finished:
        _say(
            request, f"stopped at step {count(trainer.step)}; go on with: {_command('train', *request.files)} --resume"
        )
        raise typer.Exit(128 + stopped_by[0])
    _finish(request, trainer, last)


def _train(request: Request, trainer: Trainer, stopped_by: list[int]) -> Report | None:
    """Train to the end or until a signal has come; returns the last report."""
    last, saved = None, monotonic()
    with closing(trainer.run()) as run:
        for last in run if request.quiet or request.json else show_progress(run):
            if request.json:
                _emit_report(last)
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
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the model file a name with -o {path / 'model.npz'}")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; create it, or write elsewhere with -o")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"the folder {path.parent} cannot be written to; write elsewhere with -o")
    if path.exists() and not request.resume:
        if not checkpoint.is_model(path):
            raise InputError(f"{path} exists and is no model, so it is left alone; write elsewhere with -o")
        if not request.force:
            raise InputError(
                f"{path} exists; replace it with --force, go on with it with --resume, or write elsewhere with -o"
            )
    if request.resume and not path.exists():
        raise InputError(f"{path} does not exist, so there is nothing to resume; leave out --resume to begin")


def _read(request: Request, old: Checkpoint | None) -> Corpus:
    encoding = old.model.vocabulary.encoding if old else request.encoding
    sources = open_sources(request.files, encoding)
    asked = request.validation
    validation: float | Sources | None = None
    if asked is not None:
        try:
            validation = float(asked)
        except ValueError:
            validation = open_sources([asked], encoding)
        if isinstance(validation, float) and not 0 <= validation < 1:
            raise InputError(f"--validation {asked} is neither a fraction from 0 to below 1 nor a file")
    corpus = read_corpus(sources, validation, request.min_count, old.model.vocabulary if old else None)
    for notice in sources.notices:
        say(notice)
    if old is not None and corpus.sha256 != old.record["corpus"]["sha256"]:
        raise InputError(
            f"{', '.join(corpus.names)} is not the text that {request.output} was trained on (its bytes differ); "
            "resume with the same text, or begin anew with -o"
        )
    return corpus


def _new(request: Request, corpus: Corpus) -> Trainer:
    """A trainer with what the user chose, and choices by the size of the text for the rest."""
    characters = len(corpus.training)
    config = replace(defaults.default_network(characters, len(corpus.vocabulary)), **_given(request.network))
    if config.activation != "tanh" and config.cell != "rnn":
        raise InputError(f"--activation is a choice of --cell rnn; the gates of a {config.cell} have their own")
    batch_size, seq_length = defaults.default_streams(characters)
    learning = {"batch_size": batch_size, "seq_length": seq_length, **_given(request.learning)}
    optimizer = learning.setdefault("optimizer", "adam")
    learning.setdefault("learning_rate", OPTIMIZERS[optimizer].learning_rate)
    model = LanguageModel(config, corpus.vocabulary)
    length = _given(request.length) or {
        "steps": defaults.default_steps(
            characters, model.parameters.flat.size, learning["batch_size"], learning["seq_length"]
        )
    }
    options = TrainingOptions(**learning, **length)
    options = replace(
        options, workers=request.workers or default_workers(model.parameters.flat.size, characters, options)
    )
    model.initialise(np.random.default_rng([options.seed, 0]))
    return Trainer(model, corpus, options, _team(options))


def _resumed(request: Request, old: Checkpoint, corpus: Corpus) -> Trainer:
    """The trainer of the old run where it stopped; only the length of the run can be changed."""
    options = TrainingOptions.from_json(old.record["options"])
    settled = old.model.config.to_json() | options.to_json()
    changed = [name for name, value in _given(request.network | request.learning).items() if settled[name] != value]
    if changed:
        flags = ", ".join("--" + name.replace("_", "-") for name in changed)
        raise InputError(f"{flags} cannot be changed by --resume; begin a new model with -o")
    if length := _given(request.length):
        options = replace(options, **{"steps": None, "epochs": None, "seconds": None, **length})
    if request.workers is not None:
        options = replace(options, workers=request.workers)
    trainer = Trainer(old.model, corpus, options, _team(options))
    trainer.restore(old.resume, old.record["state"])
    if trainer.finished:
        raise InputError(
            f"{request.output} has finished its run of {plural(trainer.step, 'step')}; "
            "give a longer --steps, --epochs or --time to go on"
        )
    return trainer


def _team(options: TrainingOptions) -> Team:
    if options.workers > options.batch_size:
        raise InputError(
            f"--workers {options.workers} is more than the {plural(options.batch_size, 'stream')} to share"
        )
    return team_of(options.workers)


def _given(choices: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in choices.items() if value is not None}


def _save(request: Request, trainer: Trainer) -> None:
    arrays, state = trainer.state()
    corpus = trainer.corpus
    record = {
        "options": trainer.options.to_json(),
        "corpus": {
            "names": corpus.names,
            "training": len(corpus.training),
            "validation": len(corpus.validation),
            "held_out": request.validation,
            "sha256": corpus.sha256,
        },
        "state": state,
    }
    checkpoint.save(request.output, Checkpoint(trainer.best_model, record, arrays))
    if request.json:
        _emit("save", step=trainer.step, model=request.output)


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM; the second one of them ends the process at once."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(number, signal.SIG_DFL)
        say("finishing this step and saving; once more to end at once")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(request: Request, trainer: Trainer) -> None:
    corpus, options, config = trainer.corpus, trainer.options, trainer.model.config
    parameters = trainer.model.parameters.flat.size
    if request.json:
        _emit(
            "start",
            characters=len(corpus.training),
            validation_characters=len(corpus.validation),
            vocabulary=len(corpus.vocabulary),
            parameters=parameters,
            network=config.to_json(),
            options=options.to_json(),
            step=trainer.step,
        )
    names = corpus.names[0] if len(corpus.names) == 1 else plural(len(corpus.names), "file")
    held_out = f", {count(len(corpus.validation))} more held out" if len(corpus.validation) else ""
    if trainer.steps is None:
        length = seconds(options.seconds or 0)
    else:
        length = f"{plural(trainer.steps, 'step')}, {trainer.steps / trainer.streams.windows:.3g} epochs"
    _say(
        request,
        f"text     {names}: {plural(len(corpus.training), 'character')}{held_out}, {len(corpus.vocabulary)} different\n"
        f"network  {config.cell.upper()}, {plural(config.layers, 'layer')} of {plural(config.hidden_size, 'unit')}, "
        f"{plural(parameters, 'parameter')}\n"
        f"step     {plural(options.batch_size, 'stream')} × {plural(options.seq_length, 'character')}, "
        f"{plural(options.workers, 'process')}\n"
        f"length   {length}; change it with --time 3m, --epochs or --steps",
    )


def _finish(request: Request, trainer: Trainer, last: Report | None) -> None:
    best = None if trainer.best_model is trainer.model else trainer.best_loss
    if request.json and last is not None:
        _emit("end", **_figures(last), model=request.output, seconds=trainer.seconds, best_validation_loss=best)
    result = f"{request.output} is written, after {plural(trainer.step, 'step')} in {seconds(trainer.seconds)}"
    if best is not None:
        result += f"; validation loss {best:.4f} nats, {best / np.log(2):.4f} bits per character"
    _say(request, result)
    if not request.quiet:
        say("a sample:\n")
        say(_sample(trainer).strip("\n") + "\n", "cyan")
    named = [] if request.output == "model.npz" else [request.output]
    _say(request, f"next: {_command('sample', *named)}    or: {_command('inspect', request.output)}")


def _sample(trainer: Trainer) -> str:
    """Text from the best model, not longer than what it learnt from, and beginning as that does if it has no lines."""
    model, rng = trainer.best_model, np.random.default_rng(trainer.options.seed)
    has_lines = "\n" in model.vocabulary.characters
    prime = model.vocabulary.encode("\n") if has_lines else trainer.corpus.training[:1]
    length = min(SAMPLE_LENGTH, len(trainer.corpus.training) - 1)
    drawn = islice(generate(model, prime, Choice(temperature=0.8), rng), length)
    return model.vocabulary.decode([*prime, *(int(ids[0]) for ids in drawn)])


def _command(*words: str) -> str:
    return shlex.join(["rnncli", *words])


def _say(request: Request, line: str) -> None:
    if not request.quiet:
        say(line)


def _emit(event: str, **data: Any) -> None:
    write(json.dumps({"event": event, **data}, ensure_ascii=False, allow_nan=False) + "\n")


def _emit_report(report: Report) -> None:
    _emit("step", **_figures(report))
    if report.validation is not None:
        _emit(
            "eval",
            step=report.step,
            validation_loss=report.validation.nats,
            bits_per_character=report.validation.bits,
            is_best=report.is_best,
        )


def _figures(report: Report) -> dict[str, float]:
    names = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "characters_per_second")
    return {name: getattr(report, name) for name in names}
