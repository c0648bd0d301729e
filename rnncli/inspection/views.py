"""All views by their names, in the order in which they are most useful.

To add one, write a file whose function takes an :class:`Ask` and returns a :class:`Finding`, and name it here.
"""

from collections.abc import Callable

from rnncli.inspection.ablate import ablate
from rnncli.inspection.ask import Ask
from rnncli.inspection.diff import diff
from rnncli.inspection.finding import Finding
from rnncli.inspection.gates import gates
from rnncli.inspection.gradients import gradients
from rnncli.inspection.match import match
from rnncli.inspection.memory import memory
from rnncli.inspection.mistakes import mistakes
from rnncli.inspection.step import step
from rnncli.inspection.surprise import surprise
from rnncli.inspection.unit import unit
from rnncli.inspection.units import units
from rnncli.inspection.weights import weights
from rnncli.inspection.why import why

VIEWS: dict[str, Callable[[Ask], Finding]] = {
    "text": surprise,
    "units": units,
    "unit": unit,
    "ablate": ablate,
    "memory": memory,
    "why": why,
    "gates": gates,
    "gradients": gradients,
    "step": step,
    "errors": mistakes,
    "match": match,
    "diff": diff,
    "weights": weights,
}

WITHOUT_TEXT = ("weights",)
"""Views that look at the parameters alone."""

OTHERS = ("gradients", "diff")
"""Views whose arguments are further models."""
