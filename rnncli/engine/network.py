"""A recurrent network: characters in, the hidden states of the top layer out.

    ids → embedding (or one-hot) → layer → dropout → layer → dropout → …

The backward pass visits the layers in the opposite order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace, may_overflow
from rnncli.engine.cells import Cell
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout, embed, embed_backward
from rnncli.engine.padding import Padding
from rnncli.engine.recurrent import CellPass, RecurrentLayer
from rnncli.engine.stepper import Stepper


@dataclass(frozen=True)
class Forward:
    """What a forward pass returns.

    ``outputs`` (T, B, directions · H) are the hidden states of the top layer after dropout, ``state`` (L · directions,
    S, B, H) the last state of every cell. The rest is for the backward pass: the input ``ids`` (T, B), the ``passes``
    of the cells by name, and the dropout ``masks`` (T, B, directions · H) of the layers, if any.
    """

    outputs: Array
    state: Array
    ids: Ids
    passes: dict[str, CellPass]
    masks: list[Array]

    def activation(self, name: str) -> Array:
        """The state or gate of a cell, l1.hidden, l1r.forget, …: (T, B, H) in the order of the text."""
        cell, _, which = name.partition(".")
        return self.passes[cell].activation(which)


class RecurrentNetwork:
    """``layers`` of ``hidden_size`` units on top of characters 0 … ``vocabulary_size`` − 1.

    ``embedding_size`` 0 feeds the characters as one-hot vectors. Dropout acts on the output of every layer while
    training, and not along time (Zaremba, Sutskever and Vinyals 2014, "Recurrent neural network regularization").
    ``names`` are those of the cells, in the order of the state: l1, l2, …; or l1, l1r, l2, l2r, … with the ones that
    read from the end.
    """

    def __init__(
        self,
        cell: Cell,
        vocabulary_size: int,
        hidden_size: int,
        layers: int = 1,
        embedding_size: int = 0,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        self.cell, self.vocabulary_size, self.forget_bias = cell, vocabulary_size, forget_bias
        self.hidden_size, self.embedding_size = hidden_size, embedding_size
        self.directions = 2 if bidirectional else 1
        self.output_size = self.directions * hidden_size
        self.layers = []
        below = embedding_size or vocabulary_size
        for k in range(layers):
            self.layers.append(RecurrentLayer(cell, f"l{k + 1}", below, hidden_size, bidirectional))
            below = self.output_size
        self.names = [name for layer in self.layers for name in layer.names]
        self.state_size = len(self.names) * len(cell.states) * hidden_size

    def shapes(self) -> Shapes:
        """Names and shapes of all parameters: ``embedding.W`` (V, E) if there is one, then those of the layers."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.embedding_size:
            shapes["embedding.W"] = (self.vocabulary_size, self.embedding_size)
        for layer in self.layers:
            shapes |= layer.shapes()
        return shapes

    def initialise(self, parameters: Parameters, rng: np.random.Generator) -> None:
        """Uniform in ±1/√H, as PyTorch does; an LSTM's forget bias begins at ``forget_bias``, so that it remembers from
        the start (Jozefowicz, Zaremba and Sutskever 2015); embeddings are standard normal."""
        for name in self.shapes():
            values = parameters[name]
            if name == "embedding.W":
                values[...] = rng.standard_normal(values.shape)
            else:
                bound = self.hidden_size**-0.5
                values[...] = rng.uniform(-bound, bound, values.shape)
        if "forget" in self.cell.gates:
            for name in self.names:
                parameters[f"{name}.b"][self.cell.gates.index("forget")] = self.forget_bias

    def input_embeddings(self, parameters: Parameters) -> list[Array]:
        """The matrices (…, V, ·) with a row for each character: the embedding, or the weights of one-hot input."""
        if self.embedding_size:
            return [parameters["embedding.W"]]
        return [parameters[f"{name}.W_x"] for name in self.layers[0].names]

    def zero_state(self, streams: int, dtype: np.dtype) -> Array:
        """The state (L · directions, S, B, H) of B streams before their first character."""
        return np.zeros((len(self.names), len(self.cell.states), streams, self.hidden_size), dtype)

    def carry(self, state: Array) -> Array:
        """The state before the next window, given that after the last (L · directions, S, B, H): directions that read
        from the end begin anew."""
        if self.directions == 2:
            state = state.copy()
            self._by_layer(state)[:, 1] = 0
        return state

    def unflatten_state(self, rows: Array) -> Array:
        """A state (L · directions, S, B, H) from one row (B, L · directions · S · H) for each stream."""
        state = rows.reshape(len(rows), len(self.names), len(self.cell.states), self.hidden_size)
        return np.ascontiguousarray(state.transpose(1, 2, 0, 3))

    def flatten_state(self, state: Array) -> Array:
        """The inverse of :meth:`unflatten_state`."""
        return state.transpose(2, 0, 1, 3).reshape(state.shape[2], -1)

    def stepper(self, parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()) -> Stepper:
        """A network of one direction, one character at a time; ``state`` is updated in place."""
        return Stepper(self.cell, self.names, parameters, state, clamps)

    @may_overflow
    def forward(
        self,
        parameters: Parameters,
        ids: Ids,
        state: Array,
        workspace: Workspace,
        dropout: Dropout | None = None,
        lengths: Ids | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> Forward:
        """Read ``ids`` (T, B) from ``state`` (L · directions, S, B, H), with ``dropout`` while training and ``clamps``
        for experiments.

        Where the streams do not fill the window, ``lengths`` (B,) says where they end: outputs are then 0 in the
        padding, and the last state is that at the end of each stream.
        """
        ids = np.ascontiguousarray(ids)
        padding = None if lengths is None else Padding(lengths, len(ids))
        x = self._embed(parameters, ids, padding, workspace)
        last_state = np.empty_like(state)
        passes: dict[str, CellPass] = {}
        masks: list[Array] = []
        for layer, first, last in zip(self.layers, self._by_layer(state), self._by_layer(last_state), strict=True):
            x, of_cells = layer.forward(parameters, x, first, last, workspace, padding, clamps)
            passes |= of_cells
            if dropout is not None:
                masks.append(dropout.mask(len(ids), self.output_size, state.dtype))
                dropped = workspace.scope(layer.names[0]).array("dropped", x.shape, x.dtype)
                x = np.multiply(x, masks[-1], out=dropped)
        return Forward(x, last_state, ids, passes, masks)

    def _embed(self, parameters: Parameters, ids: Ids, padding: Padding | None, workspace: Workspace) -> NDArray[Any]:
        """The input of the lowest layer: embeddings (T, B, E), zero in the padding, or the ids themselves."""
        if not self.embedding_size:
            return ids
        x = workspace.array("embedded", (*ids.shape, self.embedding_size), parameters.flat.dtype)
        embed(ids.ravel(), parameters["embedding.W"], out=x.reshape(-1, self.embedding_size))
        if padding is not None:
            x[padding.mask] = 0
        return x

    def _by_layer(self, state: Array) -> Array:
        """A view (L, directions, S, B, H) of a state (L · directions, S, B, H)."""
        return state.reshape(len(self.layers), self.directions, *state.shape[1:])

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        forward: Forward,
        d_outputs: Array,
        d_state: Array | None,
        workspace: Workspace,
    ) -> Array:
        """Write the gradients of all parameters and return that of the initial state (L · directions, S, B, H).

        ``d_outputs`` (T, B, directions · H), which is overwritten, and ``d_state`` (L · directions, S, B, H) are the
        gradients with respect to ``forward.outputs`` and ``forward.state``. In the padding ``d_outputs`` must
        be 0. ``d_state`` is None where the loss does not see the state; it must be where ``lengths`` were given.
        """
        streams = d_outputs.shape[1]
        d_first_state = np.empty((len(self.names), len(self.cell.states), streams, self.hidden_size), d_outputs.dtype)
        if d_state is None:
            d_state = np.zeros_like(d_first_state)
        d_last, d_first = self._by_layer(d_state), self._by_layer(d_first_state)
        for k, layer in reversed(list(enumerate(self.layers))):
            if forward.masks:
                d_outputs *= forward.masks[k]
            d_x = layer.backward(
                parameters,
                gradients,
                forward.passes,
                d_outputs,
                d_last[k],
                d_first[k],
                workspace,
                input_gradient=k > 0 or self.embedding_size > 0,
            )
            if d_x is not None:
                d_outputs = d_x
        if self.embedding_size:
            d_rows = d_outputs.reshape(-1, self.embedding_size)
            embed_backward(forward.ids.ravel(), d_rows, gradients["embedding.W"])
        return d_first_state
