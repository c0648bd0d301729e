"""What the network needs to know of a cell, and what a cell leaves behind for its backward pass."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from rnncli.engine.parameters import Shapes
from rnncli.engine.types import Array
from rnncli.engine.workspace import Workspace

Cache = dict[str, Array]
"""Activations of a window by name. Every cell has ``hidden`` (T + 1, B, H), the initial state first, and
``gates`` (G, T, B, H) after their activation function."""


class Cell(Protocol):
    """A recurrence: drive and state in, hidden states and the new state out, and the same backwards."""

    name: str
    gates: tuple[str, ...]
    """Names of the G gates, in the order of the first axis of W_x, b and W_h."""
    states: tuple[str, ...]
    """Names of the S arrays carried from step to step; the first is the hidden state, which the layer above sees."""

    def shapes(self, hidden_size: int) -> Shapes:
        """Names and shapes of the recurrent parameters."""

    def forward(
        self, drive: Array, state: Array, parameters: Mapping[str, Array], workspace: Workspace
    ) -> tuple[Array, Array, Cache]:
        """Run over a window.

        ``drive`` (G, T, B, H) is x W_x + b and is overwritten by the gates; ``state`` is (S, B, H).
        Returns the hidden states (T, B, H), the last state (S, B, H) and the cache.
        """

    def backward(
        self,
        d_hidden: Array,
        d_state: Array,
        cache: Cache,
        parameters: Mapping[str, Array],
        gradients: Mapping[str, Array],
        workspace: Workspace,
    ) -> tuple[Array, Array]:
        """Back-propagation through time over the same window.

        ``d_hidden`` (T, B, H) and ``d_state`` (S, B, H) are the gradients of the loss with respect to what
        ``forward`` returned. Writes the gradients of the recurrent parameters and returns those of the drive
        (G, T, B, H) and of the initial state (S, B, H).
        """


def transposed(W_h: Array, workspace: Workspace) -> Array:
    """W_hᵀ of each gate, contiguous: one copy per window is cheaper than a transposed product per step."""
    copy = workspace.array("W_h transposed", W_h.shape, W_h.dtype)
    np.copyto(copy, W_h.swapaxes(1, 2))
    return copy


def recurrent_gradient(previous: Array, d_recurrent: Array, d_W_h: Array) -> None:
    """Write d_W_h[g] = Σ over t and b of h[t - 1]ᵀ d_recurrent[g, t], as one product per gate over all T · B rows.

    ``previous`` (T, B, H) holds the hidden states before each step, ``d_recurrent`` is (G, T, B, H).
    """
    size = previous.shape[-1]
    rows = previous.reshape(-1, size)
    np.matmul(rows.T, d_recurrent.reshape(len(d_recurrent), -1, size), out=d_W_h)
