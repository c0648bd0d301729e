"""Where a network is in the same state: against planted phrases, and against a search by brute force."""

import numpy as np
import pytest

from rnncli.inspection.activations import read
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.match import cosines_with, match
from rnncli.results import Table, ViewResult
from tests.helpers import random_model
from tests.inspection.probes import every_network, probe_of, random_probe

PHRASE = "hdcaefbgahcdbfeg"


def rows_of(found: ViewResult) -> list[tuple[int, float, str]]:
    (table,) = found.blocks
    assert isinstance(table, Table)
    return [(int(str(at)), float(str(cosine)), str(text)) for at, cosine, text in table.rows]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_phrase_is_found_at_its_eight_other_places(cell: str) -> None:
    """A network whose memory is shorter than the phrase comes out of it in the same state wherever it stands."""
    rng = np.random.default_rng(5)
    pieces = ["".join(rng.choice(list("abcdefgh"), rng.integers(60, 200))) for _ in range(10)]
    text = PHRASE.join(pieces)
    assert text.count(PHRASE) == 9
    model = random_model("abcdefgh", cell=cell, hidden_size=24)
    model.parameters["l1.W_h"][...] *= 0.3
    ends = [text.index(PHRASE, sum(map(len, pieces[: n + 1])) + n * len(PHRASE)) + len(PHRASE) for n in range(9)]
    start = ends[3] - 4
    rows = rows_of(match(ViewRequest(probe_of(model, text), [f"{start}:{start + 4}"])))
    assert sorted(at for at, _, _ in rows[:8]) == sorted(end - 4 for end in ends if end - 4 != start)
    assert min(cosine for _, cosine, _ in rows[:8]) > 0.99
    assert max(cosine for _, cosine, _ in rows[8:]) < 0.95


@every_network
def test_the_places_are_those_of_a_search_by_brute_force(config: dict[str, object]) -> None:
    """The highest cosine first, none of the places near another or the range; in the top layer if none is named."""
    probe = random_probe(700, hidden_size=5, **config)
    start, length, top = 120, 8, f"l{config['layers']}.hidden"
    hidden = read(probe, [top], streams=1).values[top].tolist()
    middle = [sum(row[unit] for row in hidden) / len(hidden) for unit in range(5)]

    def state(at: int) -> list[float]:
        return [sum(row[unit] for row in hidden[at : at + length]) / length - middle[unit] for unit in range(5)]

    def cosine(at: int) -> float:
        a, b = state(at), state(start)
        dot, squares = sum(x * y for x, y in zip(a, b, strict=True)), sum(x * x for x in a) * sum(y * y for y in b)
        return float(dot / squares**0.5)

    cosines = {at: cosine(at) for at in range(len(hidden) - length + 1)}
    free = [at for at in cosines if abs(at - start) >= 25]
    expected: list[int] = []
    while free and len(expected) < 10:
        expected.append(max(free, key=cosines.__getitem__))
        free = [at for at in free if abs(at - expected[-1]) >= 25]
    found = match(ViewRequest(probe, [f"{start}:{start + length}"]))
    rows = rows_of(found)
    assert [at for at, _, _ in rows] == expected
    assert len(expected) == 10
    np.testing.assert_allclose([value for _, value, _ in rows], [cosines[at] for at in expected], rtol=0, atol=1e-10)
    for at, _, text in rows:
        assert f"[{probe.text()[at : at + length]}]" in text
    elsewhere = [value for at, value in cosines.items() if abs(at - start) >= length]
    median, high = sorted(elsewhere)[len(elsewhere) // 2], np.quantile(elsewhere, 0.99)
    assert len(elsewhere) % 2
    assert found.facts["cosine"] == f"median {median:.3f}, 99th percentile {high:.3f} of all {len(elsewhere)} places"


def test_the_cosine_neither_knows_the_mean_nor_the_scale_of_the_states() -> None:
    """More units than are taken at a time; a long range; a unit that never changes adds nothing."""
    rng = np.random.default_rng(2)
    hidden = rng.normal(size=(300, 150))
    cosines = cosines_with(hidden, 40, 90)
    assert cosines.shape == (251,)
    assert cosines[40] == pytest.approx(1, abs=1e-12)
    moved = np.hstack([hidden * 7 + rng.normal(size=150), np.full((300, 1), 3.0)])
    np.testing.assert_allclose(cosines_with(moved, 40, 90), cosines, rtol=0, atol=1e-12)
    opposite = np.vstack([hidden, -hidden])
    np.testing.assert_allclose(cosines_with(opposite, 40, 90)[340], -1, rtol=0, atol=1e-12)


def test_a_state_that_never_changes_is_like_none() -> None:
    """And is told, though rounding leaves something of it."""
    assert not cosines_with(np.tile(np.random.default_rng(4).normal(size=5), (999, 1)), 3, 10).any()
    probe = random_probe(200, hidden_size=3)
    probe.model.parameters.flat[...] = 0
    found = match(ViewRequest(probe, ["3:5"]))
    assert found.facts["places"].startswith("none: the state of layer 1")
    assert not found.blocks


def test_a_text_that_is_too_short_for_another_place_is_told() -> None:
    found = match(ViewRequest(random_probe(20, hidden_size=4), ["3:5"]))
    assert found.facts["places"].startswith("none: all 19 characters")
    assert not found.blocks


def test_a_layer_may_be_named() -> None:
    probe = random_probe(300, hidden_size=4, layers=2)
    found = [rows_of(match(ViewRequest(probe, ["3:9"], layer=layer))) for layer in (1, 2, None)]
    assert found[0] != found[1] == found[2]


@pytest.mark.parametrize(("count", "expected"), [(300, "120:128"), (129, "120:128"), (128, "119:127"), (5, "0:4")])
def test_without_a_range_it_is_one_in_the_text(count: int, expected: str) -> None:
    found = match(ViewRequest(random_probe(count, hidden_size=4)))
    assert found.facts["here"].startswith(f"characters {expected}, ")


def test_a_long_range_is_shown_by_its_beginning() -> None:
    probe = random_probe(900, hidden_size=4)
    found = match(ViewRequest(probe, ["100:400"]))
    assert f"[{probe.text(100, 123)}…]" in found.facts["here"]
    assert all(abs(at - 100) >= 300 for at, _, _ in rows_of(found))
