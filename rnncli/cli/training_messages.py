"""What ``rnncli train`` says: lines for people on standard error, JSON events on standard output."""

import json
import math
import shlex
import sys
from itertools import islice
from typing import Any

import numpy as np

from rnncli.cli.training_request import Request
from rnncli.sampling import Choice, generate
from rnncli.terminal.console import say, silence, write
from rnncli.terminal.words import count, plural, seconds, visible_lines
from rnncli.training.trainer import Report, Trainer

SAMPLE_LENGTH = 200


def announce(request: Request, trainer: Trainer) -> None:
    corpus, options, config = trainer.corpus, trainer.options, trainer.model.config
    parameters = trainer.model.parameters.flat.size
    if request.json:
        emit(
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
    if trainer.step:
        say_unless_quiet(request, f"{request.output} is taken up at step {count(trainer.step)}")
    if request.dry_run:
        say_unless_quiet(request, f"a dry run: {request.output} is not written")
    if trainer.steps is None:
        length = seconds(options.seconds or 0)
    else:
        length = f"{plural(trainer.steps, 'step')}, {trainer.steps / trainer.streams.windows:,.3g} times the text"
    say_unless_quiet(
        request,
        f"text     {names}: {plural(len(corpus.training), 'character')}{held_out}, {len(corpus.vocabulary)} different\n"
        f"network  {config.cell.upper()}, {plural(config.layers, 'layer')} of {plural(config.hidden_size, 'unit')}, "
        f"{plural(parameters, 'parameter')}\n"
        f"step     {plural(options.batch_size, 'stream')} × "
        f"{plural(min(options.seq_length, trainer.streams.length), 'character')}, "
        f"{plural(options.workers, 'process')}\n"
        f"length   {length}; set it with --time 3m, --epochs or --steps",
    )


def finish(request: Request, trainer: Trainer, last: Report | None, stopped_by: list[int]) -> None:
    """The result of a run, or how to go on with one that was stopped, and what to type next."""
    best = None if trainer.best_model is trainer.model else trainer.best_loss
    if request.json and last is not None:
        emit("end", **_figures(last), model=request.output, seconds=trainer.seconds, best_validation_loss=best)
    if stopped_by and not trainer.finished:
        again = command("train", *request.files, "-o", request.output, "--resume")
        say_unless_quiet(
            request, f"stopped at step {count(trainer.step)}, {request.output} is saved; go on with\n  {again}"
        )
        return
    result = f"{request.output} is written, after {plural(trainer.step, 'step')} in {seconds(trainer.seconds)}"
    if best is not None:
        result += f"; validation loss {best:.4f} nats, {best / math.log(2):.4f} bits per character"
    say_unless_quiet(request, result)
    if not request.quiet:
        say(f"a sample:\n\n{visible_lines(_sample(trainer))}\n")
    named = [] if request.output == "model.npz" else [request.output]
    say_unless_quiet(request, f"next: {command('sample', *named)}    or: {command('inspect', request.output)}")


def _sample(trainer: Trainer) -> str:
    """Text from the best model, not longer than what it learnt from, and beginning as that does if it has no lines."""
    model, rng = trainer.best_model, np.random.default_rng(trainer.options.seed)
    has_lines = "\n" in model.vocabulary.characters
    prime = model.vocabulary.encode("\n") if has_lines else trainer.corpus.training[:1]
    length = min(SAMPLE_LENGTH, len(trainer.corpus.training) - 1)
    drawn = islice(generate(model, prime, Choice(temperature=0.8), rng), length)
    return model.vocabulary.decode([*prime, *(int(ids[0]) for ids in drawn)])


def command(*words: str) -> str:
    return shlex.join(["rnncli", *words])


def say_unless_quiet(request: Request, line: str) -> None:
    if not request.quiet:
        say(line)


def emit(event: str, **data: Any) -> None:
    try:
        write(json.dumps({"event": event, **data}, ensure_ascii=False, allow_nan=False) + "\n")
    except BrokenPipeError:  # nobody listens any more, which is no reason to stop
        silence(sys.stdout)


def emit_report(report: Report) -> None:
    emit("step", **_figures(report))
    if report.validation is not None:
        emit(
            "eval",
            step=report.step,
            validation_loss=report.validation.nats,
            bits_per_character=report.validation.bits,
            is_best=report.is_best,
        )


def _figures(report: Report) -> dict[str, float]:
    names = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "characters_per_second")
    return {name: getattr(report, name) for name in names}
