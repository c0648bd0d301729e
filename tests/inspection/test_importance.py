"""Units by importance: what matters comes first, and what explains it is found where anything does."""

from functools import cache

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.inspection.activations import Unit
from rnncli.inspection.features.built_in import feature
from rnncli.inspection.interventions.ablation import effects
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.variance import explained_by, explained_by_context
from rnncli.inspection.views.units import units
from rnncli.results import Scatter, Table, ViewResult
from tests.inspection.latch import bracketed, latch, latch_probe
from tests.inspection.probes import random_probe


@cache
def probe() -> Probe:
    """A latch that tells how often x is to come, which the letters themselves hardly do."""
    return latch_probe(8_000, latch(0.66, -0.38), 0.15, 0.4)


def importance(*features: str) -> ViewResult:
    return units(ViewRequest(probe(), by="importance", features=list(features)))


def rows(found: ViewResult) -> list[dict[str, object]]:
    table = found.blocks[0]
    assert isinstance(table, Table)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_the_unit_that_matters_comes_first_with_what_explains_it() -> None:
    first, *others = rows(importance())
    assert (first["unit"], first["feature"], first["explained by"]) == ("1:0", "inside brackets", "feature")
    assert first["R²"] > 0.95
    _, changes = effects(probe(), [Unit("l1", 0)])
    assert first["change"] == pytest.approx(changes[Unit("l1", 0)].mean())
    assert first["±"] < first["change"] / 4
    for other in others:
        assert other["change"] == pytest.approx(0, abs=1e-12)
        assert other["explained by"] == "1 character"  # it follows what was read last
        assert other["R² last 1"] > 0.99


def test_a_unit_that_matters_and_nothing_explains_stands_out() -> None:
    """As the latch where nobody asks for brackets, at the place where it is missed most."""
    found = importance("digit", "vowel")
    assert rows(found)[0]["explained by"] == "nothing"
    assert rows(found)[0]["R² last 6"] < 0.5
    assert found.facts["unexplained"] == "1 of 1, those listed whose change is above 2 ±"
    _, changes = effects(probe(), [Unit("l1", 0)])
    place = int(changes[Unit("l1", 0)].argmax())
    assert f"unit 1:0 --at {place}" in found.next[0]
    assert "ablate --unit 1:0" in found.next[1]


def test_of_units_that_nothing_reads_none_matters() -> None:
    """All are within two errors of no change, and none is said to be unexplained."""
    given = random_probe(1_200, cell="rnn", hidden_size=6)
    given.model.parameters["output.W"][...] = 0
    found = units(ViewRequest(given, by="importance", features=["digit"]))
    assert found.facts["unexplained"].startswith("0 of 0")
    assert "100% of the units within 2 ± of 0" in found.facts["changes"]


def test_a_feature_is_a_simpler_explanation_than_a_long_context() -> None:
    """Where the letters of six places tell as well what is inside of brackets, as they do where most are x."""
    plain = latch_probe(8_000, latch(1.0, -0.4), 0.15, 0.6)
    (first, *_) = rows(units(ViewRequest(plain, by="importance")))
    assert first["R² last 2"] < 0.5 < first["R² last 6"] < first["R²"]
    assert first["explained by"] == "feature"
    assert rows(units(ViewRequest(plain, by="importance", features=["digit"])))[0]["explained by"] == "6 characters"


def test_all_units_are_in_the_data_and_in_the_picture() -> None:
    given = random_probe(1_200, cell="gru", layers=2, hidden_size=12)
    found = units(ViewRequest(given, by="importance"))
    (everything,) = found.tables
    names = [str(row[0]) for row in everything.rows]
    assert sorted(names) == sorted(f"{layer}:{n}" for layer in (1, 2) for n in range(12))
    assert found.to_json()["units"]["rows"] == [list(row) for row in everything.rows]
    changes = [row[1] for row in everything.rows]
    assert changes == sorted(changes, reverse=True)
    assert len(rows(found)) == 20
    (picture,) = [block for block in found.blocks if isinstance(block, Scatter)]
    assert sorted(picture.labels) == sorted(names)
    assert all(0 <= value <= 1 for point in picture.points for value in point)
    of_layer = units(ViewRequest(given, by="importance", layer=1))
    assert {str(row[0])[0] for row in of_layer.tables[0].rows} == {"1"}


