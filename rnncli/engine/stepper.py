"""Stacked cells that read one character at a time, as sampling does, without allocating anything per character."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.cells.base import Cell, Step, halve_sigmoids
from rnncli.engine.cells.panels import in_panels, panel_product
from rnncli.engine.clamping import CellClamp, Clamp, apply_clamps, clamps_of


class Stepper:
    """The cells ``names`` (L), from the lowest layer to the top, read B texts side by side; ``state`` (L, S, B, H) is
    updated in place.

    ``parameters`` has their weights, and ``embedding.W`` where characters are embedded. What the steps need is copied
    once: the input projection of the lowest layer becomes a table with a row for each character.
    """

    def __init__(
        self,
        cell: Cell,
        names: Sequence[str],
        parameters: Parameters,
        state: Array,
        clamps: Sequence[Clamp] = (),
    ) -> None:
        self._top = state[-1, 0]
        _, _, streams, size = state.shape
        gates = len(cell.gates)
        first = parameters.scope(names[0])
        table = parameters["embedding.W"] @ first["W_x"] if "embedding.W" in parameters else first["W_x"]
        projections = halve_sigmoids(cell, table + first["b"][:, None])
        self._table = np.ascontiguousarray(projections.swapaxes(0, 1))  # (V, G, H)
        self._a = np.empty((gates, streams, size), state.dtype)
        self._rows = self._a.swapaxes(0, 1)

        def halved(name: str) -> Array:
            return halve_sigmoids(cell, parameters[name].copy())

        product, saved = np.empty_like(self._a), np.empty((len(cell.saved), streams, size), state.dtype)
        steps = [
            cell.step(
                self._a,
                layer,
                layer,  # the new state takes the place of the old
                saved,
                parameters.scope(name),
                product,
                _product(layer[0], halved(f"{name}.W_h"), product),
            )
            for name, layer in zip(names, state, strict=True)
        ]
        for k, name in enumerate(names):
            if own := clamps_of(name, cell.states, clamps):
                steps[k] = _clamped(steps[k], state[k], own)
        self._steps = steps
        self._between = [
            (_product(below[0], halved(f"{name}.W_x"), self._a), halved(f"{name}.b")[:, None])
            for name, below in zip(names[1:], state, strict=False)
        ]

    def step(self, ids: Ids) -> Array:
        """Read ``ids`` (B,); returns the hidden state (B, H) of the top layer, valid until the next step."""
        np.copyto(self._rows, self._table[ids])
        self._steps[0]()
        for (multiply, b), step in zip(self._between, self._steps[1:], strict=True):
            multiply()
            np.add(self._a, b, out=self._a)
            step()
        return self._top


def _product(rows: Array, W: Array, out: Array) -> Step:
    """Multiply ``rows`` (B, D) by a stack of weights (G, D, H) into ``out`` (G, B, H). For one text the stack is laid
    out as one matrix: one product of a vector instead of G."""
    if len(rows) > 1:
        return panel_product(rows, in_panels(W, len(rows), Workspace(), "W"), out)
    flat = np.ascontiguousarray(W.swapaxes(0, 1)).reshape(W.shape[1], -1)
    return partial(np.dot, rows, flat, out=out.reshape(1, -1))


def _clamped(step: Step, state: Array, clamps: list[CellClamp]) -> Step:
    """``step``, after which the clamps are applied to ``state``."""

    def clamped() -> None:
        step()
        apply_clamps(state, clamps)

    return clamped
