"""A network of a few dense layers in float64, made of the engine's functions: small enough to be shown whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncli.engine.activations import ACTIVATIONS, Activation
from rnncli.engine.arrays import Array, Parameters
from rnncli.engine.layers import dense, dense_backward, dense_backward_input

LINEAR = Activation(lambda x, out=None: x, lambda y, out=None: np.ones_like(y))
"""No activation function at all."""


@dataclass(frozen=True)
class Forward:
    """For each layer the ``sums`` z and the ``outputs`` f(z), all (N, M); the last layer's are those of the network."""

    inputs: Array
    sums: list[Array]
    outputs: list[Array]


@dataclass(frozen=True)
class Backward:
    """The ``gradients`` of the parameters, and for each layer that of its ``sums`` and ``inputs``."""

    gradients: Parameters
    sums: list[Array]
    inputs: list[Array]


class SmallNetwork:
    """Layers of ``sizes[1:]`` units over ``sizes[0]`` inputs, each with its activation function, "linear" being none.

    ``parameters`` are ``l1.W`` (D, M), ``l1.b`` (M,), ``l2.W``, …, all 0 at first.
    """

    def __init__(self, sizes: Sequence[int], activations: Sequence[str]) -> None:
        self.names = [f"l{n + 1}" for n in range(len(activations))]
        shapes: dict[str, tuple[int, ...]] = {}
        for name, below, size in zip(self.names, sizes, sizes[1:], strict=False):
            shapes |= {f"{name}.W": (below, size), f"{name}.b": (size,)}
        self.parameters = Parameters(shapes, np.float64)
        self.activations = [LINEAR if name == "linear" else ACTIVATIONS[name] for name in activations]

    def forward(self, inputs: Array) -> Forward:
        """Read ``inputs`` (N, D)."""
        sums, outputs, x = [], [], inputs
        for name, activation in zip(self.names, self.activations, strict=True):
            sums.append(dense(x, self.parameters[f"{name}.W"], self.parameters[f"{name}.b"]))
            x = activation.function(sums[-1].copy())
            outputs.append(x)
        return Forward(inputs, sums, outputs)

    def backward(self, forward: Forward, d_sums: Array) -> Backward:
        """From the gradient ``d_sums`` (N, M) of the last layer's sums back to every parameter and every input."""
        gradients = self.parameters.zeros_like()
        of_sums, of_inputs = [d_sums], list[Array]()
        for n in reversed(range(len(self.names))):
            name, below = self.names[n], forward.outputs[n - 1] if n else forward.inputs
            dense_backward(below, of_sums[0], gradients[f"{name}.W"], gradients[f"{name}.b"])
            of_inputs.insert(0, dense_backward_input(of_sums[0], self.parameters[f"{name}.W"]))
            if n:
                of_sums.insert(0, of_inputs[0] * self.activations[n - 1].derivative(below))
        return Backward(gradients, of_sums, of_inputs)
