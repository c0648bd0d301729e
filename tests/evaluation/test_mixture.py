"""The losses of a mixture against a plain loop over the characters, and its weight against the best of many."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import log_softmax, softmax
from rnncli.evaluation import mixture as mixture_module
from rnncli.evaluation import streams as streams_module
from rnncli.evaluation.losses import dynamic_evaluation, fixed_context, stateful
from rnncli.evaluation.mixture import WEIGHT_RATE, AdaptiveMixture, cross_validated, fit_weight
from rnncli.evaluation.streams import losses_in_streams, score_in_streams
from rnncli.evaluation.token_losses import LossByCharacter, TokenLosses, losses_by_character
from rnncli.models import parallel
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import COUNTS, NETWORK, Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from tests.helpers import random_model, slow_here
from tests.models.test_growing import GrowingByTheBook
from tests.models.test_kneser_ney import some_text

LEARNT = some_text(4, 400, seed=1)
"""Without the last of five characters."""

TEXT = some_text(5, 90, seed=4).astype(np.int64)

NETWORKS: list[dict[str, Any]] = [{"cell": "gru"}, {"cell": "lstm", "layers": 2}, {"cell": "mlp", "context": 3}]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)
every_weight = pytest.mark.parametrize("weight", [0.0, 0.35, 1.0])
every_order = pytest.mark.parametrize("order", [1, 2, 5])


def a_model(**network: Any) -> LanguageModel:
    return random_model("abcde", **{"dtype": np.float64, **network})


def counts_of(order: int, weight: float) -> Counts:
    return Counts(KneserNey.of(LEARNT, 5, order), weight)


def book_of(order: int) -> GrowingByTheBook:
    return GrowingByTheBook(LEARNT.tolist(), 5, order)


def joined(batches: Iterable[TokenLosses]) -> TokenLosses:
    return TokenLosses.joined(list(batches))


def check(found: TokenLosses, network: Any, counts: Any, weights: Any, targets: Any, rtol: float = 1e-11) -> None:
    """The losses that follow from the distributions (n, V) of both parts, and the ``weights`` of the counts."""
    network, counts, places = np.array(network), np.array(counts), np.arange(len(targets))
    p = network + np.reshape(weights, (-1, 1)) * (counts - network)
    assert found.targets.tolist() == np.array(targets).tolist()
    np.testing.assert_allclose(found.nats, -np.log(p[places, targets]), rtol=rtol)
    ranked = np.sort(p, axis=1)
    clear = ranked[:, -1] > ranked[:, -2] + 1e-9  # counts alone may be equal
    assert clear.all() or np.max(weights) == 1
    assert np.array_equal(found.correct[clear], (p.argmax(axis=1) == targets)[clear])
    assert set(found.parts) == {NETWORK, COUNTS}
    np.testing.assert_allclose(found.parts[NETWORK], -np.log(network[places, targets]), rtol=rtol)
    np.testing.assert_allclose(found.parts[COUNTS], -np.log(counts[places, targets]), rtol=rtol)


def of_network(model: LanguageModel, ids: np.ndarray) -> np.ndarray:
    """Its distribution (V,) after a text, from the zero state."""
    return softmax(model.read(ids[:, None], model.zero_state())[0][0])


@every_weight
@every_network
def test_stateful_is_a_loop_over_the_characters(network: dict[str, Any], weight: float) -> None:
    model, book = a_model(**network), book_of(4)
    found = joined(stateful(model, TEXT, counts=counts_of(4, weight)))
    before = [TEXT[:n] for n in range(1, len(TEXT))]
    parts = [of_network(model, ids) for ids in before], [book.distribution(ids.tolist()) for ids in before]
    check(found, *parts, weight, TEXT[1:])


@every_weight
@every_order
@pytest.mark.parametrize("context", [1, 3, 40])
def test_a_fixed_context_is_that_of_both(context: int, order: int, weight: float) -> None:
    """The counts look at no more of the text than the network does, near its beginning and behind."""
    model, book = a_model(cell="gru"), book_of(order)
    places = np.array([1, 2, 3, 4, 39, 40, 41, *range(50, 89, 3)])
    found = joined(fixed_context(model, TEXT, places, context, counts_of(order, weight)))
    before = [TEXT[max(0, place - context) : place] for place in places]
    parts = [of_network(model, ids) for ids in before], [book.distribution(ids.tolist()) for ids in before]
    check(found, *parts, weight, TEXT[places])


@pytest.mark.parametrize("weight", [0.0, 0.6, 1.0])
@every_order
def test_dynamic_evaluation_is_a_loop_in_which_both_learn(order: int, weight: float) -> None:
    """The network in pieces of twenty, as without counts; the counts after every character, the first among them; and
    the weight after each piece, towards the part that predicted it better."""
    model, counts, book = a_model(cell="lstm"), counts_of(order, weight), book_of(order)
    losses, alone = joined(dynamic_evaluation(model, TEXT, 0.2, counts)), joined(dynamic_evaluation(model, TEXT, 0.2))
    np.testing.assert_allclose(losses.parts[NETWORK], alone.nats, rtol=1e-12)
    learner, state, parts, weights = model.on(model.parameters.flat.copy()), model.zero_state(), ([], []), []
    for start in range(0, len(TEXT) - 1, 20):
        some, first_state, moved = TEXT[start : start + 21], state.copy(), 0.0
        for n, (index, target) in enumerate(pairwise(some), start + 1):
            logits, state = learner.logits(np.array([[index]]), state)
            state = state.copy()
            parts[0].append(softmax(logits[0, 0]))
            read = TEXT[:n].tolist()
            parts[1].append(book.read(read).distribution(read))
            weights.append(weight)
            p, q = parts[0][-1][target], parts[1][-1][target]
            moved += weight * q / ((1 - weight) * p + weight * q) - weight
        weight += 0.005 * moved
        gradients = learner.parameters.zeros_like()
        learner.loss_and_gradients(some[:-1, None], some[1:, None], first_state, gradients)
        norm = math.sqrt(float((gradients.flat**2).sum()))
        learner.parameters.flat[...] -= 0.2 * gradients.flat * min(1, 5 / norm)
    check(losses, *parts, weights, TEXT[1:], 1e-9)
    assert len(set(weights)) == (1 if counts.weight in (0, 1) else 5)
    assert counts.weight == weights[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_network
def test_a_weight_of_zero_is_the_network_and_one_the_counts(network: dict[str, Any], dtype: object) -> None:
    """Exactly, however the text is read."""
    model, places = a_model(**network, dtype=dtype), np.arange(1, 90, 4)
    model.parameters.flat[...] *= 2
    for read in (
        lambda **counts: stateful(model, TEXT, **counts),
        lambda **counts: fixed_context(model, TEXT, places, 7, **counts),
        lambda **counts: dynamic_evaluation(model, TEXT, 0.1, **counts),
    ):
        alone, zero, one = joined(read()), *(joined(read(counts=counts_of(3, w))) for w in (0.0, 1.0))
        assert alone.parts == {}
        assert np.array_equal(zero.nats, alone.nats)
        assert np.array_equal(zero.correct, alone.correct)
        for losses in (zero, one):
            assert np.array_equal(losses.parts[NETWORK], alone.nats)
        assert np.array_equal(one.nats, one.parts[COUNTS])
        assert np.array_equal(one.parts[COUNTS], zero.parts[COUNTS])


@pytest.mark.parametrize("probabilities", [1, 14, 5000])
def test_parts_of_a_window_do_not_matter(probabilities: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, counts = a_model(cell="gru"), counts_of(4, 0.4)
    expected = joined(stateful(model, TEXT, counts=counts))
    monkeypatch.setattr(mixture_module, "MAX_PROBABILITIES", probabilities)
    found = joined(stateful(model, TEXT, counts=counts))
    assert found.targets.tolist() == expected.targets.tolist()
    np.testing.assert_allclose(found.nats, expected.nats, rtol=1e-14)


LONG = some_text(5, 3000, seed=3)


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of a few characters, in groups of three, and processes from the second group on."""
    for name, value in {"BURN_IN": 8, "MIN_PART": 16, "GROUP": 3, "WINDOW": 7}.items():
        monkeypatch.setattr(streams_module, name, value)
    monkeypatch.setattr(parallel, "START_AFTER", 0.0)


