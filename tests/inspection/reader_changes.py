"""What is done to a network to see what depends on it: units are held, a connection is cut, states are exchanged, and
characters are replaced. From the definitions, with the independent reader of :mod:`tests.inspection.reader`."""

from collections.abc import Callable, Mapping

import numpy as np

from tests.inspection.reader import GATES, Array, Change, Network, Values, log_softmax

BITS = 1 / np.log(2)


def held(layer: str, unit: int, values: Mapping[str, float | Array]) -> Change:
    """Hold a unit of a layer: its states, by name (hidden, cell), are set after every step, before anything sees them.
    A value is a number, or one for each step (T,)."""

    def change(step: int, name: str, found: Array) -> Array:
        of, _, state = name.partition(".")
        if of != layer or state not in values:
            return found
        changed = found.copy()
        value = values[state]
        changed[:, unit] = value[step] if isinstance(value, np.ndarray) else value
        return changed

    return change


def held_along(directions: Mapping[str, Array], values: Mapping[str, float]) -> Change:
    """Hold the projections of states on ``directions`` (H,), of any length, at ``values``, both by the names of the
    states (l1.hidden, …): what is orthogonal to them stays."""

    def change(step: int, name: str, found: Array) -> Array:
        if name not in directions:
            return found
        unit = directions[name] / np.sqrt(np.sum(directions[name] ** 2))
        return found + (values[name] - found @ unit)[:, None] * unit

    return change


def cost_of_holding(network: Network, ids: Array, free: Values, layer: str, unit: int) -> Array:
    """By how many bits each loss (N − 1,) grows when a unit is held at its mean over the text of ``ids`` (N,), of which
    ``free`` are the activations, (N − 1, ·) by name."""
    values = {state: float(free[f"{layer}.{state}"][:, unit].mean()) for state in network.states}
    before = log_softmax(free["logits"])[np.arange(len(ids) - 1), ids[1:]]
    return (network.losses(ids, held(layer, unit, values)) + before) * BITS


def contributions(network: Network, ids: Array, layer: str, gate: str, unit: int) -> dict[str, Array]:
    """What each source adds to the sum of a gate of a unit at each step, (T,), when ``ids`` (T,) are read: the units
    l1.hidden:0, … of its layer one step before, and of the layer below or what is read, x:0, …"""
    found = {name: values[:, 0] for name, values in network.read(ids).items()}
    g = GATES[network.cell].index("hidden" if network.cell == "rnn" else gate)
    below = f"l{int(layer[1:]) - 1}.hidden" if layer != "l1" else "x"
    before = np.concatenate([np.zeros((1, network.size)), found[f"{layer}.hidden"][:-1]])
    own = before * network.weights[f"{layer}.W_h"][g, :, unit]
    if network.cell == "gru" and gate == "candidate":
        own = own * found[f"{layer}.reset"][:, [unit]]
    over = found[below] * network.weights[f"{layer}.W_x"][g, :, unit]
    return {f"{layer}.hidden:{n}": values for n, values in enumerate(own.T)} | {
        f"{below}:{n}": values for n, values in enumerate(over.T)
    }


def cut(network: Network, layer: str, unit: int, source: str, number: int, mean: float) -> Change:
    """Cut a unit off from one other: all its gates see unit ``number`` of the layer ``source`` at its ``mean``, while
    everything else sees it as it is."""
    own = source == layer
    weights = network.weights[f"{layer}.W_h" if own else f"{layer}.W_x"][:, number, unit]
    gates = GATES[network.cell]
    sums = [f"{layer}.z"] if network.cell == "rnn" else [f"{layer}.{gate}.z" for gate in gates]
    if own and network.cell == "gru":
        sums[-1] = f"{layer}.candidate.q"  # the recurrent product is inside the reset gate
    seen = f"{source}.hidden later" if own else f"{source}.hidden above"
    last: dict[str, Array | float] = {seen: 0.0}

    def change(step: int, name: str, found: Array) -> Array:
        if name == seen:
            last[seen] = found[:, number]
        if name not in sums:
            return found
        changed = found.copy()
        changed[:, unit] += (mean - last[seen]) * weights[sums.index(name)]
        return changed

    return change


def states_after(network: Network, ids: Array) -> Values:
    """The states (1, H) when ``ids`` (T,) have been read, by name."""
    found = network.read(ids)
    return {name: found[name][-1] for name in network.state_names()}


def exchanged(network: Network, first: Values, second: Values, chosen: Mapping[str, list[int]]) -> Values:
    """The states of the ``second`` text with the ``chosen`` units, by layer, in those of the ``first``."""
    found = {name: values.copy() for name, values in second.items()}
    for layer, units in chosen.items():
        for state in network.states:
            found[f"{layer}.{state}"][:, units] = first[f"{layer}.{state}"][:, units]
    return found


def log_odds(network: Network, states: Values, rest: Array, one: int, other: int) -> float:
    """How many bits more probable one character is than another, when ``rest`` (T,) has been read from these states."""
    logits = network.read(rest, states)["logits"][-1, 0]
    return float((logits[one] - logits[other]) * BITS)


def effects_of_others(network: Network, ids: Array, place: int, at: int, of: Callable[[Array], Array]) -> Array:
    """For each character c of the alphabet by how much the character at ``at`` raises a number: what it is for the text
    less what it is with c there, (V,). ``of`` takes log-probabilities (B, V) at ``place`` to the number, (B,)."""
    size = len(network.alphabet)
    copies = np.repeat(ids[:place, None], size + 1, axis=1)
    copies[at, 1:] = np.arange(size)
    found = of(log_softmax(network.read(copies)["logits"][-1]))
    return found[0] - found[1:]


def projection(network: Network, ids: Array, directions: Mapping[str, Array]) -> Array:
    """The sum over all layers of the product of states with a direction, (T,)."""
    found = network.read(ids)
    return np.asarray(sum(found[name][:, 0] @ direction for name, direction in directions.items()))


def cosines(states: Array, to: Array) -> Array:
    """The cosine (N,) of the angle between each of states (N, H) and one (H,)."""
    return states @ to / np.linalg.norm(states, axis=1) / np.linalg.norm(to)


def shares_of_variance(parts: Array) -> Array:
    """The share (K,) of each of the parts (N, K) of a sum in its variance: the covariance of the two over it."""
    total = parts.sum(axis=1)
    return np.array([np.cov(part, total)[0, 1] for part in parts.T]) / np.var(total, ddof=1)
