"""The report of a model: the views that apply to it, and the model itself, as plain data."""

from dataclasses import dataclass, field, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.interventions.replacement import substitute
from rnncli.inspection.page import ModelPage, model_page
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.association import SMALLEST_SHIFT
from rnncli.inspection.views import VIEWS
from rnncli.inspection.views.text import expectations, likeliest
from rnncli.inspection.views.unit import describe
from rnncli.inspection.views.units import UnitScore, best_units
from rnncli.results import ViewResult, with_numbers

UNITS = 10
HOVER = 300
"""Characters of the text of which each says what it was likely for."""

GUESSES = 3


@dataclass(frozen=True)
class Report:
    """``results`` by view; ``left_out`` says why others are missing. ``units`` has what there is to say of each of the
    most selective units, by a title that names what it tracks. ``expected`` says of each character of ``text`` but the
    first which were the most probable there; ``effects`` (N − 1, C) by how much each of the C before it, the last one
    first, made it likelier, the largest being 1 or −1: see
    :func:`rnncli.inspection.interventions.replacement.substitute`. ``page`` is the model, so that the report can run
    it."""

    path: str
    page: ModelPage
    results: dict[str, ViewResult] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    units: dict[str, ViewResult] = field(default_factory=dict)
    text: str = ""
    expected: list[str] = field(default_factory=list)
    effects: Array = field(default_factory=lambda: np.empty((0, 0)))


def report(request: ViewRequest) -> Report:
    """Run all views of a report that apply to a model; InputError for a bad request."""
    results: dict[str, ViewResult] = {}
    left_out: dict[str, str] = {}
    for view in VIEWS.values():
        if view.in_report:
            try:
                results[view.name] = view(request)
            except InputError as error:
                if view.name == "overview":  # it applies to every model, so that the request is wrong
                    raise
                left_out[view.name] = str(error)
    found: list[UnitScore] = []
    of_units: dict[str, ViewResult] = {}
    if "units" in results and len(request.probe.ids) > 6 * SMALLEST_SHIFT:
        found = best_units(request.probe.first(20_000), list(FEATURES), best=2)
        found.sort(key=lambda score: (not score.is_associated, -score.learnt))
        of_each: dict[Unit, UnitScore] = {}
        for score in found:
            of_each.setdefault(score.unit, score)
        for unit, score in list(of_each.items())[:UNITS]:
            title = f"{unit} · {score}" if score.is_associated else str(unit)
            of_units[title] = describe(request, str(unit))
    made = Report(request.probe.path, model_page(request.probe, found), results, left_out, of_units)
    return _with_effects(made, request.probe.first(HOVER)) if "gradients" in results else made


def _with_effects(report: Report, part: Probe) -> Report:
    """The report with the text of ``part``, what was expected in it, and why."""
    symbols = part.model.vocabulary.symbols
    expected = [with_numbers(likeliest(row, symbols, GUESSES), ".2f") for row in expectations(part)[1]]
    effects = substitute(part, 0, len(part.ids) - 1)
    effects /= np.maximum(np.abs(effects).max(axis=1, keepdims=True), 1e-30)
    return replace(report, text=part.text(), expected=expected, effects=effects)
