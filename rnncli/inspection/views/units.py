"""Which unit tracks quotes, indentation, the position in the line …?"""

from dataclasses import dataclass, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, read, require_language_model
from rnncli.inspection.association import LEVEL, associate, auc, rank, standardised
from rnncli.inspection.features import FEATURES, feature, is_yes_or_no
from rnncli.inspection.importance import importance
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.language_model import LanguageModel
from rnncli.names import plural
from rnncli.results import ColouredText, Table, ViewResult

CHARACTERS = 40_000
BEST = 3
"""Units for each feature."""

SNIPPET = 60


@dataclass(frozen=True)
class UnitScore:
    """How selective ``unit`` is for ``feature``: ``strength`` is the AUC of a binary feature, else the correlation, in
    the half of the text in which the unit was not chosen; ``untrained`` the same for the best unit of an untrained
    network. ``z`` and ``p`` are those of ``associate``. ``sign`` is −1 where the unit is low for the feature."""

    feature: str
    unit: Unit
    strength: float
    untrained: float
    z: float
    p: float
    sign: int

    @property
    def learnt(self) -> float:
        """By how much it is stronger than in an untrained network."""
        return self.strength - self.untrained

    @property
    def is_associated(self) -> bool:
        """Whether it is significant at the family-wise level ``LEVEL``."""
        return self.p < LEVEL


def best_units(probe: Probe, names: list[str], layer: int | None = None, best: int = BEST) -> list[UnitScore]:
    """The ``best`` units for each of these features, chosen in the first half of the text and measured in the second;
    InputError without hidden units, or where the text is too short."""
    model = require_language_model(probe)
    cells = [cell for cell in model.network.names if layer in (None, int(cell[1:]))]
    if not cells:
        where = "" if layer is None or not model.network.names else f" in layer {layer}"
        raise InputError(f"{probe.path} has no hidden units{where}")
    text = probe.text()[:-1]
    features = np.stack([feature(name, text) for name in names], axis=1)
    trained, untrained = _hidden_states(probe, cells), _hidden_states(_untrained(probe, model), cells)
    half = len(text) // 2
    tested = associate(trained[half:], features[half:])
    chosen = _correlation(trained[:half], features[:half])
    of_untrained = _correlation(untrained[:half], features[:half]), _correlation(untrained[half:], features[half:])
    size, found = model.config.hidden_size, []
    for f, name in enumerate(names):
        labels = features[half:, f]
        if not np.any(features[:half, f] != features[0, f]) or not np.any(labels != labels[0]):
            continue  # it does not occur, or always does
        plain = int(np.abs(of_untrained[0][:, f]).argmax())
        r = of_untrained[1][plain, f]
        nothing = _strength(untrained[half:, plain] * np.sign(r), abs(float(r)), labels)
        for u in np.argsort(-np.abs(chosen[:, f]), kind="stable")[:best]:
            sign = 1 if chosen[u, f] >= 0 else -1
            strength = _strength(sign * trained[half:, u], sign * float(tested.r[u, f]), labels)
            unit = Unit(cells[u // size], int(u % size))
            z, p = float(sign * tested.z[u, f]), float(tested.p[u, f])
            found.append(UnitScore(name, unit, strength, nothing, z, p, sign))
    return found


def _hidden_states(probe: Probe, cells: list[str]) -> Array:
    values = read(probe, [f"{cell}.hidden" for cell in cells]).values
    return np.concatenate(list(values.values()), axis=1)


def _untrained(probe: Probe, model: LanguageModel) -> Probe:
    fresh = LanguageModel(model.config, model.vocabulary)
    fresh.initialise(np.random.default_rng(0))
    return replace(probe, checkpoint=replace(probe.checkpoint, model=fresh))


def _correlation(activations: Array, features: Array) -> Array:
    return standardised(rank(activations)).T @ standardised(features) / len(features)


def _strength(activation: Array, r: float, labels: Array) -> float:
    return auc(activation, labels) if is_yes_or_no(labels) else r


def units(request: ViewRequest) -> ViewResult:
    """The most selective units for the built-in features, or for those of the request."""
    if request.by == "importance":
        return importance(request)
    probe = request.probe.first(CHARACTERS)
    scores = best_units(probe, request.features or list(FEATURES), request.layer)
    associated = [score for score in scores if score.is_associated]
    rows = [
        (s.feature, str(s.unit), s.strength, s.untrained, s.z, s.p, "yes" if s.is_associated else "no") for s in scores
    ]
    columns = ("feature", "unit", "AUC or r", "untrained", "z", "p", "associated")
    note = (
        "chosen in the first half of the text, measured in the second; z against the feature shifted by 1,000 "
        "characters and more; p for all pairs together; r where the feature is a number"
    )
    blocks: list[Table | ColouredText] = [Table("The most selective units for each feature", columns, rows, note)]
    following = []
    if associated:
        best = max(associated, key=lambda score: score.learnt)  # z also grows with how often a feature changes
        blocks.append(_snippet(probe, best))
        following = [
            request.command("ablate", unit=str(best.unit), feature=best.feature),
            request.command("unit", str(best.unit)),
        ]
    facts = {
        "features": f"{len({score.feature for score in scores})} that occur",
        "associated": plural(len({score.unit for score in associated}), "unit"),
    }
    return ViewResult(probe.source, facts, blocks, following)


def _snippet(probe: Probe, score: UnitScore) -> ColouredText:
    """The unit where the feature changes for the first time, some lines into the second half."""
    text = probe.text()
    values = feature(score.feature, text)
    half = len(text) // 2
    changes = half + np.flatnonzero(np.diff(values[half:]) != 0)
    start = max(0, int(changes[0]) - SNIPPET // 3) if len(changes) else half
    window = probe.ids[: start + 4 * SNIPPET + 1]
    part = Probe(probe.checkpoint, window, probe.source)
    hidden = read(part, [f"{score.unit.cell}.hidden"], streams=1).values[f"{score.unit.cell}.hidden"]
    shown = hidden[start : start + 4 * SNIPPET, score.unit.unit]
    return ColouredText(f"Unit {score.unit}, {score.feature}", text[start : start + len(shown)], shown.tolist(), 1.0)
