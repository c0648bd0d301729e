"""The n-gram model against the published equations, written down with dictionaries, and against KenLM."""

from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from rnncli.models.ngram.kneser_ney import KneserNey

Gram = tuple[int, ...]
Model = Callable[[np.ndarray], np.ndarray]

CASES = [(size, order) for size in (1, 2, 3, 7, 30) for order in (1, 2, 3, 4, 6)]


class ByTheBook:
    """Interpolated modified Kneser-Ney (Chen and Goodman 1999, section 3.5).

    The text is a ring: its end is followed by its beginning. Where it is too small for the discounts, they are 0.5,
    0.75 and 0.75; none takes less than 0.05 from a count, nor leaves less.
    """

    def __init__(self, text: list[int], size: int, order: int) -> None:
        self.size, self.order = size, order
        ring = text * (1 + -(-order // len(text)))
        grams = [Counter(tuple(ring[i : i + n]) for i in range(len(text))) for n in range(1, order + 1)]
        self.counts: list[dict[Gram, int]] = [Counter(longer[1:] for longer in grams[n + 1]) for n in range(order - 1)]
        self.counts.append(grams[-1])
        self.discounts = [self._discounts(counts) for counts in self.counts]
        self.following: dict[Gram, list[int]] = {}
        for counts in self.counts:
            for gram, count in counts.items():
                self.following.setdefault(gram[:-1], []).append(count)

    @staticmethod
    def _discounts(counts: dict[Gram, int]) -> list[float]:
        n1, n2, n3, n4 = (sum(c == k for c in counts.values()) for k in (1, 2, 3, 4))
        if not (n1 and n2 and n3):
            return [0, 0.5, 0.75, 0.75]
        y = n1 / (n1 + 2 * n2)
        found = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
        return [0, *(min(max(d, 0.05), k + 0.95) for k, d in enumerate(found))]

    def probability(self, symbol: int, before: Gram) -> float:
        before = before[max(0, len(before) - self.order + 1) :]
        lower = self.probability(symbol, before[1:]) if before else 1 / self.size
        counts, discounts = self.counts[len(before)], self.discounts[len(before)]
        following = self.following.get(before)
        if following is None:
            return lower
        c = counts.get((*before, symbol), 0)
        left = sum(discounts[min(one, 3)] for one in following)  # D₁ N₁ + D₂ N₂ + D₃ N₃
        return (max(c - discounts[min(c, 3)], 0) + left * lower) / sum(following)


def some_text(size: int, length: int, seed: int) -> np.ndarray:
    """Symbols of which a few are much more frequent, and each likes to follow its neighbour."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, size + 1)
    text = rng.choice(size, length, p=shares / shares.sum())
    follow = rng.random(length) < 0.4
    for n in range(1, length):
        if follow[n]:
            text[n] = (text[n - 1] + 1) % size
    return text.astype(np.uint8)


def larger_text(length: int, seed: int) -> np.ndarray:
    """Words of 2 to 9 of 26 letters, a few of them frequent, drawn by a generator that is the same everywhere (that of
    Park and Miller 1988)."""
    words: list[list[int]] = []
    text: list[int] = []

    def draw(limit: int) -> int:
        nonlocal seed
        seed = seed * 48271 % (2**31 - 1)
        return seed % limit

    for _ in range(500):
        words.append([draw(26) * draw(26) // 26 for _ in range(2 + draw(8))])
    while len(text) < length:
        text += [*words[draw(draw(500) + 1)], 26]
    return np.array(text[:length])


def model_of(training_ids: np.ndarray, size: int, order: int) -> Model:
    return KneserNey.of(training_ids, size, order).probabilities


def one_probability(model: Model, before: Gram, symbol: int) -> float:
    return float(model(np.array([*before, symbol]))[-1])


@pytest.mark.parametrize(("size", "order"), CASES)
@pytest.mark.parametrize("length", [1, 2, 5, 40, 250])
def test_probabilities_are_those_of_the_equations(size: int, order: int, length: int) -> None:
    """Of the text that was learnt and of another, at every place, with symbols that were never seen."""
    text = some_text(size, length, seed=length)
    size += 2
    model, book = model_of(text, size, order), ByTheBook(text.tolist(), size, order)
    for ids in (text, np.random.default_rng(9).integers(size, size=60)):
        expected = [book.probability(int(symbol), tuple(ids[:n].tolist())) for n, symbol in enumerate(ids)]
        np.testing.assert_allclose(model(ids), expected, rtol=1e-12)


def test_discounts_are_estimated_where_there_is_enough_text() -> None:
    """So that not all of the texts above were too small: here the equations hold as they were published."""
    text = some_text(30, 3000, seed=1)
    model, book = model_of(text, 30, 3), ByTheBook(text.tolist(), 30, 3)
    for counts, discounts in zip(book.counts[1:], KneserNey.of(text, 30, 3).discounts[1:], strict=True):
        having = Counter(counts.values())
        y = having[1] / (having[1] + 2 * having[2])
        expected = [k - (k + 1) * y * having[k + 1] / having[k] for k in (1, 2, 3)]
        assert min(having[k] for k in (1, 2, 3, 4)) > 10
        assert all(0.05 < d < k - 0.05 for k, d in enumerate(expected, start=1))
        np.testing.assert_allclose(discounts, [0, *expected], rtol=1e-12)
    other = some_text(30, 80, seed=2)
    expected = [book.probability(int(symbol), tuple(other[:n].tolist())) for n, symbol in enumerate(other)]
    np.testing.assert_allclose(model(other), expected, rtol=1e-12)


FROZEN = {
    1: 2.7359584355527033,
    2: 2.5675340215998577,
    4: 1.1280977830506995,
    8: 1.0032736452292133,
    12: 1.014517212092541,
    20: 1.0178838002540789,
}
"""The mean of -log P over the last sixth of ``larger_text(120_000, 3)``, by the order of a :class:`ByTheBook` of the
rest, which took from 0.1 to 7 seconds."""


@pytest.mark.parametrize(("order", "nats"), FROZEN.items())
def test_a_larger_text_has_the_loss_that_the_equations_give(order: int, nats: float) -> None:
    text = larger_text(120_000, 3)
    found = model_of(text[:100_000], 27, order)(text[100_000:])
    assert -np.log(found).mean() == pytest.approx(nats, abs=1e-12)


END, UNKNOWN = 27, 28

KENLM = {
    2: (2.5673614324985, [[0.571429, 0.285714, 1.47619]]),
    4: (
        1.1280750746932968,
        [[0.496124, 0.671914, 1.69981], [0.649461, 1.16768, 1.58299], [0.458929, 1.14689, 1.73382]],
    ),
    6: (
        0.9869274526266683,
        [
            [0.496124, 0.671914, 1.69981],
            [0.649461, 1.16768, 1.58299],
            [0.64839, 1.10716, 1.34168],
            [0.744616, 1.10988, 1.49076],
            [0.674756, 1.27816, 1.63148],
        ],
    ),
}
"""By order: the mean of -ln P over the second text of ``kenlm_texts`` in a model that KenLM's lmplz made of the first,
and lmplz's discounts D1, D2, D3 of the 2-grams and longer. ``make_kenlm_reference.py`` printed it (KenLM 0.3.0)."""


def kenlm_texts() -> tuple[np.ndarray, np.ndarray]:
    """100,000 characters to learn and 20,000 others.

    The first text ends with a character that occurs nowhere else: for the discounts, lmplz 0.3.0 counts the n-gram of
    each order that it sorts last by its frequency instead of its continuation count, and these are then both 1.
    """
    text = larger_text(120_000, 3)
    text[99_999] = 25
    return text[:100_000], text[100_000:]


@pytest.mark.parametrize(("order", "nats", "discounts"), [(order, *found) for order, found in KENLM.items()])
def test_the_loss_is_that_of_kenlm(order: int, nats: float, discounts: list[list[float]]) -> None:
    """KenLM (Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation") reads the text as a line.

    One more character, as the end of the text, stands for both its <s> and its </s>, and another for its <unk>, which
    is part of the uniform distribution. What remains is the ring: k - 2 of the k-grams run from the end of the text
    into its beginning. Each occurs once, and the other text has none of them, so they only change the discounts: these
    by less than 0.001, the mean by about 0.00001. With lmplz's discounts, of which it prints six digits, both models
    agree to within its single precision.
    """
    text, other = kenlm_texts()
    model = KneserNey.of(np.append(text, END), UNKNOWN + 1, order)
    theirs = np.vstack([model.discounts[:1], np.insert(discounts, 0, 0, axis=1)])
    np.testing.assert_allclose(model.discounts, theirs, atol=1e-3)
    assert -np.log(model.probabilities(other)).mean() == pytest.approx(nats, abs=2e-5)
    found = KneserNey(model.index, model.size, theirs).probabilities(other)
    assert -np.log(found).mean() == pytest.approx(nats, abs=2e-7)


@pytest.mark.parametrize(("size", "order", "length"), [(2, 5, 60), (3, 4, 50), (5, 3, 300), (4, 4, 3), (3, 1, 20)])
def test_after_every_context_the_probabilities_sum_to_one(size: int, order: int, length: int) -> None:
    """Seen or not, of each length up to one more than the model can use; and none is zero."""
    model = model_of(some_text(size, length, seed=3), size, order)
    for n in range(order + 1):
        for before in product(range(size), repeat=n):
            found = [one_probability(model, before, symbol) for symbol in range(size)]
            assert min(found) > 0
            assert sum(found) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3, 5])
