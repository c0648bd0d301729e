"""Process groups: who shares the work of a step, and how.

The processes of a group, its ranks, run the same training loop side by side, each on its own shard of the B streams and
each changing its own shard of the flat vector of parameters. What they exchange goes through the collectives that MPI
knows by the same names. :class:`SingleProcess` is a group of one, :mod:`rnncli.training.parallel.shared_memory` has
processes that share memory, and :mod:`rnncli.training.parallel.mpi` those of several machines, which send messages.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Protocol

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError, NotFiniteError

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""What asks a run to stop: Ctrl-C, a request to end, a terminal that is closed. Windows has no SIGHUP, but SIGBREAK, of
Ctrl-Break."""


class Stopped(Exception):
    """Raised by :meth:`ProcessGroup.begin_step` on the other ranks when rank 0 has ended the run."""


class Work(Protocol):
    """What rank 0 lets the others do."""

    def __call__(self, group: "ProcessGroup") -> None:
        """Do it, as one rank of the group."""

    def for_rank(self, rank: int, size: int) -> "Work":
        """What is sent to this rank of ``size``, which may be on another machine."""


class ProcessGroup(Protocol):
    """A group, as one of its ranks sees it. Rank 0 is the one that the user talks to."""

    rank: int
    size: int
    timed: ClassVar[dict[str, str]]
    """Methods that take time in a step, and the part of it to which a benchmark counts that."""

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype, axis: int | None = None) -> Array:
        """An array of zeros that all ranks have under this name; rank 0 makes it before it calls :meth:`start`. Where
        an ``axis`` is given each rank knows and changes its :func:`shard` along it only, until :meth:`gather`."""

    def gradients(self, size: int, dtype: np.dtype) -> Array:
        """Zeros (P,) of this rank alone, for :meth:`reduce_scatter`; rank 0 makes them before :meth:`start`."""

    def start(self, work: Work) -> None:
        """Let every other rank call ``work``, which can be pickled, with its own view of the group; then all arrays
        are on all ranks what they are on rank 0. Only rank 0 starts others, once."""

    def begin_step(self) -> None:
        """Wait until rank 0 begins the next step; on other ranks :class:`Stopped` is raised if it never will."""

    def gather(self) -> None:
        """Rank 0, between two steps, gets the shards that other ranks have of all arrays with an axis."""

    def stop(self) -> None:
        """Let the other ranks end, after a last :meth:`gather`. Rank 0 calls it after its last step."""

    def abort(self, error: BaseException) -> None:
        """End all ranks, since this one cannot go on where the others wait for it. It returns where they notice that by
        themselves."""

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        """Sum a few scalars over all ranks; the all-reduce of gradients is :meth:`reduce_scatter`, an update of the
        own shard, and :meth:`all_gather`."""

    def reduce_scatter(self, gradients: Array) -> Array:
        """The sum over all ranks of the :func:`shard` of P :meth:`gradients` that belongs to this one; the result may
        lie in the own gradients."""

    def all_gather(self, parameters: Array) -> None:
        """Each rank has changed its shard of the array ``parameters`` (P,): wait until it holds all of them."""


@contextmanager
def aborting(group: ProcessGroup) -> Iterator[None]:
    """What the ranks do together: an exception on one of them ends all, unless every rank meets it, as a text that
    cannot be read or a loss that is no number."""
    try:
        yield
    except (InputError, NotFiniteError):
        raise
    except BaseException as error:
        group.abort(error)
        raise


def shard(total: int, group: ProcessGroup) -> slice:
    """What this rank has of ``total`` things: contiguous, and as equal as can be."""
    return shard_of(total, group.rank, group.size)


def shard_of(total: int, rank: int, size: int) -> slice:
    """What this ``rank`` of ``size`` has of ``total`` things."""
    return slice(total * rank // size, total * (rank + 1) // size)


class SingleProcess:
    """A group of one."""

    rank, size = 0, 1
    timed: ClassVar[dict[str, str]] = {"begin_step": "waiting"}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype, axis: int | None = None) -> Array:
        return np.zeros(shape, dtype)

    def gradients(self, size: int, dtype: np.dtype) -> Array:
        return np.zeros(size, dtype)

    def start(self, work: Work) -> None:
        pass

    def begin_step(self) -> None:
        pass

    def gather(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def abort(self, error: BaseException) -> None:
        pass

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        return values

    def reduce_scatter(self, gradients: Array) -> Array:
        return gradients

    def all_gather(self, parameters: Array) -> None:
        pass
