"""Reading one character at a time: what sampling does, without allocating anything per character."""

import numpy as np

from rnncli.engine.network import RecurrentNetwork
from rnncli.engine.parameters import Parameters
from rnncli.engine.types import Array, Ids


class Stepper:
    """A network that reads B texts side by side, from ``state`` (L, S, B, H), which it carries on in place.

    It copies what it needs of the parameters once: the bias is added to the rows that one-hot characters pick.
    """

    def __init__(self, network: RecurrentNetwork, parameters: Parameters, state: Array) -> None:
        self._top = state[-1, 0]
        streams, gates, size = state.shape[2], len(network.cell.gates), network.hidden_size
        first = parameters.scope(network.names[0])
        table = first["W_x"] if not network.embedding_size else parameters["embedding.W"] @ first["W_x"]
        self._table = np.ascontiguousarray((table + first["b"][:, None]).swapaxes(0, 1))  # (V, G, H)
        self._a = np.empty((gates, streams, size), state.dtype)
        self._rows = self._a.swapaxes(0, 1)
        product, kept = np.empty_like(self._a), np.empty((len(network.cell.kept), streams, size), state.dtype)
        self._steps = [
            network.cell.step(self._a, layer, layer, kept, parameters.scope(name), product)
            for name, layer in zip(network.names, state, strict=True)
        ]
        self._between = [
            (below[0], parameters[f"{name}.W_x"], parameters[f"{name}.b"][:, None])
            for name, below in zip(network.names[1:], state, strict=False)
        ]

    def step(self, ids: Ids) -> Array:
        """Read ``ids`` (B,); returns the hidden state (B, H) of the top layer, good until the next step."""
        np.copyto(self._rows, self._table[ids])
        self._steps[0]()
        for (hidden, W_x, b), step in zip(self._between, self._steps[1:], strict=True):
            np.matmul(hidden, W_x, out=self._a)
            np.add(self._a, b, out=self._a)
            step()
        return self._top