def test_a_context_that_was_never_seen_leaves_it_to_the_shorter_one(order: int) -> None:
    text = some_text(6, 60, seed=4)
    model = model_of(text, 8, order)
    ring, unseen = "".join(map(str, [*text, *text[: order - 2]])), 0
    contexts = list(product(range(8), repeat=order - 1))
    for i in np.random.default_rng(5).permutation(len(contexts))[:100]:
        before = contexts[i]
        if "".join(map(str, before)) not in ring:
            unseen += 1
            for symbol in range(8):
                assert one_probability(model, before, symbol) == one_probability(model, before[1:], symbol)
    assert unseen > 0


def test_the_end_of_a_text_is_followed_by_its_beginning() -> None:
    model = model_of(np.array([1, 0, 0, 1, 2]), 3, 3)
    after_end = [one_probability(model, (1, 2), symbol) for symbol in range(3)]
    assert np.argmax(after_end) == 1


def test_only_the_last_characters_count() -> None:
    model = model_of(some_text(5, 200, seed=5), 5, 3)
    for symbol, far, near in product(range(5), repeat=3):
        long, short = (3, 3, 0, 4, far, near), (far, near)
        assert one_probability(model, long, symbol) == one_probability(model, short, symbol)


def test_a_text_of_one_symbol_is_soon_certain() -> None:
    p = model_of(np.zeros(1000, np.uint8), 2, 4)(np.zeros(50, np.uint8))
    assert np.all(p[4:] > 0.99)
    assert np.all(p < 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_ids_may_be_of_any_integer_type(dtype: type) -> None:
    text = some_text(200, 2000, seed=6).astype(dtype)
    expected = model_of(text.astype(np.int64), 200, 6)(text.astype(np.int64))
    assert model_of(text, 200, 6)(text).tolist() == expected.tolist()
