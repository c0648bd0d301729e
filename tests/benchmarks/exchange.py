"""What the exchange of a training step takes between ranks of MPI.

    mpirun -n 2 python tests/benchmarks/exchange.py --rounds 400 332036 2633988

For each size in bytes, in turn in each round: the reduce-scatter and the all-gather of a vector, and the all-reduce of
two scalars. Rank 0 prints the shortest seconds of each as JSON. :mod:`tests.benchmarks.cluster` runs it on one machine;
on a cluster it tells how near its model is.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

import numpy as np

from rnncli.training.parallel.mpi import mpi_group


class Exchange:
    """A rank's vectors of one size."""

    def __init__(self, size: int) -> None:
        group = mpi_group()
        assert group is not None, "start it with mpirun -n 2 or more"
        self.group, self.parameters = group, np.zeros(size // 4, np.float32)
        self.gradients = group.gradients(self.parameters.size, self.parameters.dtype)

    def vectors(self) -> None:
        self.group.reduce_scatter(self.gradients)
        self.group.all_gather(self.parameters)

    def scalars(self) -> None:
        self.group.all_reduce(0.0, 0.0)

    def seconds(self, work: Callable[[], None]) -> float:
        """The mean over the ranks, which begin together."""
        self.group.all_reduce(0.0)
        began = time.perf_counter()
        work()
        return self.group.all_reduce(time.perf_counter() - began)[0] / self.group.size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("sizes", type=int, nargs="+")
    arguments = parser.parse_args()
    exchanges = [Exchange(size) for size in arguments.sizes]
    works = [(exchange, work) for exchange in exchanges for work in (exchange.vectors, exchange.scalars)]
    seconds = [[exchange.seconds(work) for exchange, work in works] for _ in range(arguments.rounds)]
    shortest = [min(column) for column in zip(*seconds, strict=True)]
    if exchanges[0].group.rank == 0:
        print(json.dumps({"vectors": shortest[::2], "scalars": min(shortest[1::2])}))


if __name__ == "__main__":
    main()
