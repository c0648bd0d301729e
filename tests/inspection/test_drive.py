"""Who drives a unit: every share and every cut as one works them out by hand; and a driver that was planted is found.

The network is computed here once more, one character, one layer and one gate at a time, in float64. Each unit may see
a source otherwise than it is, which is what a cut means.
"""

from typing import Any, NamedTuple

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import Unit
from rnncli.inspection.interventions.driving import BIAS, CHARACTER, Source, changes, cut_of, drive_of, like, trace_for
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.drive import drive
from rnncli.models.language_model import LanguageModel
from rnncli.results import Table
from tests.helpers import random_model
from tests.inspection.probes import every_recurrent, probe_of, random_probe

J = 2
"""The unit that is looked at."""


class ByHand(NamedTuple):
    """The losses (N − 1,); by the name of a layer the hidden states (N − 1, H), what comes from its own units
    (N − 1, G, H, H), as the candidate of a GRU sees it, and from below (N − 1, G, D, H), and the bias
    (N − 1, G, H)."""

    losses: Array
    hidden: dict[str, Array]
    own: dict[str, Array]
    below: dict[str, Array]
    bias: dict[str, Array]


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def inputs(model: LanguageModel, ids: Array) -> Array:
    """One-hot vectors or embeddings."""
    return model.parameters["embedding.W"][ids] if model.config.embedding_size else np.eye(len(model.vocabulary))[ids]


def by_hand(probe: Probe, matrix: str = "", seen: Any = None) -> ByHand:
    """With ``seen`` (i, j, value), unit j sees source i at that value through the ``matrix`` l1.W_h, l2.W_x …"""
    model, ids = probe.model, probe.ids.astype(int)
    p, names, size = model.parameters, model.network.names, model.config.hidden_size
    h, c = ({name: np.zeros(size) for name in names} for _ in range(2))
    losses = []
    found: dict[str, dict[str, list[Array]]] = {kind: {n: [] for n in names} for kind in ByHand._fields[1:]}
    for x, target in zip(inputs(model, ids[:-1]), ids[1:], strict=True):
        for name in names:
            parts = {}
            for key, values in (("W_h", h[name]), ("W_x", x)):
                sources = np.repeat(values[:, None], size, axis=1)
                if matrix == f"{name}.{key}":
                    sources[seen[0], seen[1]] = seen[2]
                parts[key] = sources * p[f"{name}.{key}"]
            bias = p[f"{name}.b"].copy()
            a = parts["W_h"].sum(axis=1) + parts["W_x"].sum(axis=1) + bias
            if model.config.cell == "rnn":
                h[name] = np.tanh(a[0])
            elif model.config.cell == "lstm":
                i, f, o = sigmoid(a[:3])
                c[name] = f * c[name] + i * np.tanh(a[3])
                h[name] = o * np.tanh(c[name])
            else:
                r, z = sigmoid(a[:2])
                parts["W_h"][2] *= r
                bias[2] += r * p[f"{name}.b_hn"]
                n = np.tanh(parts["W_h"][2].sum(axis=0) + parts["W_x"][2].sum(axis=0) + bias[2])
                h[name] = (1 - z) * n + z * h[name]
            for kind, value in (("hidden", h[name]), ("own", parts["W_h"]), ("below", parts["W_x"]), ("bias", bias)):
                found[kind][name].append(value)
            x = h[name]
        logits = x @ p["output.W"] + p["output.b"]
        losses.append(np.log(np.exp(logits).sum()) - logits[target])
    return ByHand(np.array(losses), *({n: np.array(v) for n, v in of.items()} for of in found.values()))


def sources(model: LanguageModel, unit: Unit) -> list[Source]:
    """Some of what drives a unit: of its own layer, and from below."""
    below = model.network.names[0]
    return [Unit(unit.cell, 4), Unit(unit.cell, J), CHARACTER if unit.cell == below else Unit(below, 5)]


