"""Everything that a report of a model holds, as plain data."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.association import SMALLEST_SHIFT
from rnncli.inspection.features import FEATURES
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.gates import gates
from rnncli.inspection.views.gradients import gradients
from rnncli.inspection.views.health import health
from rnncli.inspection.views.memory import memory
from rnncli.inspection.views.overview import Overview
from rnncli.inspection.views.text import surprise
from rnncli.inspection.views.unit import unit
from rnncli.inspection.views.units import track, units
from rnncli.inspection.views.weights import weights
from rnncli.inspection.views.why import connectivities
from rnncli.results import ViewResult

SECTIONS: dict[str, Callable[[ViewRequest], ViewResult]] = {
    "health": health,
    "text": surprise,
    "units": units,
    "memory": memory,
    "gates": gates,
    "gradients": gradients,
    "weights": weights,
}
"""The views of a report, in its order."""

UNITS = 10
HOVER = 300
"""Characters of the text for which connectivity is there."""


@dataclass(frozen=True)
class Report:
    """``findings`` by section; ``left_out`` says why others are not there. ``units`` are the most telling ones by name.
    ``connectivity`` has a row (n,) for each of the first characters of ``text``: how much character n depends on those
    before it, 0 … 1 of the most."""

    path: str
    overview: Overview
    findings: dict[str, ViewResult] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    units: dict[str, ViewResult] = field(default_factory=dict)
    text: str = ""
    connectivity: list[Array] = field(default_factory=list)


def report(ask: ViewRequest, overview: Overview) -> Report:
    """Look at a model in all ways that apply to it."""
    findings: dict[str, ViewResult] = {}
    left_out: dict[str, str] = {}
    for name, view in SECTIONS.items():
        try:
            findings[name] = view(ask)
        except InputError as error:
            left_out[name] = str(error)
    of_units: dict[str, ViewResult] = {}
    if "units" in findings and len(ask.subject.ids) > 6 * SMALLEST_SHIFT:
        found = sorted(track(ask.subject.first(20_000), list(FEATURES), best=2), key=lambda one: -one.learnt)
        for one in dict.fromkeys(str(tracking.unit) for tracking in found):
            if len(of_units) < UNITS:
                of_units[one] = unit(replace(ask, arguments=[one]))
    text, rows = "", []
    if "gradients" in findings:
        part = ask.subject.first(HOVER)
        text, rows = part.text(), connectivities(part, np.arange(1, len(part.ids)))
    return Report(ask.subject.path, overview, findings, left_out, of_units, text, rows)
