"""How training would scale on a cluster: measured on this machine, modelled for networks of many.

    python tests/benchmarks/cluster.py [--rounds 20]

Measured, each the minimum over the rounds: forward and backward pass of a rank by its number of streams, and Adam on
its shard of the parameters, in one process with one BLAS thread; and where mpirun and mpi4py are installed, the
exchange of a step between two processes of this machine, see :mod:`tests.benchmarks.exchange`. Modelled: the exchange
between 2 to 512 ranks on networks, see :mod:`tests.benchmarks.alpha_beta`.

In the model each rank has a link of its own and nobody waits for a slow rank. What the processors do for an exchange,
to add and to copy, is left out: the network "as in shared memory here" has nothing but that.
"""

import argparse
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when NumPy is imported
sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

import numpy as np

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.optimizers import Adam
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.batches import make_batches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from tests.benchmarks.alpha_beta import NETWORKS, Network, efficiency, exchange_seconds
from tests.benchmarks.commands import print_heading, print_row

VOCABULARY = Vocabulary("".join(map(chr, range(48, 48 + 65))))
CONFIGS = {
    "GRU 1 × 128": NetworkConfig("gru", 1, 128),
    "GRU 2 × 256": NetworkConfig("gru", 2, 256),
    "LSTM 2 × 512": NetworkConfig("lstm", 2, 512),
}
WINDOW = 64
RANKS = (2, 8, 32, 128, 512)
WEAK, STRONG = 8, 512  # streams of each rank, and of all
STREAMS = (1, 4, 8, 16, 32, 64)
LOCAL_STEPS = (1, 8, 32)
VECTORS = 3  # what local steps average: the parameters and Adam's two moments


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor, which stand still while another process has it."""
    began = time.process_time()
    work()
    return time.process_time() - began


class Work:
    """A model, the measured seconds of what a rank does itself, and the efficiency that follows."""

    def __init__(self, config: NetworkConfig) -> None:
        self.model = LanguageModel(config, VOCABULARY)
        self.model.initialise(np.random.default_rng(1))
        self.size = self.model.parameters.flat.nbytes
        self.networks = list(NETWORKS)
        self._passes = {streams: self._make_passes(streams) for streams in STREAMS}
        self._updates = {ranks: self._make_update(ranks) for ranks in (1, *RANKS)}
        self.measured = dict.fromkeys(self._passes, math.inf)
        self.updates = dict.fromkeys(self._updates, math.inf)

    def _make_passes(self, streams: int) -> Callable[[], object]:
        ids = np.random.default_rng(0).integers(len(VOCABULARY), size=100_000, dtype=np.uint8)
        dataset = TextDataset(DataSpec(), VOCABULARY, ids, ids[:0])
        batches = make_batches(dataset, self.model, TrainingOptions(streams, WINDOW, steps=1), SingleProcess())
        gradients = self.model.parameters.zeros_like()
        return lambda: batches.loss_and_gradients(self.model, gradients, 1)

    def _make_update(self, ranks: int) -> Callable[[], object]:
        parameters = np.zeros(self.model.parameters.flat.size // ranks, np.float32)
        gradient, adam = np.ones_like(parameters), Adam(parameters.size)
        return lambda: adam.step(parameters, gradient, 1e-3)

    def measure(self) -> None:
        """Everything once, and keep what is shorter than before."""
        for works, shortest in ((self._passes, self.measured), (self._updates, self.updates)):
            for number, work in works.items():
                shortest[number] = min(shortest[number], seconds(work))

    def passes(self, streams: int) -> float:
        """Forward and backward pass; of more streams than were measured they take longer in proportion."""
        most = min(streams, max(STREAMS))
        return streams / most * self.measured[most]

    def efficiency(self, network: Network, ranks: int, streams: int, alone: int, local_steps: int, ring: bool) -> float:
        """That of ranks with ``streams`` each, compared with a process that has ``alone`` streams. Without local steps
        a rank updates its shard of the parameters, otherwise all of its own, and exchanges the moments as well."""
        reference = (self.passes(alone) + self.updates[1]) * streams / alone
        own = self.passes(streams) + self.updates[ranks if local_steps == 1 else 1]
        exchange = exchange_seconds(self.size, ranks, network, 1 if local_steps == 1 else VECTORS, ring)
        return efficiency(reference, own, exchange, local_steps)


def measure_exchanges(sizes: list[int], rounds: int) -> dict[str, Any] | None:
    """What two ranks of :mod:`tests.benchmarks.exchange` print; None where they cannot be started."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    mpirun = shutil.which("mpirun", path=folders)
    if mpirun is None or importlib.util.find_spec("mpi4py") is None:
        return None
    script, words = Path(__file__).with_name("exchange.py"), map(str, ["--rounds", rounds, *sizes])
    command = [mpirun, "-n", "2", sys.executable, str(script), *words]
    measured: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return measured


