"""Downhill: which loss says more about a wrong answer, and which optimizer is fastest in a long valley?

The valley is E = (a² + 100 b²) / 2, along the axes a and b; turned by ``tilt`` degrees, they are not those of the two
weights any more. It is flat along a and steep along b, so that one rate is too small for the one and too large for the
other.
"""

import math
from functools import cache

import numpy as np

from rnncli.engine.activations import sigmoid
from rnncli.engine.arrays import Array
from rnncli.engine.losses import LOSSES
from rnncli.engine.optimizers import OPTIMIZERS, GradientDescent
from rnncli.names import plural
from rnncli.results import Paragraph, Plane, Table, ViewResult

WRONG = -6.0
"""The sum of a unit that is to say 1 and is almost certain of 0."""

STEEP = 100.0
START, GOAL, LONGEST, OUT_OF_SIGHT = (-4.0, 1.0), 0.01, 2000, 1e6
"""Where the race begins, the error below which it ends for good, its steps at most, and an error of no return."""

RATES = np.geomspace(5e-4, 4, 79)
"""The learning rates that each optimizer may choose from: 20 to a power of ten."""

RULES = {
    "sgd": "rate · g",
    "momentum": "rate · (g + 0.9 · g before …)",
    "rmsprop": "rate · g / √mean g²",
    "adagrad": "rate · g / √Σ g²",
    "adam": "rate · mean g / √mean g²",
}
"""What each optimizer takes off a weight, in short; the engine has the rest."""

WIDTH, HEIGHT = 5.0, 3.5
"""Half of the sides of the map."""


def descent(loss: str | None, optimizer: str | None, rate: float | None, tilt: float) -> ViewResult:
    """Two losses at a wrong certainty, and a race of five optimizers in a valley, straight and turned."""
    straight = {name: best_rate(name, 0) for name in OPTIMIZERS}
    turned = {name: best_rate(name, tilt) for name in OPTIMIZERS}
    rows = [(name, RULES[name], *straight[name], *(turned[name] if tilt else ())) for name in OPTIMIZERS]
    hindered = max(OPTIMIZERS, key=lambda name: turned[name][1] / straight[name][1])
    drawn = [optimizer] if optimizer else list(dict.fromkeys(("sgd", hindered if tilt else "adagrad")))
    paths = {name: path(name, turned[name][0] if rate is None else rate, tilt) for name in drawn}
    arrivals = [f"{name} at {rate:g}: {arrival(way, tilt)}." for name, way in paths.items() if rate is not None]
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "A loss says how wrong an answer is; its slope, how to mend it; an optimizer makes steps of slopes. A "
                f"unit is to answer 1, but its sum {WRONG:g} makes its answer p almost 0. It learns by plain steps: "
                "the slope by the sum times a rate of 1.",
            ),
            losses() if loss is None else followed(loss),
            Table(
                f"A race from weights a = {START[0]:g}, b = {START[1]:g} to E < {GOAL:g}, where "
                f"E = (a² + {STEEP:g} b²) / 2",
                (
                    "optimizer",
                    "a step down",
                    "rate",
                    "steps",
                    *((f"{tilt:g}°: rate", f"{tilt:g}°: steps") if tilt else ()),
                ),
                rows,
                " ".join(
                    [
                        *arrivals,
                        f"g: slope; mean: over the last steps; rate: that with the fewest steps, of {len(RATES)}.",
                    ]
                ),
                digits=4,
            ),
            valley(paths, tilt),
            Paragraph(
                "A surprise",
                f"{_of_the_turn(hindered, straight, turned)} Above rate {2 / STEEP:g} sgd goes uphill.",
            ),
        ]
    )


def _of_the_turn(hindered: str, straight: dict[str, tuple[float, int]], turned: dict[str, tuple[float, int]]) -> str:
    """Which optimizer the turn slows most, and which it does not affect."""
    before, after = straight[hindered][1], turned[hindered][1]
    if after < 2 * before:
        steps = turned["adagrad"][1]
        return f"adagrad has a rate for each weight: {steps} steps, if one lies along the valley. Turn it, and see."
    same = " and ".join(name for name in ("sgd", "momentum") if straight[name][1] == turned[name][1])
    return (
        f"Turned, {hindered} needs {after:,} steps, not {before:,}: a rate for each weight helps only along the axes; "
        f"{same} do not notice."
    )


def losses() -> Table:
    """Both losses of the unit, their slopes, and how long they take to turn the answer."""
    rows, formulas = [], {"cross-entropy": "−ln p", "mse": "(1 − p)²"}
    for name, losses in LOSSES.items():
        value, slope = losses.sigmoid(np.array([WRONG]), np.array([1.0]))
        rows.append((name, formulas[name], value, float(slope[0]), len(learning(name)) - 1))
    return Table(
        "Wrong, and certain of it", ("loss", "which is", "there", "slope", "steps until p > 0.5"), rows, digits=4
    )


