"""What ``rnncli train`` says: lines for people on standard error, JSON events on standard output."""

import json
import math
import shlex
import sys
from itertools import islice
from typing import Any

import numpy as np

from rnncli.cli.models import KINDS
from rnncli.cli.train.request import Request
from rnncli.datasets.pairs import BOUNDARY, COLUMNS, PairCorpus
from rnncli.datasets.text import Corpus
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, generate, until
from rnncli.models.language_model import LanguageModel
from rnncli.terminal.console import say, silence, write
from rnncli.terminal.words import count, network, plural, seconds, visible_lines
from rnncli.training.diagnosis import diagnose
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Report, Trainer

SAMPLE_LENGTH = 200
EXAMPLES = 5


def announce(request: Request, trainer: Trainer) -> None:
    corpus, options, config = trainer.corpus, trainer.options, trainer.model.config
    parameters = trainer.model.parameters.flat.size
    what = "characters" if isinstance(corpus, Corpus) else "lines"
    if request.json:
        emit(
            "start",
            task=corpus.task,
            **{of + what: len(part) for of, part in (("", corpus.training), ("validation_", corpus.validation))},
            vocabulary=len(corpus.vocabulary),
            parameters=parameters,
            network=config.to_json(),
            options=options.to_json(),
            step=trainer.step,
        )
    if trainer.step:
        say_unless_quiet(request, f"{request.output} is taken up at step {count(trainer.step)}")
    if request.dry_run:
        say_unless_quiet(request, f"a dry run: {request.output} is not written")
    if trainer.steps is None:
        length = seconds(options.seconds or 0)
    else:
        length = (
            f"{plural(trainer.steps, 'step')}, {trainer.steps / trainer.batches.steps_per_epoch:,.3g} times the text"
        )
    text, step = _in_words(corpus, options)
    dropout = f", dropout {config.dropout:g}" if config.dropout else ""
    say_unless_quiet(
        request,
        f"text     {text}\n"
        f"network  {network(config.to_json())}, {plural(parameters, 'parameter')}{dropout}\n"
        f"step     {step}, {plural(options.workers, 'process')}\n"
        f"length   {length}; set it with --time 3m, --epochs or --steps",
    )


def _in_words(corpus: Corpus | PairCorpus, options: TrainingOptions) -> tuple[str, str]:
    """What there is to learn, and what a step reads of it."""
    names = corpus.names[0] if len(corpus.names) == 1 else plural(len(corpus.names), "file")
    held_out = f", {count(len(corpus.validation))} more held out" if len(corpus.validation) else ""
    if isinstance(corpus, Corpus):
        text = f"{plural(len(corpus.training), 'character')}{held_out}, {len(corpus.vocabulary)} different"
        window = min(options.seq_length, (len(corpus.training) - 1) // options.batch_size)
        return f"{names}: {text}", f"{plural(options.batch_size, 'stream')} × {plural(window, 'character')}"
    columns = COLUMNS[corpus.task]
    alphabets = f"{plural(len(corpus.vocabulary.characters), 'character')}, {len(corpus.partner)} "
    alphabets += "labels" if columns[0] == "label" else "tags" if corpus.task == "tag" else "in the targets"
    text = f"{plural(len(corpus.training), 'line')} of {' and '.join(columns)}{held_out}, {alphabets}"
    return f"{names}: {text}", plural(options.batch_size, "line")


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
        result += f"; validation loss {best:.4f} nats, {best / math.log(2):.4f} bits per {_symbol(trainer)}"
    say_unless_quiet(request, result)
    if not request.quiet:
        say(_example(trainer) + "\n")
    if isinstance(trainer.corpus, Corpus):
        _advise(request, trainer)
    use = KINDS[trainer.corpus.task][1]
    named = [] if request.output == "model.npz" and use == "sample" else [request.output]
    if trainer.corpus.partner is not None and use == "sample":
        named = [request.output, "--label", trainer.corpus.partner.symbols[0]]
    say_unless_quiet(request, f"next: {command(use, *named)}    or: {command('inspect', request.output)}")


def _advise(request: Request, trainer: Trainer) -> None:
    """How the run went, and the command to try next where another may go better."""
    model = trainer.model
    sizes = model.parameters.flat.size, len(trainer.corpus.training)
    found = diagnose(trainer.history, *sizes, model.config.hidden_size, model.config.dropout)
    if found is None:
        return
    say_unless_quiet(request, found.verdict)
    if found.try_next:
        words = [*request.files, *found.try_next, "-o", "other.npz"]
        say_unless_quiet(request, f"try:  {command('train', *words)}")


def _symbol(trainer: Trainer) -> str:
    return {"classify": "label", "tag": "tag"}.get(trainer.corpus.task, "character")


def _example(trainer: Trainer) -> str:
    """What the best model makes of the text: a sample, or some answers."""
    if isinstance(trainer.corpus, Corpus):
        return f"a sample:\n\n{visible_lines(_sample(trainer, trainer.corpus))}"
    if trainer.corpus.task == "generate":
        return f"samples:\n\n{_labelled_samples(trainer, trainer.corpus)}"
    pairs = trainer.corpus.validation if len(trainer.corpus.validation) else trainer.corpus.training
    shown = [pairs.texts.padded(np.array([i])).ids[:, 0] for i in range(min(EXAMPLES, len(pairs)))]
    texts = [trainer.corpus.vocabulary.decode(map(int, ids)) for ids in shown]
    answers = predict(trainer.best_model, texts)
    lines = [f"{visible_lines(answer.text)} → {visible_lines(answer.best)}" for answer in answers]
    return "\n".join(["some that were held out:" if len(trainer.corpus.validation) else "some answers:", "", *lines])


def _sample(trainer: Trainer, corpus: Corpus) -> str:
    """Text from the best model, not longer than what it learnt from, and beginning as that does if it has no lines."""
    model, rng = trainer.best_model, np.random.default_rng(trainer.options.seed)
    assert isinstance(model, LanguageModel)
    has_lines = BOUNDARY in model.vocabulary.characters
    prime = model.vocabulary.encode(BOUNDARY) if has_lines else corpus.training[:1]
    length = min(SAMPLE_LENGTH, len(corpus.training) - 1)
    drawn = islice(generate(model, prime, SamplingConfig(temperature=0.8), rng), length)
    return model.vocabulary.decode([*prime, *(int(ids[0]) for ids in drawn)])


def _labelled_samples(trainer: Trainer, corpus: PairCorpus) -> str:
    """A text of each of the first labels."""
    model, rng = trainer.best_model, np.random.default_rng(trainer.options.seed)
    assert isinstance(model, LanguageModel)
    prime, lines = model.vocabulary.encode(BOUNDARY), []
    for label in corpus.partner.symbols[:EXAMPLES]:
        drawn = islice(generate(model, prime, SamplingConfig(temperature=0.8), rng, label=label), SAMPLE_LENGTH)
        text = "".join(until(BOUNDARY, (model.vocabulary.symbols[int(ids[0])] for ids in drawn)))
        lines.append(f"{visible_lines(label)}: {visible_lines(text)}")
    return "\n".join(lines)


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
            accuracy=report.validation.accuracy,
            is_best=report.is_best,
        )


def _figures(report: Report) -> dict[str, float]:
    names = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "characters_per_second")
    return {name: getattr(report, name) for name in names}
