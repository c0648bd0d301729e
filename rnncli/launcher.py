"""Whether an MPI launcher has started this process, as one of several ranks.

``mpirun`` and ``srun`` start the same command many times, and tell each process its rank in the environment, so that
nothing has to be imported to know it.
"""

import importlib
import os
import socket
import sys
import time
from functools import cache
from typing import Any

from rnncli.errors import InputError

VARIABLES = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI, Cray
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # MVAPICH
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # srun; a batch script itself has no step of several tasks
)
"""Rank and number of ranks, as launchers name them; the first pair that is set counts."""


PATIENCE = 1.0
"""Seconds before a rank other than 0 reports an error: one that all ranks meet is reported by rank 0 alone."""

FORWARDING = 0.5
"""Seconds that a launcher gets to pass a message on: what it has not when it is told to abort may be lost."""


@cache
def launched() -> tuple[int, int]:
    """The rank of this process and the number of ranks: 0 of 1 where no launcher has started it."""
    for rank, size in VARIABLES:
        values = os.environ.get(rank, ""), os.environ.get(size, "")
        if all(map(str.isdecimal, values)):
            return int(values[0]), int(values[1])
    return 0, 1


@cache
def mpi() -> Any:
    """The module ``mpi4py.MPI``, whose import starts MPI; InputError where it is missing, and where it belongs to
    another MPI than the launcher, which would leave every rank alone."""
    _, size = launched()
    try:
        module = importlib.import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as error:  # the second where there is no MPI library to load
        reason = str(error).split("\n")[0]
        raise InputError(
            f"a run of {size} ranks needs mpi4py and an MPI library ({reason}); on every machine: "
            "pip install 'rnncli[mpi]'"
        ) from None
    if module.COMM_WORLD.size != size:
        library = module.Get_library_version().partition(",")[0].partition("\n")[0]
        raise InputError(
            f"the launcher has started {size} ranks, and mpi4py sees {module.COMM_WORLD.size}: it uses {library}; "
            "start rnncli with the mpirun of that library"
        )
    return module


def launcher_command() -> str:
    """The words that start as many ranks again."""
    return f"{'srun' if 'SLURM_STEP_NUM_TASKS' in os.environ else 'mpirun'} -n {launched()[1]}"


def here() -> str:
    """This process, for messages: its host and rank."""
    return f"rank {launched()[0]} on {socket.gethostname()}"


def abort(error: BaseException) -> None:
    """Say what happened on this rank, and end all of them: they would wait for this one for ever."""
    if launched()[0]:
        time.sleep(PATIENCE)
    code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", 1)
    if not isinstance(error, SystemExit) and sys.__stderr__ is not None:
        print(f"error: {here()}: {error or type(error).__name__}", file=sys.__stderr__, flush=True)
        time.sleep(FORWARDING)
    mpi().COMM_WORLD.Abort(code if isinstance(code, int) else 1)
