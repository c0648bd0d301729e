"""rnncli against PyTorch on the CPU: the same network, batch, window and optimizer, measured alternately in one run.

    pip install torch==2.13.0
    python tests/benchmarks/against_torch.py [--rounds 15] [--only train|sample|process|memory|score|predict]

A training step of both is one-hot characters in, recurrent layers, dense layer, cross-entropy, gradients, clipping and
Adam. PyTorch is taken at its best: oneDNN on, fused Adam, with one and with two threads, of which the faster counts.
rnncli runs as ``train`` would run it, with two processes. A ratio is PyTorch's time over rnncli's, above 1 where
rnncli is faster; each round measures both, one after the other, and the table has the median of the rounds with
minimum and maximum.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read when NumPy is imported; PyTorch's own threads are set below

sys.path.insert(0, str(Path(__file__).parents[2]))  # for its neighbours, when it is run as a script

import numpy as np
import torch

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.machine import processor
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Trainer
from tests.benchmarks.torch_peer import (
    CELLS,
    CLIP,
    RATE,
    VOCABULARY,
    TorchNetwork,
    V,
    random_network,
    seconds,
    summary,
    torch_steps,
)
from tests.benchmarks.torch_processes import memory_table, predict_table, process_table, score_table

SHAPES = [(50, 50, 128, 2), (64, 64, 256, 2), (64, 100, 512, 1), (16, 64, 128, 1)]  # B, T, H, L
LEAST, PAUSE = 0.25, 0.15  # seconds of a measurement, and before it, in which the other's threads go to sleep


def rnncli_steps(cell: str, shape: tuple[int, ...], workers: int) -> Iterator[object]:
    """Training steps in rnncli, one for each ``next``."""
    B, T, H, L = shape
    ids = np.random.default_rng(0).integers(V, size=500_000).astype(np.uint8)
    model = LanguageModel(NetworkConfig(cell, L, H), VOCABULARY)
    model.initialise(np.random.default_rng(1))
    options = TrainingOptions(B, T, "adam", RATE, "constant", clip_norm=CLIP, steps=10**9, workers=workers)
    return Trainer(model, TextDataset(DataSpec(), VOCABULARY, ids, ids[:0]), options, make_group(workers, B)).run()


def train_table(rounds: int) -> None:
    print("\nTraining step: PyTorch / rnncli, median (minimum to maximum); milliseconds of both\n")
    print("| | " + " | ".join(f"B{B} T{T} H{H} L{L}" for B, T, H, L in SHAPES) + " |")
    print("|---|" + "---|" * len(SHAPES))
    for cell in CELLS:
        cells = [train_ratio(cell, shape, rounds) for shape in SHAPES]
        print(f"| {cell.upper()} | " + " | ".join(cells) + " |", flush=True)


def train_ratio(cell: str, shape: tuple[int, ...], rounds: int) -> str:
    theirs, ours = torch_steps(cell, shape), rnncli_steps(cell, shape, workers=2)
    ratios, milliseconds = [], []
    for number in range(rounds + 1):
        times = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            time.sleep(PAUSE)
            times.append(seconds(theirs, LEAST))
        time.sleep(PAUSE)
        own = seconds(lambda: next(ours), LEAST)
        if number:  # the first round warms both up
            ratios.append(min(times) / own)
            milliseconds.append((min(times), own))
    ours.close()
    torch_ms, own_ms = (1000 * statistics.median(column) for column in zip(*milliseconds, strict=True))
    return f"{summary(ratios)}; {torch_ms:.1f}, {own_ms:.1f}"


def sample_table(rounds: int) -> None:
    """One text, character by character, LSTM of 2 × 128."""
    torch.set_num_threads(1)
    network = TorchNetwork("lstm", 128, 2).eval()
    model = random_network("lstm", 2, 128)
    stream = generate(model, np.zeros(1, np.intp), SamplingConfig(), np.random.default_rng(0))
    characters = 500

    @torch.inference_mode()
    def theirs() -> None:
        ids, state = torch.zeros(1, 1, dtype=torch.int64), None
        for _ in range(characters):
            logits, state = network(ids, state)
            ids = torch.multinomial(torch.softmax(logits[0], -1), 1)

    def ours() -> None:
        for _ in range(characters):
            next(stream)

    ratios, speeds = [], []
    for number in range(rounds + 1):
        pair = seconds(theirs), seconds(ours)
        if number:
            ratios.append(pair[0] / pair[1])
            speeds.append([characters / duration for duration in pair])
    rates = [statistics.median(column) for column in zip(*speeds, strict=True)]
    print(f"\nSampling: {summary(ratios)}; {rates[0]:,.0f} and {rates[1]:,.0f} characters per second")


TABLES = {
    "process": process_table,
    "memory": memory_table,
    "score": score_table,
    "predict": predict_table,
    "sample": sample_table,
    "train": train_table,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=TABLES)
    arguments = parser.parse_args()
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}, {os.cpu_count()} cores of {processor()}")
    for name, table in TABLES.items():
        if arguments.only in (None, name):
            table(arguments.rounds)


if __name__ == "__main__":
    main()
