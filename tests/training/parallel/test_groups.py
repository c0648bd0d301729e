"""The collectives of a process group, with real processes and with work that knows nothing of training."""

from functools import partial

import numpy as np
import pytest

from rnncli.training.parallel.group import ProcessGroup, SingleProcess, shard
from rnncli.training.parallel.shared_memory import SharedMemoryGroup

P = 11
ROUNDS = 50


def gradient_of(rank: int) -> np.ndarray:
    """What a rank contributes, (P,); small integers, whose sum is exact."""
    return np.random.default_rng(rank).integers(-9, 9, P).astype(np.float64)


def shared(group: ProcessGroup) -> tuple[np.ndarray, ...]:
    """Gradients, parameters, and what each rank writes down of the parameters and the sums."""
    shapes = {
        "parameters": (P,),
        "copies": (group.size, P),
        "sums": (group.size, ROUNDS, 2),
    }
    dtype = np.dtype(np.float64)
    return group.gradients(P, dtype), *(group.array(name, shape, dtype) for name, shape in shapes.items())


def exchange(offset: np.ndarray, group: ProcessGroup) -> None:
    """Each rank adds up what all contribute, ``ROUNDS`` times, and writes down what it found."""
    gradients, parameters, copies, sums = shared(group)
    own = shard(P, group)
    for n in range(ROUNDS):
        gradients[...] = gradient_of(group.rank)
        parameters[own] = group.reduce_scatter(gradients) + offset[own]
        group.all_gather(parameters)
        copies[group.rank] = parameters
        sums[group.rank, n] = group.all_reduce(float(group.rank + n), 1.0)
    group.all_reduce()  # all are here


@pytest.mark.parametrize("size", [2, 3])
def test_all_ranks_find_the_sum_of_all(size: int) -> None:
    group, offset = SharedMemoryGroup(size), np.arange(P, dtype=np.float64)
    _, _, copies, sums = shared(group)
    group.start(partial(exchange, offset))
    try:
        exchange(offset, group)
    finally:
        group.stop()
    expected = sum(gradient_of(rank) for rank in range(size)) + offset
    assert copies.tolist() == [expected.tolist()] * size
    counted = [[sum(rank + n for rank in range(size)), size] for n in range(ROUNDS)]
    assert sums.tolist() == [counted] * size


def test_a_single_process_has_the_sum_already() -> None:
    group = SingleProcess()
    gradients = gradient_of(0)
    assert group.reduce_scatter(gradients).tolist() == gradient_of(0).tolist()
    assert group.all_reduce(2.5, 1.0) == (2.5, 1.0)


@pytest.mark.parametrize("total", [0, 1, 5, 12])
@pytest.mark.parametrize("size", [1, 2, 5, 7])
def test_shards_tile_the_whole_and_are_as_equal_as_can_be(total: int, size: int) -> None:
    shards = []
    for rank in range(size):
        group = SingleProcess()
        group.rank, group.size = rank, size  # type: ignore[misc]
        shards.append(range(total)[shard(total, group)])
    assert [n for one in shards for n in one] == list(range(total))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