@every_recurrent
@pytest.mark.parametrize("embedding_size", [0, 4])
def test_shares_are_covariances_of_contributions_with_the_sum(config: dict[str, Any], embedding_size: int) -> None:
    """Of each source in each gate, as NumPy finds them from the contributions; and they add up to 1."""
    probe = random_probe(150, embedding_size=embedding_size, **config)
    model, hand = probe.model, by_hand(probe)
    for name in model.network.names:
        unit = Unit(name, J)
        found = drive_of(probe, trace_for(probe, unit), unit)
        assert found.shares is not None
        assert found.shares.sum() == pytest.approx(1)
        np.testing.assert_allclose(found.of_gates.mean(axis=0), found.shares, rtol=1e-12, atol=1e-12)
        own, below, bias = (part[name][..., J] for part in (hand.own, hand.below, hand.bias))
        for g in range(len(model.network.cell.gates)):
            total = own[:, g].sum(axis=1) + below[:, g].sum(axis=1) + bias[:, g]
            for n, source in enumerate(found.sources):
                if source == BIAS:
                    part = bias[:, g]
                elif source == CHARACTER:
                    part = below[:, g].sum(axis=1)
                else:
                    assert isinstance(source, Unit)
                    part = (own if source.cell == name else below)[:, g, source.unit]
                expected = np.cov(part, total)[0, 1] / np.var(total, ddof=1)
                assert found.of_gates[g, n] == pytest.approx(expected, rel=1e-8, abs=1e-9)


@every_recurrent
@pytest.mark.parametrize("embedding_size", [0, 4])
def test_a_cut_unit_alone_sees_its_source_at_the_mean(config: dict[str, Any], embedding_size: int) -> None:
    """Through all gates, exactly, and the source itself lives on; within a layer, from below and from the character."""
    probe = random_probe(90, embedding_size=embedding_size, **config)
    model, free = probe.model, by_hand(probe)
    for name in model.network.names:
        unit = Unit(name, J)
        trace = trace_for(probe, unit)
        np.testing.assert_allclose(trace.losses, free.losses, rtol=1e-9)
        chosen = sources(model, unit)
        found = changes(probe, trace, [cut_of(probe, trace, source, unit) for source in chosen])
        for source, change in zip(chosen, found, strict=True):
            if isinstance(source, Unit):
                matrix = f"{name}.{'W_h' if source.cell == name else 'W_x'}"
                seen = (source.unit, J, free.hidden[source.cell][:, source.unit].mean())
            else:
                matrix, seen = f"{name}.W_x", (slice(None), J, inputs(model, probe.ids[:-1]).mean(axis=0))
            expected = (by_hand(probe, matrix, seen).losses - free.losses) / np.log(2)
            assert np.abs(expected).max() > 1e-3
            np.testing.assert_allclose(change, expected, rtol=1e-7, atol=1e-9)


def chain(config: dict[str, Any], source: Unit, unit: Unit) -> LanguageModel:
    """Characters drive the source, it alone drives the unit, and that is all that the prediction depends on."""
    model = random_model(dtype=np.float64, **config)
    p = model.parameters
    for name in model.network.names:
        p[f"{name}.W_h"][:, :, source.unit] = 0
        p[f"{name}.W_h"][:, :, unit.unit] = 0
        if "b_hn" in p.scope(name):
            p[f"{name}.b_hn"][unit.unit] = 0
    p[f"{unit.cell}.W_x"][:, :, unit.unit] = 0
    p[f"{unit.cell}.{'W_h' if source.cell == unit.cell else 'W_x'}"][:, source.unit, unit.unit] = 1.5
    p["output.W"][...] = 0
    p["output.W"][unit.unit] = [3, -3, 1, 0, -1]
    return model


PLANTED = [
    *(({"cell": cell, "layers": 1}, Unit("l1", 4)) for cell in ("rnn", "gru", "lstm")),
    *(({"cell": cell, "layers": 2}, Unit("l1", 5)) for cell in ("rnn", "gru", "lstm")),
]


