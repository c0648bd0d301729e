"""Who is to blame for the error? The example of the notes: two inputs, two hidden units, two outputs, no biases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnncli.engine.activations import sigmoid_derivative
from rnncli.engine.arrays import Parameters
from rnncli.engine.losses import sigmoid_squared_error
from rnncli.engine.optimizers import GradientDescent
from rnncli.lessons.small_network import Backward, Forward, SmallNetwork
from rnncli.results import Diagram, Edge, Node, Paragraph, Table, ViewResult

RATES = (10.0, 50.0, 100.0)
"""Further learning rates, each for one step."""

NUDGE = 1e-5

ENDS = (("x1", "h1"), ("x2", "h1"), ("x1", "h2"), ("x2", "h2"), ("h1", "o1"), ("h2", "o1"), ("h1", "o2"), ("h2", "o2"))
"""From which node to which w1 … w8 lead."""


@dataclass(frozen=True)
class Example:
    """What the network reads, what it is to answer, and its ``weights`` w1 … w8."""

    inputs: Sequence[float]
    targets: Sequence[float]
    weights: Sequence[float]

    def network(self) -> SmallNetwork:
        """The network with these weights; w1 and w2 lead to h1 and are a column."""
        network = SmallNetwork((2, 2, 2), ("sigmoid", "sigmoid"))
        network.parameters["l1.W"][...] = np.reshape(self.weights[:4], (2, 2)).T
        network.parameters["l2.W"][...] = np.reshape(self.weights[4:], (2, 2)).T
        return network

    def passes(self, network: SmallNetwork) -> tuple[float, Forward, Backward]:
        """The error E, half the sum of the squared differences, which for two outputs is their mean squared error; and
        the passes forwards and backwards."""
        forward = network.forward(np.array([self.inputs], np.float64))
        error, d_sums = sigmoid_squared_error(forward.sums[-1], np.array([self.targets], np.float64))
        return error, forward, network.backward(forward, d_sums)

    @property
    def error(self) -> float:
        """E."""
        return self.passes(self.network())[0]

    def after(self, rate: float, steps: int = 1) -> "Example":
        """With the weights after gradient descent. There are no biases, so that these stay 0."""
        network = self.network()
        optimizer = GradientDescent(network.parameters.flat.size, np.float64)
        for _ in range(steps):
            gradients = self.passes(network)[2].gradients
            for name in ("l1.b", "l2.b"):
                gradients[name][...] = 0
            optimizer.step(network.parameters.flat, gradients.flat, rate)
        return replace(self, weights=weights_of(network.parameters))

    def slope(self, n: int) -> float:
        """The gradient of weight ``n``, measured: how E changes when it is nudged up and down."""
        up, down = ([w + change * (k == n) for k, w in enumerate(self.weights)] for change in (NUDGE, -NUDGE))
        return (replace(self, weights=up).error - replace(self, weights=down).error) / (2 * NUDGE)


def weights_of(parameters: Parameters) -> list[float]:
    """Those of the two matrices in the order w1 … w8."""
    return [float(w) for name in ("l1.W", "l2.W") for w in parameters[name].T.ravel()]


def backpropagation(
    inputs: Sequence[float], targets: Sequence[float], weights: Sequence[float], rate: float, steps: int
) -> ViewResult:
    """The forward pass as a diagram, the chain rule along its paths, all gradients checked by nudging, the update."""
    example = Example(inputs, targets, weights)
    error, forward, backward = example.passes(example.network())
    updated = zip(weights, weights_of(backward.gradients), example.after(rate).weights, strict=True)
    rows = [(f"w{n + 1}", w, gradient, example.slope(n), new) for n, (w, gradient, new) in enumerate(updated)]
    errors = {f"rate {r:g}": example.after(r).error for r in dict.fromkeys((rate, *RATES))}
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A unit sums up its inputs, each times its weight w, to z; sigmoid(z) is its output. E1 and E2: half "
                "the square of what lacks to the target.",
            ),
            diagram(example, forward, error),
            Table(
                "Backwards: gradient = arriving · slope · factor; h1's two add up, arriving at w1",
                ("of E by", "arriving", "slope", "factor", "which is", "gradient"),
                chains(example, forward, backward),
                digits=7,
            ),
            Table(
                f"All weights: new = w − {rate:g} · gradient, which is how much E grows per 1 of w",
                ("weight", "w", "gradient", "by nudging w", "new w"),
                rows,
                digits=7,
            ),
            Table(
                f"E before, after one step at several rates, and after {steps:,} at rate {rate:g}",
                ("before", *errors, f"{steps:,} steps"),
                [(error, *errors.values(), example.after(rate, steps).error)],
                digits=5,
            ),
            Paragraph("A surprise", _surprise(error, errors) + out_of_reach(targets)),
        ]
    )


def _surprise(error: float, errors: dict[str, float]) -> str:
    best, worst = (choose(errors, key=lambda name: errors[name]) for choose in (min, max))
    if errors[worst] > error:
        return f"One step at {best} lowers E to {errors[best]:.5f}; at {worst} it raises E to {errors[worst]:.5f}."
    return f"One step at {best} lowers E to {errors[best]:.5f}; with gradients so small, no rate here is too large."


def out_of_reach(targets: Sequence[float]) -> str:
    """A sentence on targets that no output can have."""
    return "" if all(0 <= target <= 1 for target in targets) else " An output is between 0 and 1: E cannot come near 0."


def diagram(example: Example, forward: Forward, error: float) -> Diagram:
    """The network with the numbers of its forward pass."""
    nodes = []
    for n in range(2):
        (z_h, z_o), (h, o) = ([float(layer[0, n]) for layer in layers] for layers in (forward.sums, forward.outputs))
        nodes += [
            Node(f"x{n + 1}", 0, n, {"": example.inputs[n]}),
            Node(f"h{n + 1}", 1, n, {"z": z_h, "h": h}),
            Node(f"o{n + 1}", 2, n, {"z": z_o, "o": o}),
            Node(f"E{n + 1}", 3, n, {"target": example.targets[n], "E": (example.targets[n] - o) ** 2 / 2}),
        ]
    edges = [Edge(*ends, f"w{n + 1}", example.weights[n]) for n, ends in enumerate(ENDS)]
    edges += [Edge("o1", "E1"), Edge("o2", "E2")]
    return Diagram(f"Forwards: E = E1 + E2 = {error:.7f}", nodes, edges, digits=5)


def chains(example: Example, forward: Forward, backward: Backward) -> list[tuple[str, float, float, float, str, float]]:
    """The factors of the gradients of w5, of h1 by each of its paths, and of w1, into which both go."""
    (h, o), w = (outputs[0] for outputs in forward.outputs), example.weights
    arriving, slopes = (o - example.targets).tolist(), sigmoid_derivative(o).tolist()
    d_h1, slope = float(backward.inputs[1][0, 0]), float(sigmoid_derivative(h)[0])
    factors = [
        ("w5", arriving[0], slopes[0], float(h[0]), "h1"),
        ("h1, by o1", arriving[0], slopes[0], w[4], "w5"),
        ("h1, by o2", arriving[1], slopes[1], w[6], "w7"),
        ("w1", d_h1, slope, example.inputs[0], "x1"),
    ]
    return [(name, a, b, c, which, a * b * c) for name, a, b, c, which in factors]
