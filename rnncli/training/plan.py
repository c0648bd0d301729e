"""The beginning of a run: choices by the size of the text where the user made none, and how a stopped run is taken up.

Choices are dictionaries of options by name; what is not in them is free.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from rnncli.datasets.pairs import PairCorpus
from rnncli.datasets.text import Corpus
from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.models.registry import MODELS
from rnncli.training.defaults import (
    WORK,
    characters,
    characters_in_step,
    default_dropout,
    default_learning,
    default_network,
    default_steps,
    default_warmup,
    default_workers,
)
from rnncli.training.machine import macs_per_second
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Trainer

Choices = dict[str, Any]


def begin(
    corpus: Corpus | PairCorpus, network: Choices, learning: Choices, length: Choices, start: Model | None = None
) -> Trainer:
    """A trainer of a new model, or of one that begins with the weights of ``start``, whose alphabets ``corpus`` has.

    ``network`` are choices of NetworkConfig, ``learning`` and ``length`` of TrainingOptions; InputError where they do
    not fit together.
    """
    work = _work(corpus, length)
    config = start.config if start else default_network(corpus, network.get("cell", NetworkConfig.cell), work)
    changed = [name for name, value in network.items() if start and getattr(config, name) != value]
    if changed:
        raise InputError(f"{_flags(changed)} cannot be changed with --init-from, the weights would not fit")
    config = replace(config, **network)
    _check(config, corpus, learning)
    optimizer = learning.get("optimizer", TrainingOptions.optimizer)
    learning = {"optimizer": optimizer, **default_learning(corpus, optimizer, config), **learning}
    kind = MODELS[corpus.task]
    size = sum(math.prod(shape) for shape in kind.shapes(config, corpus.vocabulary, corpus.partner).values())
    in_step = characters_in_step(corpus, learning["batch_size"], learning["seq_length"])
    if not length:
        length = {"steps": default_steps(corpus, size, in_step)}
    epoch = characters(corpus) / in_step
    if "seconds" in length and work is not None:
        steps = work / (3 * size * in_step)
    else:
        steps = length.get("steps") or length["epochs"] * epoch
    if start is None and "dropout" not in network:
        config = replace(config, dropout=default_dropout(corpus, size, steps / epoch))
    model = kind(config, corpus.vocabulary, corpus.partner)
    learning.setdefault("warmup", default_warmup(corpus, steps))
    options = TrainingOptions(**learning, **length)
    if "workers" not in learning:
        workers = default_workers(size, in_step, options.batch_size, steps, options.seconds)
        options = replace(options, workers=workers)
    if start is None:
        model.initialise(np.random.default_rng([options.seed, 0]))
    else:
        model.parameters.flat[...] = start.parameters.flat
    return Trainer(model, corpus, options, make_group(options.workers, options.batch_size))


def _work(corpus: Corpus | PairCorpus, length: Choices) -> float | None:
    """The multiplications that a run can make, where its length says something of that."""
    if not length:
        return WORK
    return length["seconds"] * macs_per_second() if "seconds" in length else None


def _check(config: NetworkConfig, corpus: Corpus | PairCorpus, learning: Choices) -> None:
    """InputError for choices that contradict each other."""
    feed_forward = config.cell == FEED_FORWARD
    if config.activation != "tanh" and config.cell not in ("rnn", FEED_FORWARD):
        raise InputError(f"--activation is a choice of --cell rnn and mlp; the gates of {config.cell} have their own")
    if config.bidirectional and corpus.task == "generate":
        raise InputError(
            "--bidirectional is not for --task generate: a network that reads from the end would see the future, "
            "the very characters that it is to predict"
        )
    if config.context and not feed_forward:
        raise InputError(f"--context is a choice of --cell mlp; {config.cell} remembers what it has read")
    if feed_forward and isinstance(corpus, PairCorpus):
        raise InputError(
            f"--cell mlp predicts the next character of running text, and cannot {corpus.task} lines of two columns; "
            "take rnn, gru or lstm"
        )
    if not config.layers and not feed_forward:
        raise InputError("--layers 0 is the single-layer perceptron, --cell mlp; a recurrent network has at least one")
    if isinstance(corpus, PairCorpus) and "seq_length" in learning:
        raise InputError("--seq-length is a choice for running text; pairs are read whole")
    if learning.get("patience") and len(corpus.validation) < 1 + isinstance(corpus, Corpus):
        raise InputError("--patience waits for a better validation loss, but nothing is held out; see --validation")


def resume_run(
    model: Model,
    record: dict[str, Any],
    arrays: dict[str, Array],
    corpus: Corpus | PairCorpus,
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
        trainer = Trainer(model, corpus, options, make_group(options.workers, options.batch_size))
        trainer.restore(arrays, record["state"])
    except (KeyError, ValueError, TypeError):
        raise InputError("the model file holds no record of a run to go on with; begin a new model with -o") from None
    before = record["options"]
    if any(before[name] != value for name, value in {**length, **learning}.items() if name in (*length, "patience")):
        trainer.evaluations_since_best = 0  # asked to go on, it gets its patience back
    if trainer.finished:
        raise InputError(
            f"the run has finished after {trainer.step} steps; give a longer --steps, --epochs or --time to go on"
        )
    return trainer


def _flags(names: list[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)
