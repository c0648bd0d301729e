"""What the network needs to know of a cell, and what a cell leaves behind for its backward pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from rnncli.engine.arrays import Array, Shapes, Workspace
from rnncli.engine.clamping import Hold, hold

Step = Callable[[], None]
"""A time step with all its arrays at hand: to take them apart costs as much as a small step, so it is done once."""


@dataclass(frozen=True)
class Cache:
    """Activations of a window, by their axes; the names stand in the cell.

    ``gates`` (G, T, B, H) after their activation function; ``states`` (S, T + 1, B, H), the initial one first;
    ``kept`` (K, T, B, H), what else the backward pass needs.
    """

    gates: Array
    states: Array
    kept: Array


class Cell(Protocol):
    """A recurrence: what happens between one time step and the next, and the same backwards."""

    name: str
    gates: tuple[str, ...]
    """Names of the G gates, in the order of the first axis of W_x, b and W_h."""
    states: tuple[str, ...]
    """Names of the S arrays carried from step to step; the first is the hidden state, which the layer above sees."""
    kept: tuple[str, ...]
    """Names of the K activations that are kept for the backward pass besides gates and states."""

    def shapes(self, hidden_size: int) -> Shapes:
        """Names and shapes of the recurrent parameters."""

    def step(
        self,
        a: Array,
        state: Array,
        new_state: Array,
        kept: Array,
        parameters: Mapping[str, Array],
        product: Array,
        multiply: Step,
    ) -> Step:
        """Prepare one time step: a function that reads and writes these arrays whenever it is called.

        ``a`` (G, B, H) is the drive x W_x + b and becomes the gates; from ``state`` (S, B, H) it makes ``new_state``,
        which may be the same array, and ``kept`` (K, B, H). ``multiply`` writes h W_h into ``product`` (G, B, H).
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
        """Back-propagation through time over the window of ``cache``.

        ``d_hidden`` (T, B, H) and ``d_state`` (S, B, H) are the gradients of the loss with respect to the hidden
        states and to the last state. Writes the gradients of the recurrent parameters and returns those of the drive
        (G, T, B, H) and of the initial state (S, B, H).
        """


def forward(
    cell: Cell,
    input_projection: Array,
    state: Array,
    parameters: Mapping[str, Array],
    workspace: Workspace,
    holds: Sequence[Hold] = (),
) -> tuple[Array, Array, Cache]:
    """Run ``cell`` over a window, from ``input_projection`` (G, T, B, H), which becomes the gates, and ``state``
    (S, B, H).

    ``holds`` are units whose state is set to a value after each step. Returns the hidden states (T, B, H), the last
    state (S, B, H) and the cache.
    """
    G, T, B, H = input_projection.shape
    states = workspace.array("states", (len(cell.states), T + 1, B, H), input_projection.dtype)
    kept = workspace.array("kept", (len(cell.kept), T, B, H), input_projection.dtype)
    product = workspace.array("product", (G, B, H), input_projection.dtype)
    steps = workspace.cached(
        "steps",
        (input_projection, states, kept, product, parameters),
        lambda: [
            cell.step(
                input_projection[:, t],
                states[:, t],
                states[:, t + 1],
                kept[:, t],
                parameters,
                product,
                partial(np.matmul, states[0, t], parameters["W_h"], out=product),
            )
            for t in range(T)
        ],
    )
    states[:, 0] = state
    for t, step in enumerate(steps):
        step()
        if holds:
            hold(states[:, t + 1], holds, t)
    return states[0, 1:], states[:, T], Cache(input_projection, states, kept)


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