@pytest.mark.parametrize(("config", "source"), PLANTED, ids=[f"{c['cell']}-{c['layers']}" for c, _ in PLANTED])
def test_a_planted_driver_is_found(config: dict[str, Any], source: Unit) -> None:
    """It has all of the drive, the cut of it all of the change, and no other connection any."""
    unit = Unit(f"l{config['layers']}", J)
    probe = probe_of(chain(config, source, unit), 400)
    found = drive(ViewRequest(probe, [str(unit)]))
    table, control = found.blocks
    assert isinstance(table, Table)
    assert isinstance(control, Table)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert rows[0]["source"] == str(source)
    assert rows[0]["share"] == pytest.approx(1)
    assert rows[0]["weight"] == pytest.approx(1.5 * np.sqrt(len(probe.model.network.cell.gates)))
    matrix = f"{unit.cell}.{'W_h' if source.cell == unit.cell else 'W_x'}"
    hand = by_hand(probe)
    cut = by_hand(probe, matrix, (source.unit, J, hand.hidden[source.cell][:, source.unit].mean()))
    change = (cut.losses - hand.losses) / np.log(2)
    assert rows[0]["when cut"] == pytest.approx(change.mean(), rel=1e-9)
    assert np.abs(change).max() > 0.01
    assert found.facts["cut"].startswith(f"{max(0.0, change.mean()):+z.4f}")
    for row in rows[1:]:
        assert row["share"] == pytest.approx(0)
        assert row["when cut"] is None or row["when cut"] == pytest.approx(0, abs=1e-12)
    assert len(control.rows) == len({row[0] for row in control.rows}) > 2
    assert [row[2] for row in control.rows] == pytest.approx([0] * len(control.rows), abs=1e-12)
    assert f"drive {source}" in found.next[0]


def test_without_its_driver_a_plain_unit_stands_still() -> None:
    """The loss is then that of one distribution, of the unit at φ of the mean."""
    source, unit = Unit("l1", 4), Unit("l1", J)
    probe = probe_of(chain({"cell": "rnn", "layers": 1}, source, unit), 400)
    trace = trace_for(probe, unit)
    (change,) = changes(probe, trace, [cut_of(probe, trace, source, unit)])
    p, mean = probe.model.parameters, trace.values["l1.hidden"][:, source.unit].mean()
    logits = np.tanh(1.5 * mean + p["l1.b"][0, J]) * p["output.W"][J] + p["output.b"]
    losses = np.log(np.exp(logits).sum()) - logits[probe.ids[1:]]
    np.testing.assert_allclose(change, (losses - trace.losses) / np.log(2), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_control_is_of_like_weight_and_into_another_unit(cell: str) -> None:
    model = random_model(cell=cell, layers=2, hidden_size=12)
    rng = np.random.default_rng(3)
    for source in (Unit("l2", 5), Unit("l1", 5)):
        unit, matrix = Unit("l2", J), model.parameters[f"l2.{'W_h' if source.cell == 'l2' else 'W_x'}"]
        norms = np.sqrt(np.square(matrix).sum(axis=0))
        nearest = np.sort(np.abs(np.delete(norms, J, axis=1) - norms[5, J]).ravel())[9]
        drawn = {like(model, source, unit, rng, 10) for _ in range(30)}
        assert len(drawn) > 3
        for one, other in drawn:
            assert (one.cell, other.cell) == (source.cell, "l2")
            assert other.unit != J
            assert abs(norms[one.unit, other.unit] - norms[5, J]) <= nearest + 1e-6


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_what_nothing_drives_says_so(cell: str) -> None:
    """A unit that hears nobody; and of one that hears a source in one gate alone, only this gate counts."""
    unit = Unit("l2", J)
    model = chain({"cell": cell, "layers": 2}, Unit("l1", 5), unit)
    model.parameters["l2.W_x"][1:, :, J] = 0
    found = drive(ViewRequest(probe_of(model, 300), [str(unit)]))
    assert isinstance(found.blocks[0], Table)
    assert found.blocks[0].rows[0][:2] == pytest.approx(("1:5", 1))
    model.parameters["l2.W_x"][0, :, J] = 0
    assert "none" in drive(ViewRequest(probe_of(model, 300), [str(unit)])).facts["drive"]
    model.parameters["l1.W_x"][:, :, 5] = 0.1  # to the source, which hears no unit, all characters are the same
    assert "none" in drive(ViewRequest(probe_of(model, 300), ["1:5"])).facts["drive"]
