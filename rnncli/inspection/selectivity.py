"""How selective each unit is for a feature: chosen in one half of a text, measured in the other, and held against an
untrained network."""

from dataclasses import dataclass, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, read, require_language_model
from rnncli.inspection.features.built_in import is_yes_or_no
from rnncli.inspection.features.labels import labels
from rnncli.inspection.probe import Probe
from rnncli.inspection.statistics.association import LEVEL, SMALLEST_SHIFT, associate, auc, rank, standardised
from rnncli.models.language_model import LanguageModel

BEST = 3
"""Units for each feature."""


@dataclass(frozen=True)
class UnitScore:
    """How selective ``unit`` is for ``feature``, in the half of the text in which it was not chosen.

    ``strength`` is the AUC of a feature that ``is_binary``, of a number the size of the correlation; ``untrained`` the
    same for the best unit of an untrained network. ``sign`` is −1 where the unit is low for the feature, and its AUC is
    that of its negative. ``z`` and ``p`` are those of ``associate``.
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
        """Whether it is significant at the family-wise level ``LEVEL``."""
        return self.p < LEVEL

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
    model = require_language_model(probe)
    cells = [cell for cell in model.network.names if layer in (None, int(cell[1:]))]
    if not cells:
        where = "" if layer is None or not model.network.names else f" in layer {layer}"
        raise InputError(f"{probe.path} has no hidden units{where}")
    features = np.stack([labels(probe, name) for name in names], axis=1)
    units = [only] if only else [Unit(cell, u) for cell in cells for u in range(model.config.hidden_size)]
    trained, untrained = _hidden_states(probe, cells), _hidden_states(_untrained(probe, model), cells)
    if only:
        trained = trained[:, [cells.index(only.cell) * model.config.hidden_size + only.unit]]
    half = len(features) // 2
    tested = associate(trained[half:], features[half:])
    chosen = _correlation(trained[:half], features[:half])
    of_untrained = _correlation(untrained[:half], features[:half]), _correlation(untrained[half:], features[half:])
    found = []
    for f, name in enumerate(names):
        values = features[half:, f]
        if not np.any(features[:half, f] != features[0, f]) or not np.any(values != values[0]):
            continue  # it does not occur, or always does
        is_binary = is_yes_or_no(features[:, f])
        plain = int(np.abs(of_untrained[0][:, f]).argmax())
        r = float(of_untrained[1][plain, f])
        nothing = auc(untrained[half:, plain] * np.sign(r), values) if is_binary else abs(r)
        for u in np.argsort(-np.abs(chosen[:, f]), kind="stable")[:best]:
            sign = 1 if chosen[u, f] >= 0 else -1
            strength = auc(sign * trained[half:, u], values) if is_binary else sign * float(tested.r[u, f])
            z, p = float(sign * tested.z[u, f]), float(tested.p[u, f])
            found.append(UnitScore(name, is_binary, units[u], strength, nothing, z, p, sign))
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


def is_long_enough(probe: Probe) -> bool:
    """Whether the halves of a text are long enough to estimate chance."""
    return len(probe.ids) > 6 * SMALLEST_SHIFT
