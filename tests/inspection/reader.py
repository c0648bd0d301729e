"""An independent reader of model files: the network once more, from its equations, in float64.

It shares nothing with the package, so that it can be the judge of what the views print. The file is opened as in
``rnncli guide format``. Derivatives are taken by the complex step, Im f(x + i s) / s (Squire and Trapp 1998, "Using
complex variables to estimate derivatives of real functions"): exact to the last digit, and without a backward pass that
could be wrong in the same way as the other one.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Values = dict[str, Array]
"""Arrays by the names of the activations, as in ``rnncli guide inspect``."""

Change = Callable[[int, str, Array], Array]
"""What is done to a network while it reads: (step, name, values (B, ·)) → the values that it goes on with.

The names are those of activations; of sums, l1.forget.z or l1.z; of ``x``, the input vector; and of what a cell hands
on: ``l1.hidden above`` to the output or the layer above, ``l1.hidden later`` and ``l1.cell later`` to its next step.
"""

STEP = 1e-30
"""Of a complex step: its square vanishes."""

GATES = {
    "rnn": ("hidden",),
    "gru": ("reset", "update", "candidate"),
    "lstm": ("input", "forget", "output", "candidate"),
}
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.where(a.real > 0, a, 0),
    "leaky-relu": lambda a: np.where(a.real > 0, a, 0.01 * a),
}
sigmoid = ACTIVATIONS["sigmoid"]


def unchanged(step: int, name: str, values: Array) -> Array:
    """The network as it is."""
    return values


def log_softmax(logits: Array) -> Array:
    """Logarithms of probabilities, in nats, along the last axis."""
    shifted = logits - logits.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


class Network:
    """A language model of one direction that was saved as ``path``; ``meta`` and ``weights`` are what the file says."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.meta: dict[str, Any] = json.loads(file["meta"].tobytes())
            names = [name for name in file.files if name != "meta" and not name.startswith("resume/")]
            self.weights: Values = {name: file[name].astype(np.float64) for name in names}
        network = self.meta["network"]
        self.cell: str = network["cell"]
        self.size: int = network["hidden_size"]
        self.activation = ACTIVATIONS[network["activation"]]
        self.layers = [f"l{n + 1}" for n in range(network["layers"])]
        self.states = ("hidden", "cell") if self.cell == "lstm" else ("hidden",)
        self.alphabet: str = self.meta["vocabulary"]["characters"]

    def changed(self, weights: Mapping[str, Array]) -> "Network":
        """The same network with other ``weights``, by their names."""
        other = object.__new__(Network)
        other.__dict__ |= self.__dict__ | {"weights": {**self.weights, **weights}}
        return other

    def ids(self, text: str) -> Array:
        """The numbers of the characters, (N,)."""
        return np.array([self.alphabet.index(character) for character in text])

    def steps(
        self, ids: Array, before: Mapping[str, Array] | None = None, change: Change = unchanged
    ) -> Iterator[Values]:
        """All activations (B, ·), sums and ``logits`` at each of T steps along ``ids`` (T, B). ``before`` are the
        states (B, H) before the first character, by name; zero where none are given."""
        zero = np.zeros((ids.shape[1], self.size))
        carried = dict.fromkeys(self.state_names(), zero) | dict(before or {})
        vectors = self.weights.get("embedding.W", np.eye(len(self.alphabet)))
        for t, now in enumerate(ids):
            seen: Values = {}

            def see(name: str, values: Array, t: int = t, seen: Values = seen) -> Array:
                seen[name] = change(t, name, values)
                return seen[name]

            y = see("x", vectors[now])
            for layer in self.layers:
                states = {state: carried[f"{layer}.{state}"] for state in self.states}
                for state, values in self._step(layer, y, states, see).items():
                    see(f"{layer}.{state}", values)
                    carried[f"{layer}.{state}"] = see(f"{layer}.{state} later", seen[f"{layer}.{state}"])
                y = see(f"{layer}.hidden above", seen[f"{layer}.hidden"])
            see("logits", y @ self.weights["output.W"] + self.weights["output.b"])
            yield seen

    def read(self, ids: Array, before: Mapping[str, Array] | None = None, change: Change = unchanged) -> Values:
        """The activations of all :meth:`steps`, (T, B, ·), along ``ids`` (T, B), or (T,) of one text."""
        steps = list(self.steps(ids.reshape(len(ids), -1), before, change))
        return {name: np.array([step[name] for step in steps]) for name in steps[0]}

    def _step(self, layer: str, x: Array, state: Values, see: Callable[[str, Array], Array]) -> Values:
        """The states of a cell after the input ``x`` (B, ·)."""
        W_x, W_h, b = (self.weights[f"{layer}.{name}"] for name in ("W_x", "W_h", "b"))
        h = state["hidden"]
        below = x @ W_x + b[:, None]
        past = h @ W_h
        if self.cell == "rnn":
            return {"hidden": self.activation(see(f"{layer}.z", below[0] + past[0]))}
        if self.cell == "gru":
            r, z = (
                see(f"{layer}.{gate}", sigmoid(see(f"{layer}.{gate}.z", below[g] + past[g])))
                for g, gate in enumerate(("reset", "update"))
            )
            q = see(f"{layer}.candidate.q", past[2] + self.weights[f"{layer}.b_hn"])
            n = see(f"{layer}.candidate", np.tanh(see(f"{layer}.candidate.z", below[2] + r * q)))
            return {"hidden": (1 - z) * n + z * h}
        i, f, o = (
            see(f"{layer}.{gate}", sigmoid(see(f"{layer}.{gate}.z", below[g] + past[g])))
            for g, gate in enumerate(("input", "forget", "output"))
        )
        g = see(f"{layer}.candidate", np.tanh(see(f"{layer}.candidate.z", below[3] + past[3])))
        c = f * state["cell"] + i * g
        return {"hidden": o * see(f"{layer}.tanh_cell", np.tanh(c)), "cell": c}

    def predict(self, ids: Array, change: Change = unchanged) -> Array:
        """The logarithms (N − 1, V) of the probabilities of all characters of ``ids`` (N,) but the first, in nats."""
        return log_softmax(self.read(ids[:-1], change=change)["logits"])[:, 0]

    def losses(self, ids: Array, change: Change = unchanged) -> Array:
        """The losses (N − 1,) of those that came, in nats."""
        return -self.predict(ids, change)[np.arange(len(ids) - 1), ids[1:]]

    def losses_with_context(self, ids: Array, places: Array, context: int) -> Array:
        """The losses (M,) of the characters at ``places`` (M,), given the ``context`` before each, from the zero state
        on."""
        window = ids[places + np.arange(-context, 1)[:, None]]
        (last,) = deque(self.steps(window[:-1]), maxlen=1)
        predicted = log_softmax(last["logits"])
        return -predicted[np.arange(len(places)), window[-1]]

    def directional_derivative(self, ids: Array, direction: Mapping[str, Array]) -> float:
        """By how much the mean loss of ``ids`` (N,) grows when the weights move in a ``direction``."""
        moved = {name: self.weights[name] + 1j * STEP * values for name, values in direction.items()}
        return float(np.imag(self.changed(moved).losses(ids).mean()) / STEP)

    def slopes(self, ids: Array, name: str, of: Callable[[Values], Array]) -> Array:
        """The derivatives (T, K) of a number with respect to the K values that are called ``name`` at each of T steps.

        ``of`` takes what :meth:`read` returns for B copies of ``ids`` (T,) to the number in each, (B,).
        """
        steps, width = len(ids), self.read(ids)[name].shape[-1]
        nudges = 1j * STEP * np.eye(steps * width).reshape(-1, steps, width)
        copies = np.repeat(ids[:, None], steps * width, axis=1)

        def nudge(step: int, which: str, values: Array) -> Array:
            return values + nudges[:, step] if which == name else values

        return np.imag(of(self.read(copies, change=nudge))).reshape(steps, width) / STEP

    def state_names(self) -> list[str]:
        """The states that pass from step to step, in the order in which :meth:`jacobians` has them."""
        return [f"{layer}.{state}" for layer in self.layers for state in self.states]

    def jacobians(self, ids: Array) -> Array:
        """The derivatives (T, S, S) of the states after each of T steps, down the rows, with respect to those before
        it: S = layers · states · H."""
        names = self.state_names()
        size, steps = len(names) * self.size, len(ids)
        after = self.read(ids)
        before = {name: np.concatenate([np.zeros((1, self.size)), after[name][:-1, 0]]) for name in names}
        nudges = 1j * STEP * np.eye(size).reshape(size, len(names), self.size)
        start = {
            name: (before[name][:, None] + nudges[:, n]).reshape(steps * size, self.size)
            for n, name in enumerate(names)
        }
        moved = self.read(np.repeat(ids, size)[None], start)
        columns = [np.imag(moved[name][0]).reshape(steps, size, self.size) / STEP for name in names]
        return np.concatenate(columns, axis=-1).swapaxes(1, 2)

    def gradients_back(self, ids: Array, ends: Array, steps: int) -> dict[str, Array]:
        """The norms (M, ``steps`` + 1) of the gradient of a loss with respect to the states of each layer 0 … ``steps``
        steps before the last, at M places: the loss of the character behind each of ``ends`` (M,)."""
        jacobians = self.jacobians(ids[:-1])
        expected = np.exp(self.predict(ids))[ends]
        expected[np.arange(len(ends)), ids[ends + 1]] -= 1
        names = self.state_names()
        gradient = np.zeros((len(ends), len(names), self.size))
        gradient[:, names.index(f"{self.layers[-1]}.hidden")] = expected @ self.weights["output.W"].T
        norms: dict[str, list[Array]] = {layer: [] for layer in self.layers}
        for k in range(steps + 1):
            flat = np.einsum("mi,mij->mj", gradient.reshape(len(ends), -1), jacobians[ends - k])
            gradient = flat.reshape(gradient.shape)
            for layer in self.layers:
                own = [n for n, name in enumerate(names) if name.startswith(f"{layer}.")]
                norms[layer].append(np.sqrt(np.square(gradient[:, own]).sum(axis=(1, 2))))
        return {layer: np.array(of_step).T for layer, of_step in norms.items()}
