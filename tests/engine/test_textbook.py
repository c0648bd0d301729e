"""The fast cells compute what the textbook computes by hand, stream by stream."""

import numpy as np
import pytest

from rnncli.engine.arrays import Array, Workspace
from rnncli.engine.cells import forward, halve_sigmoids
from tests.engine import textbook
from tests.engine.cases import CELLS, B, H, T


def by_hand(
    name: str, input_projection: Array, state: Array, W: Array, b_hn: Array, d_hidden: Array, d_state: Array, b: int
) -> textbook.Result:
    """The textbook's result for stream ``b``."""
    given = (
        input_projection[:, :, b].tolist(),
        state[:, b].tolist(),
        W.tolist(),
        d_hidden[:, b].tolist(),
        d_state[:, b].tolist(),
    )
    if name == "gru":
        return textbook.gru(*given, b_hn.tolist())
    if name == "lstm":
        return textbook.lstm(*given)
    return textbook.rnn(*given, activation=name.removeprefix("rnn-"))


@pytest.mark.parametrize("name", list(CELLS))
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_the_cell_agrees_with_the_textbook(name: str, dtype: type[np.floating], tolerance: float) -> None:
    """Outputs, last state and all gradients, for random values everywhere."""
    cell = CELLS[name]
    gates, states = len(cell.gates), len(cell.states)
    rng = np.random.default_rng(13)
    input_projection, state = rng.normal(0, 1, (gates, T, B, H)), rng.uniform(-0.9, 0.9, (states, B, H))
    d_hidden, d_state = rng.normal(0, 1, (T, B, H)), rng.normal(0, 1, (states, B, H))
    weights = {key: rng.uniform(-1, 1, shape) for key, shape in cell.shapes(H).items()}
    W, b_hn = weights["W_h"], weights.get("b_hn", np.empty(0))

    parameters = {key: value.astype(dtype) for key, value in weights.items()}
    gradients = {key: np.full_like(value, np.nan) for key, value in parameters.items()}
    workspace = Workspace()
    projection = halve_sigmoids(cell, input_projection.astype(dtype))
    outputs, last, cache = forward(cell, projection, state.astype(dtype), parameters, workspace)
    d_projection, d_first = cell.backward(
        d_hidden.astype(dtype), d_state.astype(dtype), cache, parameters, gradients, workspace
    )

    expected = [by_hand(name, input_projection, state, W, b_hn, d_hidden, d_state, b) for b in range(B)]
    pairs: dict[str, tuple[Array, Array]] = {
        "outputs": (outputs, np.stack([r.outputs for r in expected], axis=1)),
        "last state": (last, np.stack([r.last for r in expected], axis=1)),
        "d_projection": (d_projection, np.stack([r.d_projection for r in expected], axis=2)),
        "d_state": (d_first, np.stack([r.d_first for r in expected], axis=1)),
        "d_W_h": (gradients["W_h"], np.sum([r.d_W for r in expected], axis=0)),
    }
    if "b_hn" in gradients:
        pairs["d_b_hn"] = gradients["b_hn"], np.sum([r.d_b_hn for r in expected], axis=0)
    for what, (fast, slow) in pairs.items():
        assert fast.dtype == dtype
        np.testing.assert_allclose(fast, slow, rtol=tolerance, atol=tolerance, err_msg=what)
