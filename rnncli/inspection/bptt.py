"""Back-propagation through time one step after the other, to look at the gradients on their way.

Training goes through a window at once: truncated BPTT is in :mod:`rnncli.training.batches` and in the ``backward`` of
a cell.
"""

from dataclasses import dataclass

import numpy as np

from rnncli.engine.arrays import Array, Parameters, Workspace, may_overflow
from rnncli.engine.cells.base import Cache, Cell
from rnncli.engine.network import Forward, RecurrentNetwork
from rnncli.engine.padding import reorder
from rnncli.engine.recurrent import project_backward_input
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.models import output

STEPS = 64
PLACES, STREAMS = 1024, 128
"""Places in the text at which a gradient begins, and how many go back side by side."""

WORK = 3e11
"""Multiply-adds, at most, of a network so large that it is measured at fewer places."""


@dataclass(frozen=True)
class CellGradients:
    """The gradients of a loss on their way through one cell, in the order in which it reads: ``above`` (T, B, H) come
    to its hidden states from the output or the layer above; ``states`` (T + 1, S, B, H) are those of its states before
    each step, which come from the future, and after the last; ``sums`` (G, T, B, H) those of the arguments of its
    gates' activation functions."""

    above: Array
    states: Array
    sums: Array


@may_overflow
def backpropagate_through_time(
    network: RecurrentNetwork, parameters: Parameters, forward: Forward, d_outputs: Array
) -> dict[str, CellGradients]:
    """Go back through a ``forward`` pass without dropout, from the gradient ``d_outputs`` (T, B, directions · H) of its
    outputs: what arrives in each cell, by its name."""
    found: dict[str, CellGradients] = {}
    for layer in reversed(network.layers):
        below: Array | float = 0.0
        for direction, d_hidden in zip(
            layer.directions, np.split(d_outputs, len(layer.directions), axis=-1), strict=True
        ):
            own, weights = forward.passes[direction.name], parameters.scope(direction.name)
            found[direction.name] = _through_cell(layer.cell, own.cache, weights, reorder(d_hidden, own.reversal))
            if layer is not network.layers[0]:
                d_x = project_backward_input(found[direction.name].sums, weights, Workspace())
                below = below + reorder(d_x, own.reversal)
        d_outputs = np.asarray(below)
    return {name: found[name] for name in network.names}


def _through_cell(cell: Cell, cache: Cache, weights: Parameters, d_hidden: Array) -> CellGradients:
    """Step by step: a window of one step at a time."""
    sums, unused, workspace = np.empty_like(cache.gates), weights.zeros_like(), Workspace()
    states = np.zeros((len(d_hidden) + 1, *cache.states[:, 0].shape), d_hidden.dtype)
    for t in reversed(range(len(d_hidden))):
        one = slice(t, t + 1)
        step = Cache(cache.gates[:, one], cache.states[:, t : t + 2], cache.saved[:, one])
        d_sums, states[t] = cell.backward(d_hidden[one], states[t + 1], step, weights, unused, workspace)
        sums[:, one] = d_sums
    return CellGradients(d_hidden, states, sums)


@may_overflow
def state_gradients(probe: Probe, steps: int = STEPS) -> dict[str, Array]:
    """The norms (M, ``steps`` + 1) of the gradient of a loss with respect to the state that each cell hands on to its
    next step, by the name of the cell, at M places that are evenly spread over the text: first to that before the last
    character is read, and so on to that ``steps`` steps earlier. Before each place, some hundred characters are read,
    to arrive at a state. NotFiniteError where a gradient is out of range."""
    model = require_recurrent_model(probe, "state that gradients could go back through")
    ids = probe.ids.astype(np.intp)
    steps = min(steps, (len(ids) - 1) // 2)
    last = len(ids) - steps - 2
    burn_in = min(BURN_IN, last // 2)
    affordable = WORK / (model.parameters.flat.size * (burn_in + 3 * (steps + 1)))
    places = max(STREAMS, min(PLACES, int(affordable)))
    starts = np.unique(np.linspace(burn_in, last, places).astype(np.intp))
    norms: dict[str, list[Array]] = {name: [] for name in model.network.names}
    for some in (starts[first : first + STREAMS] for first in range(0, len(starts), STREAMS)):
        state = model.zero_state(len(some))
        if burn_in:
            state = model.forward(ids[some + np.arange(-burn_in, 0)[:, None]], state).state
        window = ids[some + np.arange(steps + 2)[:, None]]
        forward = model.forward(window[:-1], state)
        _, d_hidden = output.loss_and_gradients(
            forward.outputs[-1:],
            window[-1:],
            None,
            model.parameters.scope("output"),
            model.parameters.zeros_like().scope("output"),
            "cross-entropy",
            Workspace(),
        )
        d_outputs = np.zeros_like(forward.outputs)
        d_outputs[-1] = d_hidden[0] * len(some)  # of each loss, not of their mean
        for name, found in backpropagate_through_time(model.network, model.parameters, forward, d_outputs).items():
            norms[name].append(np.sqrt(np.square(found.states[-2::-1]).sum(axis=(1, 3))).T)
    joined = {name: np.concatenate(parts) for name, parts in norms.items()}
    for values in joined.values():
        output.require_finite(values, "gradients")
    return joined


def shares_of_gradient(norms: Array) -> Array:
    """Norms (M, K) of gradients over those of the first column: what share of a gradient arrives. Places without a
    gradient are left out, unless none has one."""
    known = norms[:, 0] > 0
    return norms[known] / norms[known, :1] if known.any() else norms
