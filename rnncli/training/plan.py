"""The beginning of a run: its options are resolved to a configuration, from which a trainer is made; or a run that was
stopped is resumed.

Overrides are dictionaries of options by name, as the user gave them; what is not in them is free.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.spec import PAIRS, TEXT
from rnncli.datasets.text import TextDataset
from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.models.extension import extended
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import cores
from rnncli.models.registry import MODELS
from rnncli.names import plural
from rnncli.training.defaults import (
    DEFAULTS,
    default_batch,
    default_dropout,
    default_learning,
    default_network,
    default_steps,
    default_warmup,
    default_widths,
    default_workers,
)
from rnncli.training.machine import MAX_WORKERS, Machine
from rnncli.training.options import ENDS, TrainingOptions
from rnncli.training.parallel.group import ProcessGroup
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.record import Record
from rnncli.training.trainer import Trainer

TRIAL_WINDOW = 64
"""Characters in a window of the steps of training by which networks are compared, at most."""

CAN_CHANGE = ("patience", "eval_every", "workers", "ngram")
"""Options that a resumed run may have anew, besides its length."""


@dataclass(frozen=True)
class Overrides:
    """What the user chose: of ``network`` fields of :class:`NetworkConfig`, of ``learning`` and ``length`` fields of
    :class:`TrainingOptions`. An empty ``length`` is a choice by size."""

    network: dict[str, Any] = field(default_factory=dict)
    learning: dict[str, Any] = field(default_factory=dict)
    length: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Overrides":
        """Those among the :class:`~rnncli.training.request.TrainOptions` that were given, each in its place."""
        values = {"seconds" if name == "time" else name: value for name, value in options.items()}
        network, training = ({one.name for one in fields(kind)} for kind in (NetworkConfig, TrainingOptions))
        return cls(
            {name: value for name, value in values.items() if name in network},
            {name: value for name, value in values.items() if name in training and name not in ENDS},
            {name: value for name, value in values.items() if name in ENDS},
        )


@dataclass(frozen=True)
class Configuration:
    """Everything that a run needs to know besides its data."""

    network: NetworkConfig
    options: TrainingOptions


def resolve(
    dataset: Dataset, overrides: Overrides, machine: Machine, initial: NetworkConfig | None = None
) -> Configuration:
    """Every option of a run, by the user's choices and the defaults for this data on this machine: a pure function.

    ``initial`` is the network whose weights are the beginning, where there is one. InputError for options that do not
    fit together.
    """
    length = overrides.length
    macs = _affordable_macs(dataset, length, machine)
    cell = overrides.network.get("cell", NetworkConfig.cell)
    default = initial or default_network(dataset, cell, macs, overrides.network.get("layers"))
    config = replace(default, **overrides.network)
    _check(config, initial, dataset, overrides)
    optimizer = overrides.learning.get("optimizer", TrainingOptions.optimizer)
    defaults = default_learning(dataset, optimizer, config, overrides.learning.get("batch_size"), machine.ranks)
    learning = {"optimizer": optimizer, **defaults, **overrides.learning}
    shapes = MODELS[dataset.spec.kind].shapes(config, *dataset.alphabets)
    parameters = sum(map(math.prod, shapes.values()))
    per_step = dataset.characters_per_step(
        learning["batch_size"], learning.get("seq_length", TrainingOptions.seq_length)
    )
    length = length or {"steps": default_steps(dataset, parameters, per_step)}
    steps_per_epoch = dataset.characters / per_step
    if "seconds" in length:
        assert macs is not None
        steps = macs(config.hidden_size) / (3 * parameters * per_step)
    else:
        steps = length.get("steps") or length["epochs"] * steps_per_epoch
    if initial is None and "dropout" not in overrides.network:
        config = replace(config, dropout=default_dropout(dataset, parameters, config.layers, steps / steps_per_epoch))
    learning.setdefault("warmup", default_warmup(dataset, steps))
    batch_size = learning["batch_size"]
    check_ranks(machine.ranks, _batch(dataset, batch_size), batch_size, overrides.learning.get("workers"))
    if "workers" not in learning:
        learning["workers"] = default_workers(
            machine, parameters, per_step, learning["batch_size"], steps, length.get("seconds")
        )
    return Configuration(config, TrainingOptions(**learning, **length))


def start_run(
    dataset: Dataset, overrides: Overrides, initial: Model | None = None, group: ProcessGroup | None = None
) -> Trainer:
    """A trainer of a new model, or of one that begins with the weights of ``initial``, whose alphabets ``dataset``
    has or extends; for rank 0 of ``group``, or else of processes on this machine."""
    machine, initial_config = Machine(cores(), ranks=group.size if group else 1), initial.config if initial else None
    if "seconds" in overrides.length:
        candidates = [initial_config] if initial_config else _candidates(dataset, overrides.network)
        _check(replace(candidates[0], **overrides.network), initial_config, dataset, overrides)
        batch = default_batch(dataset, machine.ranks) | overrides.learning
        machine = machine.tried(
            candidates,
            len(dataset.vocabulary),
            batch["batch_size"],
            min(batch.get("seq_length", TRIAL_WINDOW), TRIAL_WINDOW),
            overrides.length["seconds"],
            overrides.learning.get("workers"),
        )
    configuration = resolve(dataset, overrides, machine, initial_config)
    options = configuration.options
    if initial is None:
        model = MODELS[dataset.spec.kind](configuration.network, *dataset.alphabets)
        model.initialise(np.random.default_rng([options.seed, 0]))
    else:
        model = extended(initial, dataset.alphabets, np.random.default_rng([options.seed, 0]))
    if isinstance(model, LanguageModel) and isinstance(dataset, TextDataset):
        known = set(initial.vocabulary.symbols if initial else ())  # these may have been read before
        model.forget(np.array([i for i in dataset.unread() if model.vocabulary.symbols[i] not in known], np.intp))
    return Trainer(model, dataset, options, group or make_group(options.workers, options.batch_size))


def resume_run(
    model: Model,
    record: Record,
    arrays: dict[str, Array],
    dataset: Dataset,
    overrides: Overrides,
    counted: int = 0,
    group: ProcessGroup | None = None,
) -> Trainer:
    """The trainer of a run that was stopped, from what its model file holds, counts of the order ``counted`` perhaps.
    Its length, patience, evaluations, workers and counts may be chosen anew; InputError for other choices than it had,
    and where nothing is left to do."""
    network, learning, length = overrides.network, overrides.learning, overrides.length
    anew = {name: learning[name] for name in CAN_CHANGE if name in learning}
    settled = model.config.to_json() | record.options.to_json() | anew
    changed = [name for name, value in (network | learning).items() if settled[name] != value]
    if changed:
        raise InputError(f"{_flags(changed)} cannot be changed by --resume; begin a new model with -o")
    if length:
        anew |= dict.fromkeys(ENDS) | length
    if group:
        batch_size = record.options.batch_size
        check_ranks(group.size, _batch(dataset, batch_size), batch_size, learning.get("workers"))
        anew["workers"] = group.size
    elif "workers" not in anew and record.options.workers > MAX_WORKERS:  # of many machines
        anew["workers"] = Machine(cores()).most_workers(record.options.batch_size)
    options = replace(record.options, **anew)
    _check_ngram(options.ngram, dataset)
    trainer = Trainer(model, dataset, options, group or make_group(options.workers, options.batch_size))
    trainer.load_state(arrays, record.state)
    trainer.software = record.software
    before = record.options.to_json()
    if any(before[name] != value for name, value in {**length, **learning}.items() if name in (*length, "patience")):
        trainer.evaluations_since_best = 0  # asked to go on, it gets its patience back
    if trainer.finished and options.ngram == counted:
        raise InputError(
            f"the run has finished after {plural(trainer.step, 'step')}; "
            "give a longer --steps, --epochs or --time to resume it"
        )
    return trainer


def _affordable_macs(dataset: Dataset, length: dict[str, Any], machine: Machine) -> Callable[[int], float] | None:
    """The multiply-adds that a run can make with a number of hidden units, where its length says something of that."""
    if not length:
        return lambda _: DEFAULTS[dataset.spec.kind].compute_budget
    return (lambda units: length["seconds"] * machine.macs_per_second(units)) if "seconds" in length else None


def _candidates(dataset: Dataset, network: dict[str, Any]) -> list[NetworkConfig]:
    """The networks that a run of some time might get, to be tried."""
    cell = network.get("cell", NetworkConfig.cell)
    default = default_network(dataset, cell)
    widths = default_widths(dataset, cell)
    return list(dict.fromkeys(replace(default, **{"hidden_size": units, **network}) for units in widths))


def _check(config: NetworkConfig, initial: NetworkConfig | None, dataset: Dataset, overrides: Overrides) -> None:
    """InputError for choices that contradict each other."""
    task, is_pairs, feed_forward = dataset.spec.task, dataset.spec.format == PAIRS, config.cell == FEED_FORWARD
    changed = [name for name in overrides.network if initial and getattr(initial, name) != getattr(config, name)]
    if changed == ["forget_bias"]:
        raise InputError("--forget-bias is where new weights begin; those of --init-from have a forget bias already")
    if changed:
        raise InputError(f"{_flags(changed)} cannot be changed with --init-from, the weights would not fit")
    if config.activation != "tanh" and config.cell not in ("rnn", FEED_FORWARD):
        raise InputError(f"--activation is a choice of --cell rnn and mlp; the gates of {config.cell} have their own")
    if config.forget_bias != NetworkConfig.forget_bias and config.cell != "lstm":
        raise InputError(f"--forget-bias is a choice of --cell lstm; {config.cell} has no forget gate")
    if config.bidirectional and task == "generate":
        raise InputError(
            "--bidirectional is not for --task generate: a network that reads from the end would see the future, "
            "the very characters that it is to predict"
        )
    if config.context and not feed_forward:
        raise InputError(f"--context is a choice of --cell mlp; {config.cell} remembers what it has read")
    if feed_forward and is_pairs:
        raise InputError(
            f"--cell mlp predicts the next character of running text, and cannot {task} lines of two columns; "
            "take rnn, gru or lstm"
        )
    if not config.layers and not feed_forward:
        raise InputError("--layers 0 is the single-layer perceptron, --cell mlp; a recurrent network has at least one")
    if is_pairs and "seq_length" in overrides.learning:
        raise InputError("--seq-length is a choice for running text; pairs are read whole")
    if is_pairs and "state_reset" in overrides.learning:
        raise InputError("--state-reset is a choice for running text; each text of a pair begins anew")
    if overrides.learning.get("class_weights", "none") != "none" and dataset.spec.kind != "classify":
        raise InputError("--class-weights are those of a classifier's labels; they go with --task classify")
    _check_ngram(overrides.learning.get("ngram", 0), dataset)
    if overrides.learning.get("patience") and not dataset.has_validation:
        raise InputError("--patience waits for a better validation loss, but nothing is held out; see --validation")


def check_ranks(ranks: int, shared: str, batch_size: int, workers: int | None) -> None:
    """InputError where ``ranks`` of MPI cannot share what is in a batch, or this number of ``workers`` is asked for
    besides."""
    if ranks > 1 and workers is not None:
        raise InputError(f"--workers is for one machine; the launcher has started {plural(ranks, 'rank')}")
    if batch_size < ranks:
        raise InputError(f"{ranks} ranks cannot share a batch of {shared}; start fewer of them")


def _batch(dataset: Dataset, batch_size: int) -> str:
    return plural(batch_size, "stream" if dataset.spec.format == TEXT else "line")


def _check_ngram(order: int, dataset: Dataset) -> None:
    if order and dataset.spec.format == PAIRS:
        raise InputError("--ngram counts running text; leave it out for lines of two columns")
    if order and not dataset.has_validation:
        raise InputError("--ngram fits the weight of its counts on held-out text; hold some out with --validation")


def _flags(names: list[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)
