"""The index of contexts against a search through the whole text."""

import pickle
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from rnncli.models.ngram.contexts import ContextIndex, Edges
from tests.models.test_kneser_ney import some_text

every_text = pytest.mark.parametrize(
    ("size", "length"), [(1, 1), (3, 2), (2, 5), (5, 5), (1, 40), (2, 300), (6, 300), (200, 300)]
)
every_depth = pytest.mark.parametrize("depth", [0, 1, 3, 8])


def before(text: np.ndarray, position: int, n: int) -> tuple[int, ...]:
    """The ``n`` characters before a position of the ring."""
    return tuple(int(text[(position - k) % len(text)]) for k in range(n, 0, -1))


def search(text: np.ndarray, n: int) -> dict[tuple[int, ...] | None, list[int]]:
    """The positions after each context of ``n`` characters."""
    found: dict[tuple[int, ...] | None, list[int]] = {}
    for position in range(len(text)):
        found.setdefault(before(text, position, n), []).append(position)
    return found


def some_ids(text: np.ndarray) -> np.ndarray:
    """Two texts (T, 2) that share something with ``text``: a piece of it across its end with a character changed, and
    one in which no character is known for a while, and one was never seen."""
    ring = np.resize(np.roll(text, 7), 30).astype(np.int64)
    other = np.random.default_rng(8).choice(text, 30).astype(np.int64)
    ring[12] = text[0]
    other[[11, 12]] = -1
    other[20] = text.max() + 1
    return np.stack([ring, other], axis=1)


def known(ids: np.ndarray, t: int, n: int) -> tuple[int, ...] | None:
    """The ``n`` characters before the t-th of ``ids`` (T,), None where not all of them are known."""
    context = tuple(ids[t - n : t].tolist()) if n <= t else (-1,)
    return None if -1 in context else context


def contexts(text: np.ndarray, index: ContextIndex) -> Iterator[tuple[int, list[int], list[int]]]:
    """Of each context in :func:`some_ids` its length, the positions in ``text`` that follow it, and its range of
    rows."""
    ids = some_ids(text)
    edges, positions = index.contexts(ids), [search(text, n) for n in range(index.depth + 1)]
    assert edges.shape == (30, 2, index.depth + 1, 2)
    for t, b, n in np.ndindex(edges.shape[:-1]):
        yield n, positions[n].get(known(ids[:, b], t, n), []), edges[t, b, n].tolist()


@every_depth
@every_text
def test_a_context_has_the_rows_of_all_positions_after_it(size: int, length: int, depth: int) -> None:
    """As many, with the characters there; none after a context that does not occur or is not known."""
    text = some_text(size, length, seed=length)
    index = ContextIndex.of(text, depth)
    for _, positions, (start, stop) in contexts(text, index):
        expected = text[positions].tolist()
        assert stop - start == len(expected)
        assert sorted(index.followers[start:stop].tolist()) == sorted(expected)


@every_depth
@every_text
def test_what_is_shared_tells_in_how_many_contexts_a_character_follows(size: int, length: int, depth: int) -> None:
    """The distinct characters before each pair of a context, shorter than the longest, and what follows it."""
    text = some_text(size, length, seed=length)
    index = ContextIndex.of(text, depth)
    for n, positions, (start, stop) in contexts(text, index):
        if n < depth:
            expected = Counter(follower for _, follower in {(before(text, p, n + 1), int(text[p])) for p in positions})
            new = index.shared[start:stop] <= n
            assert Counter(index.followers[start:stop][new].tolist()) == expected


@every_depth
def test_what_is_shared_ends_at_the_depth(depth: int) -> None:
    """Where a text repeats itself the rows have more in common than the index looks at."""
    index = ContextIndex.of(np.tile(some_text(4, 20, seed=1), 3), depth)
    assert index.shared.max() == depth


@every_depth
def test_characters_read_one_by_one_lead_to_the_contexts_of_one_pass(depth: int) -> None:
    text = some_text(4, 300, seed=1)
    index, ids = ContextIndex.of(text, depth), some_ids(text)
    edges = index.start(2)
    for row, expected in zip(ids, index.contexts(ids), strict=True):
        assert np.array_equal(occurring(edges), occurring(expected))
        edges = index.read(edges, row)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.intp])
def test_ids_may_have_any_dtype(dtype: type) -> None:
    """Those of a vocabulary of 256 fill eight bits."""
    text = some_text(256, 3000, seed=3)
    index = ContextIndex.of(text, 2)
    ids = text[:300, None]
    assert np.array_equal(index.contexts(ids.astype(dtype)), index.contexts(ids.astype(np.int64)))
    [*_, (start, stop)] = index.contexts(ids.astype(dtype))[-1, 0]
    assert ids[-1, 0] in index.followers[start:stop]


def occurring(edges: Edges) -> Edges:
    """These ranges, (0, 0) for all that have no rows."""
    return np.where(edges[..., 1:] > edges[..., :1], edges, 0)


def test_nothing_is_known_at_the_start_and_after_a_gap() -> None:
    index = ContextIndex.of(some_text(3, 50, seed=2), 2)
    edges = index.start(1)
    for _ in range(2):
        assert occurring(edges).tolist() == [[[0, 50], [0, 0], [0, 0]]]
        edges = index.read(index.read(edges, np.array([0])), np.array([-1]))


@pytest.mark.parametrize("n", [0, 1, 2, 4])
@every_text
def test_counts_of_counts(size: int, length: int, n: int) -> None:
    """Of n-grams in the ring, and of those with a further character before them."""
    text = some_text(size, length, seed=length)
    index = ContextIndex.of(text, 5)
    grams = Counter((before(text, p, n), int(text[p])) for p in range(length))
    longer = {(before(text, p, n + 1), int(text[p])) for p in range(length)}
    continuations = Counter((context[1:], follower) for context, follower in longer)
    for continuation, counts in ((False, grams), (True, continuations)):
        expected = [sum(count == k for count in counts.values()) for k in (1, 2, 3, 4)]
        assert index.counts_of_counts(n, continuation).tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_a_text_may_be_of_any_integer_type(dtype: type) -> None:
    """The index takes the bytes of the text, and one more for each character."""
    text = some_text(200, 3000, seed=3)
    index, expected = ContextIndex.of(text.astype(dtype), 4), ContextIndex.of(text.astype(np.uint32), 4)
    ids = some_ids(text)
    assert index.followers.dtype == dtype
    assert index.shared.dtype == np.uint8
    assert np.array_equal(index.followers, expected.followers)
    assert np.array_equal(index.shared, expected.shared)
    assert np.array_equal(index.contexts(ids), expected.contexts(ids))


def test_an_index_is_pickled_without_what_follows_from_it() -> None:
    index = ContextIndex.of(some_text(30, 5000, seed=4), 6)
    ids = some_ids(some_text(30, 100, seed=4))
    expected = index.contexts(ids)
    pickled = pickle.dumps(index)
    copy = pickle.loads(pickled)
    assert len(pickled) < 2 * 5000 + 1000
    assert copy.depth == 6
    assert len(copy) == 5000
    assert np.array_equal(copy.contexts(ids), expected)
    assert copy.counts_of_counts(2, True).tolist() == index.counts_of_counts(2, True).tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_what_is_read_may_be_of_any_integer_type(dtype: type) -> None:
    text = some_text(200, 300, seed=1).astype(dtype)
    index = ContextIndex.of(text, 3)
    assert np.array_equal(index.contexts(text[:, None]), index.contexts(text[:, None].astype(np.int64)))
