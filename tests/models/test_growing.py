"""The n-gram model that counts while it reads, against dictionaries that are counted anew after every character."""

import pickle
from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from rnncli.models.ngram import growing, kneser_ney
from rnncli.models.ngram.growing import GrowingCounts
from rnncli.models.ngram.kneser_ney import KneserNey
from tests.models.test_kneser_ney import ByTheBook, some_text

SIZE = 7
"""Of the alphabet: the text that was learnt has five characters."""

every_order = pytest.mark.parametrize("order", [1, 2, 3, 5])
every_width = pytest.mark.parametrize("wide", [0, 3, 20, 10**9])


class GrowingByTheBook(ByTheBook):
    """The counts of both texts together, with the discounts of the first, a ring. The n-grams of the second have all
    their characters in it."""

    def read(self, ids: list[int]) -> "GrowingByTheBook":
        """The model after it has read all of these and nothing else."""
        grown = GrowingByTheBook.__new__(GrowingByTheBook)
        grown.size, grown.order, grown.discounts = self.size, self.order, self.discounts
        whole = Counter(self.counts[-1])
        whole.update(tuple(ids[end - self.order : end]) for end in range(self.order, len(ids) + 1))
        suffixes = [{gram[-n:] for gram in whole} for n in range(1, self.order + 1)]
        grown.counts = [*(Counter(gram[1:] for gram in longer) for longer in suffixes[1:]), whole]
        grown.following = {}
        for counts in grown.counts:
            for gram, count in counts.items():
                grown.following.setdefault(gram[:-1], []).append(count)
        return grown

    def distribution(self, before: list[int]) -> list[float]:
        return [self.probability(symbol, tuple(before)) for symbol in range(self.size)]


def learnt(length: int) -> np.ndarray:
    return some_text(5, length, seed=length)


@cache
def to_read() -> list[int]:
    """Something new, with characters that were never seen, read again and again; then what was learnt."""
    new = np.random.default_rng(1).integers(SIZE, size=15)
    return np.concatenate([new, new, learnt(120)[100:], new[3:9], np.zeros(6, int), new[5:12]]).tolist()


@cache
def expected(length: int, order: int) -> np.ndarray:
    """The distribution before each character, and after the last."""
    book, ids = GrowingByTheBook(learnt(length).tolist(), SIZE, order), to_read()
    return np.array([book.read(ids[:n]).distribution(ids[:n]) for n in range(len(ids) + 1)])


def distributions(model: KneserNey, ids: list[int]) -> Iterator[np.ndarray]:
    counts = GrowingCounts(model)
    yield counts.distribution()
    for character in ids:
        counts.read(character)
        yield counts.distribution()


def set_wide(monkeypatch: pytest.MonkeyPatch, wide: int) -> None:
    """Contexts that occur more often than this are frequent."""
    for module in (kneser_ney, growing):
        monkeypatch.setattr(module, "WIDE", wide)


@every_width
@every_order
@pytest.mark.parametrize("length", [3, 120])
def test_every_distribution_is_that_of_both_texts_together(
    length: int, order: int, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wide(monkeypatch, wide)
    found = np.array(list(distributions(KneserNey.of(learnt(length), SIZE, order), to_read())))
    np.testing.assert_allclose(found, expected(length, order), rtol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    assert found.min() > 0


@every_order
def test_before_anything_is_counted_it_is_the_model(order: int) -> None:
    """The first characters are too few for an n-gram."""
    model, ids = KneserNey.of(learnt(120), SIZE, order), to_read()[:order]
    expected = [model.probabilities(np.array([*ids[:n], symbol]))[-1] for n in range(order) for symbol in range(SIZE)]
    found = list(distributions(model, ids))[:order]
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=1e-12)


def test_what_was_read_is_expected_again() -> None:
    """A text that repeats itself is much more probable the second time."""
    new = np.random.default_rng(3).integers(SIZE, size=20)
    found = np.array(list(distributions(KneserNey.of(learnt(120), SIZE, 4), [*new, *new])))
    nats = -np.log(found[np.arange(40), [*new, *new]])
    assert nats[24:].mean() < 0.6 * nats[4:20].mean()


@every_width
def test_the_model_itself_does_not_change(wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do two texts that grow from it meet."""
    set_wide(monkeypatch, wide)
    model, ids = KneserNey.of(learnt(120), SIZE, 3), to_read()
    before, pickled = model.probabilities(np.array(ids)), pickle.dumps(model)
    first = list(distributions(model, ids))
    assert np.array_equal(list(distributions(model, ids)), first)
    assert pickle.dumps(model) == pickled
    assert model.probabilities(np.array(ids)).tolist() == before.tolist()