def test_a_text_may_be_too_short() -> None:
    with pytest.raises(InputError, match="too few to rank"):
        units(ViewRequest(random_probe(500), by="importance"))


def test_a_context_explains_what_is_a_function_of_it() -> None:
    """Of the last character, of whether the last two are equal, of nothing; neither can a long context that was seen
    once explain noise."""
    rng = np.random.default_rng(1)
    ids = rng.integers(4, size=12_000)
    before = np.concatenate([[0], ids[:-1]])
    noise = rng.normal(size=len(ids))
    values = np.stack([ids**2.0, ids == before, noise], axis=1)
    of_last, of_equal, of_nothing = explained_by_context(values, ids, 6).T
    assert of_last[:3] == pytest.approx(1, abs=0.01)
    assert of_equal[0] == pytest.approx(0, abs=0.01)
    assert of_equal[1] == pytest.approx(1, abs=0.01)
    assert max(of_nothing) < 0.01


def test_what_a_short_context_explains_a_longer_one_does_too() -> None:
    """Though the means of longer ones follow the noise."""
    rng = np.random.default_rng(2)
    ids = rng.integers(8, size=3_000)
    values = (ids + rng.normal(scale=2, size=len(ids)))[:, None]
    found = explained_by_context(values, ids, 4)[:, 0]
    assert found[0] > 0.4
    assert found[1:] == pytest.approx(found[0])


def test_nothing_explains_what_no_longer_varies() -> None:
    """As units that have saturated by the second half of a text, where a feature predicts all but the last digits."""
    ids = np.random.default_rng(2).integers(2, size=200_000)
    ids[100_000:] = 1
    values = np.linspace(0.1, 1, 12, dtype=np.float32) * ids[:, None].astype(np.float32)
    assert explained_by(values, ids[None])[0] == pytest.approx(0)
    assert explained_by_context(values, ids, 1)[0] == pytest.approx(0)


def test_where_a_context_is_new_the_shorter_one_is_asked() -> None:
    """As one counts it with a dictionary, place after place; some contexts of the second half are new."""
    rng = np.random.default_rng(4)
    ids = rng.integers(12, size=600)
    values = ids + 0.1 * np.roll(ids, 1) ** 2 + rng.normal(size=600)
    seen: dict[tuple[int, ...], list[float]] = {}
    for n in range(300):
        for length in range(4):
            seen.setdefault(context(ids, n, length), []).append(values[n])

    def mean(n: int, length: int) -> float:
        if not length:
            return float(np.mean(seen[()]))
        found = seen.get(context(ids, n, length), [])
        return (sum(found) + mean(n, length - 1)) / (len(found) + 1)

    rest = values[300:]
    expected = [
        1 - sum((values[n] - mean(n, length)) ** 2 for n in range(300, 600)) / np.sum((rest - rest.mean()) ** 2)
        for length in (1, 2, 3)
    ]
    found = explained_by_context(values[:, None], ids, 3)[:, 0]
    assert found == pytest.approx(np.maximum.accumulate(expected), rel=1e-9)
    assert found[1] > found[0] + 0.02


def context(ids: np.ndarray, n: int, length: int) -> tuple[int, ...]:
    """The last characters up to place ``n``; −1 before the text."""
    return tuple(int(ids[n - back]) if n >= back else -1 for back in range(length))


def test_a_feature_explains_what_is_a_function_of_it() -> None:
    """Of a number any function, by its bins; half of the variance is half; a constant has none."""
    text = bracketed(np.random.default_rng(2), 8_000)
    inside = feature("inside brackets", text)
    rng = np.random.default_rng(3)
    noisy = 2 * inside + rng.normal(scale=2 * inside.std(), size=len(inside))
    values = np.stack([1 - 2 * inside, noisy, np.full(len(inside), 0.3)], axis=1)
    assert explained_by(values.astype(np.float32), inside[None])[0] == pytest.approx([1, 0.5, 0], abs=0.03)
    assert explained_by(values, inside[None])[0] == pytest.approx([1, 0.5, 0], abs=0.03)
    place = np.arange(8_000) % 40.0
    assert explained_by(((place - 20) ** 2)[:, None], place[None])[0] == pytest.approx([1], abs=0.05)