def learning(name: str) -> list[tuple[float, float, float]]:
    """Sum, loss and slope at each step of gradient descent, until the answer is nearer to 1."""
    z, optimizer, history = np.array([WRONG]), GradientDescent(1, np.float64), []
    while True:
        value, slope = LOSSES[name].sigmoid(z, np.array([1.0]))
        history.append((float(z[0]), value, float(slope[0])))
        if z[0] > 0:
            return history
        optimizer.step(z, slope, 1.0)


def followed(name: str) -> Table:
    """Some steps of :func:`learning`."""
    history = learning(name)
    chosen = sorted({round((len(history) - 1) * share) for share in (0, 0.25, 0.5, 0.75, 0.9, 1)})
    rows = [(n, history[n][0], float(sigmoid(np.array([history[n][0]]))[0]), *history[n][1:]) for n in chosen]
    return Table(
        f"Learning with {name}, until the answer is right", ("step", "sum", "answer", "loss", "slope"), rows, digits=4
    )


def axes(tilt: float) -> Array:
    """Columns (2, 2): the direction along the valley, and that across it."""
    cosine, sine = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    return np.array([[cosine, -sine], [sine, cosine]])


def curvature(tilt: float) -> Array:
    """The second derivatives (2, 2) of E, with which E = w · g / 2 and its gradient is g = curvature · w."""
    return axes(tilt) * (1.0, STEEP) @ axes(tilt).T


def error_and_gradient(weights: Array, curvature: Array) -> tuple[Array, Array]:
    """E (…) and its gradient (…, 2) at ``weights`` (…, 2)."""
    gradient = weights @ curvature
    return 0.5 * (weights * gradient).sum(axis=-1), gradient


@cache
def best_rate(name: str, tilt: float) -> tuple[float, int]:
    """Of RATES the one with which E is soonest below GOAL and stays there, and the steps until then; the smaller rate
    where two are equal. All race at once, a row each."""
    weights, bends = np.tile(axes(tilt) @ START, (len(RATES), 1)), curvature(tilt)
    optimizer, each = OPTIMIZERS[name](weights.size, np.float64), np.repeat(RATES, 2)
    above = np.zeros(len(RATES), np.intp)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(LONGEST + 1):
            error, gradient = error_and_gradient(weights, bends)
            above[~(error < GOAL)] = step + 1
            optimizer.step(weights.reshape(-1), gradient.reshape(-1), each)  # type: ignore[arg-type]  # a rate per row
    best = int(np.argmin(above))
    return float(RATES[best]), int(above[best])


def path(name: str, rate: float, tilt: float) -> list[tuple[float, float]]:
    """The places that an optimizer comes by, until E is below GOAL or out of sight."""
    weights, bends, optimizer = axes(tilt) @ START, curvature(tilt), OPTIMIZERS[name](2, np.float64)
    places = []
    for _ in range(LONGEST):
        error, gradient = error_and_gradient(weights, bends)
        places.append((float(weights[0]), float(weights[1])))
        if not GOAL <= error < OUT_OF_SIGHT:
            break
        optimizer.step(weights, gradient, rate)
    return places


def arrival(way: list[tuple[float, float]], tilt: float) -> str:
    """Whether a path arrives, and after how many steps."""
    last, steps = float(error_and_gradient(np.array(way[-1]), curvature(tilt))[0]), len(way) - 1
    return plural(steps, "step") if last < GOAL else f"E is {last:.3g} after {plural(steps, 'step')}"


def until_outside(way: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A path as far as the first place that is not on the map."""
    outside = (n for n, (x, y) in enumerate(way) if abs(x) > WIDTH or abs(y) > HEIGHT)
    return way[: next(outside, len(way)) + 1]


def valley(paths: dict[str, list[tuple[float, float]]], tilt: float) -> Plane:
    """The map of E, with paths."""
    xs, ys = np.linspace(-WIDTH, WIDTH, 61), np.linspace(-HEIGHT, HEIGHT, 41)
    places = np.stack(np.meshgrid(xs, ys), axis=-1)
    return Plane(
        f"The valley{f' turned by {tilt:g}°' if tilt else ''}, lines of equal E; S: start, ×: least E",
        "first weight",
        "second weight",
        xs.tolist(),
        ys.tolist(),
        error_and_gradient(places, curvature(tilt))[0].tolist(),
        levels=(2.0, 8.0, 50.0, 200.0),
        points=[(0.0, 0.0, "×"), (*(axes(tilt) @ START).tolist(), "S")],
        paths={name: until_outside(way) for name, way in paths.items()},
    )
