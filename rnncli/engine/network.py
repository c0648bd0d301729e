"""A recurrent network: characters in, the hidden states of the top layer out.

    ids → embedding (or one-hot) → cell → dropout → cell → dropout → …

Each layer is a drive, one dense layer for all gates over the whole window, and a cell that runs along it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncli.engine import cells, dense, dropout, embedding
from rnncli.engine.cells import Cache, Cell
from rnncli.engine.parameters import Parameters, Shapes
from rnncli.engine.types import Array, Ids
from rnncli.engine.workspace import Workspace


@dataclass(frozen=True)
class Forward:
    """What a forward pass returns.

    ``outputs`` (T, B, H) are the hidden states of the top layer after dropout, ``state`` (L, S, B, H) the last
    state of every layer; the rest is for the backward pass and for looking inside.
    """

    outputs: Array
    state: Array
    ids: Ids
    inputs: list[Array | None]
    caches: list[Cache]
    masks: Sequence[Array]


class RecurrentNetwork:
    """``layers`` cells of ``hidden_size`` on top of characters 0 … ``vocabulary_size`` − 1.

    ``embedding_size`` 0 feeds the characters as one-hot vectors. ``dropout`` acts on the output of every layer while
    training, and not along time (Zaremba, Sutskever and Vinyals 2014, "Recurrent neural network regularization").
    """

    def __init__(
        self,
        cell: Cell,
        vocabulary_size: int,
        hidden_size: int,
        layers: int = 1,
        embedding_size: int = 0,
        dropout: float = 0.0,
    ) -> None:
        self.cell, self.layers, self.dropout = cell, layers, dropout
        self.vocabulary_size, self.hidden_size, self.embedding_size = vocabulary_size, hidden_size, embedding_size
        self.names = [f"l{k + 1}" for k in range(layers)]

    def shapes(self) -> Shapes:
        """Names and shapes of all parameters: ``embedding.W`` (V, E) if there is one; for every layer ``l1.W_x``
        (G, D, H), ``l1.b`` (G, H), ``l1.W_h`` (G, H, H) and what else the cell has."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.embedding_size:
            shapes["embedding.W"] = (self.vocabulary_size, self.embedding_size)
        below = self.embedding_size or self.vocabulary_size
        for name in self.names:
            shapes[f"{name}.W_x"] = (len(self.cell.gates), below, self.hidden_size)
            shapes[f"{name}.b"] = (len(self.cell.gates), self.hidden_size)
            shapes |= {f"{name}.{key}": shape for key, shape in self.cell.shapes(self.hidden_size).items()}
            below = self.hidden_size
        return shapes

    def initialise(self, parameters: Parameters, rng: np.random.Generator) -> None:
        """Uniform in ±1/√H, as PyTorch does; an LSTM's forget bias is 1, so that it remembers from the start
        (Jozefowicz, Zaremba and Sutskever 2015); embeddings are standard normal."""
        for name in self.shapes():
            values = parameters[name]
            if name == "embedding.W":
                values[...] = rng.standard_normal(values.shape)
            else:
                bound = self.hidden_size**-0.5
                values[...] = rng.uniform(-bound, bound, values.shape)
        if "forget" in self.cell.gates:
            for name in self.names:
                parameters[f"{name}.b"][self.cell.gates.index("forget")] = 1

    def zero_state(self, streams: int, dtype: np.dtype) -> Array:
        """The state (L, S, B, H) of B streams before their first character."""
        return np.zeros((self.layers, len(self.cell.states), streams, self.hidden_size), dtype)

    def masks(self, steps: int, streams: int, rng: np.random.Generator, dtype: np.dtype) -> list[Array]:
        """A new dropout mask (T, B, H) for the output of each layer; none without dropout."""
        shape = (steps, streams, self.hidden_size)
        return [dropout.mask(shape, self.dropout, rng, dtype) for _ in self.names if self.dropout]

    def forward(
        self,
        parameters: Parameters,
        ids: Ids,
        state: Array,
        workspace: Workspace,
        masks: Sequence[Array] = (),
    ) -> Forward:
        """Read ``ids`` (T, B) from ``state`` (L, S, B, H), with the ``masks`` of dropout while training."""
        T, B = ids.shape
        gates, dtype = len(self.cell.gates), state.dtype
        last_state = np.empty_like(state)
        inputs: list[Array | None] = []
        caches: list[Cache] = []
        x: Array | None = None  # none for one-hot characters, which are never written out
        if self.embedding_size:
            buffer = workspace.array("embedded", (T * B, self.embedding_size), dtype)
            x = embedding.forward(ids.ravel(), parameters["embedding.W"], out=buffer)
        for k, name in enumerate(self.names):
            weights, scratch = parameters.scope(name), workspace.scope(name)
            inputs.append(x)
            drive = scratch.array("drive", (gates, T, B, self.hidden_size), dtype)
            rows = drive.reshape(gates, T * B, self.hidden_size)
            if x is None:
                embedding.forward(ids.ravel(), weights["W_x"] + weights["b"][:, None], out=rows)
            else:
                dense.forward(x, weights["W_x"], weights["b"], out=rows)
            hidden, last_state[k], cache = cells.forward(self.cell, drive, state[k], weights, scratch)
            caches.append(cache)
            if masks:
                hidden = np.multiply(hidden, masks[k], out=scratch.array("dropped", hidden.shape, dtype))
            x = hidden.reshape(T * B, self.hidden_size)
        return Forward(hidden, last_state, ids, inputs, caches, masks)

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        forward: Forward,
        d_outputs: Array,
        d_state: Array,
        workspace: Workspace,
    ) -> Array:
        """Write the gradients of all parameters and return that of the initial state (L, S, B, H).

        ``d_outputs`` (T, B, H), which is overwritten, and ``d_state`` (L, S, B, H) are the gradients with respect to
        ``forward.outputs`` and ``forward.state``.
        """
        T, B, H = d_outputs.shape
        ids = forward.ids.ravel()
        d_first_state = np.empty_like(d_state)
        for k, name in reversed(list(enumerate(self.names))):
            weights, scratch, d_weights = parameters.scope(name), workspace.scope(name), gradients.scope(name)
            x = forward.inputs[k]
            if forward.masks:
                d_outputs *= forward.masks[k]
            d_drive, d_first_state[k] = self.cell.backward(
                d_outputs, d_state[k], forward.caches[k], weights, d_weights, scratch
            )
            d_drive = d_drive.reshape(-1, T * B, H)
            if x is None:
                embedding.backward(ids, d_drive, d_weights["W_x"])
                np.sum(d_weights["W_x"], axis=1, out=d_weights["b"])  # every row of x has exactly one 1
            else:
                dense.backward(x, d_drive, d_weights["W_x"], d_weights["b"])
                d_x = dense.backward_input(d_drive, weights["W_x"], out=scratch.array("d_x", x.shape, x.dtype))
                d_outputs = d_x.reshape(T, B, -1)
        if self.embedding_size:
            embedding.backward(ids, d_outputs.reshape(T * B, -1), gradients["embedding.W"])
        return d_first_state
