"""A window may be cut anywhere in time, and a workspace may be used again: the numbers stay the same."""

from itertools import pairwise

import numpy as np
import pytest

from rnncli.engine.arrays import Workspace
from rnncli.engine.cells import Cell
from rnncli.engine.network import RecurrentNetwork
from tests.engine.cases import CELLS, E, H, V, Window, every_cell, random_window

STEPS = 8
CUTS = [0, 1, 6, STEPS]
"""Three pieces of 1, 5 and 2 steps."""


def two_layers(cell: Cell, steps: int = STEPS, streams: int = 3, seed: int = 1) -> Window:
    return random_window(RecurrentNetwork(cell, V, H, 2, E), steps, streams, seed=seed)


@every_cell
def test_three_pieces_are_the_whole(cell: Cell) -> None:
    """With the state carried from piece to piece, outputs and last state are those of the whole window; with its
    gradient carried back, the gradients of the pieces add up to those of the whole window."""
    whole = two_layers(cell)
    expected = whole.forward(Workspace())
    gradients, d_first_state = whole.backward(expected, Workspace())

    state, pieces, forwards = whole.state, [], []
    for start, stop in pairwise(CUTS):
        pieces.append(whole.piece(start, stop, state, whole.d_state))
        forwards.append(pieces[-1].forward(Workspace()))
        state = forwards[-1].state
    np.testing.assert_allclose(np.concatenate([f.outputs for f in forwards]), expected.outputs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state, expected.state, rtol=0, atol=1e-12)

    d_state, total = whole.d_state, np.zeros_like(gradients.flat)
    for piece, forward in zip(reversed(pieces), reversed(forwards), strict=True):
        piece.d_state = d_state
        piece_gradients, d_state = piece.backward(forward, Workspace())
        total += piece_gradients.flat
    np.testing.assert_allclose(total, gradients.flat, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(d_state, d_first_state, rtol=1e-12, atol=1e-12)


@every_cell
def test_streams_do_not_meet(cell: Cell) -> None:
    """Each stream of a batch gives what it gives alone."""
    together = two_layers(cell)
    expected = together.forward(Workspace())
    for b in range(together.ids.shape[1]):
        one = slice(b, b + 1)
        alone = Window(
            together.network,
            together.parameters,
            together.ids[:, one],
            together.state[:, :, one],
            together.d_outputs[:, one],
            together.d_state[:, :, one],
        ).forward(Workspace())
        np.testing.assert_allclose(alone.outputs, expected.outputs[:, one], rtol=0, atol=1e-12)
        np.testing.assert_allclose(alone.state, expected.state[:, :, one], rtol=0, atol=1e-12)


@every_cell
@pytest.mark.parametrize("sizes", [[(8, 5), (5, 3)], [(5, 3), (8, 5)], [(3, 5), (5, 3)]], ids=str)
def test_a_used_workspace_leaves_no_trace(cell: Cell, sizes: list[tuple[int, int]]) -> None:
    """After a window of another size in the same workspace, all results are bit for bit those of a fresh one."""
    used = Workspace()
    for steps, streams in [*sizes, sizes[0]]:
        window = two_layers(cell, steps, streams, seed=steps)
        fresh = Workspace()
        forward, expected = window.forward(used), window.forward(fresh)
        assert np.array_equal(forward.outputs, expected.outputs)
        assert np.array_equal(forward.state, expected.state)
        gradients, d_state = window.backward(forward, used)
        expected_gradients, expected_d_state = window.backward(expected, fresh)
        assert np.array_equal(gradients.flat, expected_gradients.flat)
        assert np.array_equal(d_state, expected_d_state)


@every_cell
def test_both_passes_leave_their_inputs_alone(cell: Cell) -> None:
    """Parameters, ids and both states are only read, and a second backward pass gives the same again."""
    window, untouched = two_layers(cell), two_layers(cell)
    workspace = Workspace()
    forward = window.forward(workspace)
    last_state = forward.state.copy()
    first, first_d_state = window.backward(forward, workspace)
    second, second_d_state = window.backward(forward, workspace)
    assert np.array_equal(first.flat, second.flat) and np.array_equal(first_d_state, second_d_state)
    assert np.array_equal(forward.state, last_state)
    assert np.array_equal(window.parameters.flat, untouched.parameters.flat)
    for name in ("ids", "state", "d_state"):
        assert np.array_equal(getattr(window, name), getattr(untouched, name)), name


def test_the_dtype_is_that_of_the_parameters() -> None:
    """In float32 everything that comes back is float32, and near to the same in float64."""
    network = RecurrentNetwork(CELLS["lstm"], V, H, 2, E)
    exact, window = random_window(network), random_window(network, dtype=np.float32)
    forward, expected = window.forward(Workspace()), exact.forward(Workspace())
    assert forward.outputs.dtype == forward.state.dtype == np.float32
    np.testing.assert_allclose(forward.outputs, expected.outputs, rtol=0, atol=1e-5)
    assert window.backward(forward, Workspace())[1].dtype == np.float32
