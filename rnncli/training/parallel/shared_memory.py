"""A process group on one machine whose ranks share memory.

Two processes with one BLAS thread each are faster than one with two: then the element-wise work is shared as well, and
nobody waits inside every product.
"""

import multiprocessing
import pickle
import signal
from contextlib import suppress
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from typing import Any, ClassVar

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError, TrainingError
from rnncli.models.workers import exit_reason
from rnncli.training.parallel.group import STOP_SIGNALS, ProcessGroup, SingleProcess, Stopped, Work, shard

SPIN_ATTEMPTS = 2000
"""Attempts to take a semaphore before sleeping on it, half a millisecond: to be woken takes longer than to spin."""

LIVENESS_INTERVAL = 0.2
"""Seconds of sleep between checks that the other ranks are still alive."""

MAX_VALUES = 4
"""The most numbers that :meth:`SharedMemoryGroup.all_reduce` takes."""


class SharedMemoryGroup:
    """``size`` processes, of which the one that made this is rank 0 and the others are started by :meth:`start`."""

    timed: ClassVar[dict[str, str]] = {"barrier": "waiting"}

    def __init__(self, size: int) -> None:
        self.rank, self.size = 0, size
        self._context = multiprocessing.get_context("spawn")  # a fork would copy the locks of BLAS as they are
        self._blocks: dict[str, Any] = {}
        self._arrived = [self._context.Semaphore(0) for _ in range(size)]
        self._released = [self._context.Semaphore(0) for _ in range(size)]
        self._stopping = self._context.RawValue("b", 0)
        self._turn = 0
        self._values = self._shared_values()
        self._rows: Array | None = None  # the gradients of all ranks
        self._processes: list[BaseProcess] = []

    def __getstate__(self) -> dict[str, Any]:
        """What a worker gets: the shared blocks, but no view on them and no process."""
        return {**self.__dict__, "_context": None, "_values": None, "_rows": None, "_processes": []}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype, axis: int | None = None) -> Array:
        if name not in self._blocks:
            self._blocks[name] = self._context.RawArray("b", max(1, int(np.prod(shape)) * dtype.itemsize))
        return np.frombuffer(self._blocks[name], dtype, int(np.prod(shape))).reshape(shape)

    def gradients(self, size: int, dtype: np.dtype) -> Array:
        self._rows = self.array("gradients", (self.size, size), dtype)
        return self._rows[self.rank]

    def _shared_values(self) -> Array:
        return self.array("values", (2, self.size, MAX_VALUES), np.dtype(np.float64))

    def _shared_bytes(self, number: int, size: int) -> Array:
        return self.array(f"work {number}", (size,), np.dtype(np.uint8))

    def start(self, work: Work) -> None:
        if self.rank or self._processes:
            return
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(work, protocol=5, buffer_callback=buffers.append)
        sizes = [buffer.raw().nbytes for buffer in buffers]
        for number, buffer in enumerate(buffers):  # its arrays go into shared memory, not into the pipe
            self._shared_bytes(number, sizes[number])[...] = np.frombuffer(buffer.raw(), np.uint8)
        for rank in range(1, self.size):
            process = self._context.Process(target=_run_worker, args=(self, rank, pickled, sizes), daemon=True)
            process.start()
            self._processes.append(process)

    def join(self, rank: int) -> None:
        """Become this rank, in a worker that has just been started."""
        self.rank, self._values = rank, self._shared_values()

    def unpickled(self, work: bytes, sizes: list[int]) -> Work:
        """The work that rank 0 has pickled, its arrays over the memory that all share."""
        buffers = [self._shared_bytes(number, size) for number, size in enumerate(sizes)]
        unpickled: Work = pickle.loads(work, buffers=buffers)
        return unpickled

    def stop(self) -> None:
        if self.rank:
            return
        self._stopping.value = 1
        for released in self._released[1:]:
            released.release()
        for process in self._processes:
            process.join(timeout=2)
            if process.is_alive():
                process.kill()

    def begin_step(self) -> None:
        self.barrier()

    def gather(self) -> None:
        pass  # all lies in shared memory

    def abort(self, error: BaseException) -> None:
        pass  # the others see that this process has ended

    def barrier(self) -> None:
        """Rank 0 counts the others in, and lets them go."""
        if self.rank == 0:
            for rank in range(1, self.size):
                self._wait(self._arrived[rank])
            for released in self._released[1:]:
                released.release()
        else:
            self._arrived[self.rank].release()
            self._wait(self._released[self.rank])
            if self._stopping.value:
                raise Stopped

    def all_reduce(self, *values: float) -> tuple[float, ...]:
        self._turn ^= 1  # a slow rank still reads the numbers of the last turn while a fast one writes the next
        shared = self._values[self._turn]
        shared[self.rank, : len(values)] = values
        self.barrier()
        return tuple(shared[:, : len(values)].sum(axis=0).tolist())

    def reduce_scatter(self, gradients: Array) -> Array:
        self.barrier()
        assert self._rows is not None
        own = shard(len(gradients), self)
        total = gradients[own]
        for rank in range(self.size):
            if rank != self.rank:
                total += self._rows[rank, own]
        return total

    def all_gather(self, parameters: Array) -> None:
        self.barrier()  # they lie in shared memory already

    def _wait(self, semaphore: Semaphore) -> None:
        for _ in range(SPIN_ATTEMPTS):
            if semaphore.acquire(False):
                return
        while not semaphore.acquire(timeout=LIVENESS_INTERVAL):
            self._require_all_alive()

    def _require_all_alive(self) -> None:
        parent = multiprocessing.parent_process()
        if self.rank and parent is not None and not parent.is_alive():
            raise Stopped
        for process in self._processes:
            if not process.is_alive():
                raise TrainingError(
                    f"the worker process {process.pid} has died ({exit_reason(process.exitcode)}); "
                    "resume with --resume, and with --workers 1 if it happens again"
                )


def _run_worker(group: SharedMemoryGroup, rank: int, work: bytes, sizes: list[int]) -> None:
    """The life of a worker process."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # these are for rank 0, which ends the others
    group.join(rank)
    with suppress(Stopped, TrainingError):  # rank 0 meets the same error, and reports it
        group.unpickled(work, sizes)(group)


def make_group(workers: int, batch_size: int) -> ProcessGroup:
    """A group of ``workers`` processes on this machine; InputError if they are more than the streams to share."""
    if workers > batch_size:
        raise InputError(f"--workers {workers} is more than there is to share in a step, --batch-size {batch_size}")
    return SingleProcess() if workers == 1 else SharedMemoryGroup(workers)
