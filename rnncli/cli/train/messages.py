"""What ``rnncli train`` tells people, in words."""

import math
from functools import singledispatch
from itertools import islice
from typing import Any, cast

import numpy as np

from rnncli.cli.model_input import command_for
from rnncli.cli.train.options import Request
from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.dataset import Dataset
from rnncli.datasets.normal_form import NONE
from rnncli.datasets.pairs import PairDataset
from rnncli.datasets.spec import TEXT, DataSpec
from rnncli.datasets.vocabulary import BYTES
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, generate, stop_before
from rnncli.launcher import launcher_command
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import COUNTS, MIXTURE, NETWORK, Counts, Mixture, Writer, with_counts
from rnncli.names import CROSS_ENTROPY, NORMAL_FORMS, command_line, plural
from rnncli.terminal.words import count, seconds, visible_line, visible_lines
from rnncli.training.batches import BALANCED, balanced_weights
from rnncli.training.counts import MAX_COUNTED, count_beside
from rnncli.training.diagnosis import MAX_HELD_OUT, MAX_TRAINING, Baseline, best_baseline, diagnose
from rnncli.training.parallel.mpi import MPIGroup
from rnncli.training.trainer import Trainer

SAMPLE_LENGTH = 200
EXAMPLES, EXAMPLE_LENGTH = 5, 80

PROPOSED_ORDER, MIN_GAIN, TRIAL_LENGTH = 10, 0.02, 1_000_000
"""Counts of this order are proposed where those of this number of characters make the validation loss so much smaller,
in nats."""


def plan(trainer: Trainer) -> list[str]:
    """The data, the network, the batch and the length of a run, a line each."""
    options, config = trainer.options, trainer.model.config
    dropout = f", dropout {config.dropout:g}" if config.dropout else ""
    parameters = plural(trainer.model.parameters.flat.size, "parameter")
    if trainer.steps is None:
        length = seconds(options.seconds or 0)
    else:
        epochs = f"{trainer.steps / trainer.batches.steps_per_epoch:,.3g}"
        length = f"{plural(trainer.steps, 'step')}, {epochs} {'epoch' if epochs == '1' else 'epochs'}"
    dataset, names = trainer.dataset, trainer.dataset.spec.files
    counted = "the same text"
    if dataset.characters > MAX_COUNTED:
        counted = f"its last {plural(MAX_COUNTED, 'character')}"
    source = names[0] if len(names) == 1 else plural(len(names), "file")
    batch = dataset.describe_batch(options.batch_size, options.seq_length)
    return [
        f"text     {source}: {dataset.describe()}",
        f"network  {config.describe()}, {parameters}{dropout}",
        *([f"counts   {options.ngram}-gram model of {counted}, mixed with the network"] if options.ngram else []),
        *_weights(trainer),
        f"batch    {batch}, {plural(options.workers, 'process')}",
        f"length   {length}; set it with --time 3m, --epochs or --steps",
    ]


def _weights(trainer: Trainer) -> list[str]:
    """The range of the class weights, if there are some."""
    if trainer.options.class_weights != BALANCED:
        return []
    dataset = cast("PairDataset", trainer.dataset)
    weights, symbols = balanced_weights(dataset.label_counts), dataset.target.symbols
    order = [i for i in np.argsort(weights, kind="stable") if weights[i]]
    low, high = (f"{weights[i]:.3g} ({visible_line(symbols[i])})" for i in (order[0], order[-1]))
    return [f"weights  of labels in the loss, from {low} to {high}"]


def result(request: Request, trainer: Trainer) -> str:
    """What was saved, how long it took, and the validation loss if there is one."""
    saved = f"saved {request.output} after {plural(trainer.step, 'step')} in {seconds(trainer.seconds)}"
    best = best_validation_loss(trainer)
    if best is None:
        return saved
    kept = trainer.record.kept
    squared = ""
    if "validation_mse" in kept:
        squared = f"; mean squared error {kept['validation_mse']:.4f}, in training {kept['loss']:.4f}"
    return f"{saved}; validation loss {_nats(best)} per {trainer.model.unit}{squared}"


def mixture(counts: Counts | None) -> list[str]:
    """What the network and its counts reach, alone and together, a line each."""
    if counts is None:
        return []
    weight, losses = f"a weight of {counts.weight:.2f} for the counts", counts.held_out
    return [
        f"{'network alone':20}  {_nats(losses[NETWORK])}",
        f"{f'{counts.model.order}-gram counts alone':20}  {_nats(losses[COUNTS])}",
        f"{'together':20}  {_nats(losses[MIXTURE])}, with {weight}",
    ]


def _nats(nats: float) -> str:
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits"


def best_validation_loss(trainer: Trainer) -> float | None:
    """In nats, of the model that is saved; None without validation."""
    return None if trainer.best_model is trainer.model else trainer.best_loss


def interrupted(request: Request, trainer: Trainer) -> str:
    """Where a run has stopped, and the command that resumes it."""
    resume = command_line("train", *request.files, options=["-o", request.output, "--resume"])
    if isinstance(trainer.group, MPIGroup):
        resume = f"{launcher_command()} {resume}"
    counts = "; counts are made when the run ends" if trainer.options.ngram else ""
    return f"stopped at step {count(trainer.step)}, saved {request.output}{counts}; resume with\n  {resume}"


