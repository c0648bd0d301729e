"""How closely units go with features, with sign, against an independent reader of the model file."""

import numpy as np
import pytest

from tests.inspection.by_hand import Array
from tests.inspection.counted_by_hand import auc, rank_correlation
from tests.inspection.saved import Saved, further, part, printed, rows, saved

FEATURES = ("space", "digit", "vowel", "position in line", "run of a character", "the|say")
NUMBERS = ("position in line", "run of a character")


def places(text: str, feature: str) -> Array:
    """A feature of each character of a text, (N,), counted by hand."""
    if feature == "position in line":
        return np.array([len(text[: i + 1].rpartition("\n")[2]) for i in range(len(text))])
    if feature == "run of a character":
        return np.array([i + 1 - len(text[: i + 1].rstrip(text[i])) for i in range(len(text))])
    if feature == "the|say":
        inside = np.zeros(len(text))
        for word in ("the", "say"):
            for i in range(len(text) - 2):
                inside[i : i + 3] += text[i : i + 3] == word
        return inside
    members = {"space": " \n", "digit": "0123456789", "vowel": "aeiou"}[feature]
    return np.array([float(character in members) for character in text])


def states(model: Saved, text: str) -> dict[str, Array]:
    """The hidden states (N − 1,) of each unit along a text, when the next character is predicted."""
    found = model.network.read(model.network.ids(text)[:-1])
    return {
        f"{layer[1:]}:{unit}": found[f"{layer}.hidden"][:, 0, unit]
        for layer in model.network.layers
        for unit in range(model.network.size)
    }


@pytest.mark.parametrize("name", ["rnn-1", "gru-2", "lstm-2"])
def test_units(name: str) -> None:
    """Chosen in the first half of the text, measured in the second. What is low at a feature is told so, and has the
    AUC of its negative; a correlation has its sign."""
    model, (path, text) = saved(name), further()
    words = [word for feature in FEATURES for word in ("--feature", feature)]
    found = printed(name, "units", "--text", path, *words)
    hidden, half = states(model, text), (len(text) - 1) // 2
    table = rows(found, "The most selective units")
    assert {row["feature"] for row in table} == set(FEATURES)
    for feature in FEATURES:
        labels = places(text[:-1], feature)
        chosen = {unit: rank_correlation(values[:half], labels[:half]) for unit, values in hidden.items()}
        of_feature = [row for row in table if row["feature"] == feature]
        best = sorted(np.abs(list(chosen.values())))[::-1][:3]
        sizes = sorted((abs(chosen[row["unit"]]) for row in of_feature), reverse=True)
        np.testing.assert_allclose(sizes, best, atol=1e-3)
        for row in of_feature:
            sign = np.sign(chosen[row["unit"]])
            values = hidden[row["unit"]][half:]
            if feature in NUMBERS:
                expected = rank_correlation(values, labels[half:])
                learnt = sign * expected - row["untrained"]
            else:
                expected = auc(sign * values, labels[half:])
                learnt = 2 * (expected - row["untrained"])
            assert row["AUC or r"] == pytest.approx(expected, abs=1e-3)
            assert row["learnt"] == pytest.approx(learnt, abs=2e-3)
            ways = ("falls", "rises") if feature in NUMBERS else ("low", "high")
            assert row["direction"] in (None, ways[int(sign > 0)])
    for strip in (one for one in found["parts"] if one["kind"] == "strip"):
        unit = strip["name"].split()[1].rstrip(",")
        start = text.index(strip["text"])
        np.testing.assert_allclose(strip["values"], hidden[unit][start : start + len(strip["text"])], atol=1e-3)
    assert part(found, "Unit")["scale"] == 1.0
