"""What the views print of a text is what an independent reader of the model file computes: see
:mod:`tests.inspection.reader`."""

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.inspection.reader import GATES, Array
from tests.inspection.reader_statistics import NgramModel, apart, kinds_of_mistakes, largest, pairs_in
from tests.inspection.saved import CLOSE, Saved, every_network, further, gated, numbers, part, printed, rows, saved

BITS = 1 / np.log(2)


@cache
def known_to_ngrams(learnt: str, size: int, text: str) -> Array:
    """The probabilities (N,) of a 6-gram model of what the networks have ``learnt``."""
    return NgramModel(learnt, 6, size).probabilities(text)


@cache
def kinds_of(text: str, learnt: str, size: int) -> Array:
    """The kind of each character but the first."""
    return np.array(kinds_of_mistakes(text, learnt, known_to_ngrams(learnt, size, text)))


@every_network
def test_text(name: str) -> None:
    """Surprisal of each character, the most probable one beneath, and the most surprising ones."""
    model, found = saved(name), printed(name, "text")
    text = model.held_out[:640]
    scores = model.network.predict(model.network.ids(text)) * BITS
    bits = -scores[np.arange(639), model.network.ids(text)[1:]]
    strip = part(found, "Surprisal")
    assert strip["text"] == text[1:]
    np.testing.assert_allclose(strip["values"], bits, **CLOSE)
    beneath = scores[np.arange(639), model.network.ids("".join(strip["beneath"]))]
    np.testing.assert_allclose(beneath, scores.max(axis=1), **CLOSE)
    table = rows(found, "Most surprising")
    np.testing.assert_allclose([row["bits"] for row in table], bits[largest(bits, 8)], **CLOSE)
    for row in table:
        at = row["character"]
        assert (row["after"], row["came"]) == (text[max(0, at - 30) : at], text[at])
        assert row["bits"] == pytest.approx(bits[at - 1], rel=1e-3)
        check_guesses(model, row["expected"], 2.0 ** scores[at - 1])
    mean, median = numbers(found["facts"]["surprisal"])
    assert mean == pytest.approx(bits.mean(), abs=6e-4)
    assert median == pytest.approx(np.median(bits), abs=6e-3)


def check_guesses(model: Saved, written: str, probabilities: Array, digits: int = 2) -> None:
    """Five characters with their probabilities, the most probable first."""
    guesses, half = pairs_in(written), 0.51 * 10.0**-digits
    assert len(guesses) == 5
    assert len({character for character, _ in guesses}) == 5
    for (character, p), expected in zip(guesses, -np.sort(-probabilities), strict=False):
        assert p == pytest.approx(expected, abs=half)
        assert p == pytest.approx(probabilities[model.network.alphabet.index(character)], abs=half)


@every_network
def test_overview(name: str) -> None:
    """Health on the text, and the validation loss that the file tells."""
    model, found = saved(name), printed(name, "overview")
    network = model.network
    losses = model.losses
    hidden = np.concatenate([model.activations[f"{layer}.hidden"] for layer in network.layers], axis=1)
    facts = found["facts"]
    assert found["total_parameters"] == sum(values.size for values in network.weights.values())
    for one, (which, values) in zip(found["parameters"], network.weights.items(), strict=True):
        assert (one["name"], one["shape"], one["size"]) == (which, list(values.shape), values.size)
    assert found["best_validation_loss"] == pytest.approx(losses.mean(), rel=1e-4)
    nats, bits, perplexity = numbers(facts["validation"])
    assert [nats, bits] == pytest.approx([losses.mean(), losses.mean() * BITS], abs=2e-4)
    assert perplexity == pytest.approx(np.exp(losses.mean()), abs=6e-3)

    known = known_to_ngrams(model.learnt, len(network.alphabet), model.held_out)
    here, order, of_ngram = numbers(facts["loss here"].replace("6-gram", "6 gram"))
    assert [here, order, of_ngram] == pytest.approx([bits, 6, -np.log2(known[1:]).mean()], abs=2e-4)
    dead, saturated = numbers(facts["units"])
    assert dead == pytest.approx(np.mean(hidden.std(axis=0) < 0.01), abs=6e-4)
    assert saturated == pytest.approx(np.mean((np.abs(hidden) > 0.98).mean(axis=0) > 0.9), abs=6e-4)


