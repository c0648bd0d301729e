"""The simple recurrent network (Elman 1990, "Finding structure in time").

Notation: x input, h hidden state before and h' after the step, φ the activation function.

    h' = φ(x W_x + b + h W_h)

and backwards, with d· the gradient of the loss with respect to ·, and a the argument of φ:

    da = dh' φ'(a)        dh = da W_hᵀ        dW_h = Σ hᵀ da
"""

from collections.abc import Mapping

import numpy as np

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.arrays import Array, Shapes, Workspace
from rnncli.engine.cells.base import Cache, Step, backward_products, recurrent_gradient


class RNN:
    """One gate, whose value is the next hidden state."""

    name = "rnn"
    gates: tuple[str, ...] = ("hidden",)
    sigmoids = 0  # the activation function may be one, of its own argument
    states: tuple[str, ...] = ("hidden",)
    saved: tuple[str, ...] = ()

    def __init__(self, activation: str = "tanh") -> None:
        self.activation = ACTIVATIONS[activation]

    def shapes(self, hidden_size: int) -> Shapes:
        return {"W_h": (1, hidden_size, hidden_size)}

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
        φ = self.activation.function

        def step() -> None:
            multiply()  # product = h W_h
            np.add(a, product, out=product)
            φ(product, out=a)
            np.copyto(new_state, a)

        return step

    def backward(
        self,
        d_hidden: Array,
        d_state: Array,
        cache: Cache,
        parameters: Mapping[str, Array],
        gradients: Mapping[str, Array],
        workspace: Workspace,
    ) -> tuple[Array, Array]:
        T, B, H = d_hidden.shape
        d_a = workspace.array("d_projection", (1, T, B, H), d_hidden.dtype)
        d_h = workspace.array("d_h", (1, B, H), d_hidden.dtype)
        multiply = backward_products(d_a, parameters["W_h"], d_h, workspace)

        self.activation.derivative(cache.gates, out=d_a)  # φ'(a), times dh' in the loop

        np.copyto(d_h, d_state)
        for t in reversed(range(T)):
            d_h += d_hidden[t]
            d_a[:, t] *= d_h
            multiply[t]()  # dh = da W_hᵀ

        recurrent_gradient(cache.states[0, :-1], d_a, gradients["W_h"])
        return d_a, d_h
