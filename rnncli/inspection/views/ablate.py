"""Is a unit the cause? The loss when it is held at its mean, everywhere and at the characters of a feature alone."""

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import Unit, held, language_model_of, read, state_names, unit_of
from rnncli.inspection.features import FEATURES, feature
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.units import track
from rnncli.results import Table, ViewResult

CHARACTERS = 20_000
UNITS = 5
"""The most telling units, where none is named."""


def ablate(ask: ViewRequest) -> ViewResult:
    """Hold units at their mean and compare the loss, in bits per character."""
    subject = ask.subject.first(CHARACTERS)
    model = language_model_of(subject)
    if ask.unit is not None:
        names = ask.features or list(FEATURES)
        chosen = [(unit_of(ask.unit, model, subject.path), name) for name in names]
    else:
        best = sorted(track(subject, ask.features or list(FEATURES), ask.layer, best=1), key=lambda one: -abs(one.z))
        chosen = [(one.unit, one.feature) for one in best[:UNITS]]
    units = list(dict.fromkeys(unit for unit, _ in chosen))
    before, changes = effects(subject, units)
    text = subject.text()[:-1]
    rows = []
    for unit, name in chosen:
        change, at = changes[unit], _predicting(name, text)
        if not at.any():
            continue
        inside = float(change[at].mean()) if at.any() else None
        outside = float(change[~at].mean()) if not at.all() else None
        rows.append((str(unit), name, float(change.mean()), inside, outside, int(at.sum())))
    columns = ("unit", "feature", "change, all", "at the feature", "elsewhere", "characters there")
    note = "bits per character; held at its mean, the unit causes so much of the loss to be avoided"
    facts = {"loss": f"{before.mean() / np.log(2):.4f} bits per character as it is"}
    rows.sort(key=lambda row: -(row[3] or 0))
    following = [f"rnncli sample {subject.path} --clamp {rows[0][0]}=1 --compare"] if rows else []
    table = Table("Change of the loss when a unit is held at its mean", columns, rows, note)
    return ViewResult("ablate", "Is the unit the cause?", subject.source, facts, [table], following)


def effects(subject: Probe, units: list[Unit]) -> tuple[Array, dict[Unit, Array]]:
    """The losses of a text in nats, and by how much each is larger, in bits, when a unit is held at its mean."""
    model = language_model_of(subject)
    names = list(dict.fromkeys(f"{unit.cell}.{state}" for unit in units for state in state_names(model)))
    before = read(subject, names)
    changes = {}
    for unit in units:
        means = {s: float(before.values[f"{unit.cell}.{s}"][:, unit.unit].mean()) for s in state_names(model)}
        changes[unit] = (read(subject, clamps=held(model, unit, means)).losses - before.losses) / np.log(2)
    return before.losses, changes


def _predicting(name: str, text: str) -> NDArray[np.bool_]:
    """The places where a feature is true, or above its mean: there the next character is predicted knowing it."""
    values = feature(name, text)
    return values > (0 if set(np.unique(values)) <= {0.0, 1.0} else values.mean())
