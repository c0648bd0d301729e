"""Which unit tracks quotes, indentation, the position in the line …?"""

from dataclasses import dataclass, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import Unit, cells_of, hidden_states, read, require_language_model
from rnncli.inspection.features.built_in import FEATURES, is_yes_or_no
from rnncli.inspection.features.labels import characters_of, labels
from rnncli.inspection.interventions.importance import importance
from rnncli.inspection.interventions.steering import Steering, steer
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.association import LEVEL, MIN_PLACES, associate, auc, rank, standardised
from rnncli.names import plural
from rnncli.results import ColouredText, Table, ViewResult

CHARACTERS = 40_000
BEST = 3
"""Units for each feature."""

STEERED = 3
"""Units that are tried until one steers."""

SNIPPET = 60


@dataclass(frozen=True)
class UnitScore:
    """How selective ``unit`` is for ``feature``, in the half of the text in which it was not chosen.

    ``strength`` is the AUC of a feature that ``is_binary``, of a number the size of the correlation; ``untrained`` the
    same for the best unit of an untrained network. ``sign`` is −1 where the unit is low for the feature, and its AUC is
    that of its negative. ``p`` is that of ``associate``, and so is ``z``, which is below 0 where
    the sign turns out to be the other one.
    """

    feature: str
    is_binary: bool
    unit: Unit
    strength: float
    untrained: float
    z: float
    p: float
    sign: int

    @property
    def learnt(self) -> float:
        """By how much it is stronger than in an untrained network, on a scale of all features, where 0 is chance and 1
        perfect: the correlation, or for a binary feature the rank-biserial one, 2 AUC − 1 (Cureton 1956)."""
        return (2 if self.is_binary else 1) * (self.strength - self.untrained)

    @property
    def is_associated(self) -> bool:
        """Whether it is significant at the family-wise level ``LEVEL``, with the sign for which it was chosen."""
        return self.z > 0 and self.p < LEVEL

    @property
    def auc_or_r(self) -> float:
        """The strength as it is reported: a correlation has its sign."""
        return self.strength if self.is_binary else self.sign * self.strength

    @property
    def direction(self) -> str:
        """What the unit does where there is more of the feature: it is high or low there, or rises or falls with it."""
        return (("high", "low") if self.is_binary else ("rises", "falls"))[self.sign < 0]

    @property
    def behaviour(self) -> str:
        """low inside brackets, high at punctuation, falls with position in line"""
        at = "" if self.feature.startswith("inside") else "at "
        return f"{self.direction} {at if self.is_binary else 'with '}{self.feature}"

    def __str__(self) -> str:
        """low inside brackets, AUC 0.94"""
        return f"{self.behaviour}, {'AUC' if self.is_binary else 'r'} {self.auc_or_r:.2f}"


def best_units(
    probe: Probe, names: list[str], layer: int | None = None, best: int = BEST, only: Unit | None = None
) -> list[UnitScore]:
    """The ``best`` units for each of these features, chosen in the first half of the text and measured in the second,
    or the ``only`` one that is asked for; InputError without hidden units, or where the text is too short."""
    size, cells = require_language_model(probe).config.hidden_size, cells_of(probe, layer)
    features = np.stack([labels(probe, name) for name in names], axis=1)
    units = [only] if only else [Unit(cell, u) for cell in cells for u in range(size)]
    half = len(features) // 2
    if half < MIN_PLACES:
        count = plural(len(features), "character")
        raise InputError(f"it reads {count}, too few to estimate chance in one half; {2 * MIN_PLACES:,} are needed")
    trained, fresh = hidden_states(probe, cells), hidden_states(probe.untrained(), cells)
    if only:
        trained = trained[:, [cells.index(only.cell) * size + only.unit]]
    tested = associate(trained[half:], features[half:])
    chosen = _correlation(trained[:half], features[:half])
    of_fresh = _correlation(fresh[:half], features[:half]), _correlation(fresh[half:], features[half:])
    found = []
    for f, name in enumerate(names):
        values = features[half:, f]
        if not np.any(features[:half, f] != features[0, f]) or not np.any(values != values[0]):
            continue  # it does not occur, or always does
        is_binary = is_yes_or_no(features[:, f])
        plain = int(np.abs(of_fresh[0][:, f]).argmax())
        sign = np.sign(of_fresh[0][plain, f])
        nothing = auc(sign * fresh[half:, plain], values) if is_binary else float(sign * of_fresh[1][plain, f])
        for u in np.argsort(-np.abs(chosen[:, f]), kind="stable")[:best]:
            sign = 1 if chosen[u, f] >= 0 else -1
            strength = auc(sign * trained[half:, u], values) if is_binary else sign * float(tested.r[u, f])
            z, p = float(sign * tested.z[u, f]), float(tested.p[u, f])
            found.append(UnitScore(name, is_binary, units[u], strength, nothing, z, p, sign))
    return found


