"""What can one unit decide, and what do hidden units add? A truth table is learnt by networks of three kinds."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from rnncli.engine.activations import sigmoid
from rnncli.engine.arrays import Array
from rnncli.engine.losses import sigmoid_binary_cross_entropy
from rnncli.engine.optimizers import GradientDescent
from rnncli.lessons.small_network import SmallNetwork
from rnncli.results import Paragraph, Plane, Table, Value, ViewResult

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = "0110"
RATE, STEPS, SEED = 1.0, 1000, 1

LOW, HIGH = -0.5, 1.5
"""The part of the plane that is drawn."""

UNSURE = 0.49
"""An answer further than this from the truth is not right: about a half says nothing."""

BY_HAND: dict[str, list[Any]] = {
    "l1.W": [[20.0, 20.0], [20.0, 20.0]],
    "l1.b": [-10.0, -30.0],
    "l2.W": [[20.0], [-20.0]],
    "l2.b": [-10.0],
}
"""One hidden unit says "or", the other "and"; the output is "or, but not and"."""


def perceptron(truth: str, hidden: int, activation: str) -> ViewResult:
    """The boundary of a network with ``hidden`` units in the plane, beside one without any and one of linear units."""
    targets = answers(truth)
    single, linear = trained(truth, 0, "linear"), trained(truth, max(hidden, 1), "linear")
    chosen = single if not hidden else linear if activation == "linear" else trained(truth, hidden, activation)
    networks = {"no hidden unit": single, f"{max(hidden, 1)} linear": linear}
    if hidden and activation != "linear":
        networks[f"{hidden} {activation}"] = chosen
    rows: list[Sequence[Value]] = [(name, *measured(network, targets)) for name, network in networks.items()]
    if truth == XOR:
        rows.append(("2 sigmoid, by hand", *measured(by_hand(), targets)))
    product, difference = as_one_layer(linear)
    ins = np.linspace(LOW, HIGH, 41), np.linspace(LOW, HIGH, 25)
    places = np.stack(np.meshgrid(*ins), axis=-1).reshape(-1, 2)
    values = 2 * outputs(chosen, places).reshape(25, 41) - 1
    name = list(networks)[0 if not hidden else -1]
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A perceptron is a unit that multiplies its inputs x1 and x2 by weights and adds a bias, a number of "
                "its own; a function, sigmoid or σ, makes a probability of the sum. Here "
                f"{', '.join(truth)} are to be the answers to 00, 01, 10 and 11, learnt in {STEPS:,} steps. Hidden "
                "units stand between the inputs and the unit that answers.",
            ),
            Table(
                "Answers to x1 x2, and the loss, which says how wrong they are",
                ("hidden units", *(f"{int(a)} {int(b)}" for a, b in CORNERS), "loss", "right"),
                rows,
                "Loss: cross-entropy, the mean of −ln of the probability that the right answer got. Right: less than "
                f"{UNSURE} from the truth, so that about a half does not count.{_by_hand_told() * (truth == XOR)}",
                digits=5,
            ),
            Plane(
                f"The answer of {name}: blue (≡ = -) 0, orange or red (+ * #) 1; digits: truth",
                "x1",
                "x2",
                ins[0].tolist(),
                ins[1].tolist(),
                values.tolist(),
                points=[(float(a), float(b), digit) for (a, b), digit in zip(CORNERS, truth, strict=True)],
            ),
            Paragraph(
                "A surprise",
                "Linear hidden units add nothing: two matrices in a row are one, here W1 W2 = "
                f"[{product[0]:z.4f} {product[1]:z.4f}], and one unit with these weights gives the same answers"
                f"{'' if difference < 1e-12 else f' within {difference:.0e}'}. {_of_a_line(single, targets)}",
            ),
        ]
    )


def answers(truth: str) -> Array:
    """Those to the CORNERS, (4, 1)."""
    return np.array([[float(digit)] for digit in truth])


@cache
def trained(truth: str, hidden: int, activation: str) -> SmallNetwork:
    """A network after gradient descent on four answers, from random weights."""
    targets = answers(truth)
    sizes, activations = ((2, hidden, 1), (activation, "linear")) if hidden else ((2, 1), ("linear",))
    network = SmallNetwork(sizes, activations)
    parameters = network.parameters.flat
    parameters[...] = np.random.default_rng(SEED).normal(size=parameters.size)
    optimizer = GradientDescent(parameters.size, np.float64)
    for _ in range(STEPS):
        forward = network.forward(CORNERS)
        _, d_logits = sigmoid_binary_cross_entropy(forward.sums[-1], targets)
        optimizer.step(parameters, network.backward(forward, d_logits).gradients.flat, RATE)
    return network


def by_hand() -> SmallNetwork:
    """XOR without learning."""
    network = SmallNetwork((2, 2, 1), ("sigmoid", "linear"))
    for name, values in BY_HAND.items():
        network.parameters[name][...] = values
    return network


def _by_hand_told() -> str:
    """Which sums the units make."""
    h1, h2 = np.array(BY_HAND["l1.W"]).T
    or_bias, and_bias = BY_HAND["l1.b"]
    answer = _sum(np.ravel(BY_HAND["l2.W"]), ("h1", "h2"), BY_HAND["l2.b"][0])
    return (
        f" By hand: h1 = σ({_sum(h1, ('x1', 'x2'), or_bias)}) is OR, h2 = σ({_sum(h2, ('x1', 'x2'), and_bias)}) AND, "
        f"the answer σ({answer}): h1 and not h2."
    )


def _sum(weights: Array, names: Sequence[str], bias: float) -> str:
    """As it is written down, with a minus before what is taken off."""
    terms = [*(f"{w:+g} {name}" for w, name in zip(weights, names, strict=True)), f"{bias:+g}"]
    return " ".join(f"{term[0]} {term[1:]}" for term in terms).removeprefix("+ ").replace("-", "−")


def outputs(network: SmallNetwork, inputs: Array) -> Array:
    """The probability (N,) of 1 for inputs (N, 2)."""
    return sigmoid(network.forward(inputs).sums[-1])[:, 0]


def measured(network: SmallNetwork, targets: Array) -> tuple[Value, ...]:
    """The four answers, their loss, and how many are right."""
    found = outputs(network, CORNERS)
    loss, _ = sigmoid_binary_cross_entropy(network.forward(CORNERS).sums[-1], targets)
    right = int(np.sum(np.abs(found - targets[:, 0]) < UNSURE))
    return (*found.tolist(), loss, right)


def as_one_layer(network: SmallNetwork) -> tuple[Array, float]:
    """W₁ W₂ (2,) of a network with linear hidden units, and how far the answers of one layer with it are from those of
    the two."""
    parameters = network.parameters
    one = SmallNetwork((2, 1), ("linear",))
    one.parameters["l1.W"][...] = parameters["l1.W"] @ parameters["l2.W"]
    one.parameters["l1.b"][...] = parameters["l1.b"] @ parameters["l2.W"] + parameters["l2.b"]
    difference = np.max(np.abs(outputs(one, CORNERS) - outputs(network, CORNERS)))
    return one.parameters["l1.W"][:, 0], float(difference)


def _of_a_line(single: SmallNetwork, targets: Array) -> str:
    """Whether a unit alone, whose boundary is a straight line, can give these answers."""
    loss, right = measured(single, targets)[-2:]
    if right == len(targets):
        return "One straight line is enough here."
    return (
        f"No straight line parts these answers: without hidden units the loss stays at {loss:.4f}, where ln 2 = "
        f"{np.log(2):.4f} is that of a coin."
    )
