"""The interface of a cell, how a cell runs over a window, and the recurrent product that all cells share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rnncli.engine.arrays import Array, Shapes, Workspace
from rnncli.engine.cells.panels import in_panels, panel_product
from rnncli.engine.clamping import CellClamp, apply_clamps

Step = Callable[[], object]
"""A prepared time step, bound to its arrays: slicing them costs as much as a small step, so it is done once."""


@dataclass(frozen=True)
class Cache:
    """Activations of a window for the backward pass; the cell names the first axes.

    ``gates`` (G, T, B, H) after their activation function; ``states`` (S, T + 1, B, H), the initial one first;
    ``saved`` (A, T, B, H), what else the backward pass needs.
    """

    gates: Array
    states: Array
    saved: Array


class Cell(Protocol):
    """A recurrence: what happens between one time step and the next, and the same backwards."""

    name: str
    gates: tuple[str, ...]
    """Names of the G gates, in the order of the first axis of W_x, b and W_h."""
    sigmoids: int
    """How many of the gates, the first, are sigmoids; see :func:`halve_sigmoids`."""
    states: tuple[str, ...]
    """Names of the S arrays carried from step to step; the first is the hidden state, which the layer above sees."""
    saved: tuple[str, ...]
    """Names of the A activations that the backward pass needs besides gates and states."""

    def shapes(self, hidden_size: int) -> Shapes:
        """Names and shapes of the recurrent parameters."""

    def step(
        self,
        a: Array,
        state: Array,
        new_state: Array,
        saved: Array,
        parameters: Mapping[str, Array],
        product: Array,
        multiply: Step,
    ) -> Step:
        """Prepare one time step: a function that reads and writes these arrays whenever it is called.

        ``a`` (G, B, H) is the input projection x W_x + b and becomes the gates; from ``state`` (S, B, H) the step
        makes ``new_state``, which may be the same array, and ``saved`` (A, B, H). ``multiply`` writes h W_h into
        ``product`` (G, B, H). In both, the arguments of the sigmoids are halved.
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
        states and to the last state. Writes the gradients of the recurrent parameters and returns those of the input
        projection (G, T, B, H) and of the initial state (S, B, H).
        """


def forward(
    cell: Cell,
    input_projection: Array,
    state: Array,
    parameters: Mapping[str, Array],
    workspace: Workspace,
    clamps: Sequence[CellClamp] = (),
) -> tuple[Array, Array, Cache]:
    """Run ``cell`` over a window, from ``input_projection`` (G, T, B, H), with halved sigmoids, which becomes the
    gates, and ``state`` (S, B, H).

    ``clamps`` are applied after each step. Returns the hidden states (T, B, H), the last state (S, B, H) and the cache.
    """
    G, T, B, H = input_projection.shape
    states = workspace.array("states", (len(cell.states), T + 1, B, H), input_projection.dtype)
    saved = workspace.array("saved", (len(cell.saved), T, B, H), input_projection.dtype)
    product = workspace.array("product", (G, B, H), input_projection.dtype)
    W_h = halve_sigmoids(cell, in_panels(parameters["W_h"], B, workspace, "W_h"))
    steps = workspace.cached(
        "steps",
        (input_projection, states, saved, product, parameters, W_h),
        lambda: [
            cell.step(
                input_projection[:, t],
                states[:, t],
                states[:, t + 1],
                saved[:, t],
                parameters,
                product,
                panel_product(states[0, t], W_h, product),
            )
            for t in range(T)
        ],
    )
    states[:, 0] = state
    for t, step in enumerate(steps):
        step()
        if clamps:
            apply_clamps(states[:, t + 1], clamps, t)
    return states[0, 1:], states[:, T], Cache(input_projection, states, saved)


def halve_sigmoids(cell: Cell, W: Array) -> Array:
    """Halve, in place, the weights or biases W (G, …) of the gates that are sigmoids.

    σ(a) is (1 + tanh(a/2)) / 2. With a/2 from the weights, which are copied for each window anyway, a step saves a pass
    over its sigmoids; to halve is exact, so no result changes.
    """
    W[: cell.sigmoids] *= 0.5
    return W


def backward_products(d_recurrent: Array, W_h: Array, d_h: Array, workspace: Workspace) -> list[Step]:
    """Prepare for every step t the products ``d_h[:G]`` = d_recurrent[:, t] W_hᵀ, whose sum over the gates is the
    gradient of h.

    ``d_recurrent`` (G, T, B, H) and ``d_h`` (G or more, B, H) lie in ``workspace``, so that they are the same arrays in
    the next window.
    """
    transposed = in_panels(W_h.swapaxes(1, 2), d_recurrent.shape[2], workspace, "W_h transposed")
    return workspace.cached(
        "backward products",
        (d_recurrent, transposed, d_h),
        lambda: [panel_product(d_recurrent[:, t], transposed, d_h[: len(W_h)]) for t in range(d_recurrent.shape[1])],
    )


def recurrent_gradient(previous: Array, d_recurrent: Array, d_W_h: Array) -> None:
    """Write d_W_h[g] = Σ over t and b of h[t - 1]ᵀ d_recurrent[g, t], as one product per gate over all T · B rows.

    ``previous`` (T, B, H) are the hidden states before each step, ``d_recurrent`` is (G, T, B, H).
    """
    size = previous.shape[-1]
    rows = previous.reshape(-1, size)
    np.matmul(rows.T, d_recurrent.reshape(len(d_recurrent), -1, size), out=d_W_h)
