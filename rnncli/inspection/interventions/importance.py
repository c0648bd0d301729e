"""Which units matter: the loss without each of them, beside what is known to explain it.

A unit that matters and that neither a short context nor a feature explains is one that nobody has thought of.
"""

from dataclasses import dataclass

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, hidden_states
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.features.labels import labels
from rnncli.inspection.interventions.ablation import BLOCKS, affordable, all_units, block_error, effects, influence
from rnncli.inspection.interventions.pair_importance import PairReader, pair_importance
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.variance import explained_by, explained_by_context
from rnncli.names import plural
from rnncli.results import Scatter, Table, Value, ViewResult

CHARACTERS, MIN_CHARACTERS = 20_000, 2_000
"""In which every unit is held, at most and, of a large network, at least."""

TOO_SHORT = 1_000
"""Characters."""

EXPLAINED_IN = 40_000
"""Characters in which the units are explained, at most."""

MAX_STATES = 1 << 25
"""Hidden states that are kept for that."""

CONTEXTS = (1, 2, 6)
"""Last characters that may explain a unit."""

EXPLAINED = 0.5
"""R² from which on a unit counts as explained."""

WEAK = 0.1
"""R² below which a feature is not worth naming."""

BEST = 20
"""Units that are listed."""

SURE = 2
"""Standard errors."""


@dataclass(frozen=True)
class _Explanation:
    """R² of the last CONTEXTS characters and of the best feature, all (U,); ``features`` (U,) are its names."""

    contexts: dict[int, Array]
    features: list[str]
    by_feature: Array

    def first_enough(self, n: int) -> str:
        """The simplest explanation of unit number ``n`` that is good enough: a feature before a long context."""
        tried = [(plural(length, "character"), of_units[n]) for length, of_units in self.contexts.items()]
        tried.insert(-1, ("feature", self.by_feature[n]))
        return next((name for name, r2 in tried if r2 >= EXPLAINED), "nothing")

    def best(self) -> Array:
        """The largest R² of each unit."""
        return np.max([*self.contexts.values(), self.by_feature], axis=0)


def importance(request: ViewRequest) -> ViewResult:
    """All units by the change of the loss when they are held at their mean, in bits per character."""
    if isinstance(request.probe.model, PairReader):
        return pair_importance(request)
    units = all_units(request.probe, request.layer)
    if len(request.probe.ids) <= TOO_SHORT:
        count = plural(len(request.probe.ids), "character")
        raise InputError(f"it reads {count}, too few to rank units by the loss without them; {TOO_SHORT:,} are needed")
    probe = request.probe.first(min(CHARACTERS, max(MIN_CHARACTERS, affordable(request.probe, len(units)))))
    losses, of_units = effects(probe, units)
    changes = np.stack([of_units[unit] for unit in units])
    means, influences = influence(changes)
    errors = block_error(influences)
    explained_in = request.probe.first(min(EXPLAINED_IN, MAX_STATES // len(units)))
    explanation = _explain(explained_in, units, request.features or list(FEATURES))
    order = [int(n) for n in np.argsort(-means, kind="stable")]
    rows = [_row(units[n], float(means[n]), float(errors[n]), explanation, n) for n in order]
    columns = ("unit", "change", "±", *(f"R² last {n}" for n in CONTEXTS), "feature", "R²", "explained by")
    note = (
        f"change: bits per character that are lost when the unit is held at its mean; ± is a standard error, from "
        f"{BLOCKS} blocks of the text; R²: share of the unit's variance that the last characters or the feature "
        f"explain, fitted in one half of {len(explained_in.ids):,} characters and measured in the other; explained by: "
        f"the simplest with an R² of {EXPLAINED} and more"
    )
    everything = Table("All units by importance", columns, rows)
    matter = [n for n in order[:BEST] if means[n] > SURE * errors[n]]
    unexplained = [n for n in matter if explanation.first_enough(n) == "nothing"]
    which = next(iter(unexplained), order[0])
    place = int(changes[which].argmax())
    shares = means / max(means.max(), np.finfo(means.dtype).tiny)
    picture = Scatter(
        "Change of the loss against what explains the unit",
        "largest R²",
        "change, over the largest",
        [(float(x), float(y)) for x, y in zip(_unit(explanation.best()), _unit(shares), strict=True)],
        [str(unit) for unit in units],
    )
    return ViewResult(
        probe.source,
        {
            "loss": f"{losses.mean() / np.log(2):.4f} bits per character without ablation",
            "units": f"{len(units):,}, each held at its mean in {len(probe.ids):,} characters",
            **_distribution(means, errors, changes),
            "unexplained": f"{len(unexplained)} of {len(matter)}, those listed whose change is above {SURE} ±",
        },
        [Table("The units of the largest effect", columns, rows[:BEST], note, digits=4), picture],
        [
            request.command("unit", str(units[which]), at=str(place)),
            request.command("ablate", unit=str(units[which])),
        ],
        "Which units matter, and what explains them?",
        data={"units": everything.to_json()},
        tables=[everything],
    )


def _row(unit: Unit, change: float, error: float, explanation: _Explanation, n: int) -> tuple[Value, ...]:
    r2 = float(explanation.by_feature[n])
    of_feature = (explanation.features[n], r2) if r2 >= WEAK else (None, None)
    contexts = [float(of_units[n]) for of_units in explanation.contexts.values()]
    return str(unit), change, error if np.isfinite(error) else None, *contexts, *of_feature, explanation.first_enough(n)


def _explain(probe: Probe, units: list[Unit], names: list[str]) -> _Explanation:
    cells = list(dict.fromkeys(unit.cell for unit in units))
    values = hidden_states(probe, cells)
    by_context = explained_by_context(values, np.asarray(probe.ids[:-1], np.intp), max(CONTEXTS))
    by_feature = explained_by(values, np.stack([labels(probe, name) for name in names]))
    best = by_feature.argmax(axis=0)
    contexts = {length: by_context[length - 1] for length in CONTEXTS}
    return _Explanation(contexts, [names[n] for n in best], by_feature.max(axis=0))


def _distribution(means: Array, errors: Array, changes: Array) -> dict[str, str]:
    """What units do as a rule, and how far the two halves of the text agree."""
    near = float(np.mean(~(np.abs(means) > SURE * errors)))  # nothing changes at all where an error is NaN
    half = changes.shape[1] // 2
    halves = changes[:, :half].mean(axis=1), changes[:, half:].mean(axis=1)
    facts = {
        "changes": f"median {np.median(means):.4f}, 95% below {np.quantile(means, 0.95):.4f}, largest "
        f"{means.max():.4f} bits; {near:.0%} of the units within {SURE} ± of 0"
    }
    if all(np.ptp(part) > 0 for part in halves):
        facts["repeatable"] = f"correlation {np.corrcoef(*halves)[0, 1]:.2f} between the halves of the text"
    return facts


def _unit(values: Array) -> Array:
    """Cut to 0 … 1; all 0 where nothing is finite."""
    return np.clip(np.nan_to_num(values), 0, 1)
