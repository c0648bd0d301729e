"""Ablation: by how much the loss grows when a unit is held at its mean, for many units in one batch.

    parts of the text, free | the same parts, unit u held | the same parts, unit v held | …

A unit is held from the burn-in on; the layers above and all later steps see the value that it is held at. The free
network reads in the same batch, so that what is left of a unit that nothing reads is 0 but for rounding.

How far an effect is from chance is estimated from blocks of the text: what a unit does at one place resembles what it
does at the next, and so places are not independent, while long blocks nearly are (batch means; Künsch 1989, "The
jackknife and the bootstrap for general stationary observations").
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.clamping import Clamp
from rnncli.evaluation.windows import BURN_IN, edges_of, read_parts
from rnncli.inspection.activations import Unit, cells_of, read, require_language_model, state_names
from rnncli.inspection.interventions.copies import Copies
from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import cores, parallel_map

STREAMS = 64
"""Read side by side: parts of the text times units."""

WINDOW, MAX_LOGITS = 64, 1 << 22
"""Characters of each stream in a window, at most: what is computed of them stays in the cache. With a large alphabet a
window has no more logits than this, 17 MB of them."""

BLOCKS, MIN_BLOCKS = 20, 5
"""Of a text, for a standard error: fewer than the second do not tell how much they vary."""

WORK = 18 * 10**11
"""Multiply-adds that a view spends on all units: some fifteen seconds of two cores."""


def all_units(probe: Probe, layer: int | None = None) -> list[Unit]:
    """The hidden units of a network, or of one ``layer``; InputError where there are none."""
    model = require_language_model(probe)
    return [Unit(cell, number) for cell in cells_of(probe, layer) for number in range(model.config.hidden_size)]


def affordable(probe: Probe, units: int, work: int = WORK) -> int:
    """How many characters may be read once for each of so many units: a character takes about as many multiply-adds
    as there are parameters."""
    return work // (units * probe.model.parameters.flat.size)


def effects(probe: Probe, units: Sequence[Unit]) -> tuple[Array, dict[Unit, Array]]:
    """The losses (N − 1,) of a text in nats, and by how many bits each of them grows when a unit is held at its mean,
    (N − 1,) for each of the ``units``."""
    model = require_language_model(probe)
    names = list(dict.fromkeys(f"{unit.cell}.{state}" for unit in units for state in state_names(model)))
    free = read(probe, names)
    means = {name: values.mean(axis=0, dtype=np.float64) for name, values in free.values.items()}
    held = [{state: float(means[f"{u.cell}.{state}"][u.unit]) for state in state_names(model)} for u in units]
    groups = [[(units[n], held[n]) for n in group] for group in _groups(units)]
    work = len(probe.ids) * len(units)
    found = parallel_map(partial(_changes, ids=np.asarray(probe.ids)), model, groups, cores(), work)
    changes: dict[Unit, Array] = {}
    for group, rows in zip(groups, found, strict=True):
        changes.update((unit, row) for (unit, _), row in zip(group, rows, strict=True))
    return free.losses, {unit: changes[unit] for unit in units}


def _groups(units: Sequence[Unit]) -> Iterator[NDArray[np.intp]]:
    """The numbers of the units that are held side by side: those of one cell, in groups of about the same size."""
    cells = np.array([unit.cell for unit in units])
    for cell in dict.fromkeys(unit.cell for unit in units):
        of_cell = np.flatnonzero(cells == cell)
        yield from np.array_split(of_cell, -(-len(of_cell) // (STREAMS - 1)))


def _changes(model: LanguageModel, group: Sequence[tuple[Unit, dict[str, float]]], ids: Ids) -> Array:
    """By how many bits the losses of ``ids`` (N,) grow, (U, N − 1), when each of U units is held at its values, which
    stand beside it by the names of its states."""
    copies = len(group) + 1  # the first is free
    edges = edges_of(len(ids), STREAMS // copies)
    parts = len(edges) - 1
    clamps = [
        Clamp(unit.cell, state, unit.unit, value, slice(n * parts, (n + 1) * parts))
        for n, (unit, states) in enumerate(group, start=1)
        for state, value in states.items()
    ]
    starts, ends, copy = np.tile(edges[:-1], copies), np.tile(edges[1:], copies), np.repeat(np.arange(copies), parts)
    losses = np.empty((copies, len(ids) - 1), model.parameters.flat.dtype)
    window = max(1, min(WINDOW, MAX_LOGITS // (len(model.vocabulary) * len(starts))))
    for part in read_parts(Copies.of(model, copies), ids, starts, ends, BURN_IN, window, clamps):
        rows = np.broadcast_to(copy, part.positions.shape)[part.inside]
        losses[rows, part.positions[part.inside]] = model.losses_of(part.forward, part.targets)[0][part.inside]
    changes: Array = (losses[1:] - losses[0]) / np.log(2).astype(losses.dtype)
    return changes


def block_error(influence: Array) -> Array:
    """The standard error (…,) of an estimate, given the ``influence`` (…, N) of each place of a text on it: of a mean,
    the deviation of that place from it over N. Blocks on which the estimate does not rest do not count; NaN where fewer
    than ``MIN_BLOCKS`` do."""
    count = influence.shape[-1]
    edges = np.arange(min(BLOCKS, count)) * count // min(BLOCKS, count)
    sums = np.add.reduceat(influence, edges, axis=-1, dtype=np.float64)
    blocks = np.count_nonzero(np.add.reduceat(influence != 0, edges, axis=-1), axis=-1)
    correction = np.where(blocks >= MIN_BLOCKS, blocks / np.maximum(blocks - 1, 1), np.nan)
    error: Array = np.sqrt(correction * np.square(sums).sum(axis=-1))
    return error


def influence(values: Array, where: NDArray[np.bool_] | None = None) -> tuple[Array, Array]:
    """The mean (…,) of ``values`` (…, N) over the places ``where`` (N,), or all, and the influence (…, N) of each place
    on it. NaN where there is no such place; the influence also where there is only one, which does not tell how much
    places vary."""
    where = np.ones(values.shape[-1], bool) if where is None else where
    count = int(where.sum())
    mean = values[..., where].mean(axis=-1, dtype=np.float64) if count else np.full(values.shape[:-1], np.nan)
    return mean, where * (values - mean[..., None]) / count if count > 1 else np.full(values.shape, np.nan)


Estimate = tuple[float, float | None]
"""A mean, and its standard error; None where that cannot be told."""


def estimated(values: Array, where: NDArray[np.bool_] | None = None) -> Estimate:
    """The mean of ``values`` (N,) over the places ``where`` (N,), or all, with its standard error."""
    mean, of_each = influence(values, where)
    return float(mean), error_of(of_each)


def error_of(influence: Array) -> float | None:
    """The :func:`block_error` of one estimate; of values that are all alike it is 0."""
    error = float(block_error(influence)) if influence.any() else 0.0
    return error if np.isfinite(error) else None