def advice(request: Request, trainer: Trainer) -> list[str]:
    """For running text: whether the network overfits, underfits or has nothing left to learn, and a command that may do
    better."""
    dataset = trainer.dataset
    if dataset.spec.format != TEXT or trainer.options.loss != CROSS_ENTROPY:  # the validation loss is in nats
        return []

    def baseline() -> Baseline:
        training = dataset.text_ids(dataset.training, MAX_TRAINING)
        held_out = dataset.text_ids(dataset.validation, MAX_HELD_OUT)
        return best_baseline(training, held_out, len(dataset.vocabulary))

    config = trainer.model.config
    sizes = trainer.model.parameters.flat.size, dataset.characters
    found = diagnose(trainer.history, *sizes, config.hidden_size, config.dropout, baseline)
    if found is None:
        return []
    lines = [found.verdict]
    if found.suggestion:
        options = [*data_options(dataset.spec), *found.suggestion, "-o", "other.npz"]
        lines.append(f"try:  {command_line('train', *request.files, options=options)}")
    if found.has_more and not trainer.options.ngram:
        lines.extend(_counts_advice(request, trainer))
    return lines


def _counts_advice(request: Request, trainer: Trainer) -> list[str]:
    """To count the text beside the network that was saved, where the held-out text says that it pays."""
    model, dataset = cast("LanguageModel", trainer.best_model), trainer.dataset
    losses = count_beside(model, dataset, PROPOSED_ORDER, TRIAL_LENGTH, MAX_HELD_OUT).held_out
    if losses[NETWORK] - losses[MIXTURE] < MIN_GAIN:
        return []
    options = ["-o", request.output, "--resume", "--ngram", str(PROPOSED_ORDER)]
    beginning = f"the first {count(MAX_HELD_OUT)} characters of " if len(dataset.validation) > MAX_HELD_OUT else ""
    return [
        f"counts would help: on {beginning}the held-out text, {losses[NETWORK]:.3f} nats become {losses[MIXTURE]:.3f} "
        f"with {PROPOSED_ORDER}-gram counts",
        f"try:  {command_line('train', *request.files, options=options)}",
    ]


def data_options(spec: DataSpec) -> list[str]:
    """The options with which a command reads the same data from the same files."""
    usual = NONE if spec.encoding == BYTES else NORMAL_FORMS[0]
    given = {
        "--encoding": spec.encoding if spec.encoding != DataSpec.encoding else None,
        "--normalize": spec.normalize if spec.normalize != usual else None,
        "--shuffle": spec.shuffle if spec.shuffle != DataSpec.shuffle else None,
        "--max-length": str(spec.max_length) if spec.max_length != DataSpec.max_length else None,
        "--validation": spec.validation,
    }
    columns = [word for name in spec.columns for word in ("--column", name)]
    return [word for flag, value in given.items() if value is not None for word in (flag, value)] + columns


def next_commands(request: Request, trainer: Trainer) -> str:
    """The commands that use the model and look inside."""
    use = command_for(trainer.model)
    model, options = [request.output], []
    if isinstance(trainer.model, LabelledLanguageModel):
        options = ["--label", trainer.model.target.symbols[0]]
    elif request.output == "model.npz" and use == "sample":
        model = []
    return f"next: {command_line(use, *model, options=options)}    or: {command_line('inspect', request.output)}"


def example(trainer: Trainer, counts: Counts | None) -> str:
    """Output of what is saved: a sample, or predictions."""
    return _example(
        with_counts(trainer.best_model, counts), trainer.dataset, np.random.default_rng(trainer.options.seed)
    )


def _shortened(text: str) -> str:
    return visible_lines(text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…")


@singledispatch
def _example(model: Any, dataset: Dataset, rng: np.random.Generator) -> str:
    """Predictions for the first lines that the model has not seen, or else for some that it has."""
    lines, pairs = ("held-out", dataset.validation) if dataset.has_validation else ("training", dataset.training)
    shown = [pairs.texts.padded(np.array([i])).ids[:, 0] for i in range(min(EXAMPLES, len(pairs)))]
    answers = predict(model, [model.vocabulary.decode(map(int, ids)) for ids in shown])
    predictions = [f"{_shortened(answer.text)} → {_shortened(answer.best)}" for answer in answers]
    return "\n".join([f"predictions on {lines} lines:", "", *predictions])


@_example.register(LanguageModel)
@_example.register(Mixture)
def _(model: Writer, dataset: Dataset, rng: np.random.Generator) -> str:
    """A text at most as long as that of the training. It starts a line, or where the network has not learnt to read a
    line end, with the first character of the training text."""
    prime = model.vocabulary.encode(model.opening) if model.opening else dataset.text_ids(dataset.training, 1)
    length = min(SAMPLE_LENGTH, len(dataset.training) - 1)
    drawn = islice(generate(model, prime, SamplingConfig(temperature=0.8), rng), length)
    text = model.vocabulary.decode([*prime, *(int(ids[0]) for ids in drawn)])
    return f"a sample:\n\n{visible_lines(text)}"


@_example.register
def _(model: LabelledLanguageModel, dataset: Dataset, rng: np.random.Generator) -> str:
    """A text of each of the first labels."""
    prime, lines = model.vocabulary.encode(BOUNDARY), []
    for label in model.target.symbols[:EXAMPLES]:
        drawn = islice(generate(model, prime, SamplingConfig(temperature=0.8), rng, label=label), SAMPLE_LENGTH)
        text = "".join(stop_before(BOUNDARY, (model.vocabulary.symbols[int(ids[0])] for ids in drawn)))
        lines.append(f"{visible_lines(label)}: {visible_lines(text)}")
    return "\n".join(["samples:", "", *lines])
