"""Decoding in further ways: min-p, moving temperatures, n-gram blocking, beam search; stopping and novelty."""

import math
from collections.abc import Iterable
from itertools import islice, product
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import log_softmax
from rnncli.inference.beam import BeamSearch
from rnncli.inference.novelty import NGRAM_LENGTH, novelty
from rnncli.inference.sampling import (
    SamplingConfig,
    generate,
    gumbel_noise,
    read_prime,
    stop_after_lines,
    temperature_ramp,
)
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_ids, random_model

NETWORKS: list[dict[str, Any]] = [
    {"cell": "gru"},
    {"cell": "lstm", "layers": 2, "embedding_size": 3},
    {"cell": "mlp", "context": 3},
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


@pytest.mark.parametrize("min_p", [0.01, 0.3, 0.7, 1.0])
def test_min_p_draws_from_those_near_the_most_probable(min_p: float) -> None:
    """The distribution by its definition, and by chi-square what is drawn."""
    p = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.009, 0.001])
    kept = np.where(p >= min_p * 0.4 * (1 - 1e-12), p, 0)
    expected = kept / kept.sum()
    config = SamplingConfig(min_p=min_p)
    np.testing.assert_allclose(config.probabilities(np.log(p)[None])[0], expected, rtol=1e-12)
    count = 20_000
    logits = np.repeat(np.log(p)[None], count, axis=0)
    drawn = np.bincount(config.draw(logits, gumbel_noise(np.random.default_rng(3), count, 7)), minlength=7)
    possible = expected > 0
    assert drawn[~possible].sum() == 0
    chi_square = (np.square(drawn - count * expected)[possible] / (count * expected[possible])).sum()
    assert chi_square < 30  # 6 degrees of freedom at most: beyond this once in 25,000 times


def test_a_temperature_comes_before_min_p() -> None:
    logits = np.log([[0.6, 0.3, 0.1]])
    assert SamplingConfig(temperature=0.5, min_p=0.3).probabilities(logits)[0].tolist() == [1, 0, 0]
    assert np.count_nonzero(SamplingConfig(temperature=2, min_p=0.3).probabilities(logits)) == 3


def test_temperatures_go_evenly_from_end_to_end() -> None:
    assert list(temperature_ramp(0.5, 1.5, 5)) == [0.5, 0.75, 1.0, 1.25, 1.5]
    assert list(temperature_ramp(2, 1, 1)) == [2]


def test_a_temperature_that_moves_is_each_of_its_values_in_turn() -> None:
    """One that stays is as if it did not move; from 0 on, the beginning is the most probable and the rest is drawn."""
    model, prime = random_model(), np.array([1, 2])

    def written(config: SamplingConfig, temperatures: Any = None) -> list[int]:
        drawn = generate(model, prime, config, np.random.default_rng(5), temperatures=temperatures)
        return [int(ids[0]) for ids in islice(drawn, 60)]

    assert written(SamplingConfig(), [0.7] * 60) == written(SamplingConfig(temperature=0.7))
    mixed = written(SamplingConfig(), [0.0] * 30 + [1.0] * 30)
    assert mixed[:30] == written(SamplingConfig(temperature=0))[:30]
    assert mixed[30:] != written(SamplingConfig(temperature=0))[30:]
    assert len(written(SamplingConfig(), [1.0] * 7)) == 7


@every_network
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_nothing_is_written_twice(network: dict[str, Any], length: int) -> None:
    """Neither of the prime nor of what was written, in each of three texts, until every way on is taken."""
    model = random_model("abcdefghijklmnop", **network)
    prime = random_ids(model, 4)
    drawn = generate(model, prime, SamplingConfig(temperature=0.1), np.random.default_rng(1), 3, no_repeat_ngram=length)
    rows = np.array(list(islice(drawn, 10 if length == 1 else 40))).T
    for row in rows:
        text = [*map(int, prime), *map(int, row)]
        pieces = [tuple(text[n : n + length]) for n in range(len(text) - length + 1)]
        own = pieces[len(prime) - length + 1 if length <= len(prime) else 0 :]
        assert len(set(own)) == len(own)
        assert not set(own) & set(pieces[: len(pieces) - len(own)])


