"""A network with counts beside it is (1 − w) P_network + w P_counts, however it is read and what is drawn from it."""

from itertools import islice, product
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import log_softmax, softmax
from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError
from rnncli.inference.beam import BeamSearch
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.sampling import SamplingConfig, generate, gumbel_stream, read_prime
from rnncli.models.mixture import Counts, Mixture, mix
from rnncli.models.ngram.kneser_ney import KneserNey
from tests.helpers import random_ids, random_model
from tests.models.test_kneser_ney import some_text

NETWORKS: list[dict[str, Any]] = [
    {"cell": "gru"},
    {"cell": "lstm", "layers": 2, "embedding_size": 3},
    {"cell": "mlp", "context": 3},
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)
every_dtype = pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])

CLAMPS = [Clamp("l1", "hidden", 2, 0.9), Clamp("l1", "hidden", 5, -0.9)]


def mixture_of(
    weight: float, characters: str = "abcde", dtype: object = np.float64, order: int = 4, **network: Any
) -> Mixture:
    """A random network, and the counts of a text without the last character."""
    model = random_model(characters, dtype, **network)
    size = len(model.vocabulary)
    return Mixture(model, Counts(KneserNey.of(some_text(len(characters) - 1, 300, seed=1), size, order), weight))


def counted(mixture: Mixture, text: np.ndarray) -> np.ndarray:
    """P of each character by the counts, after a text."""
    size = len(mixture.vocabulary)
    return np.array([mixture.counts.model.probabilities(np.append(text, symbol))[-1] for symbol in range(size)])


def expected(mixture: Mixture, text: np.ndarray, clamps: Any = ()) -> np.ndarray:
    """P of each character after a text: the network reads all of it anew, and so do the counts."""
    model, w = mixture.model, mixture.counts.weight
    logits, _ = model.read(np.array(text)[:, None], model.zero_state(), clamps)
    return (1 - w) * softmax(logits[0].astype(np.float64)) + w * counted(mixture, text)


def read(mixture: Mixture, text: np.ndarray, clamps: Any = ()) -> np.ndarray:
    """The log-probabilities (V,) after a text in one pass."""
    return mixture.read(np.array(text)[:, None], mixture.initial_state(), clamps)[0][0]