def total(model: LanguageModel, *arguments: Any) -> LossByCharacter:
    return LossByCharacter.total(losses_in_streams(model, LONG, *arguments), 5)


@pytest.mark.parametrize("streams", [2, 7, 100])
@pytest.mark.usefixtures("short_streams")
def test_streams_lose_nothing_of_the_counts(streams: int) -> None:
    """Of contexts shorter than the burn-in, beside a perceptron that sees no more."""
    model, counts = a_model(cell="mlp", context=4), counts_of(6, 0.4)
    one, several = losses_by_character(stateful(model, LONG, counts=counts), 5), total(model, streams, 1, counts)
    np.testing.assert_allclose(several.nats, one.nats, rtol=1e-12)
    assert several.count.tolist() == one.count.tolist()
    assert several.correct.tolist() == one.correct.tolist()
    assert several.parts == pytest.approx(one.parts, rel=1e-12)


@pytest.mark.usefixtures("short_streams")
def test_streams_are_close_to_one_pass_with_a_state() -> None:
    model, counts = a_model(cell="gru"), counts_of(6, 0.4)
    one, several = total(model, 1, 1, counts), total(model, 20, 1, counts)
    assert several.score.symbols == one.score.symbols == len(LONG) - 1
    assert several.score.nats == pytest.approx(one.score.nats, abs=1e-4)
    assert several.score == score_in_streams(model, LONG, 20, 1, counts)


