"""What does a unit make of its sum, and how much of a gradient passes through it?"""

from collections.abc import Callable

import numpy as np

from rnncli.engine.activations import ACTIVATIONS, softmax
from rnncli.engine.arrays import Array
from rnncli.results import Curves, Paragraph, Table, Value, ViewResult

ORDER = ("sigmoid", "tanh", "relu", "leaky-relu")
PLACES = (0.0, 2.0, 4.0)
LOGITS = (2.0, 1.0, 0.1)

REACH, HIGHEST = 5.0, 1.3
"""The curves are drawn from −REACH to REACH, up to HIGHEST."""


def activations(at: float, layers: int) -> ViewResult:
    """Curves and slopes of four activation functions, the slope of a chain of ``layers``, and softmax."""
    inputs = np.linspace(-REACH, REACH, 201)
    functions = {name: points(inputs, value(name, inputs)) for name in ORDER}
    slopes = {name: points(inputs, slope(name, inputs)) for name in ORDER}
    chained, places = sorted({min(2, layers), layers} - {1}), [place for place in PLACES if place != at]
    rows: list[list[Value]] = []
    for name in ORDER:
        products = chain(name, at, layers)
        f, elsewhere = float(value(name, np.array([at]))[0]), slope(name, np.array(places)).tolist()
        rows.append([name, f, products[0], *(products[n - 1] for n in chained), *elsewhere])
    columns = (f"f({at:g})", f"slope at {at:g}", *(f"{n} layers" for n in chained), *(f"at {x:g}" for x in places))
    p, jacobian = softmax(np.array(LOGITS)), softmax_jacobian(np.array(LOGITS))
    softmax_rows = [(n + 1, LOGITS[n], float(p[n]), *map(float, row)) for n, row in enumerate(jacobian)]
    crossing = where_equal(lambda x: float(slope("tanh", np.array([x]))[0] - slope("sigmoid", np.array([x]))[0]), 1, 3)
    sigmoid, tanh = (float(slope(name, np.array(PLACES))[-1]) for name in ("sigmoid", "tanh"))
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A unit puts the sum x of its inputs through a function f. Going back, a layer multiplies the gradient "
                "(how the error depends on its output) by f's slope at its own input: x in the first, then f(x), "
                "f(f(x)) … (all weights are 1).",
            ),
            Curves(f"The functions (cut off at {HIGHEST:g})", "x", "f(x)", functions, lines=5),
            Curves("Their slopes", "x", "slope", slopes, lines=4),
            Table(
                f"At x = {at:g}: slopes, multiplied through layers; slopes at other x",
                ("function", *columns),
                rows,
                digits=5,
            ),
            Table(
                "Softmax turns sums, the logits, into probabilities: p = e^logit / Σ e^logit",
                ("output", "logit", "probability", *(f"∂p/∂logit {n + 1}" for n in range(len(LOGITS)))),
                softmax_rows,
                digits=4,
            ),
            Paragraph(
                "A surprise",
                f"tanh passes more gradient than sigmoid, but only for |x| below {crossing:.3f}. At x = {PLACES[-1]:g} "
                f"it is saturated: its slope is {tanh:.5f}, sigmoid's {sigmoid / tanh:.0f} times that.",
            ),
        ]
    )


def value(name: str, x: Array) -> Array:
    """f(x)."""
    return ACTIVATIONS[name].function(x.copy())


def slope(name: str, x: Array) -> Array:
    """f′(x), which the engine computes from f(x)."""
    return ACTIVATIONS[name].derivative(value(name, x))


def chain(name: str, x: float, layers: int) -> list[float]:
    """The slope of f, f(f), f(f(f)), … at ``x``: after each layer the product of the slopes so far."""
    products, at, product = [], np.array([x]), 1.0
    for _ in range(layers):
        product *= float(slope(name, at)[0])
        at = value(name, at)
        products.append(product)
    return products


def softmax_jacobian(logits: Array) -> Array:
    """∂pᵢ/∂lⱼ = pᵢ (δᵢⱼ − pⱼ), shape (V, V) for logits (V,)."""
    p = softmax(logits)
    return np.diag(p) - np.outer(p, p)


def where_equal(difference: Callable[[float], float], low: float, high: float) -> float:
    """Where ``difference`` changes its sign between two places, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if difference(middle) * difference(low) > 0 else (low, middle)
    return low


def points(x: Array, y: Array) -> list[tuple[float, float]]:
    """Those of a curve that are not above HIGHEST."""
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True) if b <= HIGHEST]
