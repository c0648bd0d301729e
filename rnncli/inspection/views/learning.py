"""How did it learn? Training and validation loss over the steps of a run, of one model or of several; of one also what
it wrote meanwhile.

Losses of one kind share a chart: nats with nats, mean squared errors with mean squared errors.
"""

from collections.abc import Sequence
from typing import Any

from rnncli.errors import InputError
from rnncli.inspection.film import film
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.names import MSE
from rnncli.results import Block, Curves, Table, Value, ViewResult
from rnncli.training.record import Record

TRAINING, VALIDATION = "training loss", "validation loss"
SQUARED = "training mse", "validation mse"


def learning(request: ViewRequest) -> ViewResult:
    """The curves of the runs, a row for each, and the film of a single one; InputError for a model without a record of
    a run."""
    probes = [request.probe, *request.others]
    for probe in probes:
        if not _history(probe):
            raise InputError(f"{probe.path} holds no record of a run that has been evaluated")
    blocks: list[Block] = [*learning_curves(*probes), runs_table(probes)]
    if request.others:
        return ViewResult("", {}, blocks)
    blocks += film(_record(request.probe))
    following = [request.command("learning", "other.npz")]
    return ViewResult("", {}, blocks, following)


def learning_curves(*probes: Probe) -> list[Curves]:
    """A chart for each kind of loss. Of one model training and validation lie in it together, of several each has a
    chart with a curve per model."""
    units = {probe.model.unit for probe in probes}
    nats = "nats" if len(units) > 1 else f"nats per {units.pop()}"
    charts: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    for probe in probes:
        squared = _record(probe).options.loss == MSE
        kinds = [(TRAINING, "loss", MSE if squared else nats), (VALIDATION, "validation_loss", nats)]
        if squared:
            kinds.insert(1, (VALIDATION, "validation_mse", MSE))
        for which, key, kind in kinds:
            points = [(entry["step"], entry[key]) for entry in _history(probe) if key in entry]
            if points:
                chart, curve = ("loss", which) if len(probes) == 1 else (which, probe.path)
                charts.setdefault((chart, kind), {})[curve] = points
    return [
        Curves(f"{which.capitalize()}, {'mean squared error' if kind == MSE else kind}", "step", kind, curves)
        for (which, kind), curves in charts.items()
    ]


def runs_table(probes: Sequence[Probe]) -> Table:
    """How each network learnt and how far it came: a row for each."""
    squared = any(_record(probe).options.loss == MSE for probe in probes)
    columns = ("model", "optimizer", "rate", TRAINING, VALIDATION, *(SQUARED if squared else ()), "best at")
    rows: list[tuple[Value, ...]] = []
    for probe in probes:
        run, last = _record(probe), (_history(probe) or [{}])[-1]
        losses = [last.get("loss"), last.get("validation_loss"), None, None]
        if run.options.loss == MSE:
            losses = [None, last.get("validation_loss"), last.get("loss"), last.get("validation_mse")]
        best = None if run.state["best_loss"] is None else run.kept.get("step")
        losses = losses if squared else losses[:2]
        rows.append((probe.path, run.options.optimizer, run.options.learning_rate, *losses, best))
    unit = " and ".join(dict.fromkeys(probe.model.unit for probe in probes))
    note = f"of the last evaluation, in nats per {unit}; training: the mean over the steps since the one before"
    return Table("Runs", columns, rows, note, digits=4)


def _record(probe: Probe) -> Record:
    record = probe.checkpoint.record
    if record is None:
        raise InputError(f"{probe.path} holds no record of a run")
    return record


def _history(probe: Probe) -> list[dict[str, Any]]:
    history: list[dict[str, Any]] = _record(probe).state["history"]
    return history
