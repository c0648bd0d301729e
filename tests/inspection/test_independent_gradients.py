"""How far a network looks back, where its gradients go, and the arithmetic of a step, against an independent reader of
the model file whose derivatives need no backward pass: see :mod:`tests.inspection.reader`."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.inspection.reader import GATES, Array, Values, log_softmax
from tests.inspection.reader_statistics import gate_products, half_lives
from tests.inspection.saved import CLOSE, Saved, every_network, gated, numbers, part, printed, rows, saved

CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
STEPS, BURN_IN = 64, 256
RATIO = {"rtol": 2e-3, "atol": 1e-7}
"""Of shares of gradients: in float32 those that are smaller are lost in the rounding of the larger ones."""

KEEPS = {"gru": "update", "lstm": "forget"}
"""The gate that says what of a state stays."""


@cache
def shares_at_every_place(model: Saved) -> dict[str, Array]:
    """The shares (M, STEPS + 1) of a gradient that arrive in each layer, of every place with the burn-in before it."""
    ends = np.arange(BURN_IN + STEPS, len(model.ids) - 1)
    norms = model.network.gradients_back(model.ids, ends, STEPS)
    return {layer: values / values[:, :1] for layer, values in norms.items()}


@every_network
def test_gradients(name: str) -> None:
    """Median and quartiles at each distance; of a plain RNN the bound, of gates what they hand on."""
    model, found = saved(name), printed(name, "gradients")
    network, shares = model.network, shares_at_every_place(model)
    curves, table = found["parts"][0]["curves"], rows(found, "Share of the gradient")
    assert numbers(found["facts"]["places"]) == [len(shares["l1"]), BURN_IN]
    for layer, values in shares.items():
        assert [k for k, _ in curves[layer]] == list(range(STEPS + 1))
        measured = [share for _, share in curves[layer]]
        np.testing.assert_allclose(measured, np.median(values, axis=0), **RATIO)
    for row in table:
        at = [row[str(k)] for k in (1, 2, 4, 8, 16, 32, 64)]
        which, values = row[""], shares[row["layer"]][:, [1, 2, 4, 8, 16, 32, 64]]
        if which == "bound":
            assert row["layer"] == network.layers[-1]
            largest = np.sqrt(
                np.linalg.eigvalsh(
                    network.weights[f"{row['layer']}.W_h"][0].T @ network.weights[f"{row['layer']}.W_h"][0]
                )[-1]
            )
            np.testing.assert_allclose(at, largest ** np.array([1, 2, 4, 8, 16, 32, 64]), **RATIO)
            assert np.all(values <= np.array(at) * (1 + 1e-3))
        elif which == "gates":
            gates = model.activations[f"{row['layer']}.{KEEPS[network.cell]}"]
            np.testing.assert_allclose(at, gate_products(gates, STEPS)[[1, 2, 4, 8, 16, 32, 64]], **RATIO)
        else:
            share = {"75 %": 0.75, "median": 0.5, "25 %": 0.25}[which]
            np.testing.assert_allclose(at, np.quantile(values, share, axis=0), **RATIO)
    references = ["bound"] if network.cell == "rnn" else ["gates"] * len(network.layers)
    assert [row[""] for row in table if row[""] in ("bound", "gates")] == references


@every_network
def test_memory(name: str) -> None:
    """The loss given so many characters, at every place that has the longest context before it."""
    model, found = saved(name), printed(name, "memory")
    places = np.arange(CONTEXTS[-1], len(model.ids))
    losses = np.array([model.network.losses_with_context(model.ids, places, context) for context in CONTEXTS])
    more = losses - losses[-1]
    root = np.sqrt(len(places))
    expected = np.stack(
        [
            CONTEXTS,
            losses.mean(axis=1),
            losses.std(axis=1, ddof=1) / root,
            more.mean(axis=1),
            more.std(axis=1, ddof=1) / root,
        ],
        axis=1,
    )
    np.testing.assert_allclose(part(found, "The same in numbers")["rows"], expected, **CLOSE)
    np.testing.assert_allclose(part(found, "Loss against")["curves"]["loss"], expected[:, :2], rtol=1e-4)
    context, within, longest, *more_there = numbers(found["facts"]["memory"])
    assert (within, longest) == (0.01, CONTEXTS[-1])
    assert numbers(part(found, "The same in numbers")["note"]) == [len(places)]
    enough = CONTEXTS.index(int(context))
    assert np.all(np.abs(expected[enough:, 3]) < 0.01 + 1e-4)
    assert enough == 0 or np.abs(expected[enough - 1, 3]) > 0.01 - 1e-4
    assert more_there == pytest.approx(expected[enough, 3:], abs=1e-4)
    assert found["facts"]["memory"] == printed(name, "overview")["facts"]["memory"]
    for layer, values in shares_at_every_place(model).items():
        curve = part(found, "Share of a gradient")["curves"][layer]
        np.testing.assert_allclose([share for _, share in curve], np.median(values, axis=0), **RATIO)


@gated
def test_half_lives_in_memory(name: str) -> None:
    """By multiplying the gates one after the other."""
    model, found = saved(name), printed(name, "memory")
    for n, layer in enumerate(model.network.layers, start=1):
        lives = half_lives(model.activations[f"{layer}.{KEEPS[model.network.cell]}"])
        table = rows(found, f"Units of {layer} with the longest half-life")
        np.testing.assert_allclose([row["steps"] for row in table], -np.sort(-lives)[:5], **RATIO)
        for row in table:
            written, _, unit = row["unit"].partition(":")
            assert (int(written), row["steps"]) == (n, pytest.approx(lives[int(unit)], rel=2e-3))
        most, places, read, median = numbers(part(found, f"Units of {layer}")["note"])
        assert (most, places, read) == (len(model.ids) // 2, len(model.ids) // 2 + 1, len(model.ids))
        assert median == pytest.approx(np.median(lives), abs=0.06)


TEXT = "say it"


def mean_loss(model: Saved) -> Any:
    """What :meth:`Network.slopes` needs to differentiate the mean loss of TEXT."""
    targets = model.network.ids(TEXT)[1:]

    def of(activations: Values) -> Array:
        predicted = log_softmax(activations["logits"][: len(targets)])
        return -sum(predicted[t, :, target] for t, target in enumerate(targets)) / len(targets)

    return of


@every_network
def test_step_forwards(name: str) -> None:
    """Every sum, gate, state, logit and probability, and the losses."""
    model, found = saved(name), printed(name, "step", TEXT)["numbers"]
    ids = model.network.ids(TEXT)
    activations = model.network.read(ids)
    assert found["alphabet"] == list(model.network.alphabet)
    assert found["targets"] == ids[1:].tolist()
    named = {
        f"{layer}.{which}"
        for layer in model.network.layers
        for which in (*model.network.states, *GATES[model.network.cell])
    }
    assert named <= set(found["forward"])
    for which, values in found["forward"].items():
        np.testing.assert_allclose(values, activations[which][:, 0], err_msg=which, **CLOSE)
    assert found["before"] == {which: [0.0] * 7 for which in model.network.state_names()}
    logits = activations["logits"][:, 0]
    np.testing.assert_allclose(found["logits"], logits, **CLOSE)
    np.testing.assert_allclose(found["probabilities"], np.exp(log_softmax(logits)), **CLOSE)
    losses = model.network.losses(ids)
    np.testing.assert_allclose(found["losses"], losses, **CLOSE)
    assert found["loss"] == pytest.approx(losses.mean(), rel=1e-5)


@every_network
def test_step_backwards(name: str) -> None:
    """The derivative of the mean loss with respect to each sum, and to what each cell hands up and on."""
    model, found = saved(name), printed(name, "step", TEXT)["numbers"]
    ids, loss = model.network.ids(TEXT), mean_loss(model)
    for which, values in found["backward"].items():
        slopes = model.network.slopes(ids, which, loss)
        np.testing.assert_allclose(values, slopes, rtol=1e-3, atol=1e-6, err_msg=which)
    np.testing.assert_allclose(found["logit_gradients"], model.network.slopes(ids, "logits", loss)[:-1], atol=1e-6)


@every_network
def test_step_updates(name: str) -> None:
    """The gradient of each parameter, in directions of chance; what is new is the old less half of it, and its loss."""
    model, found = saved(name), printed(name, "step", TEXT)["numbers"]
    network, ids, rng = model.network, model.network.ids(TEXT), np.random.default_rng(4)
    assert found["parameters"].keys() == network.weights.keys()
    updated = {}
    for which, versions in found["parameters"].items():
        value, gradient, updated[which] = (np.array(versions[one]) for one in ("value", "gradient", "updated"))
        np.testing.assert_array_equal(value, network.weights[which])
        np.testing.assert_allclose(updated[which], value - found["learning_rate"] * gradient, rtol=1e-5, atol=1e-6)
        for direction in rng.normal(size=(3, *value.shape)):
            slope = network.directional_derivative(ids, {which: direction})
            assert np.sum(direction * gradient) == pytest.approx(slope, rel=1e-4, abs=1e-5), which
    assert found["loss_after_update"] == pytest.approx(network.changed(updated).losses(ids).mean(), rel=1e-4)
