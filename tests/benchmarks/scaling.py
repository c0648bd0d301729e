"""How training scales: two workers against one, and a text of 200 MB against one of 1 MB.

    python tests/benchmarks/scaling.py [--rounds 15]

Each round measures both sides one after the other, in processes with one BLAS thread; the figures are medians of the
ratios, with minimum and maximum.
"""

import argparse
import os
import statistics
import time
from collections.abc import Generator

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when NumPy is imported

import numpy as np

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Report, Trainer

VOCABULARY = Vocabulary("".join(map(chr, range(48, 48 + 65))))
LEAST = 0.3  # seconds of a measurement
Steps = Generator[Report, None, None]


def steps(
    characters: int,
    workers: int,
    cell: str = "gru",
    hidden_size: int = 256,
    layers: int = 1,
    shape: tuple[int, int] = (32, 64),
) -> Steps:
    """Training steps on a number of random characters."""
    ids = np.random.default_rng(0).integers(len(VOCABULARY), size=characters, dtype=np.uint8)
    model = LanguageModel(NetworkConfig(cell, layers, hidden_size), VOCABULARY)
    model.initialise(np.random.default_rng(1))
    options = TrainingOptions(*shape, schedule="constant", steps=10**9, workers=workers)
    return Trainer(
        model, TextDataset(DataSpec(), VOCABULARY, ids, ids[:0]), options, make_group(workers, shape[0])
    ).run()


def seconds(run: Steps) -> float:
    """Seconds of a step, the median of as many as fill LEAST."""
    next(run)
    durations: list[float] = []
    while sum(durations) < LEAST:
        began = time.perf_counter()
        next(run)
        durations.append(time.perf_counter() - began)
    return statistics.median(durations)


def compare(what: str, first: Steps, second: Steps, rounds: int) -> None:
    """Print the time of a step of ``first`` over that of ``second``."""
    ratios = [seconds(first) / seconds(second) for _ in range(rounds)]
    print(f"{what}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)
    first.close()
    second.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    networks = [("gru", 256, 1, (32, 64)), ("lstm", 128, 2, (50, 50)), ("lstm", 512, 1, (64, 100))]
    for cell, hidden_size, layers, shape in networks:
        one, two = (steps(1_000_000, workers, cell, hidden_size, layers, shape) for workers in (1, 2))
        compare(f"two workers, {cell.upper()} {layers} × {hidden_size}, {shape[0]} × {shape[1]}", one, two, rounds)
    large, small = steps(200_000_000, 1), steps(1_000_000, 1)
    compare("time of a step on 200 MB over that on 1 MB", large, small, rounds)


if __name__ == "__main__":
    main()
