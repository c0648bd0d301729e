"""Two layers agree with what PyTorch computed, forwards and backwards, see make_torch_reference.py."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from rnncli.engine.arrays import Array, Parameters, Workspace
from rnncli.engine.cells import Cell
from rnncli.engine.network import RecurrentNetwork
from tests.engine.cases import CELLS, Window

FILE = Path(__file__).with_name("torch_reference.npz")
CASES = ["rnn-tanh", "rnn-relu", "gru", "lstm", "gru-embedding"]
LAYERS = 2
OUR_GATES = {"rnn": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}
"""Where our gates lie among PyTorch's, which orders an LSTM i, f, g, o."""


def per_gate(array: Array, cell: Cell) -> Array:
    """PyTorch's (G · H, …), one gate below the other and weights from the left, as (G, …, H) in our order."""
    gates = OUR_GATES[cell.name]
    return np.moveaxis(array.reshape(len(gates), -1, *array.shape[1:])[gates], 1, -1)


def from_torch(torch: Mapping[str, Array], network: RecurrentNetwork, prefix: str = "") -> Parameters:
    """PyTorch's parameters, or with the prefix "grad " their gradients, by our names.

    PyTorch has two biases in each gate. Where ours is their sum, its gradient is that of either.
    """
    ours = Parameters(network.shapes(), np.float64)
    for i, name in enumerate(network.names):
        k, reverse = i // network.directions, "_reverse" * (i % network.directions)
        W_x, W_h, b_x, b_h = (
            per_gate(torch[f"{prefix}{part}_l{k}{reverse}"], network.cell)
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        b = b_x if prefix else b_x + b_h
        if network.cell.name == "gru":
            b[2] = b_x[2]
            ours[f"{name}.b_hn"][...] = b_h[2]
        ours[f"{name}.W_x"][...], ours[f"{name}.W_h"][...], ours[f"{name}.b"][...] = W_x, W_h, b
    if network.embedding_size:
        ours["embedding.W"][...] = torch[f"{prefix}embedding"]
    return ours


def state_from_torch(torch: Mapping[str, Array], name: str) -> Array:
    """PyTorch's (L, B, H) of hidden and perhaps cell state as our (L, S, B, H)."""
    return np.stack([torch[name.format(s)] for s in "hc" if name.format(s) in torch], axis=1)


def of_case(case: str) -> dict[str, Array]:
    """The arrays of a case by PyTorch's names."""
    with np.load(FILE) as file:
        return {name.removeprefix(f"{case}/"): file[name] for name in file.files if name.startswith(f"{case}/")}


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_pytorch(case: str) -> None:
    """Outputs, last states, and the gradients of all parameters and of the first states."""
    torch = of_case(case)
    embedding_size = torch["embedding"].shape[1] if "embedding" in torch else 0
    cell, hidden_size = CELLS[case.removesuffix("-embedding")], torch["output"].shape[-1]
    network = RecurrentNetwork(cell, 7, hidden_size, LAYERS, embedding_size)
    window = Window(
        network,
        from_torch(torch, network),
        torch["ids"],
        state_from_torch(torch, "{}_0"),
        torch["grad output"],
        state_from_torch(torch, "grad {}_n"),
    )
    workspace = Workspace()
    forward = window.forward(workspace)
    np.testing.assert_allclose(forward.outputs, torch["output"], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(forward.state, state_from_torch(torch, "{}_n"), rtol=1e-10, atol=1e-10)

    gradients, d_state = window.backward(forward, workspace)
    expected = from_torch(torch, network, "grad ")
    for name in gradients:
        np.testing.assert_allclose(gradients[name], expected[name], rtol=1e-10, atol=1e-10, err_msg=name)
    np.testing.assert_allclose(d_state, state_from_torch(torch, "grad {}_0"), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("case", ["lstm-bidirectional", "gru-bidirectional"])
def test_two_directions_over_unequal_lengths_agree_with_pytorch(case: str) -> None:
    """Two layers that read padded texts from both ends: outputs, last states, and all gradients."""
    torch = of_case(case)
    cell, hidden_size = CELLS[case.partition("-")[0]], torch["output"].shape[-1] // 2
    network = RecurrentNetwork(cell, 7, hidden_size, LAYERS, bidirectional=True)
    first = np.zeros_like(state_from_torch(torch, "{}_n"))
    lengths = torch["lengths"].astype(np.intp)
    d_outputs = np.where(np.arange(len(torch["ids"]))[:, None, None] < lengths[:, None], torch["grad output"], 0)
    window = Window(network, from_torch(torch, network), torch["ids"], first, d_outputs, first, lengths=lengths)
    workspace = Workspace()
    forward = window.forward(workspace)
    np.testing.assert_allclose(forward.outputs, torch["output"], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(forward.state, state_from_torch(torch, "{}_n"), rtol=1e-10, atol=1e-10)
    gradients, _ = window.backward(forward, workspace)
    expected = from_torch(torch, network, "grad ")
    for name in gradients:
        np.testing.assert_allclose(gradients[name], expected[name], rtol=1e-10, atol=1e-10, err_msg=name)
