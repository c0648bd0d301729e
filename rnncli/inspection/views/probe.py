"""Can a feature be read from all units together, where no single one tells it? A linear probe, beside what it has to be
compared with: an untrained network, labels that say nothing (Hewitt and Liang 2019, "Designing and interpreting probes
with control tasks"), the best unit, random directions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import is_of_running_text
from rnncli.inspection.features.built_in import FEATURES, is_yes_or_no
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.states import TextStates, states_of
from rnncli.inspection.statistics.association import rank, standardised
from rnncli.inspection.statistics.linear_probe import DIRECTION_STRENGTH, Axes, LinearProbe, ProbeScore, fit, measure
from rnncli.names import plural
from rnncli.results import Block, ColouredText, Table, ViewResult
from rnncli.storage.direction import Direction, Part, check_output, digest_of, save

CHARACTERS, FEWEST = 40_000, 1_000
RANDOM, SHIFTS = 10, (0.35, 0.45, 0.55, 0.65)
"""Random directions, and by what shares of the text labels are shifted."""

UNTRAINED, SHIFTED = "an untrained network", "shifted labels"

BEST = 8
EXCERPT = 240


def probe(request: ViewRequest) -> ViewResult:
    """Fit a linear probe for the feature of the request, and write its direction where an output is named."""
    asked = [*request.arguments, *request.features]
    if len(asked) != 1:
        raise InputError(f'probe takes one feature: built in, as in probe "{next(iter(FEATURES))}", or an expression')
    if request.output is not None:
        check_output(request.output)
    name = asked[0]
    states, source = states_of(request, CHARACTERS)
    trial = _Trial(states.labels(name))
    _check(trial.labels, name, source, is_of_running_text(request.probe.model))
    best, direction = trial.fitted(states.states), trial.fitted(states.states, DIRECTION_STRENGTH)
    unit = trial.best_unit(states.states)
    rows = _rows(trial, request, states, best, direction, unit)
    facts = _facts(states, direction, unit, dict(rows))
    if request.output is not None:
        save(request.output, _direction(name, states, trial, direction), request.probe.model)
        facts["written"] = request.output
    columns = ("read from", "AUC", "accuracy") if trial.is_binary else ("read from", "r")
    note = (
        f"fitted in the first half of the text with an L2 penalty λ of {best.strength:g}, chosen in the last quarter "
        f"of that half, and measured in the second half; the direction has a λ of {DIRECTION_STRENGTH:g}; of shifted "
        "labels and random directions the mean"
    )
    scores = [(what, score.strength, score.accuracy)[: len(columns)] for what, score in rows]
    blocks: list[Block] = [
        Table(f'How well "{name}" is read', columns, scores, note, 3),
        _excerpt(states, trial, direction),
        _units(states, trial, direction),
    ]
    return ViewResult(source, facts, blocks, _following(request, name))


@dataclass(frozen=True)
class _Trial:
    """A feature (N,) of which the first half is for fitting, the last quarter of that for choosing λ, and the second
    half for measuring."""

    labels: Array

    @property
    def half(self) -> int:
        return len(self.labels) // 2

    @property
    def is_binary(self) -> bool:
        return is_yes_or_no(self.labels)

    def fitted(self, states: Array, strength: float | None = None) -> LinearProbe:
        """A probe of states (N, D); where no λ is given, it is chosen."""
        strengths = {} if strength is None else {"strengths": [strength]}
        return fit(states[: self.half], self.labels[: self.half], self.is_binary, self.half // 4, **strengths)

    def score(self, probe: LinearProbe, states: Array) -> ProbeScore:
        return measure(probe, states[self.half :], self.labels[self.half :])

    def alone(self, values: Array) -> ProbeScore:
        """The score of a single number (N,)."""
        column = values[:, None]
        return self.score(self.fitted(column, DIRECTION_STRENGTH), column)

    def best_unit(self, states: Array) -> int:
        """The unit of the largest rank correlation in the first half."""
        r = standardised(rank(states[: self.half])).T @ standardised(self.labels[: self.half])
        return int(np.abs(r).argmax())

    def shifted(self, states: Array, strength: float) -> ProbeScore:
        """The mean score of probes for labels that belong to other places, so that only chance is left."""
        axes, count = Axes(states[: self.half]), len(self.labels)
        trials = [_Trial(np.roll(self.labels, round(count * share))) for share in SHIFTS]
        return _mean(
            trial.score(axes.path(trial.labels[: self.half], self.is_binary, [strength])[0], states) for trial in trials
        )

    def random(self, states: Array) -> ProbeScore:
        """The mean score of directions drawn from a normal distribution with the covariance of the states."""
        rng, centred = np.random.default_rng(0), states - states.mean(axis=0, dtype=np.float64)
        return _mean(self.alone(centred @ (rng.standard_normal(len(centred)) @ centred)) for _ in range(RANDOM))


def _mean(scores: Iterable[ProbeScore]) -> ProbeScore:
    all_scores = list(scores)
    accuracies = [score.accuracy for score in all_scores if score.accuracy is not None]
    strength = float(np.mean([score.strength for score in all_scores]))
    return ProbeScore(strength, float(np.mean(accuracies)) if accuracies else None)


def _check(labels: Array, name: str, source: str, takes_text: bool) -> None:
    """InputError unless a feature (N,) can be learnt from each part of a text; the user may name another text for a
    view that ``takes_text``."""
    hint = f"name another feature{', or a longer text with --text' if takes_text else ''}"
    count = len(labels)
    if count < FEWEST:
        raise InputError(f"it reads {plural(count, 'character')}, too few for a probe; {FEWEST:,} are needed")
    if not np.ptp(labels):
        what = f"is {labels[0]:g} at every character of" if labels[0] else "never occurs in"
        raise InputError(f"{name!r} {what} {source}; {hint}")
    half = count // 2
    parts = labels[: half - half // 4], labels[half - half // 4 : half], labels[half:]
    if not all(np.ptp(part) for part in parts):
        raise InputError(
            f"{name!r} is the same all through one of the parts of {source} that a probe is fitted to, chosen by and "
            f"measured on; {hint}"
        )


def _rows(
    trial: _Trial, request: ViewRequest, states: TextStates, best: LinearProbe, direction: LinearProbe, unit: int
) -> list[tuple[str, ProbeScore]]:
    """What may tell the feature, and how well it does."""
    values, fresh = states.states, states_of(replace(request, probe=request.probe.untrained()), CHARACTERS)[0].states
    rows = [
        (f"all {plural(values.shape[1], 'unit')}", trial.score(best, values)),
        ("the direction", trial.score(direction, values)),
        (f"the best unit, {states.unit(unit)}", trial.alone(values[:, unit])),
        (UNTRAINED, trial.score(trial.fitted(fresh), fresh)),
        (SHIFTED, trial.shifted(values, best.strength)),
        ("random directions", trial.random(values)),
    ]
    if trial.is_binary:
        share = float(np.mean(trial.labels[trial.half :]))
        rows.append(("nothing: always the same", ProbeScore(0.5, max(share, 1 - share))))
    return rows


def _facts(states: TextStates, direction: LinearProbe, unit: int, rows: dict[str, ProbeScore]) -> dict[str, str]:
    """How much of it is learnt, and where it lies."""
    weights = direction.weights
    length = float(np.linalg.norm(weights)) or 1.0  # 0 where no unit varies
    cosine = weights[unit] / length
    squares = {cell: float(np.sum((part / length) ** 2)) for cell, part in states.by_cell(weights).items()}
    shares = ", ".join(f"{cell} {share:.0%}" for cell, share in squares.items())
    probe = next(iter(rows.values())).strength
    return {
        "learnt": f"{probe - rows[UNTRAINED].strength:+.3f} against an untrained network",
        "selectivity": f"{probe - rows[SHIFTED].strength:+.3f} against shifted labels",
        "direction": f"{f'{shares} of its squared length; ' * (len(squares) > 1)}cosine {cosine:.2f} with unit "
        f"{states.unit(unit)}",
    }


def _excerpt(states: TextStates, trial: _Trial, direction: LinearProbe) -> ColouredText:
    """The value of the direction's probe at a place of the second half at which the feature changes."""
    labels, half = trial.labels, trial.half
    changes = half + np.flatnonzero(np.diff(labels[half:]))
    start = max(half, int(changes[0]) - EXCERPT // 3)
    stop = min(start + EXCERPT, len(labels))
    ends = [int(end) for end in np.cumsum([len(text) for text in states.texts]) if start < end < stop]
    whole = "".join(states.texts)
    shown = "\n".join(whole[a:b] for a, b in pairwise([start, *ends, stop]))  # a line for each text of pairs
    values = direction.values(states.states[start:stop])
    marks: list[str] = []
    if trial.is_binary:
        name, colours, scale = "Its value: -1 surely not, 1 surely; ^ where it is true", np.tanh(values / 2), 1.0
        marks = ["^" if label else "" for label in _apart(labels[start:stop], ends, start)]
    else:
        mean, scale = float(labels[:half].mean()), 2.0
        name = f"Its value, in standard deviations from the mean of {mean:.3g}"
        colours = (values - mean) / labels[:half].std()
    return ColouredText(name, shown, _apart(colours, ends, start).tolist(), scale, annotations=marks)


def _apart(values: Array, ends: list[int], start: int) -> Array:
    """Values from ``start`` on, with 0 for a line end where one text ends and the next begins."""
    return np.insert(values, np.array(ends, np.intp) - start, 0)


def _units(states: TextStates, trial: _Trial, direction: LinearProbe) -> Table:
    """The units of the largest weights."""
    deviations = states.states[: trial.half].std(axis=0, dtype=np.float64)
    weights = direction.weights * deviations
    rows = [
        (str(states.unit(u)), float(weights[u]), trial.alone(states.states[:, u]).strength)
        for u in np.argsort(-np.abs(weights), kind="stable")[:BEST]
    ]
    columns = ("unit", "weight", f"its own {'AUC' if trial.is_binary else 'r'}")
    note = "weight: by what the value changes per standard deviation of the unit"
    return Table("The largest weights of the direction", columns, rows, note)


def _direction(name: str, states: TextStates, trial: _Trial, probe: LinearProbe) -> Direction:
    """The direction of ``probe``, and where the states of the first half lie along it."""
    half, labels, parts = trial.half, trial.labels[: trial.half].astype(np.float64), {}
    of_cells = states.by_cell(states.states[:half])
    for cell, weights in states.by_cell(probe.weights).items():
        if not weights.any():
            continue  # all of its units are constant
        vector = weights / np.linalg.norm(weights)
        projection = of_cells[cell] @ vector
        centred = labels - labels.mean()
        slope = float(centred @ projection / (centred @ centred))
        zero = float(projection.mean()) - slope * float(labels.mean())
        parts[cell] = Part(vector, zero, zero + slope)
    if not parts:
        raise InputError("no unit varies along the text, so there is no direction to write")
    return Direction(name, trial.is_binary, parts, half, digest_of("".join(states.texts)[:half]))


def _following(request: ViewRequest, name: str) -> list[str]:
    """What to do with the direction, or how to keep it."""
    file, model = request.output, request.probe.model
    if file is None:
        file_name = f"{name.replace(' ', '-')}.npz" if name in FEATURES else "direction.npz"
        layer = {} if request.layer is None else {"layer": str(request.layer)}
        return [request.command("probe", name, **layer, output=file_name)]
    if not is_of_running_text(model):
        return []
    return [request.command("ablate", direction=file)]
