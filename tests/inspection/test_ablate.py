"""The view ablate chooses by effect, measures elsewhere, and does not call a cause what is none."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.inspection.activations import Unit
from rnncli.inspection.features.built_in import feature
from rnncli.inspection.interventions.ablation import effects
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.ablate import ablate
from rnncli.results import Table, ViewResult
from tests.inspection.latch import latch_probe
from tests.inspection.probes import random_probe


def rows(found: ViewResult, name: str) -> list[dict[str, Any]]:
    """Those of a table, by its columns."""
    (table,) = [block for block in found.blocks if isinstance(block, Table) and block.name.startswith(name)]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


@cache
def probe() -> Probe:
    return latch_probe(4_000)


@cache
def by_effect() -> ViewResult:
    return ablate(ViewRequest(probe()))


def test_the_unit_that_matters_is_found_and_what_for() -> None:
    """Among units of which two are dead; and the text that told is not the one in which it is measured."""
    (first, *_), (needed, *_) = rows(by_effect(), "Change"), rows(by_effect(), "Is it needed")
    assert first["unit"] == needed["unit"] == "1:0"
    assert (needed["at"], needed["cause"]) == ("inside brackets", "yes")
    assert any("units --feature 'inside brackets'" in command for command in by_effect().next)
    told = "3 of 3 units, by the change in 2,000 characters, in 4 parts spread over the text; measured in the other"
    assert by_effect().facts["chosen"].startswith(told)
    rest = np.flatnonzero(np.tile(np.repeat([False, True], 500), 4))
    change = effects(replace(probe(), ids=probe().ids[rest]), [Unit("l1", 0)])[1][Unit("l1", 0)]
    where = feature("inside brackets", probe().text())[rest[:-1]] > 0
    assert first["change"] == pytest.approx(change.mean())
    assert needed["there"] == pytest.approx(change[where].mean())
    assert needed["elsewhere"] == pytest.approx(change[~where].mean())
    assert needed["difference"] == pytest.approx(needed["there"] - needed["elsewhere"])
    assert needed["places"] == where.sum()
    assert 0 < needed["±"] < needed["difference"] / 2


def test_a_unit_is_shown_once_unless_features_are_asked_for() -> None:
    once = ablate(ViewRequest(probe(), units=["1:0"]))
    assert [row["unit"] for row in rows(once, "Is it needed")] == ["1:0"]
    twice = ablate(ViewRequest(probe(), units=["1:0"], features=["inside brackets", "vowel"]))
    assert [row["at"] for row in rows(twice, "Is it needed")] == ["inside brackets", "vowel"]


def test_all_units_that_are_named_are_held() -> None:
    both = ablate(ViewRequest(probe(), units=["1:2", "1:0", "1:2"], features=["inside brackets"]))
    assert {row["unit"] for row in rows(both, "Change")} == {"1:0", "1:2"}
    verdicts = {row["unit"]: row["cause"] for row in rows(both, "Is it needed")}
    assert verdicts == {"1:0": "yes", "1:2": "no"}


def test_a_change_that_is_smaller_at_a_feature_is_called_so() -> None:
    (row,) = rows(ablate(ViewRequest(probe(), units=["1:0"], features=["[ab]"])), "Is it needed")
    assert row["there"] < row["elsewhere"]
    assert row["cause"] == "less"
    assert not any(
        "--feature" in command for command in ablate(ViewRequest(probe(), units=["1:0"], features=["[ab]"])).next
    )


def test_what_may_be_chance_is_no_cause() -> None:
    """Of units of random weights most differences are below two errors, and not 0."""
    given = random_probe(1_500, cell="gru", layers=1, hidden_size=6)
    names = given.model.vocabulary.symbols
    letters = [name for name in names if name.isalpha()]
    found = rows(ablate(ViewRequest(given, units=[f"1:{n}" for n in range(6)], features=letters)), "Is it needed")
    for row in found:
        is_clear = abs(row["difference"]) > 2 * row["±"]
        assert row["cause"] == ("no" if not is_clear else "yes" if row["difference"] > 0 else "less")
    assert any(row["cause"] == "no" and row["difference"] > 0 for row in found)


def test_of_a_number_it_says_above_what() -> None:
    values = feature("position in word", probe().text()[:-1])
    (row,) = rows(ablate(ViewRequest(probe(), units=["1:0"], features=["position in word"])), "Is it needed")
    assert row["at"] == f"position in word > {values.mean():.1f}"
    assert row["places"] == (values > values.mean()).sum()


def test_other_units_stand_beside_those_that_are_shown() -> None:
    """Of the 14 units of two layers the five largest are chosen; the null is made of the other nine, in the text in
    which all were tried."""
    given = random_probe(1_500, cell="gru", layers=2)
    found = ablate(ViewRequest(given))
    _, tried = effects(replace(given, ids=given.ids[:750]), [Unit(f"l{k}", n) for k in (1, 2) for n in range(7)])
    changes = {str(unit): change.mean() for unit, change in tried.items()}
    largest = sorted(changes, key=lambda unit: -changes[unit])[:5]
    assert {row["unit"] for row in rows(found, "Change")} == set(largest)
    others = [change for unit, change in changes.items() if unit not in largest]
    told = f"median {np.median(others):.4f}, 95% below {np.quantile(others, 0.95):.4f} bits (9 units"
    assert found.facts["other units"].startswith(told)
    in_layer = ablate(ViewRequest(given, layer=2))
    assert all(row["unit"].startswith("2:") for row in rows(in_layer, "Change"))


def test_a_named_unit_is_compared_with_those_of_like_variance() -> None:
    found = ablate(ViewRequest(random_probe(600, cell="lstm", layers=2, hidden_size=16), units=["2:3"]))
    assert "20 units of similar variance" in found.facts["other units"]
    few = random_probe(600, cell="rnn", layers=1, hidden_size=6)
    both = ablate(ViewRequest(few, units=["1:3", "1:5"], features=["vowel"]))
    assert "4 units of similar variance" in both.facts["other units"]  # not itself, nor another that is named


def test_a_feature_that_never_is_is_named() -> None:
    found = ablate(ViewRequest(probe(), units=["1:0"], features=["digit", "vowel"]))
    assert found.facts["never or always"] == "digit"
    assert [row["at"] for row in rows(found, "Is it needed")] == ["vowel"]


def test_a_text_may_be_too_short_to_choose_by() -> None:
    short = random_probe(300)
    with pytest.raises(InputError, match="too few to choose"):
        ablate(ViewRequest(short))
    assert rows(ablate(ViewRequest(short, units=["1:0"])), "Change")
