"""Is a unit the cause? The loss when it is held at its mean, everywhere and at the characters of a feature alone.

Units that nobody names are those of the largest effect. What is chosen for being large is too large where it was
chosen, so that units, and the feature at which each is needed, are chosen in one part of the text and measured in
another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, hidden_states, parse_unit, require_language_model
from rnncli.inspection.features.built_in import FEATURES, is_yes_or_no
from rnncli.inspection.features.labels import labels
from rnncli.inspection.interventions.ablation import (
    WORK,
    Estimate,
    affordable,
    all_units,
    block_error,
    effects,
    error_of,
    estimated,
    influence,
)
from rnncli.inspection.interventions.directions import ablate_direction
from rnncli.inspection.interventions.steering import steer
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.names import plural
from rnncli.results import Table, Value, ViewResult

CHARACTERS = 20_000
"""In which units are measured."""

CHOOSING, MIN_CHOOSING = 5_000, 500
"""Characters in which all units are tried, at most and at least."""

STRETCH = 500
"""Characters; those in which units are tried are spread over the text in such stretches, as no one part is like all."""

UNITS = 5
"""Chosen where none is named."""

ALIKE = 20
"""Other units with which one that is named is compared."""

SURE = 2
"""Standard errors."""

Changes = dict[Unit, Array]


@dataclass(frozen=True)
class _Places:
    """Where a feature holds, (N − 1,): predictions there can use it. ``label`` says what that means of a number."""

    name: str
    label: str
    where: NDArray[np.bool_]

    @property
    def is_binary(self) -> bool:
        return self.label == self.name


@dataclass(frozen=True)
class _Experiment:
    """The mean ``loss`` in nats without ablation and the ``measured`` changes in bits, of the places ``measured_at``;
    the changes by which features are ``chosen``, of those ``chosen_at``."""

    loss: float
    measured: Changes
    measured_at: NDArray[np.intp]
    chosen: Changes
    chosen_at: NDArray[np.intp]


def ablate(request: ViewRequest) -> ViewResult:
    """Hold units at their mean and compare the loss, in bits per character."""
    if request.direction is not None:
        return ablate_direction(request)
    probe = request.probe
    model = require_language_model(probe)
    named = list(dict.fromkeys(parse_unit(unit, model, probe.path) for unit in request.units))
    probe, found, facts = _named(request, named) if named else _of_largest_effect(request)
    places = list(_places(probe, request.features or list(FEATURES)))
    if missing := [name for name in request.features if name not in {one.name for one in places}]:
        facts["never or always"] = ", ".join(missing)
    rows = []
    for unit, change in found.measured.items():
        rows.append((str(unit), *estimated(change)))
    rows.sort(key=lambda row: -row[1])
    note = "bits per character that the network loses; ± is a standard error, from blocks of the text"
    tables = [
        Table("Change of the loss when a unit is held at its mean", ("unit", "change", "±"), rows, note, digits=4)
    ]
    facts = {"loss": f"{found.loss / np.log(2):.4f} bits per character without ablation", **facts}
    following = [request.command("unit", str(rows[0][0]))]
    if compared := _compared(found, places, bool(request.features)):
        tables.append(_table(compared))
        if compared[0].verdict == "yes":
            first = compared[0]
            following.insert(0, request.command("units", feature=first.at.name))
            if steering := steer(request.probe, first.unit, first.at.name, first.at.is_binary, request.effort):
                facts["steering"] = str(steering)
                if steering.is_clear:
                    following.insert(0, request.clamped_sample(str(first.unit), steering.value))
        else:
            following.append(request.command("units"))
    return ViewResult(probe.source, facts, tables, following)


def _of_largest_effect(request: ViewRequest) -> tuple[Probe, _Experiment, dict[str, str]]:
    """Try all units on some stretches of the text, and measure the best on the rest."""
    units, count = all_units(request.probe, request.layer), len(request.probe.ids)
    work = int(request.effort * WORK) // 2
    tried = min(CHOOSING, max(MIN_CHOOSING, affordable(request.probe, len(units), work)), count // 2)
    if tried < MIN_CHOOSING:
        raise InputError(
            f"it reads {plural(count, 'character')}, too few to choose units in one half and measure them in the "
            f"other; {2 * MIN_CHOOSING:,} are needed, or name a unit with --unit"
        )
    probe = request.probe.first(tried + CHARACTERS)
    place, stretches = np.arange(len(probe.ids)), max(1, tried // STRETCH)
    is_tried = place * stretches % len(place) < tried  # the beginning of each of as many parts of the text
    _, changes = effects(replace(probe, ids=probe.ids[is_tried]), units)
    order = sorted(units, key=lambda unit: -float(changes[unit].mean(dtype=np.float64)))
    best = order[:UNITS]
    losses, measured = effects(replace(probe, ids=probe.ids[~is_tried]), best)
    chosen = {unit: changes[unit] for unit in best}
    found = _Experiment(float(losses.mean()), measured, place[~is_tried][:-1], chosen, place[is_tried][:-1])
    others = [changes[unit] for unit in order[UNITS:]]
    facts = {
        "chosen": f"{len(best)} of {plural(len(units), 'unit')}, by the change in {is_tried.sum():,} characters, in "
        f"{plural(stretches, 'part')} spread over the text; measured in the other {len(losses) + 1:,}",
        **_null("other units", others, f"{plural(len(others), 'unit')}, where they were tried"),
    }
    return probe, found, facts


def _named(request: ViewRequest, named: list[Unit]) -> tuple[Probe, _Experiment, dict[str, str]]:
    """Measure units that the user has named, and others with about the same variance."""
    probe = request.probe.first(CHARACTERS)
    alike = _alike(probe, named)
    losses, changes = effects(probe, [*named, *alike])
    half = 0 if request.features else len(losses) // 2
    facts = {} if request.features else {"chosen": "the feature in the first half of the text; measured in the second"}
    measured = {unit: changes[unit][half:] for unit in named}
    chosen = {unit: changes[unit][:half] for unit in named}
    place = np.arange(len(losses))
    found = _Experiment(float(losses[half:].mean()), measured, place[half:], chosen, place[:half])
    others = [changes[unit][half:] for unit in alike]
    return probe, found, facts | _null("other units", others, f"{plural(len(others), 'unit')} of similar variance")


def _alike(probe: Probe, named: Iterable[Unit]) -> list[Unit]:
    """For each of these units the ``ALIKE`` others that are nearest to it in variance."""
    units = all_units(probe)
    cells = list(dict.fromkeys(unit.cell for unit in units))
    spread = hidden_states(probe, cells).std(axis=0, dtype=np.float64)
    found: dict[Unit, None] = {}
    for unit in named:
        nearest = np.argsort(np.abs(spread - spread[units.index(unit)]), kind="stable")
        others = [units[n] for n in nearest if units[n] not in named]
        found |= dict.fromkeys(others[:ALIKE])
    return list(found)


def _null(name: str, others: Sequence[Array], which: str) -> dict[str, str]:
    """What the same does to other units, so that a change can be judged."""
    if not others:
        return {}
    means = [float(change.mean(dtype=np.float64)) for change in others]
    return {name: f"median {np.median(means):.4f}, 95% below {np.quantile(means, 0.95):.4f} bits ({which})"}


def _places(probe: Probe, names: Iterable[str]) -> Iterable[_Places]:
    """Where each feature is true or, if it is a number, above its mean; without those that never are, or always."""
    for name in dict.fromkeys(names):
        values = labels(probe, name)
        edge = 0.0 if is_yes_or_no(values) else float(values.mean())
        where = values > edge
        if where.any() and not where.all():
            yield _Places(name, f"{name} > {edge:.1f}" if edge else name, where)


@dataclass(frozen=True)
class _Comparison:
    """The mean change at a feature and elsewhere, and the difference with its standard error."""

    unit: Unit
    at: _Places
    there: float
    elsewhere: float
    difference: Estimate
    places: int

    @property
    def verdict(self) -> str:
        """Whether the unit is needed more at the feature than elsewhere."""
        difference, error = self.difference
        if error is None or not abs(difference) > SURE * error:
            return "no"
        return "yes" if difference > 0 else "less"


def _compared(found: _Experiment, places: list[_Places], is_asked: bool) -> list[_Comparison]:
    """Each unit at each feature where that ``is_asked``, else at the one at which it is needed most; the clearest
    first."""
    rows = []
    for unit, change in found.measured.items():
        own = places if is_asked else _clearest(found.chosen[unit], found.chosen_at, places)
        for at in own:
            where = at.where[found.measured_at]
            if where.any() and not where.all():
                rows.append(_compare(unit, at, change, where))
    return sorted(rows, key=lambda row: (row.verdict != "yes", -row.difference[0]))


def _compare(unit: Unit, at: _Places, change: Array, where: NDArray[np.bool_]) -> _Comparison:
    (there, on_there), (elsewhere, on_elsewhere) = influence(change, where), influence(change, ~where)
    is_known = error_of(on_there) is not None and error_of(on_elsewhere) is not None
    difference = float(there - elsewhere), error_of(on_there - on_elsewhere) if is_known else None
    return _Comparison(unit, at, float(there), float(elsewhere), difference, int(where.sum()))


def _clearest(change: Array, chosen_at: NDArray[np.intp], places: list[_Places]) -> list[_Places]:
    """The feature at which a unit is needed most, less what may be chance; none where there is no text to tell."""
    best, largest = [], -np.inf
    for at in places:
        where = at.where[chosen_at]
        if not where.any() or where.all():
            continue
        (there, on_there), (elsewhere, on_elsewhere) = influence(change, where), influence(change, ~where)
        low = float(there - elsewhere - SURE * block_error(on_there - on_elsewhere))
        if low > largest and np.isfinite(block_error(on_there)):
            best, largest = [at], low
    return best


def _table(compared: list[_Comparison]) -> Table:
    columns = ("unit", "at", "there", "elsewhere", "difference", "±", "places", "cause")
    rows: list[tuple[Value, ...]] = [
        (str(one.unit), one.at.label, one.there, one.elsewhere, *one.difference, one.places, one.verdict)
        for one in compared
    ]
    note = (
        f"bits per character; cause: yes where the change is larger at these places than elsewhere by more than "
        f"{SURE} ±, less where it is smaller, no where the difference could be chance"
    )
    return Table("Is it needed at a feature?", columns, rows, note, digits=4)