@pytest.mark.usefixtures("short_streams")
def test_the_sums_do_not_depend_on_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    model, counts = random_model("abcde", cell="gru"), counts_of(5, 0.4)
    one = total(model, 150, 1, counts)
    here = slow_here(monkeypatch)
    two = total(model, 150, 2, counts)
    assert len(here) < 50 - 2
    assert two.nats.tobytes() == one.nats.tobytes()
    assert two.parts == one.parts
    assert two.score == one.score


@pytest.mark.parametrize("streams", [1, 50])
@pytest.mark.usefixtures("short_streams")
def test_the_parts_add_up_to_the_losses_of_each_alone(streams: int) -> None:
    """Those of the network as without counts, those of the counts as of the n-gram model; and a mixture is never worse
    than the better one by more than the logarithm of its share."""
    model, counts = a_model(cell="gru"), counts_of(5, 0.25)
    found, alone = total(model, streams, 1, counts), total(model, streams)
    assert alone.parts == {}
    assert found.parts[NETWORK] == pytest.approx(alone.score.total, rel=1e-12)
    assert found.parts[COUNTS] == pytest.approx(-np.log(counts.model.probabilities(LONG))[1:].sum(), rel=1e-12)
    assert found.score.total < found.parts[NETWORK] - math.log(0.75) * (len(LONG) - 1)
    assert found.score.total < found.parts[COUNTS] - math.log(0.25) * (len(LONG) - 1)
    zero, one = (total(model, streams, 1, Counts(counts.model, weight)) for weight in (0.0, 1.0))
    assert zero.nats.tobytes() == alone.nats.tobytes()
    assert zero.score == alone.score
    assert one.score.total == pytest.approx(found.parts[COUNTS], rel=1e-12)


def likelihood(network: np.ndarray, counts: np.ndarray, weight: float) -> float:
    return float(np.log((1 - weight) * np.exp(-network) + weight * np.exp(-counts)).mean())


@pytest.mark.parametrize("seed", range(6))
def test_the_weight_has_the_greatest_likelihood(seed: int) -> None:
    """Of 10,001."""
    rng = np.random.default_rng(seed)
    network, counts = rng.exponential(1.5, 400), rng.exponential(1 + seed / 4, 400)
    weights = np.linspace(0, 1, 10_001)
    best = weights[np.argmax([likelihood(network, counts, weight) for weight in weights])]
    assert 0.01 < best < 0.99
    assert fit_weight(network, counts) == pytest.approx(best, abs=2e-4)


@pytest.mark.parametrize("weight", [0.1, 0.35, 0.8])
def test_the_weight_of_a_known_mixture_is_found(weight: float) -> None:
    """Text that is drawn from one model or the other: 50,000 characters of five."""
    rng = np.random.default_rng(5)
    network, counts = rng.dirichlet(np.ones(5), 50_000), rng.dirichlet(np.ones(5), 50_000)
    p = np.where(rng.random((50_000, 1)) < weight, counts, network)
    targets = (p.cumsum(axis=1) < rng.random((50_000, 1))).sum(axis=1)
    losses = (-np.log(part[np.arange(50_000), targets]) for part in (network, counts))
    assert fit_weight(*losses) == pytest.approx(weight, abs=0.015)


