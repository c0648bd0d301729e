"""Reading one character at a time: what sampling does, without allocating anything per character."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters
from rnncli.engine.cells.base import Step
from rnncli.engine.clamping import Clamp, Hold, clamps_of, hold

if TYPE_CHECKING:
    from rnncli.engine.network import RecurrentNetwork


class Stepper:
    """A network that reads B texts side by side, from ``state`` (L, S, B, H), which it carries on in place.

    It copies what it needs of the parameters once: the bias is added to the rows that one-hot characters pick.
    """

    def __init__(
        self, network: "RecurrentNetwork", parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()
    ) -> None:
        self._top = state[-1, 0]
        streams, gates, size = state.shape[2], len(network.cell.gates), network.hidden_size
        first = parameters.scope(network.names[0])
        table = first["W_x"] if not network.embedding_size else parameters["embedding.W"] @ first["W_x"]
        self._table = np.ascontiguousarray((table + first["b"][:, None]).swapaxes(0, 1))  # (V, G, H)
        self._a = np.empty((gates, streams, size), state.dtype)
        self._rows = self._a.swapaxes(0, 1)
        product, kept = np.empty_like(self._a), np.empty((len(network.cell.kept), streams, size), state.dtype)
        steps = [
            network.cell.step(
                self._a,
                layer,
                layer,  # the new state takes the place of the old
                kept,
                parameters.scope(name),
                product,
                self._product(layer[0], parameters[f"{name}.W_h"], product),
            )
            for name, layer in zip(network.names, state, strict=True)
        ]
        holds = [clamps_of(clamps, name, network.cell.states) for name in network.names]
        self._steps = [_held(*parts) if parts[2] else parts[0] for parts in zip(steps, state, holds, strict=True)]
        self._between = [
            (self._product(below[0], parameters[f"{name}.W_x"], self._a), parameters[f"{name}.b"][:, None])
            for name, below in zip(network.names[1:], state, strict=False)
        ]

    def step(self, ids: Ids) -> Array:
        """Read ``ids`` (B,); returns the hidden state (B, H) of the top layer, good until the next step."""
        np.copyto(self._rows, self._table[ids])
        self._steps[0]()
        for (multiply, b), step in zip(self._between, self._steps[1:], strict=True):
            multiply()
            np.add(self._a, b, out=self._a)
            step()
        return self._top

    @staticmethod
    def _product(rows: Array, W: Array, out: Array) -> Step:
        """Multiply ``rows`` (B, D) by a stack of weights (G, D, H) into ``out`` (G, B, H). For one text the stack is
        laid out as one matrix: one product of a vector instead of G."""
        if len(rows) > 1:
            return partial(np.matmul, rows, W, out=out)
        flat = np.ascontiguousarray(W.swapaxes(0, 1)).reshape(W.shape[1], -1)
        return partial(np.dot, rows, flat, out=out.reshape(1, -1))


def _held(step: Step, state: Array, holds: list[Hold]) -> Step:
    """A step after which some units have the values that they are held at."""

    def held() -> None:
        step()
        hold(state, holds)

    return held
