"""How selective each unit is for a feature: chosen in one half of a text, measured in the other, and held against an
untrained network."""

from dataclasses import dataclass

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, cells_of, hidden_states, require_language_model
from rnncli.inspection.features.built_in import is_yes_or_no
from rnncli.inspection.features.labels import labels
from rnncli.inspection.probe import Probe
from rnncli.inspection.statistics.association import LEVEL, MIN_PLACES, associate, auc, rank, standardised
from rnncli.names import plural

BEST = 3
"""Units for each feature."""


@dataclass(frozen=True)
class UnitScore:
    """How selective ``unit`` is for ``feature``, in the half of the text in which it was not chosen.

    ``strength`` is the AUC of a feature that ``is_binary``, of a number the size of the correlation; ``untrained`` the
    same for the best unit of an untrained network. ``sign`` is −1 where the unit is low for the feature, and its AUC is
    that of its negative. ``p`` is that of ``associate``, and so is ``z``, which is below 0 where the sign turns out to
    be the other one.
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


def is_long_enough(probe: Probe) -> bool:
    """Whether the halves of a text are long enough to estimate chance."""
    return len(probe.ids) > 2 * MIN_PLACES
