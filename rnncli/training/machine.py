"""How fast is this machine? Some steps of training tell, and what a product can reach."""

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.layers import Dropout
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel

MAX_WORKERS = 8

SHARED_SPEED = 0.78
"""The speed of a process in a run, beside others, with dropout, optimizer and evaluations, for that of its steps alone,
as two processes on two cores had it."""

MAX_TRIAL_SECONDS, TRIAL_SHARE, MIN_ROUNDS = 1.5, 0.02, 2
"""Duration of the trial of several networks, at most and as a share of the run, and the steps of each at least. Where
there is no choice, these are all."""


MAX_TRIAL_STREAMS = 64
"""More in a process are not much faster, and might not even fit into the text."""


@dataclass(frozen=True)
class Machine:
    """What the defaults of a run need to know of the machine: the ``cores`` that this process may use; the
    multiply-adds per second that training gets done with a process on each, or by all ranks, by hidden units, where
    that was tried; and the ``ranks`` that an MPI launcher has started, 1 without."""

    cores: int
    speeds: Mapping[int, float] = field(default_factory=dict)
    ranks: int = 1

    def macs_per_second(self, hidden_size: int) -> float:
        """That of the network that is nearest in size."""
        return self.speeds[min(self.speeds, key=lambda tried: abs(tried - hidden_size))]

    def tried(
        self,
        candidates: Sequence[NetworkConfig],
        vocabulary_size: int,
        streams: int,
        steps: int,
        seconds: float,
        workers: int | None = None,
    ) -> "Machine":
        """This one, after steps of training of the ``candidates``, on windows (``steps``, ``streams``) shared by
        ``workers``, before a run of ``seconds``."""
        workers = workers or self.most_workers(streams)
        own_streams = max(1, min(MAX_TRIAL_STREAMS, streams // workers))
        trials = [_Trial(config, vocabulary_size, own_streams, steps) for config in candidates]
        end = time.perf_counter() + (min(MAX_TRIAL_SECONDS, TRIAL_SHARE * seconds) if len(trials) > 1 else 0.0)
        rounds = 0
        while rounds < MIN_ROUNDS or time.perf_counter() < end:
            for trial in trials:  # in turn, so that a moment in which the machine is slow meets all of them
                trial.step()
            rounds += 1
        speeds = {trial.hidden_size: SHARED_SPEED * workers * trial.macs_per_second for trial in trials}
        return replace(self, speeds=speeds)

    def most_workers(self, streams: int) -> int:
        """The most processes that pay for a batch of B = ``streams``; a launcher has decided it."""
        return self.ranks if self.ranks > 1 else max(1, min(self.cores, streams // 4, MAX_WORKERS))


class _Trial:
    """Some steps of training a network on random characters. The fastest counts: the others were disturbed."""

    def __init__(self, config: NetworkConfig, vocabulary_size: int, streams: int, steps: int) -> None:
        rng = np.random.default_rng(0)
        self.hidden_size = config.hidden_size
        self._model = LanguageModel(replace(config, bidirectional=False), some_vocabulary(vocabulary_size))
        self._model.initialise(rng)
        self._ids = rng.integers(vocabulary_size, size=(steps + 1, streams))
        self._gradients = self._model.parameters.zeros_like()
        self._dropout = Dropout(config.dropout, rng, streams, slice(streams)) if config.dropout else None
        self._best = np.inf

    def step(self) -> None:
        began = time.perf_counter()
        state = self._model.zero_state(self._ids.shape[1])
        self._model.loss_and_gradients(self._ids[:-1], self._ids[1:], state, self._gradients, self._dropout)
        self._best = min(self._best, time.perf_counter() - began)

    @property
    def macs_per_second(self) -> float:
        return 3.0 * self._model.parameters.flat.size * (self._ids.size - self._ids.shape[1]) / self._best


def some_vocabulary(size: int) -> Vocabulary:
    """Some ``size`` characters."""
    return Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + size))))


def peak_flops(size: int = 1024, seconds: float = 0.3) -> float:
    """Operations per second of a large float32 matrix product in this process, the best of some."""
    a, out = np.ones((size, size), np.float32), np.empty((size, size), np.float32)
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        np.matmul(a, a, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def processor() -> str:
    """The name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # only Linux has it
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
