"""How closely units go with features, with sign, alone and together, against an independent reader of the model
file."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.inspection.reader import Array
from tests.inspection.reader_changes import BITS, cosines, held_along
from tests.inspection.reader_statistics import apart, auc, linear_probe, rank_correlation
from tests.inspection.saved import Saved, every_network, further, numbers, part, printed, rows, saved

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


@pytest.mark.parametrize("name", ["rnn-1", "gru-2"])
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


@pytest.mark.parametrize(("name", "feature"), [("rnn-1", "vowel"), ("gru-2", "position in line")])
def test_probe(name: str, feature: str, tmp_path: Path) -> None:
    """The direction that logistic or ridge regression finds in the first half of the text, how well it does
    in the second, and the loss where the states are held at their mean along it."""
    model, (path, text) = saved(name), further()
    file = tmp_path / "direction.npz"
    found = printed(name, "probe", feature, "--text", path, "-o", file)
    labels, half, is_binary = places(text[:-1], feature), (len(text) - 1) // 2, feature not in NUMBERS
    hidden = states(model, text)
    values = np.stack(list(hidden.values()), axis=1)

    def score(weights: Array, bias: float) -> list[float]:
        predicted = values[half:] @ weights + bias
        if not is_binary:
            return [float(np.corrcoef(predicted, labels[half:])[0, 1])]
        return [auc(predicted, labels[half:]), float(np.mean((predicted > 0) == labels[half:]))]

    (table,) = (one for one in found["parts"] if one["name"].startswith("How well"))
    best, of_direction = map(float, re.findall(r"λ of ([\d.]*\d)", table["note"]))
    direction, bias = linear_probe(values[:half], labels[:half], of_direction, is_binary)
    measured = {what: scores for what, *scores in table["rows"]}
    of_all = score(*linear_probe(values[:half], labels[:half], best, is_binary))
    assert measured[f"all {values.shape[1]} units"] == pytest.approx(of_all, abs=3e-3)
    assert measured["the direction"] == pytest.approx(score(direction, bias), abs=3e-3)
    for row in rows(found, "The largest weights"):
        at = list(hidden).index(row["unit"])
        assert row["weight"] == pytest.approx(direction[at] * values[:half, at].std(), rel=0.01, abs=1e-3)

    parts = np.split(direction, len(model.network.layers))
    directions = {f"{layer}.hidden": part for layer, part in zip(model.network.layers, parts, strict=True)}
    with np.load(file) as written:
        meta = json.loads(written["meta"].tobytes())
        for layer, part in zip(model.network.layers, parts, strict=True):
            unit = part / np.linalg.norm(part)
            assert written[layer] @ unit == pytest.approx(1, abs=1e-4)
            along = values[:half][:, [n for n, unit_name in enumerate(hidden) if unit_name[0] == layer[1:]]] @ unit
            if is_binary:
                zero_and_one = [along[labels[:half] == value].mean() for value in (0, 1)]
            else:
                slope, zero = np.polyfit(labels[:half], along, 1)
                zero_and_one = [zero, zero + slope]
            assert [meta["cells"][layer]["zero"], meta["cells"][layer]["one"]] == pytest.approx(zero_and_one, abs=5e-3)

    ids = model.network.ids(text)[half:]
    rest = model.network.read(ids[:-1])
    means = {
        which: float((rest[which][:, 0] @ part).mean() / np.linalg.norm(part)) for which, part in directions.items()
    }
    cost = (model.network.losses(ids, held_along(directions, means)) - model.network.losses(ids)) * BITS
    at = labels[half:] > (0 if is_binary else labels[half:].mean())
    row = rows(printed(name, "ablate", "--text", path, "--direction", file), "Change of the loss")[0]
    expected = [cost[at].mean(), cost[~at].mean(), cost.mean()]
    assert [row["there"], row["elsewhere"], row["all"]] == pytest.approx(expected, rel=0.01, abs=1e-4)


@every_network
def test_text_and_unit_at_a_place(name: str) -> None:
    """The numbers of characters are those of the whole text, and so are the surprisals and states."""
    model = saved(name)
    bits = model.losses * BITS
    found = printed(name, "text", "--at", 500)
    strip = part(found, "Surprisal")
    first = int(strip["name"].split()[3].replace(",", ""))
    assert strip["text"] == model.held_out[first : first + len(strip["text"])]
    assert first <= 500 < first + len(strip["text"])
    np.testing.assert_allclose(strip["values"], bits[first - 1 :][: len(strip["text"])], rtol=2e-3, atol=1e-3)
    for row in rows(found, "Most surprising"):
        assert (row["came"], row["bits"]) == (
            model.held_out[row["character"]],
            pytest.approx(bits[row["character"] - 1], rel=2e-3),
        )
    found = printed(name, "unit", "1:3", "--at", 500)
    hidden, strip = model.activations["l1.hidden"][:, 3], part(found, "l1.hidden")
    first = int(strip["name"].split()[3].replace(",", ""))
    assert strip["text"] == model.held_out[first : first + len(strip["text"])]
    assert first <= 500 < first + len(strip["text"])
    np.testing.assert_allclose(strip["values"], hidden[first : first + len(strip["text"])], atol=1e-3)
    for row in rows(found, "Where it is strongest"):
        assert row["hidden"] == pytest.approx(hidden[row["character"]], abs=1e-3)


@every_network
def test_match(name: str) -> None:
    """The cosine of the mean state of each place with that of the range, less the mean of the whole text: the highest
    ones that are apart."""
    model, found = saved(name), printed(name, "match", "400:406")
    hidden = model.activations[f"{model.network.layers[-1]}.hidden"]
    means = np.array([(hidden - hidden.mean(axis=0))[at : at + 6].mean(axis=0) for at in range(len(hidden) - 5)])
    alike = cosines(means, means[400])
    table, allowed = rows(found, "Most similar places"), np.ones(len(alike), bool)
    allowed[400 - 24 : 400 + 25] = False
    np.testing.assert_allclose(
        [row["cosine"] for row in table], alike[apart(alike, 10, range(-24, 25), allowed)], atol=1e-3
    )
    for row in table:
        at = row["character"]
        assert row["cosine"] == pytest.approx(alike[at], abs=1e-4)
        assert f"[{model.held_out[at : at + 6]}]" in row["text, [the place]"]
    elsewhere = np.delete(alike, np.arange(395, 406))
    median, _, high, _ = numbers(found["facts"]["cosine"])
    assert [median, high] == pytest.approx(np.quantile(elsewhere, [0.5, 0.99]), abs=2e-3)
