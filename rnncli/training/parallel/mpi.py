"""A process group whose ranks are on several machines and exchange messages through MPI.

A launcher has started the same command on every rank. Each has arrays of its own: parameters are the same everywhere,
and of what is sharded a rank has its part, which rank 0 gathers to save it. Between two steps the other ranks wait for
a word of rank 0: to go on, to send their shards, or to end.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.launcher import abort, here, mpi
from rnncli.training.parallel.group import Stopped, Work, shard_of

STEP, GATHER, STOP = range(3)
"""What rank 0 tells the others between two steps."""


class MPIGroup:
    """The ranks of ``world``, a communicator of mpi4py."""

    timed: ClassVar[dict[str, str]] = {
        "wait": "waiting",
        "reduce_scatter": "communication",
        "all_gather": "communication",
        "all_reduce": "communication",
    }

    def __init__(self, world: Any) -> None:
        self._world = world
        self.rank: int = world.rank
        self.size: int = world.size
        self._arrays: dict[str, tuple[Array, int | None]] = {}
        self._own = np.empty(0)  # the shard that reduce_scatter fills
        self._started = self._stopped = False
        self.separate_waiting = False  # wait for all ranks before each exchange, so that the two can be timed

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype, axis: int | None = None) -> Array:
        array = np.zeros(shape, dtype)
        self._arrays[name] = array, axis
        return array

    def gradients(self, size: int, dtype: np.dtype) -> Array:
        own = shard_of(size, self.rank, self.size)
        self._own = np.empty(own.stop - own.start, dtype)
        return np.zeros(size, dtype)

    def start(self, work: Work) -> None:
        """On another rank, which has received its work already, this receives the arrays."""
        if self._started:
            return
        self._started = True
        if self.rank == 0:
            self._send_all(lambda rank: work.for_rank(rank, self.size))
            self.agree(None)
        self.separate_waiting = self._world.bcast(self.separate_waiting)
        for array, _ in self._arrays.values():
            self._world.Bcast(array)

    def receive(self) -> Any:
        """What rank 0 starts on another rank, or the exit code with which it has ended before."""
        return self._world.recv(None, 0)

    def dismiss(self, exit_code: int) -> None:
        """Let the other ranks end with this exit code, where rank 0 ends without having started them."""
        if not self._started:
            self._started = self._stopped = True
            self._send_all(lambda _: exit_code)

    def _send_all(self, what_for: Callable[[int], Any]) -> None:
        for rank in range(1, self.size):
            self._world.send(what_for(rank), rank)

    def agree(self, error: Exception | None) -> None:
        """Wait until every rank can begin; InputError on all of them, naming the first that cannot."""
        faults = self._world.allgather(None if error is None else f"{here()}: {error}")
        fault = next(filter(None, faults), None)
        if fault is not None:
            self._stopped = True
            raise InputError(fault)

    def begin_step(self) -> None:
        if self.rank == 0:
            self._tell(STEP)
        elif self._serve() == STOP:
            self._stopped = True
            raise Stopped

    def gather(self) -> None:
        if self.rank == 0 and self._started and not self._stopped:
            self._tell(GATHER)
            self._gather()

    def stop(self) -> None:
        if self._stopped:
            return
        if self.rank == 0:
            self.gather()
            self._tell(STOP)
        else:
            self._serve()
        self._stopped = True

    def _tell(self, what: int) -> None:
        self._world.Bcast(np.array([what], np.int8))

    def _serve(self) -> int:
        """Do what rank 0 tells, up to the word that is neither the last nor to be done here."""
        word = np.empty(1, np.int8)
        while True:
            self._world.Bcast(word)
            if word[0] != GATHER:
                return int(word[0])
            self._gather()

    def _gather(self) -> None:
        """Send the shards of this rank to rank 0."""
        for array, axis in self._arrays.values():
            if axis is None:
                continue
            for rank in range(1, self.size):
                if self.rank not in (0, rank):
                    continue
                own = (slice(None),) * axis + (shard_of(array.shape[axis], rank, self.size),)
                part = np.ascontiguousarray(array[own])
                if self.rank == 0:
                    self._world.Recv(part, rank)
                    array[own] = part
                else:
                    self._world.Send(part, 0)

    def abort(self, error: BaseException) -> None:
        abort(error)

    def wait(self) -> None:
        """Until every rank is here, while this is measured."""
        if self.separate_waiting:
            self._world.Barrier()

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        self.wait()
        gathered = np.empty((self.size, len(values)))
        self._world.Allgather(np.array(values, np.float64), gathered)
        return tuple(gathered.sum(axis=0).tolist())  # in the order of the ranks, whatever the network

    def reduce_scatter(self, gradients: Array) -> Array:
        self.wait()
        self._world.Reduce_scatter(gradients, self._own, self._sizes(len(gradients)))
        return self._own

    def all_gather(self, parameters: Array) -> None:
        self.wait()
        self._world.Allgatherv(mpi().IN_PLACE, [parameters, self._sizes(len(parameters))])

    def _sizes(self, total: int) -> list[int]:
        shards = (shard_of(total, rank, self.size) for rank in range(self.size))
        return [own.stop - own.start for own in shards]
