"""A feed-forward network is its equations, on the last characters and on nothing else.

Its gradients are checked in :mod:`tests.training.test_gradient`.
"""

import math
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import ACTIVATIONS, LEAKY_SLOPE
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.engine.feedforward import FeedForwardNetwork

T, B, H, V, E, N = 9, 3, 4, 7, 5, 3
"""Time steps, streams, units, characters, the embedding size, and characters that are seen."""

PHI: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "leaky-relu": lambda x: x if x > 0 else LEAKY_SLOPE * x,
}

every_network = pytest.mark.parametrize(
    ("layers", "embedding_size", "context"), list(product([0, 1, 2, 3], [0, E], [1, N])), ids=str
)


class Case:
    """A network of random parameters with a random text, (T, B)."""

    def __init__(
        self, layers: int, embedding_size: int = 0, context: int = N, activation: str = "tanh", dtype: Any = np.float64
    ) -> None:
        self.network = FeedForwardNetwork(activation, context, V, H, layers, embedding_size)
        self.parameters = Parameters(self.network.shapes(), dtype)
        rng = np.random.default_rng(1)
        self.parameters.flat[...] = rng.uniform(-1, 1, self.parameters.flat.size)
        self.ids: Ids = rng.integers(V, size=(T, B), dtype=np.uint8)
        self.state = self.network.zero_state(B, np.dtype(dtype))

    def outputs(self, ids: Ids | None = None) -> Array:
        ids = self.ids if ids is None else ids
        return self.network.forward(self.parameters, ids, self.state[:, :, : ids.shape[1]], Workspace()).outputs

    def by_loops(self, t: int, b: int) -> list[float]:
        """The outputs at one place, number by number, from the equations."""
        network, parameters = self.network, self.parameters
        x: list[float] = []
        for n in range(network.context):
            symbol = int(self.ids[t - n, b]) if t >= n else V
            if network.embedding_size:
                x += parameters["embedding.W"][symbol].tolist()
            else:
                x += [float(symbol == v) for v in range(V + 1)]
        for name in network.names:
            W, bias = parameters[f"{name}.W_x"].reshape(-1, H), parameters[f"{name}.b"]
            sums = [sum(value * W[i, j] for i, value in enumerate(x)) + bias[j] for j in range(H)]
            x = [self.phi(a) for a in sums]
        return x

    def phi(self, a: float) -> float:
        return next(PHI[name](a) for name, activation in ACTIVATIONS.items() if activation is self.network.activation)


@every_network
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_are_those_of_the_equations(layers: int, embedding_size: int, context: int, activation: str) -> None:
    """At every place of every stream; before the text stands a symbol of its own."""
    case = Case(layers, embedding_size, context, activation)
    outputs = case.outputs()
    assert outputs.shape == (T, B, case.network.output_size)
    for t, b in product(range(T), range(B)):
        np.testing.assert_allclose(outputs[t, b], case.by_loops(t, b), rtol=1e-12, atol=1e-14)


@every_network
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cuts", [[0, 4, T], [0, 1, 2, 8, T]], ids=str)
def test_pieces_are_the_whole(
    layers: int, embedding_size: int, context: int, dtype: type[np.floating], cuts: list[int]
) -> None:
    """With the last characters carried from piece to piece, which lie in the state as they are: bit for bit, but for
    matrix products, whose last bit depends on how many rows there are."""
    case = Case(layers, embedding_size, context, "leaky-relu", dtype)
    whole = case.network.forward(case.parameters, case.ids, case.state, Workspace())
    state, outputs = case.state, []
    for start, stop in pairwise(cuts):
        forward = case.network.forward(case.parameters, case.ids[start:stop], state, Workspace())
        outputs.append(forward.outputs)
        state = forward.state
        before = np.concatenate((np.full((context, B), V), case.ids[:stop]))[stop + 1 :]
        assert np.array_equal(state[0, 0], before.T)
        assert state.dtype == forward.outputs.dtype == dtype
    assert np.array_equal(state, whole.state)
    products = layers > 1 or (layers and embedding_size)
    tolerance = 100 * float(np.finfo(dtype).eps) if products else 0.0
    np.testing.assert_allclose(np.concatenate(outputs), whole.outputs, rtol=0, atol=tolerance)


