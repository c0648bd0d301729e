"""Choices by the kind of model and the size of the data, where the user made none.

The measurements behind the figures stand with the benchmarks, in ``tests/benchmarks/README.md``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rnncli.datasets.dataset import Dataset
from rnncli.engine.cells import CELLS
from rnncli.engine.optimizers import OPTIMIZERS
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.training.machine import Machine


@dataclass(frozen=True)
class Defaults:
    """Of one kind of model.

    A run of default length makes about ``compute_budget`` multiply-adds, two to four minutes on a laptop. They are
    counted and not timed, so that the same seed gives the same model on a slow machine and a fast one. It reads the
    data no more than ``epochs`` times, unless that were fewer than ``min_steps``. ``warmup`` is that of a long run.
    ``network`` are choices of :class:`NetworkConfig` for data of at least SMALL_DATASET units; so are ``weight_decay``,
    which is that of Adam, and ``state_reset``. Where ``scales_with_time``, width and dropout follow the size of the
    text and the length of the run, and texts shorter than SHORT_TEXT have one layer, and neither dropout nor decay nor
    resets.
    """

    compute_budget: float = 4e12
    epochs: int = 30
    min_steps: int = 1_000
    warmup: int = 50
    network: dict[str, Any] = field(default_factory=dict)
    weight_decay: float = 0.0
    state_reset: float = 0.0
    scales_with_time: bool = False
    gru_learning_rate: float | None = None
    """The rate of Adam for a GRU with one-hot input, where it was measured."""


DEFAULTS = {
    "generate": Defaults(
        compute_budget=1e13,
        min_steps=300,
        warmup=500,
        weight_decay=0.05,
        state_reset=1 / 16,
        scales_with_time=True,
        gru_learning_rate=8e-3,
    ),
    "generate-labelled": Defaults(),
    # A classifier overfits where it can, so it is regularised.
    "classify": Defaults(
        epochs=60, network={"hidden_size": 192, "embedding_size": 64, "dropout": 0.6}, weight_decay=0.01
    ),
    "tag": Defaults(network={"dropout": 0.2}),
    "translate": Defaults(),
}
"""By the kind of model, as in :data:`rnncli.models.registry.MODELS`."""

SMALL_DATASET = 300
"""Fewer units are learnt as they are, without dropout and decay."""

LAYERS = 2
"""Of a recurrent network for running text that is not short: it learns more in the same time than one wide layer."""

LONG_TEXT, WIDTHS, ENOUGH_EPOCHS = 200_000, (384, 256), 7
"""A text of at least LONG_TEXT characters gets the widest of these layers with which a run reads it ENOUGH_EPOCHS
times."""

HIDDEN_SIZES = ((1_000, 32), (20_000, 96), (LONG_TEXT, 192), (math.inf, WIDTHS[-1]))
"""Hidden units for data of fewer characters than these."""

SHORT_TEXT, MAX_DROPOUT, MANY_EPOCHS = 20_000, 0.5, 5
"""Texts shorter than SHORT_TEXT are learnt as they are: there it is the point. Runs of fewer than MANY_EPOCHS have less
dropout."""

EMBEDDING_SIZE, MAX_ONE_HOT = 64, 256
"""Of vocabularies beyond which one-hot input would be too wide."""

CONTEXT = 8
"""Characters that a feed-forward network sees."""

MIN_SHARED_MACS, MIN_SHARED_SECONDS, MACS_PER_SECOND = 2e7, 5.0, 3e10
"""To start a process costs some tenths of a second, and each step that is shared some tens of microseconds: shorter
runs, by a rough speed, and smaller steps stay with one process."""


def default_network(
    dataset: Dataset,
    cell: str = NetworkConfig.cell,
    macs: Callable[[int], float] | None = None,
    layers: int | None = None,
) -> NetworkConfig:
    """A network for data of this size, of the number of ``layers`` that the user may have chosen: wide where there is
    much to learn, narrow where it would only overfit, or where a run makes too few multiply-adds for a wide one,
    ``macs`` of hidden units; None stands for a length in steps, which does not tell."""
    defaults, size, vocabulary_size = DEFAULTS[dataset.spec.kind], dataset.characters, len(dataset.vocabulary)
    if layers is None:
        is_deep = defaults.scales_with_time and size >= SHORT_TEXT and cell != FEED_FORWARD
        layers = LAYERS if is_deep else NetworkConfig.layers
    *wider, hidden_size = default_widths(dataset, cell)
    if wider and macs is not None:
        gates, inputs = len(CELLS[cell]("tanh").gates), 2 * layers - 1  # in units, but for the characters
        parameters = {
            units: gates * units * (inputs * units + vocabulary_size) + units * vocabulary_size for units in wider
        }
        enough = (units for units in wider if macs(units) / (3 * parameters[units] * size) >= ENOUGH_EPOCHS)
        hidden_size = next(enough, hidden_size)
    choices: dict[str, Any] = {
        "layers": layers,
        "hidden_size": hidden_size,
        "embedding_size": 0 if vocabulary_size <= MAX_ONE_HOT else EMBEDDING_SIZE,
    }
    if len(dataset.training) >= SMALL_DATASET:
        choices |= defaults.network
    return NetworkConfig(
        cell=cell,
        **choices,
        context=CONTEXT if cell == FEED_FORWARD else 0,
        bidirectional=dataset.spec.task != "generate",
    )


def default_widths(dataset: Dataset, cell: str) -> tuple[int, ...]:
    """The numbers of hidden units that data of this size may get, the largest first."""
    size = dataset.characters
    if DEFAULTS[dataset.spec.kind].scales_with_time and size >= LONG_TEXT and cell != FEED_FORWARD:
        return WIDTHS
    return (next(units for limit, units in HIDDEN_SIZES if size < limit),)


def default_dropout(dataset: Dataset, parameters: int, layers: int, epochs: float) -> float:
    """The more parameters for each character that is learnt, and the more often it is read, the more dropout against
    overfitting; less where it comes after each of several layers."""
    size = dataset.characters
    if not DEFAULTS[dataset.spec.kind].scales_with_time or size < SHORT_TEXT:
        return default_network(dataset).dropout
    return round(min(MAX_DROPOUT, 0.55 * parameters / (max(1, layers) * size) * min(1.0, epochs / MANY_EPOCHS)), 1)


MIN_STREAMS = 8
"""Of each rank under MPI: fewer are hardly faster to read."""

USUAL_BATCH = 32
"""The default rates are those of this batch; Adam's grow with the square root of a larger one, by measurement and by
theory (Malladi et al. 2022, "On the SDEs and scaling rules for adaptive gradient algorithms")."""


def default_batch(dataset: Dataset, ranks: int = 1) -> dict[str, int]:
    """Batch size, and for running text the window; it grows with the ``ranks`` that share it."""
    return dataset.default_batch(MIN_STREAMS * ranks)


def default_learning(
    dataset: Dataset, optimizer: str, config: NetworkConfig, batch_size: int | None = None, ranks: int = 1
) -> dict[str, Any]:
    """Batch size, window, learning rate, state reset and weight decay, for the ``batch_size`` that the user may have
    chosen."""
    defaults, rate = DEFAULTS[dataset.spec.kind], OPTIMIZERS[optimizer].learning_rate
    if defaults.gru_learning_rate and optimizer == "adam" and config.cell == "gru" and not config.embedding_size:
        rate = defaults.gru_learning_rate
    smallest = SHORT_TEXT if defaults.scales_with_time else SMALL_DATASET
    is_small = len(dataset.training) < smallest
    decay = {"weight_decay": defaults.weight_decay} if optimizer == "adam" and not is_small else {}
    reset = {} if is_small else {"state_reset": defaults.state_reset}
    batch = default_batch(dataset, ranks)
    if optimizer == "adam":
        rate *= max(1.0, (batch_size or batch["batch_size"]) / USUAL_BATCH) ** 0.5
    return {**batch, "learning_rate": rate, **reset, **decay}


def default_warmup(dataset: Dataset, steps: float) -> int:
    """Steps of warm-up in a run of about ``steps``: a tenth of them at most."""
    return min(DEFAULTS[dataset.spec.kind].warmup, round(steps) // 10)


def default_steps(dataset: Dataset, parameters: int, characters_per_step: float) -> int:
    """Steps of a run of default length: by the compute budget, but not more epochs than help."""
    defaults = DEFAULTS[dataset.spec.kind]
    affordable = defaults.compute_budget / (3 * parameters * characters_per_step)  # forward, and twice that backward
    epochs = defaults.epochs * dataset.characters / characters_per_step
    return max(defaults.min_steps, round(min(affordable, epochs)))


def default_workers(
    machine: Machine,
    parameters: int,
    characters_per_step: float,
    batch_size: int,
    steps: float,
    seconds: float | None,
) -> int:
    """How many processes pay for a run of ``steps``, or of ``seconds``: under MPI all ranks share it."""
    macs = 3.0 * parameters * characters_per_step  # of a step
    is_short = macs < MIN_SHARED_MACS or (seconds or steps * macs / MACS_PER_SECOND) < MIN_SHARED_SECONDS
    return 1 if is_short and machine.ranks == 1 else machine.most_workers(batch_size)
