"""What the tests of the engine have in common: every cell, and windows in which everything is random.

All sizes differ from each other, so that a transpose cannot pass; no bias, state or upstream gradient is zero or all
ones, so that a forgotten term cannot pass; gradients start as NaN, so that an element never written cannot pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.cells import GRU, LSTM, RNN, Cell
from rnncli.engine.layers import Dropout
from rnncli.engine.network import Forward, RecurrentNetwork

CELLS: dict[str, Cell] = {**{f"rnn-{name}": RNN(name) for name in ACTIVATIONS}, "gru": GRU(), "lstm": LSTM()}

every_cell = pytest.mark.parametrize("cell", list(CELLS.values()), ids=list(CELLS))

T, B, H, V, E = 5, 3, 4, 7, 6
"""Time steps, streams, hidden units, characters, and the embedding size."""

DROPOUT = 0.4


@dataclass
class Window:
    """A network with random parameters, and all that goes in at both ends of a forward and a backward pass."""

    network: RecurrentNetwork
    parameters: Parameters
    ids: Ids
    state: Array
    d_outputs: Array
    d_state: Array
    dropout_seed: int | None = None
    lengths: Ids | None = None

    def forward(self, workspace: Workspace) -> Forward:
        """The same dropout mask each time."""
        dropout = None
        if self.dropout_seed is not None:
            streams = self.ids.shape[1]
            dropout = Dropout(DROPOUT, np.random.default_rng(self.dropout_seed), streams, slice(streams))
        return self.network.forward(self.parameters, self.ids, self.state, workspace, dropout, self.lengths)

    def backward(self, forward: Forward, workspace: Workspace) -> tuple[Parameters, Array]:
        """The gradients of the parameters and of the initial state."""
        gradients = self.parameters.zeros_like()
        gradients.flat[:] = np.nan
        d_outputs = self.d_outputs.copy()
        return gradients, self.network.backward(self.parameters, gradients, forward, d_outputs, self.d_state, workspace)

    def loss(self, workspace: Workspace) -> float:
        """The scalar whose gradients with respect to outputs and last state are ``d_outputs`` and ``d_state``."""
        forward = self.forward(workspace)
        return float(np.sum(self.d_outputs * forward.outputs) + np.sum(self.d_state * forward.state))

    def piece(self, start: int, stop: int, state: Array, d_state: Array) -> "Window":
        """The time steps from ``start`` to ``stop``, between these two states."""
        ids, d_outputs = self.ids[start:stop], self.d_outputs[start:stop]
        return Window(self.network, self.parameters, ids, state, d_outputs, d_state)


def random_window(
    network: RecurrentNetwork,
    steps: int = T,
    streams: int = B,
    dropout_seed: int | None = None,
    dtype: type[np.floating] = np.float64,
    seed: int = 1,
    lengths: Sequence[int] | None = None,
) -> Window:
    """A window of ``network`` of which everything is random, parameters in ±1. With ``lengths`` no gradient comes from
    behind the end of a stream, nor from the last state."""
    rng = np.random.default_rng(seed)
    parameters = Parameters(network.shapes(), dtype)
    parameters.flat[:] = rng.uniform(-1, 1, parameters.flat.shape)
    state_shape = network.zero_state(streams, np.dtype(dtype)).shape
    window = Window(
        network,
        parameters,
        rng.integers(network.vocabulary_size, size=(steps, streams), dtype=np.uint8),
        rng.uniform(-0.9, 0.9, state_shape).astype(dtype),
        rng.standard_normal((steps, streams, network.output_size)).astype(dtype),
        rng.standard_normal(state_shape).astype(dtype),
        dropout_seed,
    )
    if lengths is not None:
        window.lengths = np.array(lengths)
        window.d_outputs[np.arange(steps)[:, None] >= window.lengths] = 0
        window.d_state[...] = 0
    return window
