"""Holding a unit: where nothing reads it nothing changes, and at its own values neither; both to the last bit."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.inspection.activations import Unit, clamps_for, read, state_names
from rnncli.inspection.interventions.ablation import effects
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_ids, random_model
from tests.inspection.probes import every_network, probe_of, random_probe

STEPS, STREAMS = 9, 4


def cut_off(model: LanguageModel, unit: Unit) -> None:
    """Let nothing read a unit: no unit of its own layer, none above, no logit."""
    names = model.network.names
    if f"{unit.cell}.W_h" in model.parameters:
        model.parameters[f"{unit.cell}.W_h"][:, unit.unit] = 0
    if unit.cell != names[-1]:
        model.parameters[f"{names[names.index(unit.cell) + 1]}.W_x"][..., unit.unit, :] = 0
    else:
        model.parameters["output.W"][unit.unit] = 0


@every_network
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_unit_that_nothing_reads_is_no_cause(config: dict[str, Any], dtype: type) -> None:
    """Its loss does not change but for rounding, since other units are held in the same batch, and to the last digit
    where it is read alone; that of the same unit before it was cut off does."""
    for cell, number in product(random_model(**config).network.names, (0, 3, 6)):
        probe, unit = random_probe(80, dtype, **config), Unit(cell, number)
        _, before = effects(probe, [unit])
        assert np.abs(before[unit]).max() > 1e-3
        cut_off(probe.model, unit)
        losses, after = effects(probe, [unit])
        np.testing.assert_allclose(after[unit], 0, atol=100 * np.finfo(dtype).eps)
        for value in (-3.0, 0.0, 1.0):
            clamps = clamps_for(probe.model, unit, dict.fromkeys(state_names(probe.model), value))
            assert read(probe, clamps=clamps).losses.tolist() == losses.tolist()


def recorded(model: LanguageModel, ids: np.ndarray, state: Array) -> tuple[dict[str, Array], Array, Array]:
    """All states (T, B, H) by name, the last state, and the losses of the next characters."""
    forward = model.forward(ids[:-1], state)
    names = [f"{cell}.{which}" for cell in model.network.names for which in state_names(model)]
    values = {name: forward.activation(name).copy() for name in names}
    return values, forward.state.copy(), model.losses_of(forward, ids[1:])[0]


def edits_at(values: dict[str, Array], units: list[int]) -> list[Clamp]:
    """Hold these units of every cell at these values (T, B)."""
    return [
        Clamp(*name.split("."), unit, np.ascontiguousarray(of_cell[..., unit]))
        for name, of_cell in values.items()
        for unit in units
    ]


@every_network
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("units", [[0], [2, 5], list(range(7))], ids=["one", "two", "all"])
def test_units_held_at_their_own_values_change_nothing(config: dict[str, Any], dtype: type, units: list[int]) -> None:
    model = random_model(dtype=dtype, **config)
    ids, state = random_ids(model, (STEPS, STREAMS)), model.zero_state(STREAMS)
    values, last, losses = recorded(model, ids, state)
    again = model.forward(ids[:-1], state, edits_at(values, units))
    assert model.losses_of(again, ids[1:])[0].tolist() == losses.tolist()
    assert again.state.tolist() == last.tolist()
    other = {name: of_cell[::-1, ::-1] for name, of_cell in values.items()}
    changed = model.losses_of(model.forward(ids[:-1], state, edits_at(other, units)), ids[1:])[0]
    assert np.abs(changed - losses).max() > 1e-3


@every_network
def test_a_unit_has_the_value_that_it_is_held_at(config: dict[str, Any]) -> None:
    """In every step, in its own stream, and no other unit of its layer has it."""
    model = random_model(dtype=np.float64, **config)
    ids, state = random_ids(model, (STEPS, STREAMS)), model.zero_state(STREAMS)
    free = recorded(model, ids, state)[0]
    wanted = np.random.default_rng(3).normal(size=(STEPS - 1, STREAMS))
    for cell in model.network.names:
        forward = model.forward(ids[:-1], state, [Clamp(cell, "hidden", 2, wanted)])
        found = forward.activation(f"{cell}.hidden")
        assert found[..., 2].tolist() == wanted.tolist()
        # The first step has read no held value yet, so the others are as they were.
        assert np.delete(found[0], 2, axis=1).tolist() == np.delete(free[f"{cell}.hidden"][0], 2, axis=1).tolist()


@every_network
def test_one_character_at_a_time_is_held_like_a_window(config: dict[str, Any]) -> None:
    """So that a clamped text is the same, however it is read."""
    model = random_model(dtype=np.float64, **config)
    ids = random_ids(model, (STEPS, STREAMS))
    for cell in model.network.names:
        clamps = clamps_for(model, Unit(cell, 4), dict.fromkeys(state_names(model), -0.7))
        expected = model.logits_of(model.forward(ids, model.zero_state(STREAMS), clamps))
        free = model.logits_of(model.forward(ids, model.zero_state(STREAMS)))
        assert np.abs(free - expected).max() > 1e-3
        step = model.stepper(model.zero_state(STREAMS), clamps)
        for t in range(STEPS):
            np.testing.assert_allclose(step(ids[t]), expected[t], rtol=1e-12, atol=1e-12)


@every_network
def test_a_unit_is_ablated_at_its_mean(config: dict[str, Any]) -> None:
    """The mean over the text of each of its states, as one finds it by hand."""
    probe = random_probe(200, **config)
    model, ids = probe.model, probe.ids.astype(np.intp)[:, None]
    for cell in model.network.names:
        values, _, losses = recorded(model, ids, model.zero_state())
        means = {state: float(values[f"{cell}.{state}"][..., 5].mean()) for state in state_names(model)}
        clamps = [Clamp(cell, state, 5, value) for state, value in means.items()]
        changed = model.losses_of(model.forward(ids[:-1], model.zero_state(), clamps), ids[1:])[0]
        before, changes = effects(probe_of(model, probe.ids), [Unit(cell, 5)])
        np.testing.assert_allclose(before, losses[:, 0], rtol=1e-12)
        np.testing.assert_allclose(changes[Unit(cell, 5)], (changed - losses)[:, 0] / np.log(2), rtol=1e-9, atol=1e-12)
