"""Many units held in one batch are each held alone; what a change is worth is told by blocks of the text."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.clamping import Clamp
from rnncli.inspection.activations import Unit, clamps_for, read, state_names
from rnncli.inspection.interventions import ablation
from rnncli.inspection.interventions.ablation import BLOCKS, all_units, block_error, effects, estimated, influence
from rnncli.inspection.interventions.copies import Copies
from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_ids, random_model
from tests.inspection.latch import LETTERS, STRENGTH, latch_probe
from tests.inspection.probes import every_network, random_probe

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def one_by_one(probe: Probe, unit: Unit) -> np.ndarray:
    """The change in bits, from the definition: read the text once with the unit held, and once without."""
    states = [f"{unit.cell}.{state}" for state in state_names(probe.model)]
    free = read(probe, states)
    means = {name.partition(".")[2]: float(free.values[name][:, unit.unit].mean()) for name in states}
    held = read(probe, clamps=clamps_for(probe.model, unit, means))
    return (held.losses - free.losses) / np.log(2)


@every_network
@pytest.mark.parametrize("embedding_size", [0, 3])
def test_units_side_by_side_are_each_held_alone(config: dict[str, Any], embedding_size: int) -> None:
    probe = random_probe(120, **config, embedding_size=embedding_size)
    units = all_units(probe)
    assert len(units) == 7 * config["layers"]
    _, changes = effects(probe, units)
    assert list(changes) == units
    for unit in units:
        np.testing.assert_allclose(changes[unit], one_by_one(probe, unit), **CLOSE)


@every_network
def test_a_unit_may_be_held_in_some_streams(config: dict[str, Any]) -> None:
    """In the others the network is free, and two clamps do not meet."""
    model = random_model(dtype=np.float64, **config)
    ids, cells = random_ids(model, (9, 4)), model.network.names
    clamps = [Clamp(cells[0], "hidden", 2, 0.7, slice(1, 3)), Clamp(cells[-1], "hidden", 4, -0.3, slice(2, 4))]
    both = model.logits_of(model.forward(ids, model.zero_state(4), clamps))
    for stream, own in enumerate([[], clamps[:1], clamps, clamps[1:]]):
        alone = [Clamp(one.cell, one.state, one.unit, one.value) for one in own]
        part = np.ascontiguousarray(ids[:, stream : stream + 1])
        expected = model.logits_of(model.forward(part, model.zero_state(1), alone))
        np.testing.assert_allclose(both[:, stream], expected[:, 0], **CLOSE)


@every_network
def test_copies_are_what_the_network_computes(config: dict[str, Any]) -> None:
    """Whichever layer a unit is held in, over two windows."""
    model = random_model(dtype=np.float64, **config)
    ids = np.tile(random_ids(model, (9, 2)), 3)
    for cell in [None, *model.network.names]:
        clamps = [] if cell is None else [Clamp(cell, "hidden", 1, 0.4, slice(2, 4))]
        outputs: list[list[np.ndarray]] = []
        for reader in (model, Copies.of(model, 3)):
            assert isinstance(reader, LanguageModel)
            state, found = reader.zero_state(6), []
            for window in (ids[:5], ids[5:]):
                forward = reader.forward(window, state, clamps)
                found.append(forward.outputs.copy())
                state = forward.state.copy()
            outputs.append(found)
        np.testing.assert_allclose(np.concatenate(outputs[1]), np.concatenate(outputs[0]), **CLOSE)


def test_a_long_text_is_read_in_parts_and_a_large_alphabet_in_short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = random_probe(2_500, cell="gru", layers=2)
    unit = Unit("l2", 3)
    expected = one_by_one(probe, unit)
    for limit in (ablation.MAX_LOGITS, 5 * 4 * 7):
        monkeypatch.setattr(ablation, "MAX_LOGITS", limit)
        np.testing.assert_allclose(effects(probe, [unit])[1][unit], expected, **CLOSE)


def test_of_a_network_set_by_hand_the_change_is_that_on_paper() -> None:
    """The latch held at its mean m: the logit of x is a constant. The other units are no cause of anything."""
    probe = latch_probe(800)
    h = read(probe, ["l1.hidden"]).values["l1.hidden"][:, 0]
    is_x = np.array(list(probe.text()[1:])) == "x"

    def loss(logit: Any) -> Any:
        return np.log(np.exp(logit) + len(LETTERS) - 1) - is_x * logit

    units = [Unit("l1", n) for n in range(3)]
    losses, changes = effects(probe, units)
    np.testing.assert_allclose(losses, loss(STRENGTH * h), **CLOSE)
    expected = (loss(STRENGTH * h.mean()) - loss(STRENGTH * h)) / np.log(2)
    np.testing.assert_allclose(changes[units[0]], expected, **CLOSE)
    assert expected.mean() > 0.5
    for unit in units[1:]:
        np.testing.assert_allclose(changes[unit], 0, atol=1e-13)


def autoregressive(rng: np.random.Generator, series: int, count: int, φ: float) -> np.ndarray:
    """Stationary series (series, count) of mean 0 and variance 1, each value φ times that before and noise."""
    x = np.empty((series, count))
    x[:, 0] = rng.normal(size=series)
    for t in range(1, count):
        x[:, t] = φ * x[:, t - 1] + np.sqrt(1 - φ**2) * rng.normal(size=series)
    return x


def test_the_error_of_a_mean_is_that_of_its_blocks() -> None:
    x = np.random.default_rng(1).normal(size=BLOCKS * 7)
    mean, of_each = influence(x)
    blocks = x.reshape(BLOCKS, 7).mean(axis=1)
    assert mean == pytest.approx(x.mean())
    assert block_error(of_each) == pytest.approx(blocks.std(ddof=1) / np.sqrt(BLOCKS))


def test_the_error_covers_the_truth_where_places_are_alike() -> None:
    """Of a hundred means of an autocorrelated series about as many lie within two errors of the truth as Student's t
    of 19 degrees says, 94 %; taken as independent, the places would promise errors four times too small."""
    x = autoregressive(np.random.default_rng(2), 400, 4_000, 0.9)
    mean, of_each = influence(x)
    error = block_error(of_each)
    assert np.mean(np.abs(mean) <= 2 * error) == pytest.approx(0.94, abs=0.045)
    assert np.median(error) == pytest.approx(np.sqrt(19 / 4_000), rel=0.1)  # (1 + φ) / (1 − φ) = 19
    assert np.mean(np.abs(mean) <= 2 * x.std(axis=1) / np.sqrt(4_000)) < 0.5


def test_the_error_of_a_difference_covers_the_truth() -> None:
    """Between the places of a feature that comes in stretches and all others, between which there is none."""
    rng = np.random.default_rng(3)
    x = autoregressive(rng, 400, 4_000, 0.8)
    where = autoregressive(rng, 1, 4_000, 0.95)[0] > 0.5
    (there, on_there), (elsewhere, on_elsewhere) = influence(x, where), influence(x, ~where)
    error = block_error(on_there - on_elsewhere)
    assert np.mean(np.abs(there - elsewhere) <= 2 * error) == pytest.approx(0.94, abs=0.05)


def test_what_happens_in_few_blocks_has_no_error() -> None:
    where = np.arange(1_000) < 150  # three blocks of fifty
    _, of_each = influence(np.random.default_rng(4).normal(size=1_000), where)
    assert np.isnan(block_error(of_each))
    assert np.isnan(influence(np.ones(5), np.zeros(5, bool))[0])


def test_one_place_has_no_error() -> None:
    """Nor has its difference from all others, which would seem as sure as their mean."""
    x, where = np.random.default_rng(5).normal(size=1_000), np.arange(1_000) == 500
    assert estimated(x, where) == (x[500], None)
    assert np.isnan(block_error(influence(x, where)[1] - influence(x, ~where)[1]))


def test_of_values_that_are_all_alike_the_error_is_none() -> None:
    assert estimated(np.full(400, 0.5)) == (0.5, 0.0)
    assert estimated(np.tile([1.0, 0.0], 200)) == (0.5, 0.0)
    assert estimated(np.repeat([1.0, *[0.0] * 19], 20)) == pytest.approx((0.05, 0.05))
