"""Whole programs side by side: each a user's script in PyTorch, and the command that does the same.

Texts and names are random characters: only the time counts.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from rnncli.datasets.labels import Labels
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.classifier import Classifier
from rnncli.models.config import NetworkConfig
from rnncli.storage.checkpoint import Checkpoint, save
from tests.benchmarks.torch_peer import TorchNetwork, V, random_network, summary

CHARACTERS = 10_000_000
"""Of the text that is scored; PyTorch, which reads one stream, gets the first tenth of it."""

LINES, LABELS = 26_650, 18
"""As many names as a known list of surnames has, and its languages."""

SAMPLING = """
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

TRAINING = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.benchmarks.torch_peer import torch_steps
step = torch_steps("gru", (32, 64, 256, 1))
for _ in range(100):
    step()
"""

SCORING = """
import sys, torch
from torch import nn
sys.path.insert(0, sys.argv[1])
from tests.benchmarks.torch_peer import TorchNetwork, V
torch.set_num_threads(int(sys.argv[4]))
network = TorchNetwork("gru", 256, 1).eval()
network.load_state_dict(torch.load(sys.argv[2]))
text = open(sys.argv[3]).read()
ids, state, total = torch.tensor([ord(c) - 48 for c in text]), None, 0.0
with torch.inference_mode():
    for start in range(0, len(ids) - 1, 2000):
        window = ids[start : start + 2001]
        logits, state = network(window[:-1, None], state)
        total += nn.functional.cross_entropy(logits.view(-1, V), window[1:], reduction="sum").item()
print(total / (len(ids) - 1))
"""

PREDICTING = """
import sys, torch
from torch import nn
torch.set_num_threads(int(sys.argv[3]))
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V + 1, 64)
        self.recurrent = nn.GRU(64, 192, bidirectional=True)
        self.output = nn.Linear(384, LABELS)
V, LABELS, BATCH = 65, 18, 256
network = Network().eval()
names = open(sys.argv[2]).read().splitlines()
with torch.inference_mode():
    for start in range(0, len(names), BATCH):
        batch = [torch.tensor([ord(c) - 48 for c in name]) for name in names[start : start + BATCH]]
        lengths = torch.tensor([len(ids) for ids in batch])
        padded = nn.utils.rnn.pad_sequence(batch, padding_value=V)
        packed = nn.utils.rnn.pack_padded_sequence(network.embedding(padded), lengths, enforce_sorted=False)
        _, last = network.recurrent(packed)
        best = network.output(torch.cat((last[0], last[1]), 1)).argmax(1)
        print("\\n".join(f"label {k}" for k in best.tolist()))
"""

ROOT = str(Path(__file__).parents[2])


def process_table(rounds: int) -> None:
    """Load a model, write 200 characters, end."""
    with tempfile.TemporaryDirectory() as folder:
        own, other = Path(folder) / "model.npz", Path(folder) / "model.pt"
        save(own, Checkpoint(random_network("lstm", 2, 128)))
        torch.save(TorchNetwork("lstm", 128, 2).state_dict(), other)
        theirs, ours = script(SAMPLING, str(other)), rnncli("sample", str(own), "-l", "200")
        print(f"\nLoad and sample 200 characters: {side_by_side([theirs], ours, rounds)}", flush=True)


def memory_table(_rounds: int) -> None:
    """Peak memory of a training run with the network of a large text, all processes together."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = random_text(Path(folder) / "corpus.txt", 1_000_000)
        ours = rnncli("train", str(corpus), "--steps", "300", "-o", f"{folder}/model.npz")
        theirs = script(TRAINING, ROOT)
        print(f"\nPeak memory: {peak_megabytes(theirs):.0f} MB and {peak_megabytes(ours):.0f} MB", flush=True)


def score_table(rounds: int) -> None:
    """The loss on a text, of a GRU of 256 units: characters per second, as the texts are not of the same length."""
    with tempfile.TemporaryDirectory() as folder:
        own, other = Path(folder) / "model.npz", Path(folder) / "model.pt"
        save(own, Checkpoint(random_network("gru", 1, 256)))
        torch.save(TorchNetwork("gru", 256, 1).state_dict(), other)
        whole = random_text(Path(folder) / "whole.txt", CHARACTERS)
        part = random_text(Path(folder) / "part.txt", CHARACTERS // 10)
        theirs = [script(SCORING, ROOT, str(other), str(part), threads) for threads in "12"]
        ours = rnncli("score", str(own), str(whole), "--json")
        told = side_by_side(theirs, ours, max(1, rounds // 5), CHARACTERS // 10, CHARACTERS)
        print(f"\nScore a text: {told}", flush=True)


def predict_table(rounds: int) -> None:
    """The labels of many names, by a bidirectional GRU of 192 units."""
    vocabulary = Vocabulary("".join(map(chr, range(48, 48 + V))), unknown=True)
    labels = Labels(tuple(f"label {k:02}" for k in range(LABELS)))
    model = Classifier(NetworkConfig("gru", 1, 192, embedding_size=64, bidirectional=True), vocabulary, labels)
    model.initialise(np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        own, names = Path(folder) / "model.npz", Path(folder) / "names.txt"
        save(own, Checkpoint(model))
        rng = np.random.default_rng(0)
        lines = ["".join(map(chr, rng.integers(48, 48 + V, size))) for size in rng.integers(3, 13, LINES)]
        names.write_text("\n".join(lines) + "\n")
        theirs = [script(PREDICTING, "", str(names), threads) for threads in "12"]
        ours = rnncli("predict", str(own), str(names))
        print(f"\nLabels of {LINES:,} names: {side_by_side(theirs, ours, max(1, rounds // 3))}", flush=True)


def script(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def rnncli(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rnncli", *arguments]


def random_text(path: Path, characters: int) -> Path:
    path.write_bytes(np.random.default_rng(0).integers(48, 48 + V, characters).astype(np.uint8).tobytes())
    return path


def side_by_side(theirs: list[list[str]], ours: list[str], rounds: int, size: int = 1, own_size: int = 1) -> str:
    """The ratio of the fastest of ``theirs`` to ``ours``, both in turn; with sizes, of the time for each of them."""
    ratios, both = [], []
    for _ in range(rounds):
        pair = min(map(run_time, theirs)) / size, run_time(ours) / own_size
        ratios.append(pair[0] / pair[1])
        both.append(pair)
    other, own = (sorted(column)[len(column) // 2] for column in zip(*both, strict=True))
    told = f"{1 / other:,.0f} and {1 / own:,.0f} per second" if size > 1 else f"{other:.2f} s and {own:.2f} s"
    return f"{summary(ratios)}; {told}"


def run_time(command: list[str]) -> float:
    """Seconds of a process from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


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
