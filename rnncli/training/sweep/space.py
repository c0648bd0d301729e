"""The space of a sweep: which values an option may have, as users write them and as Optuna knows them.

``gru,lstm`` are choices, ``128:768`` is a range, and a single value is no choice. The values themselves are those of
``rnncli train``, see :mod:`rnncli.training.request`. It imports nothing heavy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnncli.training.request import VALUES
from rnncli.training.values import Values

LOGARITHMIC = {"hidden_size", "batch_size", "seq_length", "learning_rate", "weight_decay"}
"""Options of which twice as much is a step alike everywhere: their ranges are searched on a logarithmic scale, unless
they begin at 0."""

NAMED = ("cell", "activation", "optimizer", "class_weights", "schedule")
NUMERIC = (
    *("layers", "hidden_size", "context", "embedding_size", "dropout", "batch_size", "seq_length"),
    *("learning_rate", "warmup", "clip_norm", "weight_decay"),
)
SWEPT = tuple(name for name in VALUES if name in {*NAMED, *NUMERIC})
"""The options that may have several values, in the order of the help."""

DEFAULT_SPACE = {
    "cell": "gru,lstm",
    "layers": "1:3",
    "hidden_size": "64:512",
    "dropout": "0:0.6",
    "learning_rate": "0.001:0.02",
}
"""What is searched where the user says nothing else; a range is extended to what ``rnncli train`` would take."""

DIGITS = 3
"""Significant digits of a number that was drawn, so that it can be typed."""


@dataclass(frozen=True)
class Choices:
    """Some ``values``, of which a single one is fixed."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ",".join(map(_written, self.values))

    def distribution(self, optuna: Any) -> Any:
        """The same for Optuna."""
        return optuna.distributions.CategoricalDistribution(self.values)

    def nearest(self, value: Any) -> Any:
        """``value`` where it is among them, or else the number that is next to it, or the first name."""
        if isinstance(value, str):
            return value if value in self.values else self.values[0]
        return min(self.values, key=lambda choice: abs(choice - value))

    def ends(self) -> tuple[Any, ...]:
        """All of them."""
        return self.values

    def used(self, drawn: Any) -> Any:
        """The value that a run has for one that was drawn."""
        return drawn


@dataclass(frozen=True)
class Range:
    """All numbers from ``low`` to ``high``, which are integers where these are; on a ``log`` scale perhaps."""

    low: float
    high: float
    log: bool = False

    def __str__(self) -> str:
        return f"{_written(self.low)}:{_written(self.high)}"

    @property
    def is_integer(self) -> bool:
        """Whether only integers are meant."""
        return isinstance(self.low, int)

    def distribution(self, optuna: Any) -> Any:
        """The same for Optuna."""
        kind = optuna.distributions.IntDistribution if self.is_integer else optuna.distributions.FloatDistribution
        return kind(self.low, self.high, log=self.log)

    def nearest(self, value: Any) -> Any:
        """``value``, or the end that is next to it."""
        return min(max(value, self.low), self.high)

    def including(self, value: float) -> "Range":
        """The same, extended to ``value`` if that lies outside."""
        return Range(min(self.low, value), max(self.high, value), self.log)

    def ends(self) -> tuple[float, ...]:
        """The lowest and the highest."""
        return self.low, self.high

    def used(self, drawn: float) -> float:
        """The value that a run has for one that was drawn: with few digits."""
        return drawn if self.is_integer else self.nearest(float(f"{drawn:.{DIGITS}g}"))


Domain = Choices | Range
Space = dict[str, Domain]
"""The domains by the names of their options."""


def domain(name: str) -> Values:
    """What a user may write as the domain of the option ``name``."""
    one = VALUES[name]

    def parse(value: Any) -> Domain:
        text = str(value)
        if name in NUMERIC and ":" in text:
            low, high = (one.parse(end) for end in text.split(":", 1))
            if low > high:
                raise ValueError(f"{text} begins above its end; write {_written(high)}:{_written(low)}")
            return Choices((low,)) if low == high else Range(low, high, name in LOGARITHMIC and low > 0)
        values = tuple(one.parse(part) for part in text.split(","))
        for n, choice in enumerate(values):
            if choice in values[:n]:
                raise ValueError(f"{_written(choice)} is named twice in {text}")
        return Choices(values)

    return Values(parse, "LOW:HIGH" if name in NUMERIC else "NAME,...", one.names)


def space_of(chosen: Mapping[str, Domain]) -> Space:
    """The space with the domains that were chosen, and the usual ones of the options for which none was."""
    usual = {name: domain(name).parse(text) for name, text in DEFAULT_SPACE.items()}
    space = usual | dict(chosen)
    return {name: space[name] for name in SWEPT if name in space}


def fixed_of(space: Mapping[str, Domain]) -> dict[str, Any]:
    """The options of a space that have a single value."""
    return {name: one.values[0] for name, one in space.items() if isinstance(one, Choices) and len(one.values) == 1}


def searched_of(space: Mapping[str, Domain]) -> Space:
    """The others."""
    return {name: one for name, one in space.items() if name not in fixed_of(space)}


def with_defaults(searched: Mapping[str, Domain], chosen: Mapping[str, Domain], default: Mapping[str, Any]) -> Space:
    """The domains that are ``searched``, those that the user has not ``chosen`` extended to the ``default`` values."""
    return {
        name: one.including(default[name]) if isinstance(one, Range) and name not in chosen else one
        for name, one in searched.items()
    }


def _written(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