@pytest.mark.parametrize("weight", [1e-9, 0.3, 0.75, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_network
def test_the_probabilities_sum_to_one(network: dict[str, Any], dtype: object, weight: float) -> None:
    """After contexts that were learnt and others, of every length up to one more than the counts use."""
    mixture = mixture_of(weight, "abcd", dtype, **network)
    mixture.model.parameters.flat[...] *= 3  # far from uniform
    for length in range(1, 6):
        texts = np.array(list(product(range(4), repeat=length))).T
        p = np.exp(mixture.read(texts, mixture.initial_state(texts.shape[1]))[0])
        assert p.shape == (4**length, 4)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_network
def test_a_weight_of_zero_is_the_network_bit_for_bit(network: dict[str, Any], dtype: object) -> None:
    """Its logits, its samples and its best text."""
    mixture, ids = mixture_of(0, dtype=dtype, **network), random_ids(random_model(), (20, 3))
    model = mixture.model
    logits, state = mixture.read(ids, mixture.initial_state(3))
    from_network, hidden = model.read(ids, model.zero_state(3))
    assert logits.dtype == from_network.dtype
    assert np.array_equal(logits, from_network)
    step, of_network = mixture.stepper(state), model.stepper(hidden.copy())
    for row in ids:
        assert np.array_equal(step(row), of_network(row))
    for config in (GenerationConfig(SamplingConfig(0.8, 4, 0.95), length=40), GenerationConfig(beam=3, length=12)):
        for count in (1, 3):
            texts, others = (generate_texts(m, "ab", config, 5, count=count) for m in (mixture, model))
            assert [*map("".join, texts)] == [*map("".join, others)]


@every_network
def test_a_weight_of_one_is_the_counts(network: dict[str, Any]) -> None:
    mixture, ids = mixture_of(1, dtype=np.float32, **network), random_ids(random_model(), 30)
    for length in (1, 2, 3, 30):
        p = np.exp(read(mixture, ids[:length]))
        np.testing.assert_allclose(p, counted(mixture, ids[:length]), rtol=1e-12)


def test_mixing_is_exact_at_both_ends() -> None:
    network, counts = np.log([0.5, 0.5, 1e-300]), np.array([0.25, 0.75, 0.0])
    assert mix(network, counts, 0).tolist() == network.tolist()
    with np.errstate(divide="ignore"):
        assert mix(network, counts, 1).tolist() == np.log(counts).tolist()
    np.testing.assert_allclose(np.exp(mix(network, counts, 0.2)), [0.45, 0.55, 8e-301], rtol=1e-12)


@every_dtype
@every_network
@pytest.mark.parametrize("order", [1, 2, 6])
def test_one_pass_pieces_and_single_steps_are_the_sum_of_both(
    network: dict[str, Any], order: int, dtype: object, rtol: float
) -> None:
    """For three texts side by side."""
    mixture, ids = mixture_of(0.4, dtype=dtype, order=order, **network), random_ids(random_model(), (14, 3))
    stepped = mixture.initial_state(3)
    step = mixture.stepper(stepped)
    for n, row in enumerate(ids, start=1):
        whole, state = mixture.read(ids[:n], mixture.initial_state(3))
        np.testing.assert_allclose(np.exp(whole), [expected(mixture, text) for text in ids[:n].T], rtol=rtol)
        np.testing.assert_allclose(step(row), whole, rtol=rtol, atol=rtol)
        if n > 5:
            pieces, _ = mixture.read(ids[5:n], mixture.read(ids[:5], mixture.initial_state(3))[1])
            np.testing.assert_allclose(pieces, whole, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(stepped.hidden, state.hidden, rtol=rtol, atol=rtol)
    assert np.array_equal(stepped.edges, state.edges)


def test_a_long_prime_is_read_in_windows() -> None:
    mixture = mixture_of(0.4, order=6)
    prime = random_ids(mixture.model, 258)  # two more than in a window
    logits, _ = read_prime(mixture, prime, 2)
    np.testing.assert_allclose(np.exp(logits), [expected(mixture, prime)] * 2, rtol=1e-10)


def test_clamps_hold_units_of_the_network() -> None:
    mixture, ids = mixture_of(0.3, order=3), random_ids(random_model(), 12)
    step = mixture.stepper(mixture.initial_state(), CLAMPS)
    for n in range(1, len(ids) + 1):
        p = expected(mixture, ids[:n], CLAMPS)
        assert np.abs(p - expected(mixture, ids[:n])).max() > 0.01
        np.testing.assert_allclose(np.exp(read(mixture, ids[:n], CLAMPS)), p, rtol=1e-12)
        np.testing.assert_allclose(np.exp(step(ids[n - 1 : n])[0]), p, rtol=1e-12)


def test_it_knows_no_labels() -> None:
    with pytest.raises(InputError, match="label"):
        mixture_of(0.5).initial_state(1, "x")


@every_network
@pytest.mark.parametrize("clamps", [(), CLAMPS], ids=["free", "clamped"])
def test_texts_side_by_side_are_drawn_each_from_its_own_mixture(network: dict[str, Any], clamps: Any) -> None:
    """The same draws as by reading each text anew for every character."""
    mixture, prime = mixture_of(0.6, **network), np.array([3, 0, 1])
    drawn = generate(mixture, prime, SamplingConfig(), np.random.default_rng(4), 3, clamps=clamps)
    texts, noise = np.repeat(prime[:, None], 3, axis=1), gumbel_stream(np.random.default_rng(4), 3, 5)
    for ids in islice(drawn, 25):
        logits = np.log([expected(mixture, text, clamps) for text in texts.T])
        assert ids.tolist() == (logits + next(noise)).argmax(axis=1).tolist()
        texts = np.concatenate([texts, ids[None]])
    assert len({tuple(text) for text in texts.T}) == 3


def chi_square(observed: np.ndarray, p: np.ndarray) -> float:
    possible, count = p > 0, observed.sum()
    assert observed[~possible].sum() == 0
    return float(((observed - count * p)[possible] ** 2 / (count * p[possible])).sum())


# What chi-square with this number of degrees of freedom exceeds once in a thousand times, from a printed table.
RARE = {1: 10.83, 2: 13.82, 3: 16.27, 15: 37.70}

COUNT = 20_000


def test_pairs_of_draws_follow_the_mixture() -> None:
    """Its probability of each of 16 continuations of two characters, after what was drawn in each text."""
    mixture, prime = mixture_of(0.5, "abcd"), np.array([2, 0, 3])
    texts = generate(mixture, prime, SamplingConfig(), np.random.default_rng(6), COUNT)
    first, second = islice(texts, 2)
    p, after = expected(mixture, prime), [expected(mixture, np.append(prime, c)) for c in range(4)]
    pairs = np.array([p[c] * after[c] for c in range(4)]).ravel()
    observed = np.bincount(first * 4 + second, minlength=16)
    assert chi_square(observed, pairs) < RARE[15]
    for w in (0.4, 0.6):  # it would be noticed
        other = Mixture(mixture.model, Counts(mixture.counts.model, w))
        p, after = expected(other, prime), [expected(other, np.append(prime, c)) for c in range(4)]
        assert chi_square(observed, np.array([p[c] * after[c] for c in range(4)]).ravel()) > RARE[15]


@pytest.mark.parametrize(
    ("config", "kept", "power"),
    [
        (SamplingConfig(), "abcd", 1),
        (SamplingConfig(0.5), "abcd", 2),
        (SamplingConfig(top_k=2), "ad", 1),
        (SamplingConfig(top_p=0.6), "ad", 1),
        (SamplingConfig(min_p=0.6), "ad", 1),
        (SamplingConfig(0.5, top_k=3, min_p=0.2), "abd", 2),
    ],
    ids=str,
)
def test_filters_and_temperature_apply_to_the_mixture(config: SamplingConfig, kept: str, power: int) -> None:
    """Of the network alone "a" and "b" would be kept; with the counts "d" is the first and "a" the second."""
    model = random_model("abcd")
    model.parameters.flat[...] = 0
    model.parameters["output.b"][...] = np.log([0.55, 0.25, 0.15, 0.05])
    counts = KneserNey.of(np.repeat([0, 1, 2, 3], [10, 10, 10, 70]), 4, 1)
    mixture, prime = Mixture(model, Counts(counts, 0.5)), np.array([0])
    p = np.where([c in kept for c in "abcd"], expected(mixture, prime), 0) ** power
    drawn = next(generate(mixture, prime, config, np.random.default_rng(7), COUNT))
    assert chi_square(np.bincount(drawn, minlength=4), p / p.sum()) < RARE[len(kept) - 1]


@every_network
@pytest.mark.parametrize("length", [1, 3])
def test_nothing_is_written_twice(network: dict[str, Any], length: int) -> None:
    """However much the counts expect it again."""
    mixture = mixture_of(0.9, "abcdefghijklmnop", **network)
    prime = random_ids(mixture.model, 4)
    config = SamplingConfig(temperature=0.1)
    drawn = generate(mixture, prime, config, np.random.default_rng(1), 3, no_repeat_ngram=length)
    for row in np.array(list(islice(drawn, 10 if length == 1 else 40))).T:
        text = [*prime.tolist(), *row.tolist()]
        pieces = [tuple(text[n : n + length]) for n in range(len(text) - length + 1)]
        new = pieces[len(prime) - length + 1 :]
        assert len(set(new)) == len(new)
        assert not set(new) & set(pieces[: len(pieces) - len(new)])


def test_the_unknown_symbol_is_never_drawn() -> None:
    model = random_model("abc", unknown=True)
    mixture = Mixture(model, Counts(KneserNey.of(np.array([0, 3, 3, 3, 1, 3, 2, 3, 3]), 4, 3), 0.9))
    drawn = generate(mixture, np.array([3, 3]), SamplingConfig(), np.random.default_rng(1), 4)
    assert np.max(list(islice(drawn, 50))) < 3
    assert all("\ufffd" not in text for text, _ in best_texts(mixture, np.array([3, 3]), 3, 5))


def best_texts(mixture: Mixture, prime: np.ndarray, length: int, width: int) -> list[tuple[str, float]]:
    _, state = read_prime(mixture, prime[:-1])
    return BeamSearch(mixture, width).search(state, length, int(prime[-1]))


@every_network
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_wide_beam_finds_the_most_probable_text_of_all(network: dict[str, Any], length: int) -> None:
    """Of width V³ it loses none of V⁴ texts: the best are found in their order."""
    mixture, prime = mixture_of(0.5, "abc", order=3, **network), np.array([2, 0, 1])
    nats = {(): 0.0}
    for _ in range(length):
        nats = {
            (*text, c): before + float(np.log(p))
            for text, before in nats.items()
            for c, p in enumerate(expected(mixture, np.array([*prime, *text])))
        }
    best = sorted(nats, key=lambda text: -nats[text])[:27]
    found = best_texts(mixture, prime, length, 27)
    assert [text for text, _ in found] == ["".join("abc"[c] for c in text) for text in best]
    np.testing.assert_allclose([nats for _, nats in found], [nats[text] for text in best], rtol=1e-12)


def test_a_beam_of_one_is_greedy() -> None:
    mixture, prime = mixture_of(0.5), np.array([1, 4])
    text = prime.tolist()
    for _ in range(20):
        text.append(int(expected(mixture, np.array(text)).argmax()))
    [(found, _)] = best_texts(mixture, prime, 20, 1)
    assert found == "".join("abcde"[c] for c in text[2:])
    [greedy] = generate_texts(mixture, "be", GenerationConfig(SamplingConfig(0), length=20))
    assert "".join(greedy) == found


def test_log_probabilities_are_those_of_a_softmax_too() -> None:
    """So that what is drawn from logits can be drawn from them, and both parts may be far from each other."""
    mixture, ids = mixture_of(0.3), random_ids(random_model(), 9)
    mixture.model.parameters["output.b"][...] += [500, 0, 0, 0, 0]
    found = read(mixture, ids)
    np.testing.assert_allclose(log_softmax(found), found, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(np.exp(found[1:]), 0.3 * counted(mixture, ids)[1:], rtol=1e-9)