@every_network
def test_overview_of_a_prime(name: str) -> None:
    """What is expected at each of its characters, which begin a line, and the states there."""
    model, found = saved(name), printed(name, "overview", "--prime", "say")
    network = model.network
    expected, states = network.predict(network.ids("\nsay ")), network.read(network.ids("\nsay"))
    heat = part(found, f"Hidden state of layer {len(network.layers)}")
    np.testing.assert_allclose(heat["values"], states[f"{network.layers[-1]}.hidden"][1:, 0], **CLOSE)
    assert heat["columns"] == [f"{len(network.layers)}:{unit}" for unit in range(7)]
    for t, (row, step) in enumerate(zip(rows(found, "What it expects"), found["prime"], strict=True), start=1):
        assert row["read"] == step["character"] == "\nsay"[t]
        check_guesses(model, row["expected, with probability"], np.exp(expected[t]), digits=3)
        for guess in step["expected"]:
            p = np.exp(expected[t, network.alphabet.index(guess["character"])])
            assert guess["probability"] == pytest.approx(p, rel=1e-3)
        for layer, values in step["hidden"].items():
            np.testing.assert_allclose(values, states[f"{layer}.hidden"][t, 0], **CLOSE)


@every_network
def test_unit(name: str) -> None:
    """States and gates along the text, where they are strongest, the mean by character, and the weights."""
    model = saved(name)
    network, text = model.network, model.held_out[:-1]
    layer, unit = network.layers[-1], 3
    found = printed(name, "unit", f"{len(network.layers)}:{unit}")
    activations = model.activations
    for state in network.states:
        strip = part(found, f"{layer}.{state}")
        assert (strip["text"], strip["scale"]) == (text[:200], 1.0)
        np.testing.assert_allclose(strip["values"], activations[f"{layer}.{state}"][:200, unit], **CLOSE)
    for gate in GATES[network.cell][:-1]:
        (strip,) = (one for one in found["parts"] if one["name"].startswith(f"{layer}.{gate}"))
        assert strip["name"].endswith("open + shut -")
        np.testing.assert_allclose(strip["values"], 2 * activations[f"{layer}.{gate}"][:200, unit] - 1, **CLOSE)
    hidden = activations[f"{layer}.hidden"][:, unit]
    mean, deviation, beyond, _ = numbers(found["facts"]["hidden state"])
    assert [mean, deviation] == pytest.approx([hidden.mean(), hidden.std()], abs=6e-4)
    assert beyond == pytest.approx(np.mean(np.abs(hidden) > 0.9), abs=8e-3)

    table, size = rows(found, "Where it is strongest"), np.abs(hidden)
    alike, places, within = numbers(part(found, "Where it is strongest")["note"])
    assert (places, within) == (len(hidden), 0.01)
    assert np.sum(size > size.max() - 0.0099) <= alike <= np.sum(size > size.max() - 0.0101)
    np.testing.assert_allclose(
        [abs(r["hidden"]) for r in table], np.abs(hidden)[apart(np.abs(hidden), 6, range(-50, 50))], **CLOSE
    )
    for row in table:
        at = row["character"]
        assert row["hidden"] == pytest.approx(hidden[at], rel=1e-3)
        assert row["text, [the place]"] == f"{text[max(0, at - 25) : at]}[{text[at]}]{text[at + 1 : at + 25]}"

    after: dict[str, list[float]] = defaultdict(list)
    for character, value in zip(text, hidden, strict=True):
        after[character].append(float(value))
    means = sorted(np.mean(values) for values in after.values() if len(values) >= 10)
    table = rows(found, "Mean after each character")
    np.testing.assert_allclose([row["mean"] for row in table], means[:6] + means[-6:], **CLOSE)
    for row in table:
        assert row["mean"] == pytest.approx(np.mean(after[row["character"]]), rel=1e-3, abs=1e-5)
        assert row["times"] == len(after[row["character"]])

    W_h, out = network.weights[f"{layer}.W_h"], network.weights["output.W"][unit]
    table = rows(found, "Largest weights")
    for row in table:
        connection, _, gate = row["connection"].partition(", ")
        if connection == "to the next character":
            assert row["weight"] == pytest.approx(out[network.alphabet.index(row["other end"])])
        if connection == "from a unit":
            column = W_h[GATES[network.cell].index(gate), :, unit]
            from_layer, _, other = row["other end"].partition(":")
            assert from_layer == str(len(network.layers))
            assert row["weight"] == pytest.approx(column[int(other)])
            assert abs(row["weight"]) == pytest.approx(np.abs(column).max())
        if connection == "from the character":
            column = network.weights[f"{layer}.W_x"][GATES[network.cell].index(gate), :, unit]
            assert row["weight"] == pytest.approx(column[network.alphabet.index(row["other end"])])
    if len(network.layers) > 1:
        check_largest(table, "from the layer below", network.weights["l2.W_x"][..., unit], GATES[network.cell], "1")
    to_next = [row["weight"] for row in table if row["connection"] == "to the next character"]
    np.testing.assert_allclose(np.abs(to_next), -np.sort(-np.abs(out))[:6], rtol=1e-6)


