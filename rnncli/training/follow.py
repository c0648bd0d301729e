"""The life of the other ranks under MPI: they do what rank 0 does, and say nothing."""

import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from rnncli.errors import RnncliError
from rnncli.training.parallel.group import STOP_SIGNALS, Stopped, aborting
from rnncli.training.parallel.mpi import MPIGroup
from rnncli.training.remote import RemoteData


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
