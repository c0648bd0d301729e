"""How fast is this machine, and how fast is a network on it?"""

import sys
import time
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import cores
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup
from rnncli.training.trainer import Trainer

MAX_WORKERS = 8

PEAK_SHARE = 0.5
"""The share of the peak of its matrix products that a training step reaches, roughly; ``rnncli bench`` tells it
exactly."""

TEXT_LENGTH, SAMPLE_LENGTH = 1_000_000, 1_000


@dataclass(frozen=True)
class Machine:
    """What the defaults of a run need to know of the machine: the ``cores`` that this process may use, and the
    multiply-adds per second that training gets done with a process on each."""

    cores: int
    macs_per_second: float = 0.0

    @classmethod
    def measure(cls, speed: bool) -> "Machine":
        """This one; the ``speed`` is a rough figure, measured in a moment where it is wanted."""
        count = cores()
        return cls(count, PEAK_SHARE * min(count, MAX_WORKERS) * peak_flops(512, 0.05) / 2 if speed else 0.0)


def peak_flops(size: int = 1024, seconds: float = 0.3) -> float:
    """Operations per second of a large float32 matrix product in this process, the best of some."""
    a, out = np.ones((size, size), np.float32), np.empty((size, size), np.float32)
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        np.matmul(a, a, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


@dataclass(frozen=True)
class Speed:
    """Speeds in characters per second. ``step_seconds`` are those of the training steps, median, fastest and slowest.

    ``product_share`` is the share of the machine's peak in matrix products (``peak_flops`` of one process, in float32
    operations per second, times the processes) that training reaches; ``peak_memory`` in bytes, of all processes, and
    None where the system does not tell it.
    """

    training: float
    sampling: float
    step_seconds: tuple[float, float, float]
    peak_flops: float
    product_share: float
    peak_memory: int | None


def measure(config: NetworkConfig, vocabulary_size: int, options: TrainingOptions, group: ProcessGroup) -> Speed:
    """Train on random characters for ``options.seconds``, then sample one text for some thousand characters."""
    vocabulary = Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + vocabulary_size))))
    rng = np.random.default_rng(options.seed)
    ids = rng.integers(vocabulary_size, size=TEXT_LENGTH).astype(vocabulary.dtype)
    model = LanguageModel(config, vocabulary)
    model.initialise(rng)
    peak = peak_flops()
    trainer = Trainer(model, TextDataset(DataSpec(), vocabulary, ids, ids[:0]), options, group)
    per_step = options.batch_size * options.seq_length
    durations = [per_step / report.characters_per_second for report in trainer.run()]
    durations = durations[len(durations) // 5 :]  # the first ones fill the caches
    median = float(np.median(durations))
    trained = trainer.model
    assert isinstance(trained, LanguageModel)
    return Speed(
        training=per_step / median,
        sampling=_sampling_speed(trained, rng),
        step_seconds=(median, min(durations), max(durations)),
        peak_flops=peak,
        product_share=per_step * _flops_per_character(model) / median / (peak * group.size),
        peak_memory=_peak_memory(group),
    )


def _flops_per_character(model: LanguageModel) -> float:
    """A multiplication and an addition for each weight of a product, forward and twice as many backward. One-hot
    characters pick a row and multiply nothing."""
    weights = {name: values.size for name, values in model.parameters.items() if values.ndim > 1}
    lookup = "embedding.W" if model.config.embedding_size else "l1.W_x"
    return 6.0 * (sum(weights.values()) - weights[lookup])


def _sampling_speed(model: LanguageModel, rng: np.random.Generator) -> float:
    stream = generate(model, np.zeros(1, np.intp), SamplingConfig(), rng)
    durations = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in islice(stream, SAMPLE_LENGTH):
            pass
        durations.append(time.perf_counter() - began)
    return float(SAMPLE_LENGTH / np.median(durations))


def _peak_memory(group: ProcessGroup) -> int | None:
    """Largest resident size of this process, and of the largest worker once for each; Windows has no such figure."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return unit * int(own + workers * (group.size - 1))