def milliseconds(duration: float) -> str:
    """Three digits of a duration in seconds."""
    return f"{float(f'{1000 * duration:.3g}'):g}"


def print_measurements(works: dict[str, Work]) -> None:
    """The tables of what was measured in one process."""
    print("Measured: milliseconds of forward and backward pass by the number of streams, and of Adam.\n")
    shard = RANKS[1]
    print_heading(["model", "parameters", *map(str, STREAMS), "Adam", f"Adam on 1/{shard}"])
    for name, work in works.items():
        durations = [*work.measured.values(), work.updates[1], work.updates[shard]]
        print_row([name, f"{work.size // 4:,}", *map(milliseconds, durations)])
    print()


def add_network(works: dict[str, Work], rounds: int) -> None:
    """Print what the exchanges of two ranks take here, and model a network of the same latency and bandwidth."""
    measured = measure_exchanges([work.size for work in works.values()], rounds)
    if measured is None:
        print("Not measured: exchanges, which need mpirun and mpi4py.\n")
        return
    print("Measured: exchanges of two ranks in shared memory.\n")
    print_heading(["model", "reduce-scatter and all-gather, ms", "Gbit/s each way", "all-reduce of scalars, µs"])
    for (name, work), duration in zip(works.items(), measured["vectors"], strict=True):
        bandwidth = work.size / duration  # each rank sends half of two vectors
        work.networks.append(Network("as in shared memory here", measured["scalars"], bandwidth))
        print_row([name, milliseconds(duration), f"{8e-9 * bandwidth:.1f}", f"{1e6 * measured['scalars']:.1f}"])
    print()


def print_model(what: str, works: dict[str, Work], cell: Callable[[Work, Network, int], str]) -> None:
    """A table with a row for each model and network, and a column for each number of ranks."""
    print(f"Modelled: {what}.\n")
    print_heading(["model", "network", *(f"{ranks} ranks" for ranks in RANKS)])
    for name, work in works.items():
        for network in work.networks:
            print_row([name, network.name, *(cell(work, network, ranks) for ranks in RANKS)])
    print()


def exchange(work: Work, network: Network, ranks: int) -> str:
    """Milliseconds of both algorithms."""
    return " / ".join(milliseconds(exchange_seconds(work.size, ranks, network, ring=ring)) for ring in (False, True))


def print_efficiencies(works: dict[str, Work], strong: bool, ring: bool) -> None:
    """The table of one kind of scaling with one algorithm; a cell has a figure for each number of local steps."""

    def cell(work: Work, network: Network, ranks: int) -> str:
        streams, alone = (STRONG // ranks, STRONG) if strong else (WEAK, WEAK)
        values = (work.efficiency(network, ranks, streams, alone, k, ring) for k in LOCAL_STEPS)
        return " / ".join(f"{100 * value:.0f}" for value in values)

    batch = f"{STRONG} streams of all ranks" if strong else f"{WEAK} streams of each rank"
    algorithm = "around a ring" if ring else "by halving and doubling"
    local_steps = " / ".join(map(str, LOCAL_STEPS))
    print_model(f"efficiency in percent, {batch}, {algorithm}, local steps {local_steps}", works, cell)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    works = {name: Work(config) for name, config in CONFIGS.items()}
    for _, work in product(range(rounds), works.values()):
        work.measure()
    print_measurements(works)
    add_network(works, 20 * rounds)
    print_model("milliseconds of an exchange by halving and doubling / around a ring", works, exchange)
    for strong, ring in product((False, True), (False, True)):
        print_efficiencies(works, strong, ring)


if __name__ == "__main__":
    main()
