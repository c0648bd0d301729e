"""Weights in column panels give the products of the weights themselves."""

import numpy as np
import pytest

from rnncli.engine.arrays import Array, Workspace
from rnncli.engine.cells import panels
from rnncli.engine.cells.panels import in_panels, panel_product, panel_width
from tests.helpers import random_ids, random_model


@pytest.fixture(params=[10**6, 600, 1])
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """On any processor: no panels, some, or a limit that no panel keeps."""
    monkeypatch.setattr(panels, "UNPACKED", True)
    monkeypatch.setattr(panels, "MIN_WIDTH", 2)
    monkeypatch.setattr(panels, "MAX_UNPACKED", request.param)
    return int(request.param)


def test_a_panel_is_the_widest_that_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "UNPACKED", True)
    for rows in (1, 8, 16, 32, 33, 64, 500):
        for size in (7, 96, 128, 192, 256, 384, 512, 513):
            allowed = [size // 2**k for k in range(10) if size % 2**k == 0 and size // 2**k >= panels.MIN_WIDTH]
            fitting = [width for width in allowed if rows * size * width <= 10**6]
            assert panel_width(rows, size, size) == (max(fitting) if fitting else size)
    assert panel_width(32, 256, 256) == 64
    assert panel_width(32, 128, 128) == 128


def test_without_such_a_kernel_there_is_one_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "UNPACKED", False)
    assert in_panels(np.ones((3, 512, 512), np.float32), 64, Workspace(), "W").shape == (3, 1, 512, 512)


@pytest.mark.parametrize("gates", [1, 3])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("of_each_gate", [False, True])
def test_the_product_is_the_product(gates: int, transposed: bool, of_each_gate: bool, limit: int) -> None:
    """Of rows that all gates share and of rows of their own; what is written lies where it is asked for."""
    rng = np.random.default_rng(gates)
    B, D, H = 5, 12, 24
    W = rng.normal(size=(gates, H, D)).swapaxes(1, 2) if transposed else rng.normal(size=(gates, D, H))
    rows = rng.normal(size=(gates, B, D) if of_each_gate else (B, D))
    out = np.full((gates, B, H), np.nan)
    panel_product(rows, in_panels(W, B, Workspace(), "W"), out)()
    np.testing.assert_allclose(out, rows @ W, rtol=1e-12, atol=1e-12)
    assert (in_panels(W, B, Workspace(), "W").shape[1] > 1) == (limit == 600)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_network_learns_the_same_and_follows_its_weights(cell: str, limit: int) -> None:
    """Over windows of several sizes in turn, with weights that change between them."""

    def run() -> list[Array]:
        model = random_model(cell=cell, hidden_size=16, layers=2, dtype=np.float64)
        found: list[Array] = []
        for streams in (4, 2, 4, 4):
            ids, gradients = random_ids(model, (6, streams)), model.parameters.zeros_like()
            _, state = model.loss_and_gradients(ids[:-1], ids[1:], model.zero_state(streams), gradients)
            read = model.stepper(last := state.copy())
            found += [gradients.flat.copy(), state.copy(), read(ids[0]).copy(), last]
            model.parameters.flat -= 0.1 * gradients.flat
        return found

    in_some = run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panels, "UNPACKED", False)
        whole = run()
    for found, expected in zip(in_some, whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
