"""Back-propagation through time one step after the other, to look at the gradients on their way.

Training goes through a window at once: truncated BPTT is in :mod:`rnncli.training.batches` and in the ``backward`` of
a cell.
"""

from collections.abc import Iterator

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace, may_overflow
from rnncli.inspection.activations import require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.models import output
from rnncli.models.language_model import NextCharacterModel

STEPS = 64
STREAMS = 32


def backpropagate_through_time(
    model: NextCharacterModel, ids: Ids, state: Array, d_outputs: Array
) -> Iterator[tuple[Array, Parameters]]:
    """Read ``ids`` (T, B) from ``state``, then go back step by step: yields the gradient (L, S, B, H) with respect to
    the state before each step, the last step first, and the parameters' gradients of that step, in a buffer that is
    used again.

    ``d_outputs`` (T, B, H) is the gradient of the hidden states of the top layer.
    """
    network, forwards = model.network, []
    for step in ids:
        workspace = Workspace()  # one for each step, since backward needs them all
        forwards.append((network.forward(model.parameters, step[None], state, workspace), workspace))
        state = forwards[-1][0].state
    gradients, d_state = model.parameters.zeros_like(), np.zeros_like(state)
    for t in reversed(range(len(ids))):
        forward, workspace = forwards[t]
        d_step = d_outputs[t : t + 1].copy()
        d_state = network.backward(model.parameters, gradients, forward, d_step, d_state, workspace)
        yield d_state, gradients


@may_overflow
def state_gradients(probe: Probe, steps: int = STEPS) -> dict[str, Array]:
    """The norm of the gradient of a loss with respect to the state of each cell 0 … ``steps`` steps earlier, by the
    name of the cell: the root mean square over places in the text. NotFiniteError where it is out of range."""
    model = require_recurrent_model(probe, "state that gradients could go back through")
    ids = probe.ids.astype(np.intp)
    steps = min(steps, (len(ids) - 1) // 2)
    starts = np.unique(np.linspace(0, len(ids) - steps - 2, STREAMS).astype(np.intp))
    window = ids[starts + np.arange(steps + 2)[:, None]]
    state = model.zero_state(len(starts))
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
    d_outputs = np.zeros((steps + 1, *d_hidden.shape[1:]), d_hidden.dtype)
    d_outputs[-1] = d_hidden[0] * len(starts)  # of each loss, not of their mean
    squares = []
    for d_state, _ in backpropagate_through_time(model, window[:-1], state, d_outputs):
        squares.append(np.square(d_state).sum(axis=(1, 3)).mean(axis=1))
    output.require_finite(np.array(squares), "gradients")
    return {name: np.sqrt(np.array(squares)[:, i]) for i, name in enumerate(model.network.names)}
