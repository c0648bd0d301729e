"""Units of classifiers and taggers are held one by one, and their loss is that of the pairs."""

import shlex
from typing import Any

import numpy as np
import pytest

import rnncli.inspection.interventions.pair_importance
from rnncli.datasets.pairs import Pairs
from rnncli.datasets.ragged import Ragged
from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError
from rnncli.evaluation.losses import score_pairs
from rnncli.inspection.activations import Unit, state_names
from rnncli.inspection.interventions.importance import importance
from rnncli.inspection.interventions.pair_importance import pair_effects
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from tests.cli.examples import learnt
from tests.cli.running import rnncli as run
from tests.cli.running import succeeded
from tests.helpers import random_pair_model

TASKS = ["classify", "classify-two", "tag"]


def some_pairs(model: Any, count: int) -> Pairs:
    """Texts of 3 to 9 characters, and their labels or tags."""
    rng = np.random.default_rng(6)
    lengths = rng.integers(3, 10, count)
    of_targets = lengths if model.task == "tag" else np.ones(count, int)
    return Pairs(
        Ragged.of(rng.integers(len(model.vocabulary), size=lengths.sum()), lengths),
        Ragged.of(rng.integers(len(model.target), size=of_targets.sum()), of_targets),
    )


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_each_unit_is_held_at_its_mean_over_the_texts(task: str, bidirectional: bool) -> None:
    """As one finds it by reading text after text, alone and without padding."""
    model: Any = random_pair_model(task, np.float64, cell="lstm", layers=2, bidirectional=bidirectional)
    pairs = some_pairs(model, 70)  # more than a batch
    units = [Unit(cell, 2) for cell in model.network.names]
    losses, changes = pair_effects(model, pairs, units)
    assert losses.mean() == pytest.approx(score_pairs(model, pairs).nats)
    per_pair = score_pairs(model, pairs).symbols / len(pairs)
    for unit, change in zip(units, changes, strict=True):
        clamps = []
        for state in state_names(model):
            values = [_states(model, pairs, n, f"{unit.cell}.{state}")[:, unit.unit] for n in range(len(pairs))]
            clamps.append(Clamp(unit.cell, state, unit.unit, float(np.concatenate(values).mean())))
        for n in (0, 33, 69):
            one = pairs.padded(np.array([n]))
            expected = (model.losses(*one, clamps) - model.score(*one).total) / np.log(2) / per_pair
            assert change[n] == pytest.approx(float(expected[0]), rel=1e-9, abs=1e-12)
        assert np.abs(change).max() > 1e-4


def _states(model: Any, pairs: Pairs, number: int, name: str) -> np.ndarray:
    """The states (T, H) of one text."""
    text, _ = pairs.padded(np.array([number]))
    forward = model.network.forward(model.parameters, text.ids, model.initial_state(), model._workspace)
    found: np.ndarray = forward.activation(name)[:, 0].copy()
    return found


@pytest.mark.parametrize("task", TASKS)
def test_a_unit_that_nothing_reads_is_no_cause(task: str) -> None:
    model: Any = random_pair_model(task, np.float64, cell="gru")
    model.parameters["l1.W_h"][:, 3] = 0
    model.parameters["output.W"][3] = 0
    _, changes = pair_effects(model, some_pairs(model, 30), [Unit("l1", 3), Unit("l1", 4)])
    assert changes[0].tolist() == [0.0] * 30  # each unit is held in a batch of the same shape
    assert np.abs(changes[1]).max() > 1e-3


@pytest.mark.parametrize(("task", "unit"), [("two", "label"), ("past", "tag")])
def test_the_view_ranks_all_units(task: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = learnt(task, "--cell", "gru")
    with pytest.raises(InputError, match="too few"):
        importance(ViewRequest(Probe(checkpoint.load(path))))
    monkeypatch.setattr(rnncli.inspection.interventions.pair_importance, "MIN_PAIRS", 5)  # there are ten
    model = checkpoint.load(path).model
    found = importance(ViewRequest(Probe(checkpoint.load(path))))
    assert f"bits per {unit}" in found.facts["loss"]
    (everything,) = found.tables
    assert len(everything.rows) == len(model.network.names) * model.config.hidden_size
    changes = [row[1] for row in everything.rows]
    assert changes == sorted(changes, reverse=True)
    assert "The units of the largest effect" in succeeded(run("inspect", path, "units", "--by", "importance"))
    (proposed,) = found.next
    _, *words = shlex.split(proposed)
    assert words[2] == "patch"
    succeeded(run(*words))


def test_other_texts_and_other_tasks_are_told_in_a_sentence() -> None:
    classifier = Probe(checkpoint.load(learnt("two", "--cell", "gru")))
    with pytest.raises(InputError, match="--text and --prime do not apply"):
        importance(ViewRequest(classifier, text_options=["--text", "x.txt"]))
    with pytest.raises(InputError, match="running text"):
        importance(ViewRequest(Probe(Checkpoint(random_pair_model("translate")))))


def test_of_many_pairs_those_read_are_drawn_from_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of a file that is in order would have one label only."""
    read: list[Pairs] = []

    def recording(model: Any, pairs: Pairs, units: Any) -> tuple[np.ndarray, np.ndarray]:
        read.append(pairs)
        return np.ones(len(pairs)), np.ones((len(units), len(pairs)))

    view = rnncli.inspection.interventions.pair_importance
    monkeypatch.setattr(view, "pair_effects", recording)
    monkeypatch.setattr(view, "MIN_PAIRS", 5)
    monkeypatch.setattr(view, "MAX_PAIRS", 5)
    saved = checkpoint.load(learnt("two", "--cell", "gru"))
    importance(ViewRequest(Probe(saved)))
    everything: Any = saved.dataset()
    first, some = (
        [pairs.texts.padded(np.array([n])).ids.ravel().tolist() for n in range(5)]
        for pairs in (everything.training, read[0])
    )
    assert len(read[0]) == 5 < len(everything.training)
    assert some != first
