"""Beam search against what it stands for: all targets tried out, one step at a time, each with its probability."""

import heapq
import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.ragged import Ragged
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array
from rnncli.inference.beam import BeamSearch
from rnncli.models.translator import Translator
from tests.helpers import random_pair_model

BOUNDARY, LETTERS = "\n", "ABC"

TopK = list[tuple[str, float]]

NETWORKS: list[dict[str, Any]] = [
    {"cell": "rnn"},
    {"cell": "gru", "layers": 2, "embedding_size": 3},
    {"cell": "lstm", "bidirectional": True},
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def translator(seed: int = 1, **config: Any) -> Translator:
    model = random_pair_model("translate", np.float64, seed, **config)
    assert isinstance(model, Translator)
    return model


def ragged(vocabulary: Vocabulary, text: str) -> Ragged:
    return Ragged.of(vocabulary.encode(text), [len(text)])


def first_state(model: Translator, source: str = "abcab") -> Array:
    return model.first_state(ragged(model.vocabulary, source).padded(np.array([0])))


def following(model: Translator, state: Array, written: str) -> dict[str, float]:
    """The probability of each character behind ``written``, one step after the other from the beginning."""
    state = state.copy()
    read = model.stepper(state)
    for character in BOUNDARY + written:
        logits = read(model.target.encode(character))[0]
    weights = [math.exp(logit) for logit in logits]
    return {c: weight / sum(weights) for c, weight in zip(model.target.symbols, weights, strict=True)}


def probability(model: Translator, state: Array, target: str, ended: bool = True) -> float:
    """The product over the characters of a target, and over its end."""
    text = target + BOUNDARY * ended
    return math.prod(following(model, state, text[:n])[text[n]] for n in range(len(text)))


def plain_search(model: Translator, state: Array, width: int, max_length: int) -> TopK:
    """The search by its definition and without a shortcut: it goes on to the last step. An end that is not among the
    ``width`` most probable ways to go on is not followed."""
    hypotheses, finished = [("", 1.0)], []
    for _ in range(max_length + 1):
        ways = [(b + c, p * q) for b, p in hypotheses for c, q in following(model, state, b).items()]
        ways.sort(key=lambda way: -way[1])
        finished += [(text[:-1], p) for text, p in ways[:width] if text.endswith(BOUNDARY)]
        hypotheses = [way for way in ways if not way[0].endswith(BOUNDARY)][:width]
    return heapq.nlargest(width, finished, key=lambda way: way[1])


def check(found: TopK, expected: TopK) -> None:
    """The same targets in the same order, probabilities against their logarithms."""
    assert [target for target, _ in found] == [target for target, _ in expected]
    assert [math.exp(nats) for _, nats in found] == pytest.approx([p for _, p in expected], rel=1e-12)


@every_network
@pytest.mark.parametrize("longest", [0, 1, 3])
def test_a_beam_wide_enough_finds_every_target_there_is(network: dict[str, Any], longest: int) -> None:
    model = translator(**network)
    state = first_state(model)
    targets = ["".join(letters) for n in range(longest + 1) for letters in product(LETTERS, repeat=n)]
    everything = [(target, probability(model, state, target)) for target in targets]
    expected = sorted(everything, key=lambda text: -text[1])
    check(BeamSearch(model, 120).search(state, longest), expected)


@every_network
@pytest.mark.parametrize("width", [1, 2, 3, 4, 7])
def test_a_narrow_beam_follows_its_definition_and_stops_in_time(network: dict[str, Any], width: int) -> None:
    """To end the search before the last step costs nothing, and another hypothesis replaces a finished one."""
    for seed in (10, 11, 15):
        model = translator(seed, **network)
        state = first_state(model)
        expected = plain_search(model, state, width, 6)
        if expected:
            check(BeamSearch(model, width).search(state, 6), expected)


@every_network
@pytest.mark.parametrize("seed", range(8))
def test_a_width_of_one_takes_the_most_probable_character_at_each_step(network: dict[str, Any], seed: int) -> None:
    model = translator(seed, **network)
    model.parameters["output.b"][0] += seed % 4  # so that some end soon
    state, written = first_state(model), ""
    while len(written) < 10:
        best = max((q, c) for c, q in following(model, state, written).items())[1]
        if best == BOUNDARY:
            break
        written += best
    [(target, nats)] = BeamSearch(model, 1).search(state, 10)
    if len(written) < 10:
        check([(target, nats)], [(written, probability(model, state, written))])
    else:
        assert target.startswith(written)


@every_network
def test_probabilities_are_those_that_the_model_scores(network: dict[str, Any]) -> None:
    """The sum over the characters of a target, read as while learning, and over its end."""
    model, source = translator(**network), "edcba"
    text = ragged(model.vocabulary, source).padded(np.array([0]))
    for target, nats in BeamSearch(model, 6).search(first_state(model, source), 20):
        score = model.score(text, ragged(model.target, BOUNDARY + target + BOUNDARY).padded(np.array([0])))
        assert nats == pytest.approx(-score.total, rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_is_ranked_and_never_beats_the_whole(seed: int) -> None:
    """At most ``width`` different targets, the best first; a beam that keeps everything has the best of all."""
    model = translator(seed)
    state = first_state(model)
    [(_, best), *_] = BeamSearch(model, 120).search(state, 3)
    for width in range(1, 12):
        found = BeamSearch(model, width).search(state, 3)
        assert 1 <= len({target for target, _ in found}) == len(found) <= width
        assert all(first[1] >= second[1] for first, second in pairwise(found))
        assert sum(math.exp(nats) for _, nats in found) <= 1
        if len(found[0][0]) <= 3:
            assert found[0][1] <= best + 1e-12


def test_the_unknown_symbol_is_never_written() -> None:
    """However likely it is; the others keep their probabilities."""
    model = Translator(
        translator().config, Vocabulary("abcde", unknown=True), Vocabulary("\nAB", unknown=True), dtype=np.float64
    )
    model.parameters.flat[...] = np.random.default_rng(3).normal(scale=0.6, size=model.parameters.flat.size)
    model.parameters["output.b"][-1] = 3
    state = first_state(model)
    targets = ["".join(letters) for n in range(4) for letters in product("AB", repeat=n)]
    expected = sorted(((t, probability(model, state, t)) for t in targets), key=lambda text: -text[1])
    check(BeamSearch(model, 120).search(state, 3), expected)


def endless() -> Translator:
    """A model that is sure to go on."""
    model = translator()
    model.parameters["output.b"][0] = -1e3
    return model


@pytest.mark.parametrize("width", [1, 3])
def test_a_target_without_an_end_has_the_probability_of_what_is_there(width: int) -> None:
    state = first_state(endless())
    [(target, nats)] = BeamSearch(endless(), width).search(state, 5)
    assert math.exp(nats) == pytest.approx(probability(endless(), state, target, ended=False), rel=1e-12)


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("longest", [0, 1, 5])
def test_no_target_is_longer_than_the_longest(width: int, longest: int) -> None:
    [(target, _)] = BeamSearch(endless(), width).search(first_state(endless()), longest)
    assert len(target) == longest


def test_searches_do_not_meet() -> None:
    """One source after the other, each is found as by a search of its own, and the states are left as they were."""
    model = translator(cell="lstm", layers=2)
    search = BeamSearch(model, 4)
    for source in ["abc", "e", "ddd", "abc"]:
        state = first_state(model, source)
        before = state.copy()
        assert search.search(state, 8) == BeamSearch(model, 4).search(before, 8)
        assert np.array_equal(state, before)
