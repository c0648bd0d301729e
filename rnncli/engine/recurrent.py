"""A recurrent layer: one cell, or two that read in opposite directions.

    x → input projection x W_x + b → cell, step by step → hidden states

The input projection is one dense layer for all gates over the whole window; the cell runs along it. A bidirectional
layer (Schuster and Paliwal 1997, "Bidirectional recurrent neural networks") has a second cell that reads every stream
from its end, and the hidden states of both lie side by side.

The input is (T, B, D), or the ids (T, B) of one-hot characters: the product with a one-hot vector is a
gather, see :mod:`rnncli.engine.layers`, so the vectors are never built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine import cells
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace
from rnncli.engine.cells import Cache, Cell
from rnncli.engine.cells.base import backward_products
from rnncli.engine.cells.panels import in_panels, panel_product, products_of_window
from rnncli.engine.clamping import Clamp, clamps_of
from rnncli.engine.layers import dense_backward, embed, embed_backward
from rnncli.engine.padding import Padding, reorder

Input = NDArray[Any]
"""Vectors (T, B, D), or ids (T, B) of one-hot characters."""


@dataclass(frozen=True)
class CellPass:
    """One cell's forward pass over a window: its input and its activations, in the order in which it reads.

    ``reversal`` (T · B,) turns that order into that of the text and back; None where they are the same.
    """

    cell: Cell
    x: Input
    cache: Cache
    reversal: Ids | None

    def activation(self, name: str) -> Array:
        """The state or gate ``name``, (T, B, H), in the order of the text; ValueError if the cell has none."""
        if name in self.cell.states:
            values = self.cache.states[self.cell.states.index(name), 1:]
        else:
            values = self.cache.gates[self.cell.gates.index(name)]
        return reorder(values, self.reversal)


class Direction:
    """A cell that reads a window from its beginning or, with ``reverse``, from its end."""

    def __init__(self, cell: Cell, name: str, reverse: bool) -> None:
        self.cell, self.name, self.reverse = cell, name, reverse

    def forward(
        self,
        parameters: Parameters,
        x: Input,
        state: Array,
        workspace: Workspace,
        padding: Padding | None,
        clamps: Sequence[Clamp],
    ) -> tuple[Array, Array, CellPass]:
        """Read ``x`` from ``state`` (S, B, H). Returns the hidden states (T, B, H) in the order of the text, the last
        state (S, B, H), and what :meth:`backward` needs. To read in reverse takes ``padding``."""
        weights, scratch = parameters.scope(self.name), workspace.scope(self.name)
        reversal = padding.reversal if padding is not None and self.reverse else None
        x = reorder(x, reversal)
        projection = project(self.cell, x, weights, scratch)
        own_clamps = clamps_of(self.name, self.cell.states, clamps)
        hidden, last_state, cache = cells.forward(self.cell, projection, state, weights, scratch, own_clamps)
        if padding is not None:
            last_state = padding.last_states(cache)
            padding.clear(cache)
        return reorder(hidden, reversal), last_state, CellPass(self.cell, x, cache, reversal)

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        cell_pass: CellPass,
        d_outputs: Array,
        d_state: Array,
        workspace: Workspace,
        input_gradient: bool,
    ) -> tuple[Array | None, Array]:
        """The mirror image of :meth:`forward`: from the gradients of the hidden states (T, B, H) and the last state
        (S, B, H) those of the parameters, which are written, of ``x`` (T, B, D) if asked for, and of the initial
        state (S, B, H)."""
        weights, scratch = parameters.scope(self.name), workspace.scope(self.name)
        d_weights = gradients.scope(self.name)
        d_hidden = reorder(d_outputs, cell_pass.reversal)
        d_projection, d_first_state = self.cell.backward(
            d_hidden, d_state, cell_pass.cache, weights, d_weights, scratch
        )
        project_backward(cell_pass.x, d_projection, d_weights)
        if not input_gradient:
            return None, d_first_state
        return reorder(project_backward_input(d_projection, weights, scratch), cell_pass.reversal), d_first_state


class RecurrentLayer:
    """A cell over inputs of ``input_size``, with ``bidirectional`` a second one.

    ``names`` are those of the cells, under which their parameters lie: l1, or l1 and l1r for the one that reads from
    the end.
    """

    def __init__(self, cell: Cell, name: str, input_size: int, hidden_size: int, bidirectional: bool = False) -> None:
        self.cell, self.input_size, self.hidden_size = cell, input_size, hidden_size
        self.directions = [Direction(cell, name, reverse=False)]
        if bidirectional:
            self.directions.append(Direction(cell, f"{name}r", reverse=True))
        self.names = [direction.name for direction in self.directions]

    def shapes(self) -> Shapes:
        """For every cell ``l1.W_x`` (G, D, H), ``l1.b`` (G, H), ``l1.W_h`` (G, H, H) and what else the cell has."""
        gates = len(self.cell.gates)
        shapes: dict[str, tuple[int, ...]] = {}
        for name in self.names:
            shapes[f"{name}.W_x"] = (gates, self.input_size, self.hidden_size)
            shapes[f"{name}.b"] = (gates, self.hidden_size)
            shapes |= {f"{name}.{key}": shape for key, shape in self.cell.shapes(self.hidden_size).items()}
        return shapes

    def forward(
        self,
        parameters: Parameters,
        x: Input,
        state: Array,
        last_state: Array,
        workspace: Workspace,
        padding: Padding | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> tuple[Array, dict[str, CellPass]]:
        """Read ``x`` from ``state`` (directions, S, B, H) and write ``last_state``. Returns the hidden states
        (T, B, directions · H) and the passes of the cells by name. ``padding`` says where the streams end, if they
        do not fill the window."""
        if padding is None and len(self.directions) == 2:
            padding = Padding(np.full(x.shape[1], len(x)), len(x))
        outputs, passes = [], {}
        for i, direction in enumerate(self.directions):
            hidden, last_state[i], passes[direction.name] = direction.forward(
                parameters, x, state[i], workspace, padding, clamps
            )
            outputs.append(hidden)
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-1), passes

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        passes: Mapping[str, CellPass],
        d_outputs: Array,
        d_state: Array,
        d_first_state: Array,
        workspace: Workspace,
        input_gradient: bool = True,
    ) -> Array | None:
        """Write the gradients of the parameters and, into ``d_first_state`` (directions, S, B, H), of ``state``.

        ``d_outputs`` (T, B, directions · H) and ``d_state`` (directions, S, B, H) are the gradients with respect to the
        hidden states and the last state. Returns that of ``x``, (T, B, D), or None without ``input_gradient``.
        """
        total: Array | None = None
        d_hiddens = np.split(d_outputs, len(self.directions), axis=-1)
        for i, (direction, d_hidden) in enumerate(zip(self.directions, d_hiddens, strict=True)):
            own = passes[direction.name]
            d_x, d_first_state[i] = direction.backward(
                parameters, gradients, own, d_hidden, d_state[i], workspace, input_gradient
            )
            total = d_x if total is None or d_x is None else np.add(total, d_x, out=total)
        return total


def project(cell: Cell, x: Input, weights: Parameters, workspace: Workspace) -> Array:
    """The input projection x W_x + b of every gate, (G, T, B, H), with halved sigmoids; for one-hot characters a gather
    of rows."""
    W_x, b = (cells.halve_sigmoids(cell, weights[name].copy()) for name in ("W_x", "b"))
    T, B = x.shape[:2]
    projection = workspace.array("input projection", (len(b), T, B, b.shape[-1]), b.dtype)
    if x.ndim == 2:
        embed(x.ravel(), W_x + b[:, None], out=projection.reshape(len(b), T * B, -1))
        return projection
    products = products_of_window(T, B, *W_x.shape[1:])
    rows, out = x.reshape(products, T * B // products, -1), projection.reshape(len(b), products, T * B // products, -1)
    panels = in_panels(W_x, rows.shape[1], workspace, "W_x")
    for k in range(products):
        panel_product(rows[k], panels, out[:, k])()
        out[:, k] += b[:, None]
    return projection


def project_backward(x: Input, d_projection: Array, d_weights: Parameters) -> None:
    """Write the gradients of W_x and b, given that of the input projection (G, T, B, H)."""
    d_W_x, d_b = d_weights["W_x"], d_weights["b"]
    d_rows = d_projection.reshape(len(d_b), -1, d_b.shape[-1])
    if x.ndim == 2:
        embed_backward(x.ravel(), d_rows, d_W_x)
        np.sum(d_W_x, axis=1, out=d_b)  # every one-hot vector has exactly one 1
    else:
        dense_backward(x.reshape(-1, x.shape[-1]), d_rows, d_W_x, d_b)


def project_backward_input(d_projection: Array, weights: Parameters, workspace: Workspace) -> Array:
    """The gradient (T, B, D) of the input; of one-hot characters that of the vectors that they stand for."""
    gates, T, B, H = d_projection.shape
    W_x = weights["W_x"]
    products = products_of_window(T, B, H, W_x.shape[1])
    rows, scratch = T * B // products, workspace.scope("input")
    d_x = workspace.array("d_x", (products, rows, W_x.shape[1]), W_x.dtype)
    product = scratch.array("product", (gates, rows, W_x.shape[1]), W_x.dtype)
    multiply = backward_products(d_projection.reshape(gates, products, rows, H), W_x, product, scratch)
    for k in range(products):
        multiply[k]()
        np.add.reduce(product, axis=0, out=d_x[k])
    return d_x.reshape(T, B, -1)
