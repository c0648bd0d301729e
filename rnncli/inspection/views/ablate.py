"""Is a unit the cause? The loss when it is held at its mean, everywhere and at the characters of a feature alone."""

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import Unit, clamps_for, parse_unit, read, require_language_model, state_names
from rnncli.inspection.direction_ablation import ablate_direction
from rnncli.inspection.features import FEATURES, feature, is_yes_or_no
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.units import best_units
from rnncli.results import Table, ViewResult

CHARACTERS = 20_000
UNITS = 5
"""The most selective units, where none is named."""


def ablate(request: ViewRequest) -> ViewResult:
    """Hold units at their mean and compare the loss, in bits per character."""
    if request.direction is not None:
        return ablate_direction(request)
    probe = request.probe.first(CHARACTERS)
    model = require_language_model(probe)
    if request.units:
        names = request.features or list(FEATURES)
        chosen = [(parse_unit(unit, model, probe.path), name) for unit in request.units for name in names]
    else:
        scores = best_units(probe, request.features or list(FEATURES), request.layer, best=1)
        scores.sort(key=lambda score: -abs(score.z))
        chosen = [(score.unit, score.feature) for score in scores[:UNITS]]
    units = list(dict.fromkeys(unit for unit, _ in chosen))
    before, changes = effects(probe, units)
    text = probe.text()[:-1]
    rows = []
    for unit, name in chosen:
        change, at = changes[unit], _predicting(name, text)
        if not at.any():
            continue
        inside = float(change[at].mean())
        outside = float(change[~at].mean()) if not at.all() else None
        rows.append((str(unit), name, float(change.mean()), inside, outside, int(at.sum())))
    columns = ("unit", "feature", "change, all", "at the feature", "elsewhere", "characters there")
    note = "bits per character that the network loses when the unit is held at its mean"
    facts = {"loss": f"{before.mean() / np.log(2):.4f} bits per character without ablation"}
    rows.sort(key=lambda row: -row[3])
    following = [request.command("units", feature=rows[0][1])] if rows else []
    table = Table("Change of the loss when a unit is held at its mean", columns, rows, note)
    return ViewResult(probe.source, facts, [table], following)


def effects(probe: Probe, units: list[Unit]) -> tuple[Array, dict[Unit, Array]]:
    """The losses (N − 1,) of a text in nats, and by how many bits they grow when each unit is held at its mean."""
    model = require_language_model(probe)
    names = list(dict.fromkeys(f"{unit.cell}.{state}" for unit in units for state in state_names(model)))
    before = read(probe, names)
    changes = {}
    for unit in units:
        means = {s: float(before.values[f"{unit.cell}.{s}"][:, unit.unit].mean()) for s in state_names(model)}
        changes[unit] = (read(probe, clamps=clamps_for(model, unit, means)).losses - before.losses) / np.log(2)
    return before.losses, changes


def _predicting(name: str, text: str) -> NDArray[np.bool_]:
    """The places where a feature is true, or above its mean: predictions there can use it."""
    values = feature(name, text)
    return values > (0 if is_yes_or_no(values) else values.mean())
