"""A team of processes on one machine that share memory.

Two processes with one BLAS thread each are faster than one with two: then the element-wise work is shared as well, and
nobody waits inside every product.
"""

import multiprocessing
import pickle
import signal
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncli.datasets.pairs import PairCorpus
from rnncli.datasets.text import Corpus
from rnncli.engine.arrays import Array
from rnncli.errors import InputError, TrainingError
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, SingleProcess, part

if TYPE_CHECKING:
    from rnncli.training.trainer import Trainer

SPINS = 2000
"""Looks at a semaphore before sleeping on it, half a millisecond: to be woken takes longer than to look."""

PATIENCE = 0.2
"""Seconds of sleep between checks that the others are still alive."""

NUMBERS = 4
"""The most numbers that :meth:`Workers.sum` takes."""


class Stopped(Exception):
    """Raised in a worker when the run is over."""


class Workers:
    """``size`` processes, of which the one that made this is rank 0 and the others are started by :meth:`start`."""

    def __init__(self, size: int) -> None:
        self.rank, self.size = 0, size
        self._context = multiprocessing.get_context("spawn")  # a fork would copy the locks of BLAS as they are
        self._blocks: dict[str, Any] = {}
        self._arrived = [self._context.Semaphore(0) for _ in range(size)]
        self._released = [self._context.Semaphore(0) for _ in range(size)]
        self._stopping = self._context.RawValue("b", 0)
        self._turn = 0
        self._numbers = self.array("numbers", (2, size, NUMBERS), np.dtype(np.float64))
        self._processes: list[BaseProcess] = []

    def __getstate__(self) -> dict[str, Any]:
        """What a worker gets: the shared blocks, but no view on them and no process."""
        return {**self.__dict__, "_context": None, "_numbers": None, "_processes": []}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        if name not in self._blocks:
            self._blocks[name] = self._context.RawArray("b", max(1, int(np.prod(shape)) * dtype.itemsize))
        return np.frombuffer(self._blocks[name], dtype, int(np.prod(shape))).reshape(shape)

    def start(self, trainer: "Trainer") -> None:
        if self.rank or self._processes:
            return
        buffers: list[pickle.PickleBuffer] = []
        corpus = pickle.dumps(trainer.corpus, protocol=5, buffer_callback=buffers.append)
        sizes = [buffer.raw().nbytes for buffer in buffers]
        for number, buffer in enumerate(buffers):  # the arrays of the corpus go into shared memory, not into the pipe
            self._corpus_part(number, sizes[number])[...] = np.frombuffer(buffer.raw(), np.uint8)
        for rank in range(1, self.size):
            arguments = (self, rank, trainer.model.to_json(), corpus, sizes, trainer.options, trainer.counters())
            process = self._context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            self._processes.append(process)

    def _corpus_part(self, number: int, size: int) -> Array:
        return self.array(f"corpus {number}", (size,), np.dtype(np.uint8))

    def corpus(self, pickled: bytes, sizes: list[int]) -> Corpus | PairCorpus:
        """The corpus of rank 0, over the memory that all share."""
        parts = [self._corpus_part(number, size) for number, size in enumerate(sizes)]
        return pickle.loads(pickled, buffers=parts)

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

    def sum(self, *values: float) -> tuple[float, ...]:
        self._turn ^= 1  # a slow member still reads the numbers of the last turn while a fast one writes the next
        numbers = self._numbers[self._turn]
        numbers[self.rank, : len(values)] = values
        self.barrier()
        return tuple(numbers[:, : len(values)].sum(axis=0).tolist())

    def reduce_scatter(self, gradients: Array) -> Array:
        self.barrier()
        mine = part(gradients.shape[1], self)
        total = gradients[self.rank, mine]
        for rank in range(self.size):
            if rank != self.rank:
                total += gradients[rank, mine]
        return total

    def all_gather(self) -> None:
        self.barrier()

    def barrier(self) -> None:
        """Wait until all members are here: rank 0 counts the others in, and lets them go."""
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

    def _wait(self, semaphore: Semaphore) -> None:
        for _ in range(SPINS):
            if semaphore.acquire(False):
                return
        while not semaphore.acquire(timeout=PATIENCE):
            self._check_the_living()

    def _check_the_living(self) -> None:
        parent = multiprocessing.parent_process()
        if self.rank and parent is not None and not parent.is_alive():
            raise Stopped
        for process in self._processes:
            if not process.is_alive():
                raise TrainingError(
                    f"the worker process {process.pid} has died ({_cause(process.exitcode)}); "
                    "go on with --resume, and with --workers 1 if it happens again"
                )


def _cause(exit_code: int | None) -> str:
    return signal.Signals(-exit_code).name if exit_code and exit_code < 0 else f"exit code {exit_code}"


def _work(
    team: Workers,
    rank: int,
    description: dict[str, Any],
    corpus: bytes,
    sizes: list[int],
    options: TrainingOptions,
    counters: dict[str, Any],
) -> None:
    """The life of a worker: the same training as rank 0, on the same shared arrays."""
    from rnncli.models.registry import from_json
    from rnncli.training.trainer import Trainer

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # these are for rank 0, which ends the others
    team.rank = rank
    team._numbers = team.array("numbers", (2, team.size, NUMBERS), np.dtype(np.float64))
    trainer = Trainer(from_json(description), team.corpus(corpus, sizes), options, team)
    trainer.load_state(counters)
    try:
        for _ in trainer.run():
            pass
    except (Stopped, TrainingError):  # rank 0 meets the same error, and tells it
        pass


def make_group(workers: int, streams: int) -> ProcessGroup:
    """A team of so many processes on this machine; InputError if they are more than the streams to share."""
    if workers > streams:
        raise InputError(f"--workers {workers} is more than there is to share in a step, --batch-size {streams}")
    return SingleProcess() if workers == 1 else Workers(workers)
