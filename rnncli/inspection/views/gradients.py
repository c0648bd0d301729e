"""Do gradients vanish?"""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import activation_windows, require_recurrent_model
from rnncli.inspection.bptt import STEPS, state_gradients
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.memory import GATE_CHARACTERS
from rnncli.results import Block, Curves, Table, Value, ViewResult

STEEPEST = {"tanh": 1.0, "relu": 1.0, "leaky-relu": 1.0, "sigmoid": 0.25}
"""The largest slope of each activation function."""

DISTANCES = (1, 2, 4, 8, 16, 32, 64)
HIGHEST = 10.0
"""The largest value that is drawn."""


def bound(probe: Probe) -> tuple[str, Array]:
    """A bound or a reference for the gradient after 0, 1, … steps, and its name.

    Of a plain RNN it is (largest singular value of W_h · largest slope of the activation) to the number of steps
    (Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks"), which no gradient
    exceeds. Gates have a way around the matrix; the mean forget or update gate to that power is what the state itself
    hands on."""
    model = require_recurrent_model(probe, "state that gradients could go back through")
    steps, cell, top = np.arange(STEPS + 1), model.network.cell, model.network.names[-1]
    if len(cell.gates) == 1:
        largest = np.linalg.norm(model.parameters[f"{top}.W_h"][0], 2)
        name = "bound" if len(model.network.names) == 1 else f"bound of {top}"
        return name, (largest * STEEPEST[model.config.activation]) ** steps
    gate = "forget" if "forget" in cell.gates else "update"
    total, count = 0.0, 0
    for values in activation_windows(probe.first(GATE_CHARACTERS), [f"{name}.{gate}" for name in model.network.names]):
        total += sum(float(found.sum(dtype=np.float64)) for found in values.values())
        count += sum(found.size for found in values.values())
    return f"mean {gate} gate", (total / count) ** steps


def gradients(request: ViewRequest) -> ViewResult:
    """The norm of the gradient against the distance in time, of one model or of several side by side."""
    shares: dict[str, Array] = {}
    for probe in [request.probe, *request.others]:
        norms, (limit_name, limit) = state_gradients(probe), bound(probe)
        several = f"{probe.path} " if request.others else ""
        shares |= {f"{several}{name}": values / (values[0] or 1.0) for name, values in norms.items()}
        shares[f"{several}{limit_name}"] = limit[: len(next(iter(norms.values())))]
    distances = [k for k in DISTANCES if all(k < len(values) for values in shares.values())]
    rows: list[tuple[Value, ...]] = [(k, *(float(values[k]) for values in shares.values())) for k in distances]
    name = "Gradient norm of the loss with respect to earlier states, over that of the last state"
    # A bound may grow exponentially, and would flatten the other curves.
    curves = {name: [(k, float(v)) for k, v in enumerate(values) if v <= HIGHEST] for name, values in shares.items()}
    blocks: list[Block] = [Curves(name, "steps back", "share", curves, log=True)]
    blocks.append(Table("The same in numbers", ("steps back", *shares), rows))
    following = [] if request.others else [request.command("gradients", "other.npz")]
    return ViewResult(request.probe.source, {}, blocks, following)
