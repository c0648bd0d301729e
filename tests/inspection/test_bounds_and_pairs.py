"""Numbers that are held against a bound, and against all pairs."""

import numpy as np
import pytest

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.arrays import Array, Workspace
from rnncli.inspection.bptt import shares_of_gradient, state_gradients
from rnncli.inspection.statistics.association import associate, auc, rank
from rnncli.inspection.views.gradients import bound
from tests.helpers import random_pair_model
from tests.inspection.probes import random_probe


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("layers", [1, 2])
def test_no_gradient_of_a_plain_rnn_is_beyond_its_bound(activation: str, scale: float, layers: int) -> None:
    """In the top layer, at every place, whatever its matrix and its activation; below it there are more ways, and no
    bound is told."""
    for seed in range(8):
        probe = random_probe(200, cell="rnn", activation=activation, layers=layers)
        rng = np.random.default_rng(seed)
        for name, values in probe.model.parameters.items():
            values[...] = rng.normal(scale=0.3, size=values.shape)
            if name.endswith("W_h"):
                values *= (scale if name == f"l{layers}.W_h" else 9) / np.linalg.norm(values[0], 2)
        slope = {"sigmoid": 0.25}.get(activation, 1.0)
        assert bound(probe) == pytest.approx(scale * slope, rel=1e-12)
        norms = state_gradients(probe, 40)[f"l{layers}"]
        assert norms.shape == (80, 41)
        limits = np.array(norms[:, :1] * (scale * slope) ** np.arange(41.0))
        assert np.all(norms <= limits * (1 + 1e-9) + 1e-300), f"{np.max(norms / limits):.3g} times"


def test_the_bound_is_reached_by_a_network_that_turns() -> None:
    """With an orthogonal matrix and relu that never cuts anything off, a gradient neither grows nor vanishes."""
    probe = random_probe(200, cell="rnn", activation="relu")
    model = probe.model
    model.parameters["l1.W_h"][0] = np.roll(np.eye(7), 1, axis=1)
    model.parameters["l1.W_x"][...] = np.abs(model.parameters["l1.W_x"])
    model.parameters["l1.b"][...] = 0.1
    model.parameters["output.W"][...] *= 0.01
    norms = state_gradients(probe)["l1"]
    np.testing.assert_allclose(norms[:, 60], norms[:, 0], rtol=1e-12)
    np.testing.assert_allclose(shares_of_gradient(norms), 1, rtol=1e-12)
    assert bound(probe) == pytest.approx(1, rel=1e-12)


def test_one_place_cannot_hide_the_others() -> None:
    """Shares are those of each place, so that a single large gradient leaves the median alone; places without any
    gradient do not count."""
    norms = np.array([[1.0, 0.5]] * 9 + [[1e-6, 1e3], [0.0, 0.0]])
    shares = shares_of_gradient(norms)
    assert len(shares) == 10
    assert np.median(shares[:, 1]) == 0.5
    assert shares_of_gradient(np.zeros((3, 2))).tolist() == [[0, 0]] * 3


def by_all_pairs(values: Array, labels: Array) -> float:
    """How often a place where it is true has the larger value than one where it is not; half of it where they tie."""
    differences = values[labels == 1][:, None] - values[labels == 0]
    return float(np.mean((differences > 0) + 0.5 * (differences == 0)))


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.95])
@pytest.mark.parametrize("shift", [-3.0, -0.5, 0.0, 1.0, 50.0])
def test_auc_is_the_share_of_pairs_in_the_right_order(share: float, shift: float) -> None:
    rng = np.random.default_rng(6)
    labels = (rng.random(700) < share).astype(np.float32)
    values = rng.normal(size=700) + shift * labels
    assert auc(values, labels) == pytest.approx(by_all_pairs(values, labels), abs=1e-12)
    assert auc(-values, labels) == pytest.approx(1 - by_all_pairs(values, labels), abs=1e-12)


def test_auc_of_a_long_text() -> None:
    """By the sum of the ranks."""
    rng = np.random.default_rng(9)
    labels = (rng.random(40_000) < 0.1).astype(np.float32)
    values = rng.normal(size=40_000) + np.linspace(0, 3, 40_000) + 0.3 * labels
    ranks = np.argsort(np.argsort(values)).astype(np.float64)
    true, false = labels.sum(dtype=np.float64), (1 - labels).sum(dtype=np.float64)
    expected = (ranks[labels == 1].sum() - true * (true - 1) / 2) / (true * false)
    assert auc(values, labels) == pytest.approx(expected, abs=1e-9)


def test_a_value_that_never_changes_tells_nothing() -> None:
    """Neither does a unit that is dead, though the feature be in the first half of the text alone."""
    labels = (np.arange(600) < 300).astype(np.float32)
    assert auc(np.zeros(600), labels) == pytest.approx(0.5, abs=1e-12)


def test_auc_where_values_tie() -> None:
    """A unit that is cut off at 0 most of the time, and a feature that is more frequent at the end of the text."""
    rng = np.random.default_rng(7)
    labels = (rng.random(800) < np.linspace(0, 1, 800)).astype(np.float32)
    values = np.maximum(rng.normal(size=800) - 1 + 0.5 * labels, 0)
    assert np.mean(values == 0) > 0.6
    assert auc(values, labels) == pytest.approx(by_all_pairs(values, labels), abs=1e-12)


def test_the_correlation_is_that_of_the_rank() -> None:
    """Of ranks 0 … N − 1 where those that tie share the mean, with the feature as it is; and AUC goes with it."""
    rng = np.random.default_rng(10)
    values = np.maximum(rng.normal(size=(4000, 2)), [-0.5, 1.5]).astype(np.float32)
    labels = (rng.random((4000, 2)) < 0.3) + np.array([0, 3]) * rng.random((4000, 2)) + 0.2 * values
    labels[:, 0] = labels[:, 0] > 0.9
    by_hand = np.array([[np.sum(of < v) + (np.sum(of == v) - 1) / 2 for v in of] for of in values.T]).T
    np.testing.assert_allclose(rank(values), by_hand)
    expected = [[np.corrcoef(of, feature)[0, 1] for feature in labels.T] for of in by_hand.T]
    np.testing.assert_allclose(associate(values, labels).r, expected, atol=1e-12)


@pytest.mark.parametrize("task", ["tag", "classify"])
def test_activations_stand_in_the_order_of_the_text_in_both_directions(task: str) -> None:
    """What an LSTM shows is its output gate times the tanh of its cell, at every character."""
    model = random_pair_model(task, np.float64, cell="lstm", bidirectional=True, layers=2)
    network, ids = model.network, np.array([[0], [3], [1], [1], [4], [2]])
    state = network.zero_state(1, np.dtype(np.float64))
    forward = network.forward(model.parameters, ids, state, Workspace())
    for cell in ("l1", "l1r", "l2", "l2r"):
        hidden, cells, output = (forward.activation(f"{cell}.{name}") for name in ("hidden", "cell", "output"))
        np.testing.assert_allclose(hidden, output * np.tanh(cells), rtol=1e-12, err_msg=cell)
