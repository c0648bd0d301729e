"""The processes of :func:`rnncli.models.parallel.parallel_map`, in a module of their own since few commands need what
is imported here.

This process works too. Each of the others has a pipe of its own: when one end of it dies the other learns it at once,
so that no worker outlives this process, and none is waited for in vain. An executor of :mod:`concurrent.futures` does
neither, and cannot stop a task that runs.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from rnncli.errors import RnncliError
from rnncli.models.base import Model
from rnncli.models.registry import from_json

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks that a worker is given at once: one to work at, and one so that it need not wait for the next."""

MAX_PENDING = 4
"""Results per process that wait for an earlier one."""


def map_with_workers(
    function: Callable[[Any, Task], Result], model: Model, tasks: Iterator[Task], workers: int
) -> Generator[Result, None, None]:
    """``function(model, task)`` for each of the ``tasks``, in their order, in this process and ``workers`` others."""
    with _started(function, model, workers) as others:
        results: deque[Future[Result]] = deque()
        for task in tasks:
            _collect(others, timeout=0)
            least = min(others, key=lambda worker: worker.load)
            if least.load < AHEAD:
                results.append(least.submit(task))
                continue
            results.append(_settled(function, model, task))
            while results and (results[0].done() or len(results) > MAX_PENDING * (workers + 1)):
                yield _first(results, others)
        while results:
            yield _first(results, others)


def exit_reason(exit_code: int | None) -> str:
    """How a process has ended: the name of the signal, or the exit code."""
    return signal.Signals(-exit_code).name if exit_code and exit_code < 0 else f"exit code {exit_code}"


class _Worker:
    """Another process, which takes tasks and gives their results in the same order."""

    def __init__(self, *work: Any) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of BLAS as they are
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *work), daemon=True)
        self._process.start()
        theirs.close()
        self._pending: deque[Future[Any]] = deque()
        self._ready = False

    @property
    def load(self) -> int:
        """Its tasks; while it starts it takes none, since a pipe that nobody reads is soon full."""
        return len(self._pending) if self._ready else AHEAD

    def submit(self, task: object) -> "Future[Any]":
        """What will be the result of this task."""
        self._pending.append(Future())
        with self._alive():
            self.connection.send(task)
        return self._pending[-1]

    def collect(self) -> None:
        """Receive the next result; the first message says that it is ready."""
        with self._alive():
            result, error = self.connection.recv()
        if not self._ready:
            self._ready = True
        elif error is None:
            self._pending.popleft().set_result(result)
        else:
            self._pending.popleft().set_exception(error)

    @contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):
            self._process.join(timeout=1)
            raise RnncliError(
                f"the worker process {self._process.pid} has died ({exit_reason(self._process.exitcode)}); "
                "try again with --workers 1"
            ) from None

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.join()
        self.connection.close()


@contextmanager
def _started(function: Callable[[Any, Task], Result], model: Model, number: int) -> Iterator[list[_Worker]]:
    """Workers for ``function``, which share the parameters of ``model``; none of them is left at the end."""
    flat = model.parameters.flat
    shared = multiprocessing.get_context("spawn").RawArray("b", flat.nbytes)  # a pipe would wait for each to start
    np.frombuffer(shared, flat.dtype)[...] = flat
    workers: list[_Worker] = []
    try:
        with _interrupts_blocked():
            for _ in range(number):
                workers.append(_Worker(function, model.to_json(), shared, flat.dtype))
        yield workers
    finally:
        for worker in workers:
            worker.stop()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Processes that are started now are not interrupted by the Ctrl-C that is meant for this one."""
    if sys.platform == "win32":
        yield
    else:
        resource_tracker.ensure_running()  # it would unblock them when it is started together with a process
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _first(results: "deque[Future[Result]]", workers: list[_Worker]) -> Result:
    """Wait for the first of the results, and take it off."""
    while not results[0].done():
        _collect(workers)
    return results.popleft().result()


def _collect(workers: list[_Worker], timeout: float | None = None) -> None:
    """Receive what workers have sent, or wait until one does."""
    by_connection: dict[Any, _Worker] = {worker.connection: worker for worker in workers}
    for connection in wait(list(by_connection), timeout):
        by_connection[connection].collect()


def _settled(function: Callable[[Any, Task], Result], model: Model, task: Task) -> "Future[Result]":
    """The result of a task in this process, or its error, to be raised when its turn comes."""
    future: Future[Result] = Future()
    try:
        future.set_result(function(model, task))
    except Exception as error:
        future.set_exception(error)
    return future


def _serve(connection: Any, function: Callable[[Any, Any], Any], model: Any, shared: Any, dtype: np.dtype) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that has started this one
    own = from_json(model).on(np.frombuffer(shared, dtype))
    tasks: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    with suppress(OSError):  # the process that has started this one is gone
        connection.send((None, None))
        while True:
            done = _settled(function, own, tasks.get())
            error = done.exception()
            connection.send((None, error) if error else (done.result(), None))


def _receive(connection: Any, tasks: "SimpleQueue[Any]") -> None:
    """Read ahead, and end this process together with the one that has started it."""
    with suppress(EOFError, OSError):
        while True:
            tasks.put(connection.recv())
    os._exit(1)
