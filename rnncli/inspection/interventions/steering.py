"""At which value does a unit give more of a feature? That is measured, in what the network writes.

The sign of an association does not tell: a unit that is high late in a line may be what ends the line, so that held
high it makes lines short. The network therefore writes with the unit held at several values. The best of them is
partly lucky, so it writes again with other random numbers, beside the free network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnncli.datasets.vocabulary import BYTES
from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.errors import NotFiniteError
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inspection.activations import Unit, clamps_for, read, require_language_model, state_names
from rnncli.inspection.features import built_in
from rnncli.inspection.features.labels import characters_of
from rnncli.inspection.probe import Probe

LENGTH = 500
"""Symbols of each text, as many as ``rnncli sample`` writes: characters, or in a model of bytes bytes."""

CHOOSE, MEASURE = (32, 0), (128, 1)
"""The number of texts, written side by side, and their seed: those by which a value is chosen, and those that are then
counted."""

QUANTILES, READ = (0.01, 0.99), 5_000
"""A unit is held at these of its states in some characters of the text, and at −1 and 1."""

CLEAR = 2.5
"""Standard errors of the difference, over the texts: several units may be tried."""


@dataclass(frozen=True)
class Steering:
    """The mean of ``feature`` over the characters of a text of ``LENGTH`` ``symbols``, of the ``free`` (B,) network,
    and ``held`` (B,) from the same random numbers with ``unit`` at ``value``, which of several gave the most in other
    texts."""

    unit: Unit
    feature: str
    is_binary: bool
    symbols: str
    value: float
    free: Array
    held: Array

    @property
    def is_clear(self) -> bool:
        """Whether there is more of the feature where the unit is held, beyond chance."""
        gain = self.held - self.free
        return bool(gain.mean() > CLEAR * gain.std(ddof=1) / np.sqrt(len(gain)))

    def __str__(self) -> str:
        free, held = (self._amount(values) for values in (self.free, self.held))
        more = int((self.held > self.free).sum())
        clearly = "" if self.is_clear else ": no clear difference"
        return (
            f"{self.feature}: {free} free, {held} with {self.unit} held at {self.value:g}, more in {more} of "
            f"{len(self.free)} texts of {LENGTH} {self.symbols}{clearly}"
        )

    def _amount(self, values: Array) -> str:
        mean = float(values.mean())
        return f"{100 * mean:.3g} %" if self.is_binary else f"{mean:.3g}"


def steer(probe: Probe, unit: Unit, feature: str, is_binary: bool, effort: float = 1.0) -> Steering | None:
    """Measure which value of ``unit`` gives the most of ``feature``, which is yes or no where it ``is_binary``, in what
    the model writes by itself; with less ``effort`` fewer texts are written. None where the numbers of the network are
    out of range."""
    model = require_language_model(probe)
    (states,) = read(replace(probe, ids=probe.ids[:READ]), [f"{unit.cell}.hidden"]).values.values()

    def amounts(texts: int, seed: int, clamps: Sequence[Clamp] = ()) -> Array:
        count = round(texts * effort)
        written = generate_texts(model, "", GenerationConfig(length=LENGTH), seed, count=count, clamps=clamps)
        texts_read = [characters_of(model.vocabulary, "".join(text))[0] for text in written]
        return np.array([built_in.feature(feature, text).mean() for text in texts_read])

    def held(value: float) -> list[Clamp]:
        return clamps_for(model, unit, dict.fromkeys(state_names(model), value))

    symbols = "bytes" if model.vocabulary.encoding == BYTES else "characters"
    usual = np.quantile(states[:, unit.unit], QUANTILES)
    values = {float(f"{value:.1g}") for value in (*usual, -1.0, 1.0)}
    try:
        best = max(sorted(values), key=lambda value: amounts(*CHOOSE, held(value)).mean())
        return Steering(unit, feature, is_binary, symbols, best, amounts(*MEASURE), amounts(*MEASURE, held(best)))
    except NotFiniteError:
        return None
