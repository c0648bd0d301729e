"""The beginning of a run: choices by the size of the text where the user made none, and how a stopped run is taken up.

Choices are dictionaries of options by name; what is not in them is free.
"""

import math
import os
from dataclasses import replace
from typing import Any

import numpy as np

from rnncli.engine.optimizers import OPTIMIZERS
from rnncli.engine.types import Array
from rnncli.errors import InputError
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.text.corpus import Corpus
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Trainer
from rnncli.training.workers import team_of

Choices = dict[str, Any]

WORK = 4e12
"""Multiplications of a run of default length, some minutes on a laptop. It is counted and not timed, so that the same
seed gives the same model on a slow machine and a fast one."""

EPOCHS, FEWEST_STEPS = 30, 300
"""A run of default length reads no text more often than EPOCHS times, unless that were fewer steps than these."""


def begin(
    corpus: Corpus, network: Choices, learning: Choices, length: Choices, start: LanguageModel | None = None
) -> Trainer:
    """A trainer of a new model, or of one that begins with the weights of ``start``, whose vocabulary ``corpus`` has.

    ``network`` are choices of NetworkConfig, ``learning`` and ``length`` of TrainingOptions; InputError where they do
    not fit together.
    """
    characters = len(corpus.training)
    config = start.config if start else default_network(characters, len(corpus.vocabulary))
    changed = [name for name, value in network.items() if start and getattr(config, name) != value]
    if changed:
        raise InputError(f"{_flags(changed)} cannot be changed with --init-from, the weights would not fit")
    config = replace(config, **network)
    if config.activation != "tanh" and config.cell != "rnn":
        raise InputError(f"--activation is a choice of --cell rnn; the gates of a {config.cell} have their own")
    batch_size, seq_length = default_streams(characters)
    learning = {"optimizer": "adam", "batch_size": batch_size, "seq_length": seq_length, **learning}
    learning.setdefault("learning_rate", OPTIMIZERS[learning["optimizer"]].learning_rate)
    model = LanguageModel(config, corpus.vocabulary)
    size = model.parameters.flat.size
    if not length:
        length = {"steps": default_steps(characters, size, learning["batch_size"], learning["seq_length"])}
    if "steps" in length:
        learning.setdefault("warmup", min(TrainingOptions.warmup, length["steps"] // 10))
    if learning.get("patience") and len(corpus.validation) < 2:
        raise InputError("--patience waits for a better validation loss, but nothing is held out; see --validation")
    options = TrainingOptions(**learning, **length)
    if "workers" not in learning:
        options = replace(options, workers=default_workers(size, characters, options))
    if start is None:
        model.initialise(np.random.default_rng([options.seed, 0]))
    else:
        model.parameters.flat[...] = start.parameters.flat
    return Trainer(model, corpus, options, team_of(options.workers, options.batch_size))


def go_on(
    model: LanguageModel,
    record: dict[str, Any],
    arrays: dict[str, Array],
    corpus: Corpus,
    network: Choices,
    learning: Choices,
    length: Choices,
) -> Trainer:
    """The trainer of a run that was stopped, from what its model file holds. Its length, patience, evaluations and
    workers may be chosen anew; InputError for other choices than it had, for a record that is none, and at its end."""
    try:
        options = TrainingOptions.from_json(record["options"])
        free: Choices = {name: learning[name] for name in ("patience", "eval_every", "workers") if name in learning}
        settled = model.config.to_json() | options.to_json() | free
        changed = [name for name, value in (network | learning).items() if settled[name] != value]
        if changed:
            raise InputError(f"{_flags(changed)} cannot be changed by --resume; begin a new model with -o")
        if length:
            free |= {"steps": None, "epochs": None, "seconds": None, **length}
        options = replace(options, **free)
        trainer = Trainer(model, corpus, options, team_of(options.workers, options.batch_size))
        trainer.restore(arrays, record["state"])
    except (KeyError, ValueError, TypeError):
        raise InputError("the model file holds no record of a run to go on with; begin a new model with -o") from None
    if length or "patience" in learning:
        trainer.evaluations_since_best = 0  # asked to go on, it gets its patience back
    if trainer.finished:
        raise InputError(
            f"the run has finished after {trainer.step} steps; give a longer --steps, --epochs or --time to go on"
        )
    return trainer


def _flags(names: list[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)


def default_network(characters: int, vocabulary_size: int) -> NetworkConfig:
    """A network for a text of so many characters: wide where there is much to learn, narrow where it would only
    learn by heart."""
    sizes = ((1_000, 32), (20_000, 96), (200_000, 192), (math.inf, 256))
    hidden_size = next(size for limit, size in sizes if characters < limit)
    return NetworkConfig(hidden_size=hidden_size, embedding_size=0 if vocabulary_size <= 256 else 64)


def default_streams(characters: int) -> tuple[int, int]:
    """Batch size and window: as many streams as leave each at least some windows of its own."""
    seq_length = max(1, min(64, characters - 1))
    batch_size = max(1, min(32, characters // (8 * seq_length)))
    return batch_size, seq_length


def default_steps(characters: int, parameters: int, batch_size: int, seq_length: int) -> int:
    """Steps of a run of default length: by WORK, but not more than EPOCHS."""
    in_step = batch_size * seq_length
    affordable = WORK / (3 * parameters * in_step)  # forward, and twice as much backward
    epochs = EPOCHS * characters / in_step
    return max(FEWEST_STEPS, round(min(affordable, epochs)))


def default_workers(parameters: int, characters: int, options: TrainingOptions) -> int:
    """How many processes pay for a run on a text of so many characters.

    To start one costs some tenths of a second, and each step that they share some tens of microseconds: runs of a few
    seconds and steps of less than a millisecond stay with one.
    """
    in_step = options.batch_size * options.seq_length
    work = 3.0 * parameters * in_step  # multiplications of a step
    steps = options.steps or (options.epochs or 0) * characters / in_step
    seconds = options.seconds or steps * work / 3e10
    if work < 2e7 or seconds < 5:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, options.batch_size // 4, 8))