@gated
def test_unit_of_the_lower_layer(name: str) -> None:
    """Its weights to the layer above."""
    network, table = saved(name).network, rows(printed(name, "unit", "1:2"), "Largest weights")
    check_largest(table, "to the layer above", network.weights["l2.W_x"][:, 2], GATES[network.cell], "2")


def check_largest(table: Any, connection: str, weights: Array, gates: Sequence[str], layer: str) -> None:
    """Of each gate the three largest ``weights`` (G, H), to or from units of this layer."""
    for gate, row_of_gate in zip(gates, weights, strict=True):
        found = [row for row in table if row["connection"] == f"{connection}, {gate}"]
        np.testing.assert_allclose([abs(row["weight"]) for row in found], -np.sort(-np.abs(row_of_gate))[:3], rtol=1e-6)
        for row in found:
            other, _, number = row["other end"].partition(":")
            assert (other, row["weight"]) == (layer, pytest.approx(row_of_gate[int(number)]))


@gated
def test_gates(name: str) -> None:
    """The mean of each gate, how often it is shut or open, and its values in ten ranges."""
    model, found = saved(name), printed(name, "gates")
    table, ranges = rows(found, "Gates by layer"), rows(found, "Per cent of the time")
    names = [f"{layer}.{gate}" for layer in model.network.layers for gate in GATES[model.network.cell][:-1]]
    assert [row["gate"] for row in table] == [row["gate"] for row in ranges] == names
    for row, of_ranges in zip(table, ranges, strict=True):
        values = model.activations[row["gate"]]
        few = 3 / values.size  # values so near to an edge that float32 may have them on its other side
        assert row["mean"] == pytest.approx(values.mean(), abs=1e-5)
        assert row["shut"] == pytest.approx(np.mean(values < 0.1), abs=few)
        assert row["open"] == pytest.approx(np.mean(values > 0.9), abs=few)
        assert row["units mostly open"] == pytest.approx(np.sum(np.mean(values > 0.9, axis=0) > 0.9))
        assert row["units mostly shut"] == pytest.approx(np.sum(np.mean(values < 0.1, axis=0) > 0.9))
        shares = np.array([np.mean((values >= n / 10) & (values < (n + 1) / 10)) for n in range(10)])
        np.testing.assert_allclose(list(of_ranges.values())[1:], 100 * shares, atol=0.51 + 100 * few)
        dots = part(found, f"{row['gate']}, a dot for each unit")
        both = np.stack([np.mean(values > 0.9, axis=0), np.mean(values < 0.1, axis=0)], axis=1)
        assert (dots["x"], dots["y"]) == ("share of time open", "share of time shut")
        np.testing.assert_allclose(dots["points"], both, atol=3 / len(values))


@every_network
def test_errors(name: str) -> None:
    """Shares of the loss by kind, and what an n-gram model makes of the same characters; in a text that is longer than
    a word is remembered."""
    model, (path, text) = saved(name), further()
    found = printed(name, "errors", "--text", path)
    size, bits = len(model.network.alphabet), model.network.losses(model.network.ids(text)) * BITS
    known, kinds = known_to_ngrams(model.learnt, size, text), kinds_of(text, model.learnt, size)
    here, order, of_ngram = numbers(found["facts"]["loss"].replace("6-gram", "6 gram"))
    assert [here, order, of_ngram] == pytest.approx([bits.mean(), 6, -np.log2(known[1:]).mean()], abs=2e-4)
    table = rows(found, "Where the loss is")
    assert {row["kind"] for row in table} == set(kinds)
    for row in table:
        at = kinds == row["kind"]
        assert row["characters"] == at.sum()
        assert row["text share"] == pytest.approx(at.mean())
        assert row["loss share"] == pytest.approx(bits[at].sum() / bits.sum(), rel=1e-3)
        assert row["bits"] == pytest.approx(bits[at].mean(), rel=1e-3)
        assert row["6-gram bits"] == pytest.approx(-np.log2(known[1:][at]).mean(), rel=1e-6)


