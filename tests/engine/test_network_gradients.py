"""Back-propagation through a whole network gives the slopes of the loss, for every parameter and the first state."""

import numpy as np
import pytest

from rnncli.engine.arrays import Workspace
from rnncli.engine.cells import Cell
from rnncli.engine.network import RecurrentNetwork
from tests.engine.cases import CELLS, B, E, H, V, every_cell, random_window
from tests.engine.gradients import check_direction, check_elements

DIRECTIONS = 5


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, E], ids=["one-hot", "embedding"])
def test_every_gradient_is_a_slope(cell: Cell, layers: int, embedding_size: int) -> None:
    """Element by element, with random gradients from above and from the future."""
    window = random_window(RecurrentNetwork(cell, V, H, layers, embedding_size))
    workspace = Workspace()
    gradients, d_state = window.backward(window.forward(Workspace()), Workspace())
    for name, gradient in gradients.items():
        check_elements(lambda: window.loss(workspace), window.parameters[name], gradient, name)
    check_elements(lambda: window.loss(workspace), window.state, d_state, "state")


@every_cell
@pytest.mark.parametrize("embedding_size", [0, E], ids=["one-hot", "embedding"])
def test_random_directions_under_dropout(cell: Cell, embedding_size: int) -> None:
    """Three layers with the same masks there and back: the slope along any direction through all values at once."""
    window = random_window(RecurrentNetwork(cell, V, H, 3, embedding_size), dropout_seed=11)
    workspace = Workspace()
    forward = window.forward(workspace)
    assert all(mask is not None and not mask.all() for mask in forward.masks)
    gradients, d_state = window.backward(forward, workspace)
    for seed in range(DIRECTIONS):
        check_direction(
            lambda: window.loss(workspace),
            [window.parameters.flat, window.state],
            [gradients.flat, d_state],
            "network",
            seed,
        )


@every_cell
def test_a_large_vocabulary_and_uneven_sizes(cell: Cell) -> None:
    """More characters than the one-hot product is used for, one stream, another number of steps."""
    window = random_window(RecurrentNetwork(cell, 150, 3, 2), steps=9, streams=1, seed=2)
    workspace = Workspace()
    gradients, d_state = window.backward(window.forward(workspace), workspace)
    values, slopes = [window.parameters.flat, window.state], [gradients.flat, d_state]
    for seed in range(DIRECTIONS):
        check_direction(lambda: window.loss(workspace), values, slopes, "network", seed)


def test_dropout_only_while_training() -> None:
    """Without a generator nothing is dropped, and the last state never is."""
    plain = random_window(RecurrentNetwork(CELLS["lstm"], V, H, 1))
    dropping = random_window(RecurrentNetwork(CELLS["lstm"], V, H, 1), dropout_seed=11)
    expected, dropped = plain.forward(Workspace()), dropping.forward(Workspace())
    assert np.array_equal(dropped.state, expected.state)
    kept = dropped.outputs != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(dropped.outputs[kept], expected.outputs[kept] / 0.6, rtol=1e-12)
    dropping.dropout_seed = None
    assert np.array_equal(dropping.forward(Workspace()).outputs, expected.outputs)


def test_initial_values() -> None:
    """Weights and biases fill ±1/√H, a forget bias is 1, embeddings have deviation 1, and a seed gives them again."""
    network = RecurrentNetwork(CELLS["lstm"], 70, 64, 2, embedding_size=30)
    window, again = random_window(network, streams=B), random_window(network)
    network.initialise(window.parameters, np.random.default_rng(12))
    network.initialise(again.parameters, np.random.default_rng(12))
    assert np.array_equal(window.parameters.flat, again.parameters.flat)
    for name, values in window.parameters.items():
        if name == "embedding.W":
            assert values.std() == pytest.approx(1, abs=0.05)
            continue
        if name.endswith(".b"):
            assert (values[1] == 1).all()
            values = np.delete(values, 1, axis=0)
        assert 0.11 < np.abs(values).max() <= 0.125
        assert values.std() == pytest.approx(0.125 / np.sqrt(3), rel=0.2)
