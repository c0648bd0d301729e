"""Runs under MPI: rank 0 leads, and the other ranks do what it does and say nothing."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from rnncli.errors import RnncliError
from rnncli.launcher import launched, mpi
from rnncli.training.parallel.group import STOP_SIGNALS, Stopped, aborting
from rnncli.training.parallel.mpi import MPIGroup
from rnncli.training.remote import RemoteData


@contextmanager
def mpi_group(files: Sequence[str]) -> Iterator[MPIGroup | None]:
    """On rank 0 the ranks that a launcher has started, which end when it ends; None where it has started one alone. On
    another rank SystemExit, after it has followed the run on the same ``files``. InputError where ranks cannot reach
    each other."""
    if launched()[1] == 1:
        yield None
        return
    group = MPIGroup(mpi().COMM_WORLD)
    if group.rank:
        raise SystemExit(follow(group, files))
    code = 0
    try:
        yield group
    except BaseException as error:
        code = getattr(error, "exit_code", 1)
        raise
    finally:
        group.dismiss(code)


def follow(group: MPIGroup, files: Sequence[str]) -> int:
    """Take part in the run that rank 0 starts, on the same ``files``; returns the exit code. InputError on all ranks
    where one cannot read them. A signal to end, which schedulers send to any rank, is passed on to rank 0."""
    with aborting(group):
        work = group.receive()
        if isinstance(work, int):
            return work
        fault: Exception | None = None
        if isinstance(work.dataset, RemoteData):
            try:
                work = replace(work, dataset=work.dataset.open(files))
            except (RnncliError, OSError) as error:
                fault = error
        group.agree(fault)
        trainer = work.trainer(group)

    def note(_number: int, _frame: object) -> None:
        trainer.stop_requested = True

    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, note)
    with suppress(Stopped):
        for _ in trainer.run():
            pass
    return 0