def test_the_part_that_is_always_better_gets_all() -> None:
    worse, better = np.full(50, 2000.0), np.linspace(0, 3, 50)
    assert fit_weight(worse, better) == pytest.approx(1, abs=1e-6)
    assert fit_weight(better, worse) == pytest.approx(0, abs=1e-6)


def test_a_mixture_is_tried_on_the_half_to_which_it_was_not_fitted() -> None:
    """By hand: (0.8 − 0.6 w) (0.2 + 0.6 w) is greatest for w = 1/2, and (0.9 − 0.8 w) (0.3 + 0.5 w) for w = 0.2625."""
    network, counts = -np.log([0.8, 0.2, 0.9, 0.3]), -np.log([0.2, 0.8, 0.1, 0.8])
    found = cross_validated(network, counts)
    first = math.log(0.8 - 0.6 * 0.2625) + math.log(0.2 + 0.6 * 0.2625)
    second = math.log(0.9 - 0.8 * 0.5) + math.log(0.3 + 0.5 * 0.5)
    assert found == pytest.approx(-(first + second) / 4, abs=1e-6)
    fitted_to_itself = 2 * math.log(0.5) + math.log(0.69) + math.log(0.43125)
    assert found > -fitted_to_itself / 4 + 0.01


def test_halves_that_differ_give_a_mixture_that_is_worse_than_both() -> None:
    """In the first half the counts are always better, and in the second, longer by one, the network."""
    network, counts = np.array([3.0] * 5 + [1.0] * 6), np.array([1.5] * 5 + [2.0] * 6)
    assert cross_validated(network, counts) == pytest.approx((5 * 3 + 6 * 2) / 11, abs=1e-4)
    assert 0.1 < fit_weight(network, counts) < 0.9


def test_two_characters_are_enough_for_a_fit() -> None:
    found = cross_validated(np.array([1.0, 4.0]), np.array([2.0, 3.0]))
    assert found == pytest.approx((2 + 4) / 2, abs=1e-4)


def test_a_single_character_is_predicted_without_a_fit() -> None:
    assert cross_validated(np.array([1.0]), np.array([1.0])) == pytest.approx(1)


def test_losses_beyond_all_measure_leave_a_weight() -> None:
    assert fit_weight(np.array([800.0, 0.1, 0.1]), np.array([1.0, 900.0, 900.0])) == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize("better", [NETWORK, COUNTS])
def test_the_weight_moves_to_the_part_that_predicts_better(better: str) -> None:
    """Step by step, however it begins, and not beyond."""
    text = LEARNT[:300].astype(np.int64)
    sure = np.full((len(text), 5), -9.0)
    sure[np.arange(len(text)), text if better == NETWORK else (text + 1) % 5] = 9
    adaptive, weights = AdaptiveMixture(counts_of(4, 0.5), 0), []
    for start in range(0, len(text), 20):
        losses = adaptive.losses(log_softmax(sure[start : start + 20]), text[start : start + 20])
        p, q, both = (math.exp(-nats[0]) for nats in (losses.parts[NETWORK], losses.parts[COUNTS], losses.nats))
        weights.append((both - p) / (q - p))
    assert weights[0] == pytest.approx(0.5, rel=1e-12)
    steps = np.diff(weights) if better == COUNTS else -np.diff(weights)
    assert np.all(steps > 0)
    assert 0 < min(weights) < max(weights) < 1
    assert max(steps) < 20 * WEIGHT_RATE
    assert abs(weights[-1] - 0.5) > 0.2


def test_the_first_character_is_counted() -> None:
    """By counts of single characters, which need none before it; for others it is the first of a context."""
    logits = np.zeros((1, 5))
    for order in (1, 2, 3):
        for first in range(5):
            found = AdaptiveMixture(counts_of(order, 1.0), first).losses(logits, np.array([first]))
            expected = book_of(order).read([first]).distribution([first])[first]
            assert math.exp(-found.nats[0]) == pytest.approx(expected, rel=1e-12)
    assert book_of(1).read([4]).distribution([4])[4] > 1.5 * book_of(1).distribution([4])[4]
