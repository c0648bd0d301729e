"""The ranks of an MPI launcher as the processes of :func:`rnncli.models.parallel.parallel_map`: rank 0 deals out the
tasks, the others work at them until they are dismissed."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

from rnncli.launcher import abort, launched, mpi
from rnncli.models.base import Model
from rnncli.models.registry import from_json

Task = TypeVar("Task")
Result = TypeVar("Result")


class Ranks:
    """All ranks of ``world``, a communicator of mpi4py, as rank 0 sees them."""

    def __init__(self, world: Any) -> None:
        self._world = world

    def map(
        self, function: Callable[[Any, Task], Result], model: Model, tasks: Iterator[Task]
    ) -> Generator[Result, None, None]:
        """``function(model, task)`` for each of the ``tasks``, in their order; an error is raised in its place."""
        self._world.bcast((function, model.to_json(), model.parameters.flat))
        size = self._world.size
        try:
            while dealt := list(islice(tasks, size)):
                results = self._world.gather(_results(function, model, self._world.scatter(_hands(dealt, size))))
                for result in chain.from_iterable(results):
                    if isinstance(result, Exception):
                        raise result
                    yield result
        finally:
            self._world.scatter([None] * size)

    def dismiss(self, exit_code: int) -> None:
        """Let the other ranks end."""
        self._world.bcast(exit_code)


def serve(world: Any) -> int:
    """The life of another rank; returns the exit code."""
    while not isinstance(work := world.bcast(None), int):
        function, description, flat = work
        model = from_json(description).on(flat)
        while (hand := world.scatter(None)) is not None:
            world.gather(_results(function, model, hand))
    return work


def _hands(tasks: list[Any], size: int) -> list[list[Any]]:
    """A task for each of ``size`` ranks, and none for the last where there are fewer."""
    return [tasks[rank : rank + 1] for rank in range(size)]


def _results(function: Callable[[Any, Any], Any], model: Model, tasks: list[Any]) -> list[Any]:
    """The results of some tasks, or their errors."""
    try:
        return [function(model, task) for task in tasks]
    except Exception as error:
        return [error]


@contextmanager
def other_ranks() -> Iterator[Ranks | None]:
    """On rank 0 the ranks that share its work, None without a launcher of several; on another rank SystemExit, after
    the work is done."""
    rank, size = launched()
    if size == 1:
        yield None
        return
    world = mpi().COMM_WORLD
    if rank:
        try:
            code = serve(world)
        except BaseException as error:
            abort(error)
            raise
        raise SystemExit(code)
    ranks, code = Ranks(world), 1
    try:
        yield ranks
        code = 0
    except BaseException as error:
        code = getattr(error, "exit_code", 1)
        raise
    finally:
        ranks.dismiss(code)
