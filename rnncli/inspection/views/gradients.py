"""Do gradients vanish?"""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import require_recurrent_model
from rnncli.inspection.bptt import shares_of_gradient, state_gradients
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.memory import GATE_CHARACTERS, GATE_PLACES, STEPS_BACK, gate_products, memory_gate
from rnncli.results import Block, Curves, Table, Value, ViewResult

STEEPEST = {"tanh": 1.0, "relu": 1.0, "leaky-relu": 1.0, "sigmoid": 0.25}
"""The largest slope of each activation function."""

DISTANCES = (1, 2, 4, 8, 16, 32, 64)
QUARTILES = {"75 %": 0.75, "median": 0.5, "25 %": 0.25}

MARGIN = 3.0
"""A reference is drawn where it is at most this factor outside what was measured: it may grow or fall exponentially,
and would flatten the other curves."""


def bound(probe: Probe) -> float:
    """What no gradient of the top layer of a plain RNN exceeds, per step: the largest singular value of W_h times the
    largest slope of the activation (Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural
    networks")."""
    model = require_recurrent_model(probe, "state that gradients could go back through")
    largest = np.linalg.norm(model.parameters[f"{model.network.names[-1]}.W_h"][0], 2)
    return float(largest) * STEEPEST[model.config.activation]


def references(probe: Probe, steps: int) -> tuple[dict[tuple[str, str], Array], str]:
    """Values (``steps`` + 1,) to hold the gradients against, by layer and name, and what they are in a sentence: of a
    plain RNN a bound; of gates what they alone hand on, since a gradient has a way around the matrix there."""
    model = require_recurrent_model(probe, "state that gradients could go back through")
    names = model.network.names
    gate = memory_gate(model)
    if gate is None:
        per_step, top = bound(probe), names[-1]
        slope = STEEPEST[model.config.activation]
        says = (
            f"no gradient of {top} can be larger: a step back multiplies it by {per_step:.3g} at most, the largest "
            f"singular value of {top}.W_h times the largest slope of {model.config.activation}, {slope:g}"
        )
        return {(top, "bound"): per_step ** np.arange(steps + 1)}, says
    part = probe.first(GATE_CHARACTERS)
    products = {name: gate_products(part, f"{name}.{gate}", steps) for name in names}
    says = (
        f"what the {gate} gates alone hand on of a gradient: the root mean square of their products over the units; "
        f"median over {min(GATE_PLACES, len(part.ids) - steps):,} places in {len(part.ids):,} characters"
    )
    return {(name, "gates"): values for name, values in products.items()}, says


def gradients(request: ViewRequest) -> ViewResult:
    """The share of a gradient that arrives so many steps back, of one model or of several side by side."""
    curves: dict[str, list[tuple[float, float]]] = {}
    facts, tables = {}, []
    for probe in [request.probe, *request.others]:
        norms = request.state_gradients if probe is request.probe else state_gradients(probe)
        shares = {name: shares_of_gradient(of_layer) for name, of_layer in norms.items()}
        places, distances = next(iter(norms.values())).shape
        steps, fewest = distances - 1, min(map(len, shares.values()))
        limits, says = references(probe, steps)
        several = f"{probe.path} " if request.others else ""
        for name, values in shares.items():
            curves[f"{several}{name}"] = list(enumerate(np.median(values, axis=0).tolist()))
        if not request.others:
            low, high = _range([y for points in curves.values() for _, y in points])
            for (name, which), values in limits.items():
                curves[f"{name} {which}"] = [(k, float(v)) for k, v in enumerate(values) if low <= v <= high]
        facts[f"{several}{next(iter(limits))[1]}"] = says
        tables.append(_table(several.strip() or "Share of the gradient that arrives, by steps back", shares, limits))
        facts[f"{several}places"] = (
            f"{places:,}, evenly spread over the text, each after up to {BURN_IN} characters of burn-in"
            + (f"; without {places - fewest:,} at most whose gradient is 0" if fewest < places else "")
        )
    facts["share"] = (
        "the norm of the gradient to a state some steps before the last character, over that to the state from which "
        "that character is read"
    )
    name = "The share of a gradient that arrives some steps back, median over places"
    blocks: list[Block] = [Curves(name, STEPS_BACK, "share", curves, log=True), *tables]
    following = [] if request.others else [request.command("gradients", "other.npz")]
    return ViewResult(request.probe.source, facts, blocks, following)


def _range(values: list[float]) -> tuple[float, float]:
    """Between what values a reference is drawn."""
    positive = [value for value in values if value > 0] or [1.0]
    return min(positive) / MARGIN, max(positive) * MARGIN


def _table(name: str, shares: dict[str, Array], limits: dict[tuple[str, str], Array]) -> Table:
    """Median and quartiles over the places, a column for each distance."""
    distances = [k for k in DISTANCES if all(k < values.shape[1] for values in shares.values())]
    rows: list[tuple[Value, ...]] = []
    for layer, values in shares.items():
        for which, share in QUARTILES.items():
            rows.append((layer, which, *(float(np.quantile(values[:, k], share)) for k in distances)))
        rows += [(layer, which, *map(float, limit[distances])) for (of, which), limit in limits.items() if of == layer]
    note = "half of the places lie between 25 % and 75 %"
    return Table(name, ("layer", "", *map(str, distances)), rows, note)
