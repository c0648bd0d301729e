"""Holding states along a direction: the projection is what it is set to, the rest stays, and a unit is a direction."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp, hold
from rnncli.inspection.activations import Unit, read
from rnncli.inspection.features.built_in import feature
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views import VIEWS
from rnncli.inspection.views.ablate import effects
from rnncli.models.language_model import LanguageModel
from rnncli.results import Table
from rnncli.storage import direction
from rnncli.storage.direction import Direction, Part, digest_of
from tests.helpers import random_ids, random_model
from tests.inspection.probes import every_network, probe_of
from tests.inspection.spread import ALONG, SPREAD, spread_probe

STEPS, STREAMS, SIZE = 9, 4, 7


def unit_vector(seed: int = 3, size: int = SIZE) -> Array:
    v = np.random.default_rng(seed).standard_normal(size)
    return v / np.linalg.norm(v)


def test_only_the_projection_changes() -> None:
    rows, v, values = np.random.default_rng(1).standard_normal((5, SIZE)), unit_vector(), np.arange(5.0)
    held = rows.copy()
    hold(held, v, values)
    np.testing.assert_allclose(held @ v, values, atol=1e-12)
    np.testing.assert_allclose(held - np.outer(held @ v, v), rows - np.outer(rows @ v, v), atol=1e-12)


@every_network
def test_every_step_has_the_projection_that_it_is_held_at(config: dict[str, Any]) -> None:
    """In its own stream; and before anything has read it, the rest of the state is as it was."""
    model, v = random_model(dtype=np.float64, **config), unit_vector()
    ids, state = random_ids(model, (STEPS, STREAMS)), model.zero_state(STREAMS)
    wanted = np.random.default_rng(4).standard_normal((STEPS, STREAMS))
    for cell in model.network.names:
        free = model.forward(ids, state).activation(f"{cell}.hidden").copy()
        held = model.forward(ids, state, [Clamp(cell, "hidden", v, wanted)]).activation(f"{cell}.hidden")
        np.testing.assert_allclose(held @ v, wanted, atol=1e-12)
        first, was = held[0], free[0]
        np.testing.assert_allclose(first - np.outer(first @ v, v), was - np.outer(was @ v, v), atol=1e-12)


@every_network
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_unit_is_the_direction_of_its_axis(config: dict[str, Any], dtype: type) -> None:
    """To the last bit, over a window and one character at a time."""
    model, ids = random_model(dtype=dtype, **config), random_ids(random_model(**config), (STEPS, STREAMS))
    values = np.random.default_rng(4).standard_normal((STEPS, STREAMS)).astype(dtype)
    for cell in model.network.names:
        for value in (0.5, values):
            found = [
                model.logits_of(
                    model.forward(ids, model.zero_state(STREAMS), [Clamp(cell, "hidden", unit, value)])
                ).tolist()
                for unit in (4, np.eye(SIZE)[4])
            ]
            assert found[0] == found[1]
        steps = [
            model.stepper(model.zero_state(1), [Clamp(cell, "hidden", unit, -0.5)]) for unit in (4, np.eye(SIZE)[4])
        ]
        for t in range(STEPS):
            assert steps[0](ids[t, :1]).tolist() == steps[1](ids[t, :1]).tolist()


@every_network
def test_one_character_at_a_time_is_held_like_a_window(config: dict[str, Any]) -> None:
    """Along a direction in each of the cells."""
    model = random_model(dtype=np.float64, **config)
    ids = random_ids(model, (STEPS, STREAMS))
    clamps = [Clamp(cell, "hidden", unit_vector(n), 0.7 - n) for n, cell in enumerate(model.network.names)]
    expected = model.logits_of(model.forward(ids, model.zero_state(STREAMS), clamps))
    assert np.abs(expected - model.logits_of(model.forward(ids, model.zero_state(STREAMS)))).max() > 1e-3
    step = model.stepper(model.zero_state(STREAMS), clamps)
    for t in range(STEPS):
        np.testing.assert_allclose(step(ids[t]), expected[t], rtol=1e-12, atol=1e-12)


def written(folder: Any, model: LanguageModel, vector: Array, seen: str, feature: str = "digit") -> str:
    """A file with a direction in the lowest cell, found in the text ``seen``."""
    path = str(folder / "direction.npz")
    direction.save(path, Direction(feature, True, {"l1": Part(vector, 0.0, 1.0)}, len(seen), digest_of(seen)), model)
    return path


def rows(probe: Any, path: str) -> tuple[dict[str, list[float]], Any]:
    result = VIEWS["ablate"](ViewRequest(probe, direction=path))
    table = result.blocks[0]
    assert isinstance(table, Table)
    return {str(row[0]): list(row[1:]) for row in table.rows}, result


@pytest.mark.parametrize("cell", ["rnn", "gru", "mlp"])
def test_a_unit_is_ablated_like_the_direction_of_its_axis(cell: str, tmp_path: Any) -> None:
    """Of the same text, with the means by hand."""
    model = random_model("123ab", np.float64, cell=cell, context=3 * (cell == "mlp"))
    probe = probe_of(model, 400)
    change = effects(probe, [Unit("l1", 4)])[1][Unit("l1", 4)]
    found = rows(probe, written(tmp_path, model, np.eye(SIZE)[4], "another text"))[0]["this direction"]
    digits = np.array([c.isdigit() for c in probe.text()[:-1]])
    expected = [change[digits].mean(), change[~digits].mean(), change.mean()]
    np.testing.assert_allclose(found[::2], expected, rtol=1e-9, atol=1e-12)


def test_it_is_held_where_it_was_not_found(tmp_path: Any) -> None:
    """In the rest of a text that begins with what the probe was fitted to; in all of another."""
    probe = spread_probe(900)
    path = written(tmp_path, probe.model, unit_vector(size=9), probe.text(0, 400))
    result = rows(probe, path)[1]
    assert "from 400" in result.text and "of 499" in result.facts["feature"]
    other = probe_of(probe.model, probe.text()[1:])
    assert "of 898" in rows(other, path)[1].facts["feature"]


def test_the_direction_that_carries_all_is_the_cause(tmp_path: Any) -> None:
    """The logits read the planted direction, so others cost less."""
    probe = spread_probe(900, gain=400.0)
    planted = np.zeros(9)
    planted[list(SPREAD)] = ALONG
    found, result = rows(probe, written(tmp_path, probe.model, planted, "another text"))
    assert abs(found["this direction"][4]) > 3 * abs(found["10 of shifted labels"][4])
    assert "--clamp" in result.next[0]


def test_the_null_counts_what_costs_as_much_more_at_the_feature(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside directions that change nothing."""
    nothing = [{"l1": np.zeros(9)}] * 10
    monkeypatch.setattr("rnncli.inspection.interventions.directions._null", lambda *_: nothing)
    planted = np.zeros(9)
    planted[list(SPREAD)] = ALONG
    for gain in (4.0, -4.0):
        probe = spread_probe(900, gain=gain)
        found, result = rows(probe, written(tmp_path, probe.model, planted, "another text"))
        there, _, elsewhere, *_ = found["this direction"]
        assert result.facts["null"].startswith(f"{0 if there > elsewhere else 10} of 10 ")


def test_of_a_number_it_is_the_cause_above_its_mean(tmp_path: Any) -> None:
    """By hand; and the note says that an LSTM's cell is free."""
    model = random_model(" ab", np.float64, cell="lstm")
    probe, path = probe_of(model, 400), str(tmp_path / "position.npz")
    of_number = Direction("position in word", False, {"l1": Part(unit_vector(), 0.0, 1.0)}, 0, "")
    direction.save(path, of_number, model)
    found, result = rows(probe, path)
    states = read(probe, ["l1.hidden"])
    mean = float((states.values["l1.hidden"] @ unit_vector()).mean())
    change = read(probe, clamps=[Clamp("l1", "hidden", unit_vector(), mean)]).losses - states.losses
    position = feature("position in word", probe.text()[:-1])
    late = position > position.mean()
    expected = [change[late].mean(), change[~late].mean(), change.mean()]
    np.testing.assert_allclose(found["this direction"][::2], np.array(expected) / np.log(2), rtol=1e-9, atol=1e-12)
    assert "of the hidden states alone" in result.blocks[0].note
