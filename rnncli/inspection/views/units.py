"""Which unit tracks quotes, indentation, the position in the line …?"""

from dataclasses import replace

import numpy as np

from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import Unit, read
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.features.labels import characters_of, labels
from rnncli.inspection.interventions.importance import importance
from rnncli.inspection.interventions.steering import Steering, steer
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import READ_FOR_SCORES, ViewRequest
from rnncli.inspection.statistics.selectivity import UnitScore, best_units
from rnncli.names import plural
from rnncli.results import ColouredText, Table, ViewResult

STEERED = 3
"""Units that are tried until one steers."""

SNIPPET = 60


def units(request: ViewRequest) -> ViewResult:
    """The most selective units for the built-in features, or for those of the request; those features first of which
    the network has learnt most."""
    if request.by == "importance":
        return importance(request)
    probe = request.probe.first(READ_FOR_SCORES)
    if request.features or request.layer:
        scores = best_units(probe, request.features or list(FEATURES), request.layer)
    else:
        scores = request.unit_scores
    if not scores:
        return ViewResult(probe.source, {"features": "none that occurs in both halves of the text, and not always"})
    most = _most_learnt(scores)
    scores = sorted(
        scores, key=lambda s: (-most[s.feature].is_associated, -most[s.feature].learnt, s.feature, -s.learnt)
    )
    columns = ("feature", "unit", "direction", "AUC or r", "untrained", "learnt", "p")
    shown = [score for score in scores if request.features or score is most[score.feature]]
    rows = [
        (s.feature, str(s.unit), s.direction if s.is_associated else None, s.auc_or_r, s.untrained, s.learnt, s.p)
        for s in shown
    ]
    note = (
        "chosen in the first half of the text, measured in the second; r where the feature is a number; learnt: by how "
        "much 2 AUC − 1, or the size of r, exceeds that of the best untrained unit; p against the feature shifted by "
        "1,000 characters and more, for all pairs together"
    )
    blocks: list[Table | ColouredText] = [
        Table(f"The most selective {'units' if request.features else 'unit'} for each feature", columns, rows, note)
    ]
    associated = [score for score in scores if score.is_associated]
    facts = {
        "features": f"{len(most)} found in the text",
        "significant": f"{sum(s.is_associated for s in shown)} of {plural(len(shown), 'pair')} of unit and feature",
    }
    following = []
    if associated:
        best, steering = _most_telling(probe, associated, request.effort)
        blocks.append(_excerpt(probe, best))
        following = [request.command("ablate", unit=str(best.unit), feature=best.feature)]
        facts["steering"] = "; ".join(map(str, steering)) or "not measured: numbers of the network are out of range"
        following += [request.clamped_sample(s.what, s.value) for s in steering if s.is_clear]
        following.append(request.command("unit", str(best.unit)))
    return ViewResult(probe.source, facts, blocks, following)


def _most_learnt(scores: list[UnitScore]) -> dict[str, UnitScore]:
    """The best unit for each feature, a significant one if there is one."""
    return {s.feature: s for s in sorted(scores, key=lambda score: (score.is_associated, score.learnt))}


def _most_telling(probe: Probe, scores: list[UnitScore], effort: float) -> tuple[UnitScore, list[Steering]]:
    """The first unit that gives more of its feature when it is held, and that measurement; where none of those tried
    does, the first of all, and what was measured. First come, one for each feature, those that have learnt most, and
    not what an untrained unit does as well."""
    most = _most_learnt(scores)
    scores = sorted(scores, key=lambda score: (score is not most[score.feature], -score.learnt))
    scores = [score for score in scores if score.learnt > 0] or scores[:1]
    measured: dict[Unit, Steering] = {}
    for score in scores:
        if len(measured) < STEERED and score.unit not in measured:
            if (found := steer(probe, score.unit, score.feature, score.is_binary, effort)) is None:
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
