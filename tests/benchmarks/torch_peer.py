"""The peer: what a user of PyTorch would write, as functions and as whole programs, and what both sides share."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel

V = 65
VOCABULARY = Vocabulary("".join(map(chr, range(48, 48 + V))))
CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
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


def random_network(cell: str, layers: int, hidden_size: int) -> LanguageModel:
    model = LanguageModel(NetworkConfig(cell, layers, hidden_size), VOCABULARY)
    model.initialise(np.random.default_rng(0))
    return model


def seconds(function: Callable[[], object], least: float = 0.0) -> float:
    """Seconds of one call: the median of at least three, and of as many as fill ``least`` seconds, after one more."""
    function()
    durations: list[float] = []
    while len(durations) < 3 or sum(durations) < least:
        began = time.perf_counter()
        function()
        durations.append(time.perf_counter() - began)
    return statistics.median(durations)


def summary(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