def _correlation(activations: Array, features: Array) -> Array:
    return standardised(rank(activations)).T @ standardised(features) / len(features)


def units(request: ViewRequest) -> ViewResult:
    """The most selective units for the built-in features, or for those of the request; those features first of which
    the network has learnt most."""
    if request.by == "importance":
        return importance(request)
    probe = request.probe.first(CHARACTERS)
    scores = best_units(probe, request.features or list(FEATURES), request.layer)
    if not scores:
        return ViewResult(probe.source, {"features": "none that occurs in both halves of the text, and not always"})
    most = _most_learnt(scores)
    scores.sort(key=lambda s: (-most[s.feature].is_associated, -most[s.feature].learnt, s.feature, -s.learnt))
    columns = ("feature", "unit", "direction", "AUC or r", "untrained", "learnt", "p")
    rows = [
        (s.feature, str(s.unit), s.direction if s.is_associated else None, s.auc_or_r, s.untrained, s.learnt, s.p)
        for s in scores
    ]
    note = (
        "chosen in the first half of the text, measured in the second; r where the feature is a number; learnt: by how "
        "much 2 AUC − 1, or the size of r, exceeds that of the best untrained unit; p against the feature shifted by "
        "1,000 characters and more, for all pairs together"
    )
    blocks: list[Table | ColouredText] = [Table("The most selective units for each feature", columns, rows, note)]
    associated = [score for score in scores if score.is_associated]
    facts = {
        "features": f"{len(most)} that occur",
        "significant": f"{len(associated)} of {plural(len(scores), 'pair')} of unit and feature",
    }
    following = []
    if associated:
        best, steering = _most_telling(probe, associated)
        blocks.append(_excerpt(probe, best))
        following = [request.command("ablate", unit=str(best.unit), feature=best.feature)]
        facts["steering"] = "; ".join(map(str, steering)) or "not measured: numbers of the network are out of range"
        following += [request.clamped_sample(str(s.unit), s.value) for s in steering if s.is_clear]
        following.append(request.command("unit", str(best.unit)))
    return ViewResult(probe.source, facts, blocks, following)


def _most_learnt(scores: list[UnitScore]) -> dict[str, UnitScore]:
    """The best unit for each feature, a significant one if there is one."""
    return {s.feature: s for s in sorted(scores, key=lambda score: (score.is_associated, score.learnt))}


def _most_telling(probe: Probe, scores: list[UnitScore]) -> tuple[UnitScore, list[Steering]]:
    """The first unit that gives more of its feature when it is held, and that measurement; where none of those tried
    does, the first of all, and what was measured. First come, one for each feature, those that have learnt most, and
    not what an untrained unit does as well."""
    most = _most_learnt(scores)
    scores = sorted(scores, key=lambda score: (score is not most[score.feature], -score.learnt))
    scores = [score for score in scores if score.learnt > 0] or scores[:1]
    measured: dict[Unit, Steering] = {}
    for score in scores:
        if len(measured) < STEERED and score.unit not in measured:
            if (found := steer(probe, score.unit, score.feature, score.is_binary)) is None:
                break
            if found.is_clear:
                return score, [found]
            measured[score.unit] = found
    return scores[0], list(measured.values())


def _excerpt(probe: Probe, score: UnitScore) -> ColouredText:
    """The unit where the feature changes for the first time in the second half of the text."""
    values = labels(probe, score.feature)
    half = len(values) // 2
    changes = half + np.flatnonzero(np.diff(values[half:]) != 0)
    start = max(half, int(changes[0]) - SNIPPET // 3)
    first = max(0, start - BURN_IN)  # it reads some characters before, to arrive at a state
    part = replace(probe, ids=probe.ids[first : start + 4 * SNIPPET + 1])
    hidden = read(part, [f"{score.unit.cell}.hidden"], streams=1).values[f"{score.unit.cell}.hidden"]
    shown = hidden[start - first :, score.unit.unit]
    text, sizes = characters_of(probe.model.vocabulary, probe.text(start, start + len(shown)))
    of_each = shown[np.cumsum(sizes) - 1]  # in a model of bytes, after the last of them
    return ColouredText(f"Unit {score.unit}, {score.behaviour}", text, of_each.tolist(), 1.0)
