"""All views by their names, in the order in which they are most useful.

To add one, write a file whose function takes a :class:`ViewRequest` and returns a :class:`ViewResult`, and name it
here.
"""

from collections.abc import Callable

from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.ablate import ablate
from rnncli.inspection.views.diff import diff
from rnncli.inspection.views.errors import mistakes
from rnncli.inspection.views.gates import gates
from rnncli.inspection.views.gradients import gradients
from rnncli.inspection.views.match import match
from rnncli.inspection.views.memory import memory
from rnncli.inspection.views.step import step
from rnncli.inspection.views.text import surprise
from rnncli.inspection.views.unit import unit
from rnncli.inspection.views.units import units
from rnncli.inspection.views.weights import weights
from rnncli.inspection.views.why import why
from rnncli.results import ViewResult

VIEWS: dict[str, Callable[[ViewRequest], ViewResult]] = {
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
