"""On texts in which the truth is known, a view finds it, proves it, and finds nothing where there is nothing: brackets,
lines, runs, and a count that a user asks for, in the smallest networks that learn them."""

from functools import cache

import numpy as np
import pytest

from rnncli.inspection.activations import read
from rnncli.inspection.features.built_in import FEATURES, feature
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.association import LEVEL, associate
from rnncli.inspection.statistics.selectivity import UnitScore, best_units
from rnncli.inspection.views.ablate import ablate
from rnncli.inspection.views.units import units
from rnncli.results import ColouredText, Table
from tests.inspection.planted import EVEN, TRUTHS, owed

CAUSES = ["brackets", "runs"]
"""Texts in which it is where the feature is true, or large, that it has to be known."""

SHIFTED = 100


@cache
def learnt(name: str) -> tuple[Probe, Probe]:
    """A network that has learnt a text, and one that has not; made once in a session."""
    return TRUTHS[name].learn()


@pytest.fixture(autouse=True)
def owed_is_a_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feature that a user has added."""
    monkeypatch.setitem(FEATURES, "owed", owed)


def best(name: str, is_trained: bool = True) -> UnitScore:
    """The unit that goes most closely with what matters in a text."""
    (found,) = best_units(learnt(name)[not is_trained], [TRUTHS[name].feature], best=1)
    return found


def table(found: list[object] | object, name: str) -> list[dict[str, object]]:
    """The rows of a table, by its columns."""
    (part,) = [part for part in found.blocks if isinstance(part, Table) and part.name.startswith(name)]  # type: ignore[attr-defined]
    return [dict(zip(part.columns, row, strict=True)) for row in part.rows]


@pytest.mark.parametrize("name", TRUTHS)
def test_what_the_network_must_know_is_found(name: str) -> None:
    found = best(name)
    assert found.strength > 0.9
    assert found.z > 10
    assert found.p == 1 / 200  # in none of 199 shifts
    assert found.is_associated


@pytest.mark.parametrize("name", TRUTHS)
def test_an_untrained_network_knows_much_less(name: str) -> None:
    """It remembers a little, as any network does, and its z says so; how little, the strength says."""
    trained, fresh = best(name), best(name, is_trained=False)
    assert trained.untrained < TRUTHS[name].untrained
    assert fresh.strength < TRUTHS[name].untrained
    assert trained.learnt > 0.05
    assert fresh.learnt < 0.5 * trained.learnt


@pytest.mark.parametrize("name", TRUTHS)
def test_the_view_names_the_feature_and_the_unit(name: str) -> None:
    """Of all features, in a table, with an excerpt in which the unit is seen at work."""
    probe, wanted = learnt(name)[0], best(name)
    found = units(ViewRequest(probe))
    (row,) = [
        row
        for row in table(found, "The most selective unit")
        if row["feature"] == wanted.feature and row["unit"] == str(wanted.unit)
    ]
    assert row["direction"] == wanted.direction
    assert row["AUC or r"] == pytest.approx(wanted.auc_or_r, abs=1e-3)
    rows = table(found, "The most selective unit")
    significant = [row for row in rows if row["p"] < LEVEL]
    assert all((row["direction"] is None) == (row not in significant) for row in rows)
    assert found.facts["significant"].startswith(f"{len(significant)} of {len(rows)} pairs")
    (strip,) = [part for part in found.blocks if isinstance(part, ColouredText)]
    assert strip.text in probe.text()
    assert len(strip.values) == len(strip.text)
    assert any("ablate --unit" in command for command in found.next)


@pytest.mark.parametrize("name", CAUSES)
def test_without_the_best_unit_the_loss_is_higher_where_it_matters(name: str) -> None:
    """Twice as much as elsewhere at the least, and in sum it is the loss that it is."""
    probe, one = learnt(name)[0], best(name)
    found = ablate(ViewRequest(probe, units=[str(one.unit)], features=[one.feature]))
    (row,), (whole,) = table(found, "Is it needed"), table(found, "Change")
    inside, elsewhere, all_ = row["there"], row["elsewhere"], whole["change"]
    assert inside > 0.05
    assert inside > 2 * elsewhere
    assert row["cause"] == "yes"
    share = row["places"] / (len(probe.ids) - 1)
    assert share * inside + (1 - share) * elsewhere == pytest.approx(all_, rel=1e-5)


@pytest.mark.parametrize("name", ["brackets", "debts"])
def test_without_a_unit_that_knows_nothing_the_loss_is_nearly_what_it_was(name: str) -> None:
    """Of an untrained network, which has learnt nothing that it could lose."""
    probe, one = learnt(name)[1], best(name, is_trained=False)
    (row,) = table(ablate(ViewRequest(probe, units=[str(one.unit)], features=[one.feature])), "Change")
    assert abs(row["change"]) < 0.01


def test_where_every_line_has_the_same_length_the_position_is_found() -> None:
    """Its strength at least: a shift by whole lines leaves everything as it is, so that chance is not excluded."""
    probe, _ = EVEN.learn()
    (found,) = best_units(probe, ["position in line"], best=1)
    assert found.strength > 0.95
    assert found.untrained < EVEN.untrained


@pytest.mark.parametrize(("name", "is_trained"), [("brackets", True), ("runs", False)])
def test_a_feature_shifted_by_chance_is_associated_as_rarely_as_is_said(name: str, is_trained: bool) -> None:
    """Of 100 features, each looked for alone in all units, with the slack of a binomial at three deviations."""
    probe = learnt(name)[not is_trained].first(4001)
    hidden = read(probe, ["l1.hidden"]).values["l1.hidden"]
    values = feature(TRUTHS[name].feature, probe.text()[:-1])
    shifts = np.random.default_rng(1).integers(len(values), size=SHIFTED)
    smallest = [associate(hidden, np.roll(values, shift)[:, None]).p.min() for shift in shifts]
    called = float(np.mean(np.array(smallest) < LEVEL))
    assert called <= LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / SHIFTED)
    assert np.median(smallest) == pytest.approx(0.5, abs=0.15)  # nor is p larger than it must be


def test_of_many_features_that_mean_nothing_none_is_associated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred at once: p is that of all pairs together."""
    truth, probe = TRUTHS["brackets"], learnt("brackets")[0].first(8001)
    values = feature(truth.feature, probe.text())
    names = []
    for number, shift in enumerate(np.random.default_rng(2).integers(300, len(values) - 300, SHIFTED)):
        names.append(f"shifted {number}")
        monkeypatch.setitem(FEATURES, names[-1], lambda text, shift=shift: np.roll(values, shift))
    found = best_units(probe, names, best=1)
    assert len(found) == SHIFTED
    assert np.mean([one.is_associated for one in found]) <= LEVEL
    assert abs(np.mean([one.z for one in found])) < 0.5
    assert np.std([one.z for one in found]) < 2
    (real,) = [one for one in best_units(probe, [*names, truth.feature], best=1) if one.feature == truth.feature]
    assert real.is_associated


def test_a_unit_is_chosen_in_one_half_and_measured_in_the_other() -> None:
    """So that the best of many is not the luckiest: the strength is that of the second half alone."""
    probe, one = learnt("brackets")[0], best("brackets")
    hidden = read(probe, ["l1.hidden"]).values["l1.hidden"]
    values = feature("inside brackets", probe.text()[:-1])
    half = len(values) // 2
    unit, labels = hidden[half:, one.unit.unit] * one.sign, values[half:]
    pairs = unit[labels == 1][:, None] - unit[labels == 0][::7]
    assert one.strength == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)), abs=0.01)
