"""A function of a model over many tasks, on all cores, with the results in the order of the tasks."""

import os
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

from rnncli.models.base import Model
from rnncli.models.ranks import Ranks

Task = TypeVar("Task")
Result = TypeVar("Result")

START_AFTER = 0.5
"""Seconds of work in this process before others are started, which takes each of them some 0.3 s."""

LONG_WORK = 1 << 35
"""Multiply-adds that take a process more than a second."""

Workers = int | Ranks
"""Who shares the work: this number of processes on this machine, or the ranks of an MPI launcher."""


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_map(
    function: Callable[[Any, Task], Result],
    model: Model,
    tasks: Iterable[Task],
    workers: Workers = 1,
    characters: int = 0,
) -> Generator[Result, None, None]:
    """``function(model, task)`` for each of the ``tasks``, in their order, in at most ``workers`` processes, this one
    among them.

    The others are started at once where many ``characters`` are known to be read, or else when the work turns out to be
    long. Tasks and results are pickled, and tasks are then read a few ahead of the results. An error of the function is
    raised in its place; RnncliError where a worker dies. The caller closes the generator if it ends before the tasks.
    """
    rest = iter(tasks)
    if isinstance(workers, Ranks):
        yield from workers.map(function, model, rest)
        return
    if workers == 1 or characters * model.parameters.flat.size < LONG_WORK:
        seconds = 0.0
        for task in rest:
            began = time.perf_counter()
            result = function(model, task)
            seconds += time.perf_counter() - began
            yield result
            if workers > 1 and seconds >= START_AFTER:
                break
        else:
            return
    from rnncli.models.workers import map_with_workers  # only now: its imports take longer than a small task

    yield from map_with_workers(function, model, rest, workers - 1)
