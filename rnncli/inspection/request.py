"""What a view is asked."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from rnncli.engine.arrays import Array
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.probe import Probe
from rnncli.inspection.statistics.selectivity import UnitScore, best_units
from rnncli.names import command_line

Ranking = Literal["selectivity", "importance"]

READ_FOR_SCORES = 40_000
"""Characters in which units are scored."""


@dataclass(frozen=True)
class ViewRequest:
    """A probe, the ``arguments`` after the name of the view on the command line, and the options of ``inspect``."""

    probe: Probe
    arguments: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    layer: int | None = None
    features: list[str] = field(default_factory=list)
    contrast: str | None = None
    at: int | None = None
    """The number of a character about which the text is shown; None the beginning."""
    by: Ranking = "selectivity"
    """By what ``units`` ranks the units."""
    effort: float = 1.0
    """What share of its usual work a view does where it may choose how much: a report asks for less."""
    replace: bool = False
    """Whether ``why`` draws earlier characters anew, instead of estimating what they do."""
    direction: str | None = None
    """A file with a direction in the states, which ``probe`` wrote."""
    output: str | None = None
    """Where ``probe`` writes the direction that it found."""
    label: str | None = None
    answer: str | None = None
    """What a classifier, tagger or translator is to learn from the prime; None its own answer."""
    prime: str = ""
    """A short text to be read from the initial state; empty where there is none."""
    others: list[Probe] = field(default_factory=list)
    """Further models, for views that compare."""
    text_options: list[str] = field(default_factory=list)
    """The ``--text`` or ``--prime`` that chose the text of the probe; empty where that is the held-out part."""

    @cached_property
    def unit_scores(self) -> list[UnitScore]:
        """The most selective units of all layers for the built-in features: the views of a report share them."""
        return best_units(self.probe.first(READ_FOR_SCORES), list(FEATURES))

    @cached_property
    def state_gradients(self) -> dict[str, Array]:
        """Those of :func:`rnncli.inspection.bptt.state_gradients`: the views of a report share them."""
        return state_gradients(self.probe)

    def command(self, view: str, *arguments: str, **options: str | bool) -> str:
        """A command line that shows another view of the same model and text; an option without a value is True."""
        given = [word for name, value in options.items() for word in (f"--{name}", value) if isinstance(word, str)]
        return command_line("inspect", self.probe.path, view, *arguments, options=[*given, *self.text_options])

    def clamped_sample(self, unit: str, value: float) -> str:
        """A command line in which the network writes with and without ``unit`` held at ``value``."""
        network = ["--network-only"] if self.probe.checkpoint.counts is not None else []
        options = ["--clamp", f"{unit}={value:g}", "--compare", *network]
        return command_line("sample", self.probe.path, options=options)
