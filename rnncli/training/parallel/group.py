"""Process groups: who shares the work of a step, and how.

The processes of a group, its ranks, run the same training loop side by side, each on its own shard of the B streams and
each changing its own shard of the flat vector of parameters. What they exchange goes through the collectives that MPI
knows by the same names. :class:`SingleProcess` is a group of one, :mod:`rnncli.training.parallel.shared_memory` has
processes that share memory, and machines that exchange messages would be a third file with the same methods.
"""

import signal
from collections.abc import Callable
from typing import Protocol

import numpy as np

from rnncli.engine.arrays import Array

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""What asks a run to stop: Ctrl-C, a request to end, a terminal that is closed. Windows has no SIGHUP, but SIGBREAK, of
Ctrl-Break."""


class ProcessGroup(Protocol):
    """A group, as one of its ranks sees it. Rank 0 is the one that the user talks to."""

    rank: int
    size: int

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """An array of zeros that all ranks see under this name; rank 0 makes it before it calls :meth:`start`."""

    def start(self, work: "Callable[[ProcessGroup], None]") -> None:
        """Let every other rank call ``work``, which can be pickled, with its own view of the group. Only rank 0 starts
        others, once."""

    def stop(self) -> None:
        """Let the other ranks end. Rank 0 calls it after its last step."""

    def barrier(self) -> None:
        """Wait until every rank is here."""

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        """Sum a few scalars over all ranks; the all-reduce of gradients is :meth:`reduce_scatter`, an update of the
        own shard, and :meth:`all_gather`."""

    def reduce_scatter(self, gradients: Array) -> Array:
        """The sum over all ranks of the :func:`shard` of P gradients that belongs to this one. ``gradients`` (size, P)
        is a shared array in which each rank has written its own row; the result lies in the own row too."""

    def all_gather(self, parameters: Array) -> None:
        """Each rank has changed its shard of ``parameters`` (P,), a shared array: wait until it holds all of them."""


def shard(total: int, group: ProcessGroup) -> slice:
    """What this rank has of ``total`` things: contiguous, and as equal as can be."""
    return slice(total * group.rank // group.size, total * (group.rank + 1) // group.size)


class SingleProcess:
    """A group of one."""

    rank, size = 0, 1

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        return np.zeros(shape, dtype)

    def start(self, work: Callable[[ProcessGroup], None]) -> None:
        pass

    def stop(self) -> None:
        pass

    def barrier(self) -> None:
        pass

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        return values

    def reduce_scatter(self, gradients: Array) -> Array:
        return gradients[0]

    def all_gather(self, parameters: Array) -> None:
        pass
