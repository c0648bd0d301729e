"""A recurrent network: characters in, the hidden states of the top layer out.

    ids → embedding (or one-hot) → cell → dropout → cell → dropout → …

Each layer is a drive, one dense layer for all gates over the whole window, and a cell that runs along it. A
bidirectional layer has a second cell that reads from the end (Schuster and Paliwal 1997, "Bidirectional recurrent
neural networks"); what both see at a character lies side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncli.engine import cells, padding
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace
from rnncli.engine.cells import Cache, Cell
from rnncli.engine.clamping import Clamp, clamps_of
from rnncli.engine.layers import Dropout, dense, dense_backward, dense_backward_input, embed, embed_backward
from rnncli.engine.stepper import Stepper


@dataclass(frozen=True)
class Reading:
    """One cell's way over a window, in its own order: the characters (T · B,), its input (T · B, D) unless that is
    one-hot, and its activations."""

    ids: Ids
    x: Array | None
    cache: Cache


@dataclass(frozen=True)
class Forward:
    """What a forward pass returns.

    ``outputs`` (T, B, directions · H) are the hidden states of the top layer after dropout, ``state`` (L · directions,
    S, B, H) the last state of every cell; the rest is for the backward pass and for looking inside.
    """

    outputs: Array
    state: Array
    readings: list[Reading]
    masks: list[Array]
    reversal_index: Ids | None

    @property
    def layers(self) -> list[Array]:
        """The hidden states (T, B, H) of every cell, in the order of the text."""
        return [self.in_text_order(i, reading.cache.states[0, 1:]) for i, reading in enumerate(self.readings)]

    def in_text_order(self, cell: int, values: Array) -> Array:
        """Activations (T, B, H) of a cell by its number, turned back where it has read from the end."""
        if self.reversal_index is None or cell % 2 == 0:
            return values
        return values.reshape(-1, values.shape[-1])[self.reversal_index].reshape(values.shape)


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
    ) -> None:
        self.cell, self.layers = cell, layers
        self.vocabulary_size, self.hidden_size, self.embedding_size = vocabulary_size, hidden_size, embedding_size
        self.directions = 2 if bidirectional else 1
        self.names = [f"l{k + 1}{'r' * d}" for k in range(layers) for d in range(self.directions)]
        self.output_size = self.directions * hidden_size
        self.state_size = len(self.names) * len(cell.states) * hidden_size

    def shapes(self) -> Shapes:
        """Names and shapes of all parameters: ``embedding.W`` (V, E) if there is one; for every cell ``l1.W_x``
        (G, D, H), ``l1.b`` (G, H), ``l1.W_h`` (G, H, H) and what else the cell has."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.embedding_size:
            shapes["embedding.W"] = (self.vocabulary_size, self.embedding_size)
        for i, name in enumerate(self.names):
            below = self.output_size if i >= self.directions else self.embedding_size or self.vocabulary_size
            shapes[f"{name}.W_x"] = (len(self.cell.gates), below, self.hidden_size)
            shapes[f"{name}.b"] = (len(self.cell.gates), self.hidden_size)
            shapes |= {f"{name}.{key}": shape for key, shape in self.cell.shapes(self.hidden_size).items()}
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

    def character_rows(self, parameters: Parameters) -> list[Array]:
        """The matrices (…, V, ·) that have a row for each character."""
        if self.embedding_size:
            return [parameters["embedding.W"]]
        return [parameters[f"{name}.W_x"] for name in self.names[: self.directions]]

    def zero_state(self, streams: int, dtype: np.dtype) -> Array:
        """The state (L · directions, S, B, H) of B streams before their first character."""
        return np.zeros((len(self.names), len(self.cell.states), streams, self.hidden_size), dtype)

    def unflatten_state(self, rows: Array) -> Array:
        """A state (L · directions, S, B, H) from one row (B, L · directions · S · H) for each stream."""
        state = rows.reshape(len(rows), len(self.names), len(self.cell.states), self.hidden_size)
        return np.ascontiguousarray(state.transpose(1, 2, 0, 3))

    def flatten_state(self, state: Array) -> Array:
        """The inverse of :meth:`unflatten_state`."""
        return state.transpose(2, 0, 1, 3).reshape(state.shape[2], -1)

    def stepper(self, parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()) -> Stepper:
        """Reads one character at a time; ``state`` is carried on in place."""
        return Stepper(self, parameters, state, clamps)

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
        """Read ``ids`` (T, B) from ``state`` (L · directions, S, B, H), with ``dropout`` while training, and with
        ``clamps`` to see what a unit does.

        Where the streams do not fill the window, ``lengths`` (B,) says where they end: outputs are then 0 behind the
        end, and the state is that at the end.
        """
        T, B = ids.shape
        if lengths is None and self.directions == 2:
            lengths = np.full(B, T)
        behind = None if lengths is None else padding.padding_mask(lengths, T)
        turned = padding.reversal_index(lengths, T) if lengths is not None and self.directions == 2 else None
        last_state = np.empty_like(state)
        readings: list[Reading] = []
        masks: list[Array] = []
        x: Array | None = None  # none for one-hot characters, which are never written out
        if self.embedding_size:
            buffer = workspace.array("embedded", (T * B, self.embedding_size), state.dtype)
            x = embed(ids.ravel(), parameters["embedding.W"], out=buffer)
            if behind is not None:
                x[behind.ravel()] = 0
        for k in range(self.layers):
            sides = []
            for i in range(k * self.directions, (k + 1) * self.directions):
                order = turned if i % self.directions else None
                own_ids = ids.ravel() if order is None else ids.ravel()[order]
                own_x = x if x is None or order is None else x[order]
                weights, scratch = parameters.scope(self.names[i]), workspace.scope(self.names[i])
                input_projection = self._project(own_ids, own_x, weights, (T, B), scratch)
                holds = clamps_of(clamps, self.names[i], self.cell.states)
                hidden, last_state[i], cache = cells.forward(
                    self.cell, input_projection, state[i], weights, scratch, holds
                )
                if lengths is not None and behind is not None:
                    last_state[i] = padding.last_states(cache, lengths)
                    padding.clear(cache, behind)
                rows = hidden.reshape(T * B, self.hidden_size)
                sides.append(rows if order is None else rows[order])
                readings.append(Reading(own_ids, own_x, cache))
            x = sides[0] if len(sides) == 1 else np.concatenate(sides, axis=1)
            if dropout is not None:
                masks.append(dropout.mask(T, self.output_size, state.dtype))
                scratch = workspace.scope(self.names[k * self.directions])
                dropped = scratch.array("dropped", masks[k].shape, state.dtype)
                x = np.multiply(x.reshape(dropped.shape), masks[k], out=dropped).reshape(x.shape)
        assert x is not None
        return Forward(x.reshape(T, B, self.output_size), last_state, readings, masks, turned)

    def _project(
        self, ids: Ids, x: Array | None, weights: Parameters, window: tuple[int, int], scratch: Workspace
    ) -> Array:
        """x W_x + b of every gate, (G, T, B, H); of one-hot characters it is a gather of rows."""
        gates, size, dtype = len(self.cell.gates), self.hidden_size, weights.flat.dtype
        input_projection = scratch.array("drive", (gates, *window, size), dtype)
        rows = input_projection.reshape(gates, -1, size)
        if x is None:
            embed(ids, weights["W_x"] + weights["b"][:, None], out=rows)
        else:
            dense(x, weights["W_x"], weights["b"], out=rows)
        return input_projection

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        forward: Forward,
        d_outputs: Array,
        d_state: Array | None,
        workspace: Workspace,
        d_inputs: Array | None = None,
    ) -> Array:
        """Write the gradients of all parameters and return that of the initial state (L · directions, S, B, H).

        ``d_outputs`` (T, B, directions · H), which is overwritten, and ``d_state`` (L · directions, S, B, H) are the
        gradients with respect to ``forward.outputs`` and ``forward.state``. Behind the end of a stream ``d_outputs``
        must be 0. ``d_state`` is None where the loss does not see the state; it must be where ``lengths`` were given.
        The gradient of what the lowest layer reads is added to ``d_inputs`` (T · B, V or E) where that is given.
        """
        T, B, _ = d_outputs.shape
        H = self.hidden_size
        first = forward.readings[0].cache.states[:, 0]
        d_first_state = np.empty((len(self.names), *first.shape), first.dtype)
        if d_state is None:
            d_state = np.zeros_like(d_first_state)
        for k in reversed(range(self.layers)):
            if forward.masks:
                d_outputs *= forward.masks[k]
            d_below = None
            for i in range(k * self.directions, (k + 1) * self.directions):
                name, reading = self.names[i], forward.readings[i]
                weights, scratch, d_weights = parameters.scope(name), workspace.scope(name), gradients.scope(name)
                order = forward.reversal_index if i % self.directions else None
                d_hidden = d_outputs
                if self.directions == 2:
                    side = d_outputs[..., H:] if i % 2 else d_outputs[..., :H]
                    d_hidden = side.reshape(T * B, H)[order if order is not None else slice(None)].reshape(T, B, H)
                d_projection, d_first_state[i] = self.cell.backward(
                    d_hidden, d_state[i], reading.cache, weights, d_weights, scratch
                )
                d_projection = d_projection.reshape(-1, T * B, H)
                x = reading.x
                if d_inputs is not None and k == 0:
                    d_read = dense_backward_input(d_projection, weights["W_x"])
                    d_inputs += d_read if order is None else d_read[order]
                if x is None:
                    embed_backward(reading.ids, d_projection, d_weights["W_x"])
                    np.sum(d_weights["W_x"], axis=1, out=d_weights["b"])  # every row of x has exactly one 1
                    continue
                dense_backward(x, d_projection, d_weights["W_x"], d_weights["b"])
                d_x = dense_backward_input(d_projection, weights["W_x"], out=scratch.array("d_x", x.shape, x.dtype))
                d_x = d_x if order is None else d_x[order]
                d_below = d_x if d_below is None else d_below + d_x
            if d_below is not None:
                d_outputs = d_below.reshape(T, B, -1)
        if self.embedding_size:
            ids = forward.readings[0].ids
            embed_backward(ids, d_outputs.reshape(T * B, -1), gradients["embedding.W"])
        return d_first_state
