"""Who drives this unit? Its sums by their sources, and the loss when it is cut off from one of them."""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, parse_unit, require_recurrent_model
from rnncli.inspection.interventions.ablation import Estimate, estimated
from rnncli.inspection.interventions.driving import (
    BIAS,
    LACK,
    Source,
    changes,
    cut_of,
    drive_of,
    like,
    strength,
    trace_for,
)
from rnncli.inspection.request import ViewRequest
from rnncli.models.language_model import LanguageModel
from rnncli.names import plural
from rnncli.results import Table, Value, ViewResult

CHARACTERS = 20_000
SOURCES = 6
"""Sources that are cut off, those of the largest shares, and as many connections for control."""

ALIKE = 20
"""Connections of similar weight, of which one is drawn at random."""


def drive(request: ViewRequest) -> ViewResult:
    """The share of each source in the sums of a unit, and the loss without it."""
    named = [*request.arguments, *request.units]
    if not named:
        raise InputError("name the unit: rnncli inspect MODEL drive 1:17 is number 17 of the lowest layer")
    probe = request.probe.first(CHARACTERS)
    model = require_recurrent_model(probe, LACK)
    unit = parse_unit(named[0], model, probe.path)
    question = f"Who drives unit {unit}?"
    trace = trace_for(probe, unit)
    found = drive_of(probe, trace, unit)
    if found.shares is None:
        return ViewResult(probe.source, {"drive": "none: its sums are the same at all characters"}, question=question)
    strongest = [found.sources[n] for n in np.argsort(-np.abs(found.shares), kind="stable")]
    sources = [source for source in strongest if source != BIAS][:SOURCES]
    rng = np.random.default_rng(0)
    drawn = [like(model, source, unit, rng, ALIKE) for source in sources if isinstance(source, Unit)]
    pairs = [*((source, unit) for source in sources), *dict.fromkeys(drawn)]
    cuts = [estimated(change) for change in changes(probe, trace, [cut_of(probe, trace, *pair) for pair in pairs])]
    of_sources, of_controls = cuts[: len(sources)], cuts[len(sources) :]
    source, (bits, error) = max(zip(sources, of_sources, strict=True), key=lambda one: one[1][0])
    facts = {
        "loss": f"{trace.losses.mean() / np.log(2):.4f} bits per character with all connections",
        "cut": f"{bits:+z.4f}{'' if error is None else f' ± {error:.4f}'} without {_name(source)}, the most of these "
        "sources",
    }
    if of_controls:
        control = [bits for bits, _ in of_controls]
        facts["control"] = (
            f"{np.mean(control):+z.4f} on average, {max(control):+z.4f} at most without another of similar weight"
        )
    controls: list[tuple[Value, ...]] = [
        (f"{source} to {target}", strength(model, source, target), *loss)
        for (source, target), loss in zip(pairs[len(sources) :], of_controls, strict=True)
    ]
    shares = np.vstack([found.shares, *(found.of_gates if len(found.of_gates) > 1 else [])])
    blocks = [_sources(model, unit, found.sources, shares, dict(zip(sources, of_sources, strict=True)))]
    if controls:
        name = "Control: other connections of similar weight"
        blocks.append(Table(name, ("from, to", "weight", "when cut", "±"), controls, digits=4))
    upstream = [source for source in sources if isinstance(source, Unit) and source != unit]
    following = [request.command(view, str(upstream[0])) for view in ("drive", "unit")] if upstream else []
    return ViewResult(probe.source, facts, blocks, following, question)


def _name(source: Source) -> str:
    return str(source) if isinstance(source, Unit) else f"the {source}"


def _sources(
    model: LanguageModel, unit: Unit, sources: list[Source], shares: Array, cuts: dict[Source, Estimate]
) -> Table:
    """The sources that were cut off, the bias, and all others together, given the ``shares`` of each in all and, where
    there are several gates, in each of them."""
    gates = model.network.cell.gates
    rows: list[tuple[Value, ...]] = []
    for n in np.argsort(-np.abs(shares[0]), kind="stable").tolist():
        source = sources[n]
        if source in cuts or (source == BIAS and shares[:, n].any()):
            weight = strength(model, source, unit)
            rows.append((str(source), *map(float, shares[:, n]), weight, *cuts.get(source, (None, None))))
    others = [n for n, source in enumerate(sources) if source not in cuts and source != BIAS]
    if others:
        together = shares[:, others].sum(axis=1)
        rows.append((plural(len(others), "other"), *map(float, together), None, None, None))
    note = (
        "share: of the variance of the sums before they are squashed"
        f"{', the mean over the gates' if len(gates) > 1 else ''}; below 0 it works against the others; weight: "
        f"{'the norm over the gates, with the sign into the candidate; ' if len(gates) > 1 else ''}when cut: bits per "
        "character that are lost when this unit alone sees the source at its mean"
    )
    names = gates if len(gates) > 1 else ()
    return Table("Sources", ("source", "share", *names, "weight", "when cut", "±"), rows, note, digits=4)
