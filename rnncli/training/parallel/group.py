"""Process groups: who shares the work of a step, and how.

The processes of a group, its ranks, run the same training loop side by side, each on its own shard of the B streams and
each changing its own shard of the flat vector of parameters. What they exchange goes through the four collectives that
MPI knows by the same names. :class:`SingleProcess` is a group of one, :mod:`rnncli.training.parallel.shared_memory` has
processes that share memory, and machines that exchange messages would be a third file with the same methods.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from rnncli.engine.arrays import Array

if TYPE_CHECKING:
    from rnncli.training.trainer import Trainer


class ProcessGroup(Protocol):
    """A team, as one of its members sees it. Rank 0 is the one that the user talks to."""

    rank: int
    size: int

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """An array of zeros that all members see under this name."""

    def start(self, trainer: "Trainer") -> None:
        """Let the other members begin, on what ``trainer`` is about to do. Rank 0 calls it before its first step."""

    def stop(self) -> None:
        """Let the other members end. Rank 0 calls it after its last step."""

    def sum(self, *values: float) -> tuple[float, ...]:
        """For each of a few numbers the sum over all members; everybody waits for everybody."""

    def reduce_scatter(self, gradients: Array) -> Array:
        """The sum over the members of the slice (P / size,) that belongs to this one. ``gradients`` (size, P) is a
        shared array in which each has written its own row; the result lies in the own row too."""

    def all_gather(self) -> None:
        """Wait until everyone has changed its slice of the parameters, and see them all."""


def part(total: int, team: ProcessGroup) -> slice:
    """What this member has of ``total`` things: contiguous, and as equal as can be."""
    return slice(total * team.rank // team.size, total * (team.rank + 1) // team.size)


class SingleProcess:
    """A team of one."""

    rank, size = 0, 1

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        return np.zeros(shape, dtype)

    def start(self, trainer: "Trainer") -> None:
        pass

    def stop(self) -> None:
        pass

    def sum(self, *values: float) -> tuple[float, ...]:
        return values

    def reduce_scatter(self, gradients: Array) -> Array:
        return gradients[0]

    def all_gather(self) -> None:
        pass
