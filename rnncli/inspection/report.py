"""The report of a model: the views that apply to it, and the model itself, as plain data."""

from dataclasses import dataclass, field, replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit
from rnncli.inspection.interventions import ablation
from rnncli.inspection.interventions.replacement import substitute
from rnncli.inspection.page import ModelPage, model_page
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.selectivity import UnitScore, is_long_enough
from rnncli.inspection.views import VIEWS
from rnncli.inspection.views.text import expectations, likeliest
from rnncli.inspection.views.unit import describe
from rnncli.results import Block, ViewResult, with_numbers

EFFORT = 0.25
"""Of views that may try fewer units, texts or places."""

UNITS, READ_FOR_UNITS = 10, 10_000
"""Units that have a panel, and the characters that they read there."""

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
    request = replace(request, effort=EFFORT)
    results: dict[str, ViewResult] = {}
    left_out: dict[str, str] = {}
    shown: list[Block] = []
    for view in VIEWS.values():
        if view.in_report:
            try:
                result = view(request)
            except InputError as error:
                if view.name == "overview":  # it applies to every model, so that the request is wrong
                    raise
                left_out[view.name] = str(error)
            else:  # as the overview has the learning curve, the view of learning need not draw it again
                results[view.name] = replace(result, blocks=[block for block in result.blocks if block not in shown])
                shown += result.blocks
    found: list[UnitScore] = []
    of_units: dict[str, ViewResult] = {}
    if "units" in results and is_long_enough(request.probe):
        found = sorted(request.unit_scores, key=lambda score: (not score.is_associated, -score.learnt))
        of_units = _panels(replace(request, probe=request.probe.first(READ_FOR_UNITS)), found)
    made = Report(request.probe.path, model_page(request.probe, found), results, left_out, of_units)
    return _with_effects(made, request.probe.first(HOVER)) if "gradients" in results else made


def _panels(request: ViewRequest, scores: list[UnitScore]) -> dict[str, ViewResult]:
    """What there is to say of each of the first units in ``scores``, by a title."""
    best: dict[Unit, UnitScore] = {}
    for score in scores:
        best.setdefault(score.unit, score)
    _, changes = ablation.effects(request.probe, list(best)[:UNITS])
    panels = {}
    for unit, change in changes.items():
        title = f"{unit} · {best[unit]}" if best[unit].is_associated else str(unit)
        panels[title] = _with_ablation(describe(request, str(unit)), change)
    return panels


def _with_ablation(result: ViewResult, change: Array) -> ViewResult:
    """The ``result`` of a unit with the ``change`` (N,) of the loss in bits without it."""
    more, error = ablation.estimated(change)
    by = f"{more:+.4f} ± {error:.4f}" if error is not None else f"{more:+.4f}"
    return replace(result, facts={**result.facts, "ablation": f"{by} bits per character when it is held at its mean"})


def _with_effects(report: Report, part: Probe) -> Report:
    """The report with the text of ``part``, what was expected in it, and why."""
    symbols = part.model.vocabulary.symbols
    expected = [with_numbers(likeliest(row, symbols, GUESSES), ".2f") for row in expectations(part)[1]]
    effects = substitute(part, 0, len(part.ids) - 1)
    effects /= np.maximum(np.abs(effects).max(axis=1, keepdims=True), 1e-30)
    return replace(report, text=part.text(), expected=expected, effects=effects)
