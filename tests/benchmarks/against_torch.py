"""rnncli against PyTorch on the CPU: the same network, batch, window and optimizer, measured alternately in one run.

    pip install torch==2.13.0
    python tests/benchmarks/against_torch.py [--rounds 15] [--only train|sample|process|memory]

A training step of both is one-hot characters in, recurrent layers, dense layer, cross-entropy, gradients, clipping and
Adam. PyTorch is taken at its best: oneDNN on, fused Adam, with one and with two threads, of which the faster counts.
rnncli runs as ``train`` would run it, with two processes. A ratio is PyTorch's time over rnncli's, above 1 where
rnncli is faster; each round measures both, one after the other, and the table has the median of the rounds with
minimum and maximum.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # read when NumPy is imported; PyTorch's own threads are set below

import numpy as np
import torch
from torch import nn

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint, save
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Trainer

V = 65
VOCABULARY = Vocabulary("".join(map(chr, range(48, 48 + V))))
SHAPES = [(50, 50, 128, 2), (64, 64, 256, 2), (64, 100, 512, 1), (16, 64, 128, 1)]  # B, T, H, L
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
LEAST, PAUSE = 0.25, 0.15  # seconds of a measurement, and before it, in which the other's threads go to sleep
RATE, CLIP = 2e-3, 5.0


class TorchNetwork(nn.Module):
    """What a user of PyTorch would write."""

    def __init__(self, cell: str, hidden_size: int, layers: int) -> None:
        super().__init__()
        self.recurrent = CELLS[cell](V, hidden_size, layers)
        self.output = nn.Linear(hidden_size, V)

    def forward(self, ids: torch.Tensor, state: object = None) -> tuple[torch.Tensor, object]:
        hidden, state = self.recurrent(nn.functional.one_hot(ids, V).float(), state)
        return self.output(hidden), state


def torch_steps(cell: str, shape: tuple[int, ...]) -> Callable[[], None]:
    """A function that does one training step in PyTorch."""
    B, T, H, L = shape
    network = TorchNetwork(cell, H, L)
    optimizer = torch.optim.Adam(network.parameters(), RATE, fused=True)
    ids = torch.randint(V, (T + 1, B))

    def step() -> None:
        logits, _ = network(ids[:-1])
        loss = nn.functional.cross_entropy(logits.view(-1, V), ids[1:].view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        loss.item()

    return step


def rnncli_steps(cell: str, shape: tuple[int, ...], workers: int) -> Iterator[object]:
    """Training steps in rnncli, one for each ``next``."""
    B, T, H, L = shape
    ids = np.random.default_rng(0).integers(V, size=500_000).astype(np.uint8)
    model = LanguageModel(NetworkConfig(cell, L, H), VOCABULARY)
    model.initialise(np.random.default_rng(1))
    options = TrainingOptions(B, T, "adam", RATE, "constant", clip_norm=CLIP, steps=10**9, workers=workers)
    return Trainer(model, TextDataset(DataSpec(), VOCABULARY, ids, ids[:0]), options, make_group(workers, B)).run()


def seconds(function: Callable[[], object], least: float = 0.0) -> float:
    """Seconds of one call: the median of at least three, and of as many as fill ``least`` seconds, after one more."""
    function()
    durations: list[float] = []
    while len(durations) < 3 or sum(durations) < least:
        began = time.perf_counter()
        function()
        durations.append(time.perf_counter() - began)
    return statistics.median(durations)


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
    model = random_model()
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


TORCH_PROCESS = """
import sys, torch
from torch import nn
torch.set_num_threads(1)
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent, self.output = nn.LSTM(65, 128, 2), nn.Linear(128, 65)
network = Network()
network.load_state_dict(torch.load(sys.argv[1]))
ids, state = torch.zeros(1, 1, dtype=torch.int64), None
with torch.inference_mode():
    for _ in range(200):
        hidden, state = network.recurrent(nn.functional.one_hot(ids, 65).float(), state)
        ids = torch.multinomial(torch.softmax(network.output(hidden)[0], -1), 1)
        print(chr(48 + ids.item()), end="")
"""


def process_table(rounds: int) -> None:
    """Whole processes: load a model, write 200 characters, end."""
    with tempfile.TemporaryDirectory() as folder:
        own, other = Path(folder) / "model.npz", Path(folder) / "model.pt"
        save(own, Checkpoint(random_model()))
        torch.save(TorchNetwork("lstm", 128, 2).state_dict(), other)
        commands = (
            [sys.executable, "-c", TORCH_PROCESS, str(other)],
            [sys.executable, "-m", "rnncli", "sample", str(own), "-l", "200"],
        )
        ratios, both = [], []
        for _ in range(rounds):
            pair = [run_time(command) for command in commands]
            ratios.append(pair[0] / pair[1])
            both.append(pair)
        theirs, ours = (statistics.median(column) for column in zip(*both, strict=True))
        print(f"\nLoad and sample 200 characters: {summary(ratios)}; {theirs:.2f} s and {ours:.2f} s")


TORCH_TRAINING = """
import sys
sys.path.insert(0, sys.argv[1])
from against_torch import torch_steps
step = torch_steps("gru", (32, 64, 256, 1))
for _ in range(100):
    step()
"""


def memory_table(corpus: str) -> None:
    """Peak memory of a training run with default options, all processes together, and of the same in PyTorch."""
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "rnncli", "train", corpus, "--steps", "300", "-o", f"{folder}/model.npz"]
        theirs = [sys.executable, "-c", TORCH_TRAINING, str(Path(__file__).parent)]
        print(f"\nPeak memory: PyTorch {peak_megabytes(theirs):.0f} MB, rnncli {peak_megabytes(ours):.0f} MB")


def peak_megabytes(command: list[str]) -> float:
    """The sum of the peaks of a process and all that it starts, by Linux's own account."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks: dict[str, int] = {}
    while process.poll() is None:
        family = [str(process.pid)]
        for pid in family:
            try:
                family += Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue  # it has just ended
            if "VmHWM:" in status:
                peaks[pid] = int(status.split("VmHWM:")[1].split()[0])
        time.sleep(0.02)
    return sum(peaks.values()) / 1024


def random_model() -> LanguageModel:
    model = LanguageModel(NetworkConfig("lstm", 2, 128), VOCABULARY)
    model.initialise(np.random.default_rng(0))
    return model


def run_time(command: list[str]) -> float:
    """Seconds of a process from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def summary(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=("train", "sample", "process", "memory"))
    parser.add_argument("--corpus", help="a text for the measurement of memory")
    arguments = parser.parse_args()
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}, {os.cpu_count()} cores, {arguments.rounds} rounds")
    if arguments.only in (None, "process"):
        process_table(arguments.rounds)
    if arguments.only in (None, "memory") and arguments.corpus:
        memory_table(arguments.corpus)
    if arguments.only in (None, "sample"):
        sample_table(arguments.rounds)
    if arguments.only in (None, "train"):
        train_table(arguments.rounds)


if __name__ == "__main__":
    main()
