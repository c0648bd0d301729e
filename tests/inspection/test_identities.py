"""What the views compute, against its definition: finite differences, counts, and comparisons of all pairs."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import gate_names, read
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.views.gates import BINS, OPEN, SHUT, distribution, saturation
from rnncli.inspection.views.memory import gate_products, half_lives, loss_with_context
from rnncli.models.language_model import LanguageModel
from tests.inspection.probes import every_network, every_recurrent, probe_of, random_probe

GATED = [{"cell": cell, "layers": layers} for cell in ("gru", "lstm") for layers in (1, 2)]


def all_losses(model: LanguageModel, ids: np.ndarray) -> Array:
    """The losses of all characters but the first, read in one pass."""
    ids = ids.astype(np.intp)[:, None]
    return model.losses_of(model.forward(ids[:-1], model.zero_state()), ids[1:])[0][:, 0]


@every_network
def test_in_one_stream_the_losses_are_those_of_the_model(config: dict[str, Any]) -> None:
    probe = random_probe(250, np.float32, **config)
    for streams in (1, 16):  # too short a text for several
        assert read(probe, streams=streams).losses.tolist() == all_losses(probe.model, probe.ids).tolist()
    longer = random_probe(1000, **config)
    np.testing.assert_allclose(read(longer, streams=1).losses, all_losses(longer.model, longer.ids), rtol=1e-12)


@every_network
def test_sixteen_streams_are_close_to_one(config: dict[str, Any]) -> None:
    """Each begins some hundred characters early, so that a network which forgets is where it would be."""
    probe = random_probe(17_000, **config)
    probe.model.parameters.flat[...] *= 0.4  # at 1 it would be chaotic, and forget nothing
    name = f"{probe.model.network.names[-1]}.hidden"
    one, several = read(probe, [name], streams=1), read(probe, [name])
    np.testing.assert_allclose(several.losses, one.losses, atol=1e-9)
    np.testing.assert_allclose(several.values[name], one.values[name], atol=1e-9)
    assert one.values[name].shape == (16_999, 7)


@every_network
def test_with_the_whole_context_the_loss_is_that_of_the_whole_text(config: dict[str, Any]) -> None:
    probe = random_probe(60, **config)
    model, ids, places = probe.model, probe.ids, np.array([1, 2, 3, 17, 40, 59])
    whole = all_losses(model, ids)[places - 1]
    for context in (59, 60, 256):
        np.testing.assert_allclose(loss_with_context(model, ids, places, context), whole, rtol=1e-12)
    for context in (1, 2, 3, 10):
        expected = [all_losses(model, ids[max(0, place - context) : place + 1])[-1] for place in places]
        np.testing.assert_allclose(loss_with_context(model, ids, places, context), expected, rtol=1e-12)
    if config["cell"] == "mlp":  # it sees three characters
        np.testing.assert_allclose(loss_with_context(model, ids, places[2:], 3), whole[2:], rtol=1e-12)


@pytest.mark.parametrize("config", GATED, ids=str)
@pytest.mark.parametrize("count", [250, 5000])
def test_gates_are_shut_and_open_as_one_counts_them(config: dict[str, Any], count: int) -> None:
    probe = random_probe(count, **config)
    model, ids = probe.model, probe.ids.astype(np.intp)[:, None]
    for name, values in model.parameters.items():
        values *= 0.3 if name.endswith("W_h") else 2  # wide open and shut, and forgetful
    forward = model.forward(ids[:-1], model.zero_state())
    names = [f"{cell}.{gate}" for cell in model.network.names for gate in gate_names(model)]
    assert len(names) == config["layers"] * (2 if config["cell"] == "gru" else 3)
    gates = {name: forward.activation(name)[:, 0].copy() for name in names}
    found, spread = saturation(probe, names), distribution(probe, names)
    for name, values in gates.items():
        mean, shares = spread[name]
        near = 1e-9 if count < 2048 else 0.01
        assert mean == pytest.approx(values.mean(), abs=near)
        by_hand = [np.mean((values >= n / BINS) & (values < (n + 1) / BINS)) for n in range(BINS)]
        np.testing.assert_allclose(shares, by_hand, atol=near)
        assert values.shape == (count - 1, 7)
        assert values.min() >= 0
        shut, opened = found[name]
        slack = 0 if count < 2048 else 0.01  # of several streams, each begins anew
        np.testing.assert_allclose(shut, [np.mean([v < SHUT for v in of_unit]) for of_unit in values.T], atol=slack)
        np.testing.assert_allclose(opened, [np.mean([v > OPEN for v in of_unit]) for of_unit in values.T], atol=slack)
        assert np.all(shut + opened <= 1)
    assert max(shut.max() for shut, _ in found.values()) > 0.05
    assert max(opened.max() for _, opened in found.values()) > 0.05


@pytest.mark.parametrize(("bias", "steps"), [(0.0, 1.0), (np.log(3), np.log(0.5) / np.log(0.75))])
def test_the_half_life_of_a_gate_that_never_moves(bias: float, steps: float) -> None:
    probe = random_probe(50, cell="gru")
    probe.model.parameters.flat[...] = 0
    probe.model.parameters["l1.b"][probe.model.network.cell.gates.index("update")] = bias
    np.testing.assert_allclose(half_lives(probe, "l1.update"), [steps] * 7, rtol=1e-12)


def test_the_half_life_is_that_of_the_gates_that_come_and_not_of_their_mean() -> None:
    """Of a unit that holds what it has but for one character in ten, which wipes it out: the gate is 0.9 on average,
    whose power falls to a half after 6.6 steps, and what is held lasts to the next such character."""
    probe = random_probe(0, cell="gru")
    ids = np.tile([0] * 9 + [1], 40)
    probe = probe_of(probe.model, ids)
    model = probe.model
    model.parameters.flat[...] = 0
    update = model.network.cell.gates.index("update")
    model.parameters["l1.W_x"][update, 0], model.parameters["l1.W_x"][update, 1] = 8.0, -40.0
    gates = 1 / (1 + np.exp(-np.where(ids[:-1] == 0, 8.0, -40.0)))
    steps = []
    for start in range(len(gates) // 2):
        product, n = 1.0, 0
        while product > 0.5:
            product *= gates[start + n]
            n += 1
        steps.append(n)
    found = half_lives(probe, "l1.update")
    assert np.median(steps) - 1 <= found[0] <= np.median(steps)  # it falls within a step
    assert found[0] < 0.8 * np.log(0.5) / np.log(gates.mean())
    left = [np.median([np.prod(gates[start : start + k]) for start in range(len(gates) - 20)]) for k in range(21)]
    left[5] = 0.5  # half of the places are before such a character
    np.testing.assert_allclose(gate_products(probe, "l1.update", 20), left, atol=0.002)


@every_recurrent
def test_gradients_of_earlier_states_are_slopes_of_the_last_loss(config: dict[str, Any]) -> None:
    """At the three places that a text of eight characters has for these steps, each with a character before it."""
    probe = random_probe(8, **config)
    model, names = probe.model, probe.model.network.names
    found = state_gradients(probe, 3)
    norms = {name: np.zeros((3, 4)) for name in names}
    for place, start in enumerate((1, 2, 3)):
        window = probe.ids[start : start + 5].astype(np.intp)[:, None]
        state = model.forward(probe.ids[start - 1 : start, None].astype(np.intp), model.zero_state()).state.copy()
        for t in range(4):

            def loss(t: int = t, state: Array = state, window: np.ndarray = window) -> float:
                forward = model.forward(window[t:-1], state)
                return float(model.losses_of(forward, window[t + 1 :])[0][-1, 0])

            gradient = _slopes(loss, state)
            for name, of_cell in zip(names, gradient, strict=True):
                norms[name][place, 3 - t] = np.linalg.norm(of_cell)
            state = model.forward(window[t : t + 1], state).state.copy()
    for name in names:
        np.testing.assert_allclose(found[name], norms[name], rtol=1e-6, atol=1e-9)


def _slopes(loss: Any, value: Array) -> Array:
    slopes = np.empty_like(value)
    for index in np.ndindex(*value.shape):
        before = value[index]
        value[index] = before + 1e-5
        above = loss()
        value[index] = before - 1e-5
        slopes[index] = (above - loss()) / 2e-5
        value[index] = before
    return slopes
