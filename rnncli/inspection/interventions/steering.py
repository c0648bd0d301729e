"""At which value does a unit, or a direction, give more of a feature? That is measured, in what the network writes.

The sign of an association does not tell: a unit that is high late in a line may be what ends the line, so that held
high it makes lines short. The network therefore writes with the unit held at several values. The best of them is
partly lucky, so it writes again with other random numbers, beside the free network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.errors import NotFiniteError
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inspection.activations import Unit, clamps_for, read, require_language_model, state_names
from rnncli.inspection.features import built_in
from rnncli.inspection.features.labels import characters_of, labels
from rnncli.inspection.probe import Probe
from rnncli.storage.direction import Direction

LENGTH = 500
"""Symbols of each text, as many as ``rnncli sample`` writes: characters, or in a model of bytes bytes."""

CHOOSE, MEASURE = (32, 0), (128, 1)
"""The number of texts, written side by side, and their seed: those by which a value is chosen, and those that are then
counted."""

QUANTILES, READ = (0.01, 0.99), 5_000
"""A unit is held at these of its states in some characters of the text, and at −1 and 1."""

DECILES = (0.1, 0.5, 0.9)
"""A direction is held where a number has these of its values, and where a feature that is true or false is at 0, 1, and
twice as far."""

READ_FOR_LABELS = 40_000
"""Characters of the text in which the feature is counted."""

LONGEST = 0.95
"""Quantile of the stretches of a text in which a feature is true: where one is longer than this in what is written, the
rest does not count. A bracket that nobody closes would make all that follows inside brackets."""

CLEAR = 2.5
"""Standard errors of the difference, over the texts: several units may be tried."""


@dataclass(frozen=True)
class Steering:
    """The mean of ``feature`` over the characters of what people wrote, ``in_text``; of the texts of the ``free`` (B,)
    network; and ``held`` (B,) from the same random numbers with ``what``, a unit or a direction, at ``value``, which of
    several gave the most in other texts."""

    what: str
    feature: str
    is_binary: bool
    value: float
    free: Array
    held: Array
    in_text: float

    @property
    def is_clear(self) -> bool:
        """Whether there is more of the feature where the unit is held, beyond chance."""
        gain = self.held - self.free
        return bool(gain.mean() > CLEAR * gain.std(ddof=1) / np.sqrt(len(gain)))

    def __str__(self) -> str:
        """What people wrote, the free and the held network; and in how many pairs of texts the held one has more."""
        text, free, held = (self._written(float(np.mean(amount))) for amount in (self.in_text, self.free, self.held))
        clearly = "" if self.is_clear else ": no clear difference"
        return (
            f"{self.feature}: {text} in text, {free} free, {held} with {self.what}={self.value:g}, "
            f"higher in {np.mean(self.held > self.free):.0%}{clearly}"
        )

    def _written(self, mean: float) -> str:
        return f"{100 * mean:.3g} %" if self.is_binary else f"{mean:.3g}"


def steer(probe: Probe, unit: Unit, feature: str, is_binary: bool, effort: float = 1.0) -> Steering | None:
    """Measure which value of ``unit`` gives the most of ``feature``, which is yes or no where it ``is_binary``, in what
    the model writes by itself; with less ``effort`` fewer texts are written. None where the numbers of the network are
    out of range."""
    model = require_language_model(probe)
    (states,) = read(replace(probe, ids=probe.ids[:READ]), [f"{unit.cell}.hidden"]).values.values()
    usual = np.quantile(states[:, unit.unit], QUANTILES)

    def held(value: float) -> list[Clamp]:
        return clamps_for(model, unit, dict.fromkeys(state_names(model), value))

    return _measured(probe, str(unit), feature, is_binary, [*usual, -1.0, 1.0], held, effort)


def steer_direction(probe: Probe, path: str, direction: Direction) -> Steering | None:
    """The same of a ``direction``, which is in the file ``path``, for its own feature."""
    values = [0.0, 1.0, 2.0]
    if not direction.is_binary:
        values = np.quantile(labels(probe.first(READ_FOR_LABELS), direction.feature), DECILES).tolist()
    return _measured(probe, path, direction.feature, direction.is_binary, values, direction.held_at, 1.0)


def _measured(
    probe: Probe,
    what: str,
    feature: str,
    is_binary: bool,
    values: Sequence[float],
    held: Callable[[float], Sequence[Clamp]],
    effort: float,
) -> Steering | None:
    model, written_by_people = require_language_model(probe), labels(probe.first(READ_FOR_LABELS), feature)
    longest = longest_stretch(written_by_people) if is_binary else np.inf

    def amounts(texts: int, seed: int, clamps: Sequence[Clamp] = ()) -> Array:
        count = round(texts * effort)
        written = generate_texts(model, "", GenerationConfig(length=LENGTH), seed, count=count, clamps=clamps)
        texts_read = [characters_of(model.vocabulary, "".join(text))[0] for text in written]
        return np.array([amount_of(built_in.feature(feature, text), longest) for text in texts_read])

    try:
        tried = sorted({float(f"{value:.1g}") for value in values})
        best = max(tried, key=lambda value: amounts(*CHOOSE, held(value)).mean())
        free, of_held = amounts(*MEASURE), amounts(*MEASURE, held(best))
    except NotFiniteError:
        return None
    in_text = amount_of(written_by_people, longest)
    return Steering(what, feature, is_binary, best, free, of_held, in_text)


def amount_of(values: Array, longest: float) -> float:
    """The mean of a feature (N,); only the first ``longest`` characters of each stretch in which it is not 0 count."""
    return float(np.where(_stretches(values) <= longest, values, 0).mean())


def longest_stretch(values: Array) -> float:
    """The quantile ``LONGEST`` of the stretches in which a feature (N,) is not 0; infinite where there is none."""
    so_far = _stretches(values)
    lengths = so_far[(so_far > 0) & (np.append(so_far[1:], 0) == 0)]
    return float(np.quantile(lengths, LONGEST)) if len(lengths) else np.inf


def _stretches(values: Array) -> NDArray[np.intp]:
    """How long (N,) a feature has not been 0."""
    places = np.arange(1, len(values) + 1)
    return places - np.maximum.accumulate(np.where(values == 0, places, 0))
