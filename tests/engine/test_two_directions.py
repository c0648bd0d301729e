"""A network that reads from both ends, and texts of unequal length side by side."""

import numpy as np
import pytest

from rnncli.engine.arrays import Parameters, Workspace
from rnncli.engine.cells import Cell
from rnncli.engine.network import RecurrentNetwork
from tests.engine.cases import E, H, T, V, every_cell, random_window
from tests.engine.gradients import check_direction, check_elements

LENGTHS = [3, 5, 1]

every_input = pytest.mark.parametrize("embedding_size", [0, E], ids=["one-hot", "embedding"])
every_direction = pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both"])


@every_cell
@every_input
@every_direction
def test_every_gradient_is_a_slope(cell: Cell, embedding_size: int, bidirectional: bool) -> None:
    """Element by element, over two layers and padding."""
    window = random_window(RecurrentNetwork(cell, V, H, 2, embedding_size, bidirectional), lengths=LENGTHS)
    workspace = Workspace()
    gradients, d_state = window.backward(window.forward(Workspace()), Workspace())
    for name, gradient in gradients.items():
        check_elements(lambda: window.loss(workspace), window.parameters[name], gradient, name)
    check_elements(lambda: window.loss(workspace), window.state, d_state, "state")


@every_cell
def test_random_directions_under_dropout(cell: Cell) -> None:
    window = random_window(RecurrentNetwork(cell, V, H, 3, 0, True), dropout_seed=11, lengths=LENGTHS)
    workspace = Workspace()
    gradients, _ = window.backward(window.forward(workspace), workspace)
    for seed in range(5):
        check_direction(lambda: window.loss(workspace), [window.parameters.flat], [gradients.flat], "network", seed)


@every_cell
def test_the_second_direction_is_the_first_on_the_reversed_text(cell: Cell) -> None:
    """One layer: each half of the outputs is a network of one direction, on the text and on the text from its end."""
    window = random_window(RecurrentNetwork(cell, V, H, 1, 0, True), lengths=LENGTHS)
    forward = window.forward(Workspace())
    one_way = RecurrentNetwork(cell, V, H)
    for d, name in enumerate(["l1", "l1r"]):
        parameters = Parameters(one_way.shapes(), np.float64, window.parameters.scope(name).flat)
        for b, length in enumerate(LENGTHS):
            ids = window.ids[:length, [b]][:: -1 if d else 1]
            alone = one_way.forward(parameters, ids, window.state[[d]][:, :, [b]], Workspace())
            outputs = alone.outputs[:, 0][:: -1 if d else 1]
            np.testing.assert_allclose(forward.outputs[:length, b, d * H : (d + 1) * H], outputs, rtol=1e-12)
            np.testing.assert_allclose(forward.state[d, :, b], alone.state[0, :, 0], rtol=1e-12)
            assert not forward.outputs[length:, b].any()


@every_cell
@every_direction
def test_activations_are_in_the_order_of_the_text(cell: Cell, bidirectional: bool) -> None:
    """Of the top layer, the hidden states by name are the outputs; every state ends where the direction ends."""
    network = RecurrentNetwork(cell, V, H, 2, E, bidirectional)
    window = random_window(network, lengths=LENGTHS)
    forward = window.forward(Workspace())
    top = network.layers[-1].names
    hidden = [forward.activation(f"{name}.hidden") for name in top]
    assert np.array_equal(np.concatenate(hidden, axis=-1), forward.outputs)
    for name, of_cell in zip(network.names, forward.state, strict=True):
        last = 0 if name.endswith("r") else np.array(LENGTHS) - 1
        for which, expected in zip(cell.states, of_cell, strict=True):
            assert np.array_equal(forward.activation(f"{name}.{which}")[last, np.arange(len(LENGTHS))], expected)


@every_cell
@every_direction
def test_one_hot_characters_are_the_rows_of_the_identity(cell: Cell, bidirectional: bool) -> None:
    """An embedding whose table is the identity gives the same outputs and the same gradients; its own is that of the
    weights, through the weights."""
    one_hot, embedded = (RecurrentNetwork(cell, V, H, 2, size, bidirectional) for size in (0, V))
    window = random_window(one_hot)
    results = []
    for network in (one_hot, embedded):
        parameters = Parameters(network.shapes(), np.float64)
        for name, values in parameters.items():
            values[...] = np.eye(V) if name == "embedding.W" else window.parameters[name]
        gradients, workspace = parameters.zeros_like(), Workspace()
        forward = network.forward(parameters, window.ids, window.state, workspace)
        d_outputs = window.d_outputs.copy()
        network.backward(parameters, gradients, forward, d_outputs, window.d_state, workspace)
        results.append((forward.outputs, gradients["l1.W_x"]))
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    names = [f"{name}.W_x" for name in embedded.layers[0].names]
    d_table = sum(np.einsum("gvh,geh->ve", gradients[name], parameters[name]) for name in names)
    np.testing.assert_allclose(gradients["embedding.W"], d_table, rtol=1e-12, atol=1e-12)


@every_cell
@every_direction
def test_a_text_does_not_depend_on_its_neighbours(cell: Cell, bidirectional: bool) -> None:
    """To 1e-12: alone, or in a batch with longer and shorter ones."""
    network = RecurrentNetwork(cell, V, H, 2, E, bidirectional)
    window = random_window(network, lengths=LENGTHS)
    together = window.forward(Workspace())
    for b, length in enumerate(LENGTHS):
        alone = network.forward(window.parameters, window.ids[:length, [b]], window.state[:, :, [b]], Workspace())
        np.testing.assert_allclose(together.outputs[:length, b], alone.outputs[:, 0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(together.state[:, :, b], alone.state[:, :, 0], rtol=1e-12, atol=1e-12)


@every_cell
@every_input
@every_direction
def test_nothing_leaves_the_padding(cell: Cell, embedding_size: int, bidirectional: bool) -> None:
    """With NaN in the rows of a character that stands in the padding alone, not a bit changes, there and back."""
    network = RecurrentNetwork(cell, V, H, 2, embedding_size, bidirectional)
    window = random_window(network, lengths=LENGTHS)
    padding = np.arange(T)[:, None] >= np.array(LENGTHS)
    window.ids[window.ids == V - 1] = 0
    window.ids[padding] = 0
    clean = window.forward(Workspace())
    outputs, state = clean.outputs.copy(), clean.state.copy()
    gradients, d_state = window.backward(clean, Workspace())

    for rows in network.input_embeddings(window.parameters):
        rows[..., V - 1, :] = np.nan
    window.ids[padding] = V - 1
    poisoned = window.forward(Workspace())
    assert np.array_equal(poisoned.outputs, outputs)
    assert np.array_equal(poisoned.state, state)
    again, d_state_again = window.backward(poisoned, Workspace())
    assert np.array_equal(again.flat, gradients.flat)
    assert np.array_equal(d_state_again, d_state)