@every_network
def test_the_stepper_is_the_window(layers: int, embedding_size: int, context: int) -> None:
    """Step by step, and its state is that of the window after each."""
    case = Case(layers, embedding_size, context)
    stepper, expected = case.network.stepper(case.parameters, state := case.state.copy()), case.outputs()
    for t in range(T):
        np.testing.assert_allclose(stepper.step(case.ids[t]), expected[t], rtol=1e-12, atol=1e-14)
        forward = case.network.forward(case.parameters, case.ids[: t + 1], case.state, Workspace())
        assert np.array_equal(state, forward.state)


@every_network
def test_a_character_is_seen_so_long_and_no_longer(layers: int, embedding_size: int, context: int) -> None:
    """Changed, it changes what it stands in the context of, in its own stream, and nothing else at all."""
    case = Case(layers, embedding_size, context)
    before = case.outputs()
    for place in range(T):
        ids = case.ids.copy()
        ids[place, 1] = (ids[place, 1] + 3) % V
        changed = (case.outputs(ids) != before).any(axis=2)
        expected = np.zeros((T, B), bool)
        expected[place : place + context, 1] = True
        assert np.array_equal(changed, expected)


@every_network
def test_what_stands_before_the_text_is_seen_at_its_beginning_alone(
    layers: int, embedding_size: int, context: int
) -> None:
    """It has rows of its own among the parameters, and counts as a character that is read."""
    case = Case(layers, embedding_size, context)
    before = case.outputs()
    if layers or embedding_size:
        name = "embedding.W" if embedding_size else "l1.W_x"
        case.parameters[name][..., V, :] += 1
        changed = (case.outputs() != before).any(axis=(1, 2))
        assert changed.tolist() == [t < context - 1 for t in range(T)]
    longer = case.outputs(np.concatenate((np.full((2, B), V), case.ids)))
    np.testing.assert_allclose(longer[2:], case.outputs(), rtol=1e-12, atol=1e-14)


def test_without_layers_the_characters_are_the_outputs() -> None:
    """Side by side, the newest first."""
    outputs = Case(layers=0).outputs()[:, 0].reshape(T, N, V + 1)
    ids = Case(layers=0).ids[:, 0].tolist()
    assert np.array_equal(outputs.argmax(axis=2).tolist(), list(zip(ids, [V, *ids], [V, V, *ids], strict=False)))
    assert set(outputs.ravel()) == {0, 1}
    assert (outputs.sum(axis=2) == 1).all()


@every_network
def test_streams_do_not_meet(layers: int, embedding_size: int, context: int) -> None:
    case = Case(layers, embedding_size, context)
    together = case.outputs()
    for b in range(B):
        np.testing.assert_allclose(case.outputs(case.ids[:, [b]])[:, 0], together[:, b], rtol=1e-12, atol=1e-14)


def test_every_code_point_survives_the_state() -> None:
    """The state is of numbers of 32 bits, and the largest vocabulary there can be has as many ids."""
    size = 0x110000
    network = FeedForwardNetwork("tanh", 2, size, 1, 1, 1)
    parameters = Parameters(network.shapes(), np.float32)
    ids = np.array([[size - 1], [size - 2]], np.uint32)
    state = network.forward(parameters, ids[:1], network.zero_state(1, np.dtype(np.float32)), Workspace()).state
    assert state.item() == size - 1
    assert network.forward(parameters, ids[1:], state, Workspace()).context.ravel().tolist() == [size - 2, size - 1]


@pytest.mark.parametrize("embedding_size", [0, E])
def test_the_first_sums_have_a_variance_of_one(embedding_size: int) -> None:
    """Over the inputs that are not zero: N one-hot characters, N · E embedded ones, or H units."""
    network = FeedForwardNetwork("tanh", N, 50, 200, 2, embedding_size)
    parameters = Parameters(network.shapes(), np.float64)
    parameters.flat[...] = np.nan
    network.initialise(parameters, np.random.default_rng(2))
    for name, inputs in {"l1": N * (embedding_size or 1), "l2": 200}.items():
        W = parameters[f"{name}.W_x"]
        assert 0.99 * (3 / inputs) ** 0.5 < np.abs(W).max() <= (3 / inputs) ** 0.5
        assert inputs * W.var() == pytest.approx(1, rel=0.1)
        assert not parameters[f"{name}.b"].any()
    if embedding_size:
        assert parameters["embedding.W"].var() == pytest.approx(1, rel=0.2)
