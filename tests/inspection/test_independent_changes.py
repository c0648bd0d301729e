"""What depends on a unit, a connection or a character, as the views print it and as an independent reader finds it: see
:mod:`tests.inspection.reader_changes`."""

import re

import numpy as np
import pytest

from tests.inspection.reader import GATES, Array, log_softmax
from tests.inspection.reader_changes import (
    BITS,
    contributions,
    cost_of_holding,
    cut,
    effects_of_others,
    exchanged,
    log_odds,
    shares_of_variance,
    states_after,
)
from tests.inspection.reader_statistics import explained_by_context
from tests.inspection.saved import CLOSE, Saved, further, numbers, part, printed, rows, saved, some_networks

LITTLE = {"rtol": 1e-3, "atol": 2e-5}
"""Of differences between two losses in float32."""

APPROX = {"rel": LITTLE["rtol"], "abs": LITTLE["atol"]}


def unit_of(written: str) -> tuple[str, int]:
    """The layer and the number in 1:17."""
    layer, _, unit = written.partition(":")
    return f"l{layer}", int(unit)


@some_networks
def test_ablate(name: str) -> None:
    """The change of the loss with a unit at its mean, everywhere, at a feature and elsewhere; the standard error from
    twenty blocks of the text."""
    model = saved(name)
    top = len(model.network.layers)
    found = printed(name, "ablate", "--unit", f"{top}:3", "--unit", f"{top}:5", "--feature", "space")
    costs = {f"{top}:{u}": cost_of_holding(model.network, model.ids, model.activations, f"l{top}", u) for u in (3, 5)}
    at = np.array([character.isspace() for character in model.held_out[:-1]])
    edges = [n * len(at) // 20 for n in range(21)]
    table = rows(found, "Change of the loss")
    assert {row["unit"] for row in table} == costs.keys()
    for row in table:
        cost = costs[row["unit"]]
        blocks = [cost[edges[n] : edges[n + 1]].mean() for n in range(20)]
        assert row["change"] == pytest.approx(cost.mean(), **APPROX)
        assert row["±"] == pytest.approx(np.std(blocks, ddof=1) / np.sqrt(20), rel=0.02)  # of blocks of unequal length
    for row in rows(found, "Is it needed"):
        cost = costs[row["unit"]]
        measured = [row["there"], row["elsewhere"], row["difference"]]
        there, elsewhere = cost[at].mean(), cost[~at].mean()
        assert row["places"] == at.sum()
        np.testing.assert_allclose(measured, [there, elsewhere, there - elsewhere], **LITTLE)


@some_networks
def test_units_by_importance(name: str) -> None:
    """The change of the loss without a unit, and how much of it the last characters explain: of the first and the last
    of all units."""
    model, (path, text) = saved(name), further()
    ids, found = model.network.ids(text), printed(name, "units", "--by", "importance", "--text", path)
    units = [dict(zip(found["units"]["columns"], row, strict=True)) for row in found["units"]["rows"]]
    assert [row["change"] for row in units] == sorted((row["change"] for row in units), reverse=True)
    assert len({row["unit"] for row in units}) == 7 * len(model.network.layers)
    free = {which: values[:, 0] for which, values in model.network.read(ids[:-1]).items()}
    for row in (units[0], units[-1]):
        layer, unit = unit_of(row["unit"])
        cost = cost_of_holding(model.network, ids, free, layer, unit)
        edges = [n * len(cost) // 20 for n in range(21)]
        blocks = [cost[edges[n] : edges[n + 1]].mean() for n in range(20)]
        assert row["change"] == pytest.approx(cost.mean(), **APPROX)
        assert row["±"] == pytest.approx(np.std(blocks, ddof=1) / np.sqrt(20), rel=0.02)
        hidden = free[f"{layer}.hidden"][:, unit]
        r2 = [max(0.0, explained_by_context(hidden, text, length)) for length in range(1, 7)]
        expected = [max(r2[:length]) for length in (1, 2, 6)]
        assert [row["R² last 1"], row["R² last 2"], row["R² last 6"]] == pytest.approx(expected, abs=2e-3)


@some_networks
def test_drive(name: str) -> None:
    """The share of each source in the variance of the sums, and the loss when the unit alone sees it at its mean."""
    model = saved(name)
    network, top, unit = model.network, model.network.layers[-1], 2
    found = printed(name, "drive", f"{top[1:]}:{unit}")
    gates = GATES[network.cell]
    shares: dict[str, list[float]] = {}
    for gate in gates:
        parts = contributions(network, model.ids[:-1], top, gate, unit)
        if network.cell == "gru" and gate == "candidate":
            reset = model.activations[f"{top}.reset"][:, unit]
            parts["bias"] = reset * network.weights[f"{top}.b_hn"][unit]
        for source, share in zip(parts, shares_of_variance(np.stack(list(parts.values()), axis=1)), strict=True):
            shares.setdefault(source, []).append(share)
    mean = {layer: model.activations[f"{layer}.hidden"].mean(axis=0) for layer in network.layers}
    for row in rows(found, "Sources"):
        source = row["source"]
        if source.endswith(("other", "others")) or source == "bias":
            continue
        if source == "character":
            expected = [sum(of[g] for which, of in shares.items() if which.startswith("x:")) for g in range(len(gates))]
        else:
            layer, number = unit_of(source)
            expected = shares[f"{layer}.hidden:{number}"]
            weights = network.weights[f"{top}.W_h" if layer == top else f"{top}.W_x"][:, number, unit]
            assert row["weight"] == pytest.approx(np.sign(weights[-1]) * np.sqrt(np.sum(weights**2)), rel=1e-5)
            change = cut(network, top, unit, layer, number, float(mean[layer][number]))
            cost = (network.losses(model.ids, change) - model.losses) * BITS
            assert row["when cut"] == pytest.approx(cost.mean(), **APPROX)
        assert row["share"] == pytest.approx(np.mean(expected), rel=1e-3, abs=1e-4)
        if len(gates) > 1:
            np.testing.assert_allclose([row[gate] for gate in gates], expected, rtol=1e-3, atol=1e-4)
    for row in rows(found, "Control")[:2]:
        (source, number), (target, other) = map(unit_of, row["from, to"].split(" to "))
        change = cut(network, target, other, source, number, float(mean[source][number]))
        cost = (network.losses(model.ids, change) - model.losses) * BITS
        assert row["when cut"] == pytest.approx(cost.mean(), **APPROX)


TEXTS = "count 2: dd", "the old: dd"


@some_networks
def test_patch(name: str) -> None:
    """The share of the difference between two texts that each unit carries, alone and with those before it."""
    model, found = saved(name), printed(name, "patch", *TEXTS)
    network = model.network
    first, second = (states_after(network, network.ids(f"\n{text}"[:-1])) for text in TEXTS)
    rest = network.ids(TEXTS[0][-1])
    predicted = [log_softmax(network.read(rest, states)["logits"][-1, 0]) for states in (first, second)]
    one, other = (
        network.ids(c)[0] for c in re.findall(r"'(.)'", found["facts"]["difference"].replace("\\n", "\n"), re.DOTALL)
    )
    gain = predicted[0] - predicted[1]
    assert np.exp(predicted[0][one]) * gain[one] == pytest.approx(np.max(np.exp(predicted[0]) * gain), rel=1e-3)
    assert np.exp(predicted[1][other]) * gain[other] == pytest.approx(np.min(np.exp(predicted[1]) * gain), rel=1e-3)
    odds = [log_odds(network, states, rest, one, other) for states in (first, second)]
    assert numbers(found["facts"]["difference"].replace("'", ""))[-2:] == pytest.approx(odds, abs=6e-3)

    def share(chosen: dict[str, list[int]]) -> float:
        return (log_odds(network, exchanged(network, first, second, chosen), rest, one, other) - odds[1]) / (
            odds[0] - odds[1]
        )

    alone = {f"{layer[1:]}:{unit}": share({layer: [unit]}) for layer in network.layers for unit in range(7)}
    near = 2e-4 / (odds[0] - odds[1])
    for row in rows(found, "Exchanged one by one"):
        layer, unit = unit_of(row["unit"])
        assert row["share"] == pytest.approx(alone[row["unit"]], abs=near)
        assert row["bits"] == pytest.approx(alone[row["unit"]] * (odds[0] - odds[1]), abs=2e-4)
        states = [states[f"{layer}.hidden"][0, unit] for states in (first, second)]
        np.testing.assert_allclose([row["hidden, first text"], row["second text"]], states, **CLOSE)
    order = sorted(alone, key=lambda unit: -alone[unit])
    curve = part(found, "Exchanged together")["curves"]["best first"]
    assert curve[-1] == [len(alone), pytest.approx(1)]
    assert curve[0] == [1, pytest.approx(alone[order[0]], abs=near)]
    chosen: dict[str, list[int]] = {}
    for unit_name, (_, measured) in zip(order, curve, strict=True):
        layer, unit = unit_of(unit_name)
        chosen.setdefault(layer, []).append(unit)
        assert measured == pytest.approx(share(chosen), abs=near)


PLACE = 120


def expected_elsewhere(model: Saved, at: int) -> Array:
    """What else might have stood at ``at``, (V,): the probabilities of the network without those of what came."""
    others = np.exp(log_softmax(model.activations["logits"][at - 1]))
    others[model.ids[at]] = 0
    return others / others.sum()


@some_networks
def test_why(name: str) -> None:
    """By how much the character that came is likelier than with the average of what else was expected in that place."""
    model, found = saved(name), printed(name, "why", PLACE)
    network, came = model.network, model.ids[PLACE]
    strip = part(found, f"What made {model.held_out[PLACE]!r}")
    assert strip["text"] == model.held_out[PLACE - 64 : PLACE]
    vectors = network.weights.get("embedding.W", np.eye(len(network.alphabet)))
    effects = []
    for at in range(PLACE - 64, PLACE):
        average = expected_elsewhere(model, at) @ vectors

        def replaced(step: int, which: str, values: Array, at: int = at, average: Array = average) -> Array:
            return average[None] if (step, which) == (at, "x") else values

        moved = network.read(model.ids[:PLACE], change=replaced)["logits"][-1, 0]
        effects.append(-model.losses[PLACE - 1] - log_softmax(moved)[came])
    np.testing.assert_allclose(strip["values"], np.array(effects) * BITS, **LITTLE)


@some_networks
def test_why_by_replacement(name: str) -> None:
    """The mean over all that might have stood there, but for what is left of chance with so many draws."""
    model, found = saved(name), printed(name, "why", PLACE, "--replace")
    values = part(found, f"What made {model.held_out[PLACE]!r}")["values"]
    for at in range(PLACE - 10, PLACE):
        effects = effects_of_others(model.network, model.ids, PLACE, at, lambda logs: logs[:, model.ids[PLACE]]) * BITS
        weights = expected_elsewhere(model, at)
        mean = weights @ effects
        deviation = np.sqrt(weights @ (effects - mean) ** 2 / 32)
        assert abs(values[at - PLACE + 64] - mean) < 4.5 * deviation + 1e-4
    table = rows(found, "Strongest")
    assert [row["bits"] for row in table] == sorted(values, key=lambda bits: -abs(bits))[:6]
    for row in table:
        assert row["bits"] == values[row["place"] - PLACE + 64]
        assert row["character"] == model.held_out[row["place"]]