@pytest.mark.parametrize(("name", "other"), [("rnn-1", "gru-2"), ("lstm-2", "rnn-1")])
def test_diff(name: str, other: str) -> None:
    """The sign is that of the other model's loss: what it needs more is positive."""
    one, two = saved(name), saved(other)
    before, after = (model.losses * BITS for model in (one, two))
    found = printed(name, "diff", two.path)
    change, strip = after - before, part(found, f"Bits that {two.path} needs more (+)")
    sums = np.convolve(np.abs(change), np.ones(320), "valid")
    start = int(found["facts"]["excerpt"].split()[2].replace(",", "")) - 1
    assert strip["text"] == one.held_out[start + 1 : start + 321]
    assert sums[start] == pytest.approx(sums.max(), rel=1e-4)
    np.testing.assert_allclose(strip["values"], change[start : start + 320], rtol=2e-4, atol=1e-4)
    mean, better = numbers(found["facts"][str(two.path)])
    assert numbers(found["facts"][str(one.path)]) == pytest.approx([before.mean()], abs=2e-4)
    assert mean == pytest.approx(after.mean(), abs=2e-4)
    assert better == pytest.approx(np.mean(after < before), abs=8e-3)


@every_network
def test_weights(name: str) -> None:
    """Spectra by eigenvalues of W Wᵀ, and neighbours by the cosine of centred rows."""
    network, found = saved(name).network, printed(name, "weights")
    for row, (which, values) in zip(rows(found, "Parameters"), network.weights.items(), strict=True):
        assert (row["name"], row["elements"]) == (which, values.size)
        assert row["shape"] == " × ".join(map(str, values.shape))
        assert row["root mean square"] == pytest.approx(np.sqrt(np.mean(values**2)), rel=1e-5)
    matrices = {
        f"{layer}.W_h {gate}": network.weights[f"{layer}.W_h"][g]
        for layer in network.layers
        for g, gate in enumerate(GATES[network.cell])
    }
    for row, (which, matrix) in zip(rows(found, "Recurrent matrices"), matrices.items(), strict=True):
        singular = np.sqrt(np.linalg.eigvalsh(matrix @ matrix.T))
        assert row["matrix"] == which
        assert row["spectral radius"] == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-4)
        assert row["largest singular value"] == pytest.approx(singular[-1], rel=1e-4)
        assert row["median"] == pytest.approx(singular[3], rel=1e-4)
        assert row["smallest"] == pytest.approx(singular[0], rel=1e-2, abs=1e-5)
    if "embedding.W" in network.weights:
        vectors = network.weights["embedding.W"]
    else:
        vectors = np.hstack(list(network.weights["l1.W_x"]))
    vectors = vectors - vectors.mean(axis=0)
    for row in rows(found, "Nearest neighbours of characters"):
        (_, column) = row
        own = network.alphabet.index(row["character"])
        cosine = vectors @ vectors[own] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[own])
        near = pairs_in(row[column])
        np.testing.assert_allclose([c for _, c in near], -np.sort(-np.delete(cosine, own))[:4], atol=6e-3)
        for character, value in near:
            assert value == pytest.approx(cosine[network.alphabet.index(character)], abs=6e-3)


@every_network
def test_learning(name: str) -> None:
    """The record in the file, as curves, in a row and as a film; its best loss is that of the weights in the file."""
    model, found = saved(name), printed(name, "learning")
    training = model.network.meta["training"]
    history, state = training["state"]["history"], training["state"]
    curves = part(found, "Loss, nats per character")["curves"]
    assert curves["training loss"] == [[entry["step"], entry["loss"]] for entry in history]
    assert curves["validation loss"] == [[entry["step"], entry["validation_loss"]] for entry in history]
    (row,) = rows(found, "Runs")
    assert row["training loss"] == history[-1]["loss"]
    assert row["validation loss"] == history[-1]["validation_loss"]
    best = min(history, key=lambda entry: entry["validation_loss"])
    assert row["best at"] == best["step"]
    assert model.losses.mean() == pytest.approx(best["validation_loss"], rel=1e-4)
    film = [[frame["step"], frame["loss"], frame["text"]] for frame in state["film"]["frames"]]
    assert part(found, "What it wrote")["rows"][: len(film)] == json.loads(json.dumps(film))