def test_where_every_way_would_repeat_something_one_is_taken_all_the_same() -> None:
    drawn = generate(random_model("ab"), np.array([0]), SamplingConfig(), np.random.default_rng(1), no_repeat_ngram=1)
    assert len(list(islice(drawn, 20))) == 20


def probability(model: LanguageModel, prime: np.ndarray, text: tuple[int, ...]) -> float:
    """The logarithm (nats) of the probability of a text after the prime, read in one pass."""
    ids = np.array([*prime, *text])[:, None]
    scores = log_softmax(model.logits(ids[:-1], model.zero_state())[0][:, 0])
    return float(sum(scores[len(prime) - 1 + n, symbol] for n, symbol in enumerate(text)))


@every_network
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_wide_beam_finds_the_most_probable_text_of_all(network: dict[str, Any], length: int) -> None:
    """Of width V² it loses nothing of V³ texts: all are there up to that width, in their order."""
    model, prime = random_model("abcd", np.float64, **network), np.array([2, 0, 3])
    everything = sorted(
        ((probability(model, prime, text), text) for text in product(range(4), repeat=length)), reverse=True
    )
    _, state = read_prime(model, prime[:-1])
    found = BeamSearch(model, 16).search(state, length, int(prime[-1]))
    expected = everything[: min(16, 4**length)]
    assert [text for text, _ in found] == ["".join("abcd"[i] for i in text) for _, text in expected]
    np.testing.assert_allclose([nats for _, nats in found], [nats for nats, _ in expected], rtol=1e-12)


def test_a_beam_of_one_is_greedy() -> None:
    model, prime = random_model("abcdef"), np.array([1, 4])
    _, state = read_prime(model, prime[:-1])
    drawn = generate(model, prime, SamplingConfig(temperature=0), np.random.default_rng(0))
    greedy = "".join("abcdef"[int(ids[0])] for ids in islice(drawn, 30))
    assert BeamSearch(model, 1).search(state, 30, int(prime[-1]))[0][0] == greedy


@pytest.mark.parametrize(("lines", "expected"), [(1, "a\n"), (2, "a\n\n"), (3, "a\n\nbc\n"), (9, "a\n\nbc\nd")])
@pytest.mark.parametrize("pieces", ["a\n\nbc\nd", ["a\n\nb", "c\nd"], ["a\n\nbc\nd"]])
def test_a_text_ends_after_so_many_lines(lines: int, expected: str, pieces: Iterable[str]) -> None:
    """However it comes: a stop string may have kept some characters waiting."""
    assert "".join(stop_after_lines(lines, iter(pieces))) == expected


def by_brute_force(written: str, learnt: str) -> tuple[float, int]:
    run = min(NGRAM_LENGTH, len(written))
    starts = range(len(written) - run + 1)
    copied = sum(learnt.find(written[n : n + run]) >= 0 for n in starts) / len(starts)
    pieces = (written[a:b] for a in range(len(written)) for b in range(a + 1, len(written) + 1))
    return copied, max((len(piece) for piece in pieces if piece in learnt), default=0)


@pytest.mark.parametrize("seed", range(5))
def test_novelty_is_what_a_search_for_every_piece_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    learnt = "".join(rng.choice(list("ab"), 300))
    at, other = rng.integers(0, 250, 2)
    written = "".join(rng.choice(list("abc"), 20)) + learnt[at : at + 45] + "".join(rng.choice(list("abc"), 30))
    written += learnt[other : other + 10]
    found = novelty(written, learnt)
    copied, longest = by_brute_force(written, learnt)
    assert found.copied == pytest.approx(copied)
    assert len(found.longest) == longest
    assert found.longest in learnt
    assert found.longest in written
    assert copied > 0


@pytest.mark.parametrize(("written", "share", "longest"), [("", 0, ""), ("xyz", 0, ""), ("hell", 1, "hell")])
def test_novelty_of_short_texts(written: str, share: float, longest: str) -> None:
    found = novelty(written, "hello")
    assert (found.copied, found.longest) == (share, longest)
    assert math.isfinite(found.copied)
