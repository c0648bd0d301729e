"""How fast is a network on this machine?"""

import resource
import sys
import time
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rnncli.datasets.text import Corpus
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.machine import peak_flops
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup
from rnncli.training.trainer import Trainer

CORPUS_LENGTH = 1_000_000
SAMPLE_LENGTH = 1_000


@dataclass(frozen=True)
class Speed:
    """Speeds in characters per second. ``step_seconds`` are those of the training steps, median, fastest and slowest.

    ``product_share`` is the part of the machine's peak in matrix products (``peak_flops`` of one process, in float32
    operations per second, times the processes) that training reaches; ``peak_memory`` in bytes, of all processes.
    """

    training: float
    sampling: float
    step_seconds: tuple[float, float, float]
    peak_flops: float
    product_share: float
    peak_memory: int


def measure(config: NetworkConfig, vocabulary_size: int, options: TrainingOptions, team: ProcessGroup) -> Speed:
    """Train on random characters for ``options.seconds``, then sample one text for some thousand characters."""
    vocabulary = Vocabulary("".join(map(chr, range(0x4E00, 0x4E00 + vocabulary_size))))
    rng = np.random.default_rng(options.seed)
    ids = rng.integers(vocabulary_size, size=CORPUS_LENGTH).astype(vocabulary.dtype)
    model = LanguageModel(config, vocabulary)
    model.initialise(rng)
    peak = peak_flops()
    trainer = Trainer(model, Corpus(ids, ids[:0], vocabulary, ["random"], ""), options, team)
    in_step = options.batch_size * options.seq_length
    trained = trainer.model
    assert isinstance(trained, LanguageModel)
    durations = [in_step / report.characters_per_second for report in trainer.run()]
    durations = durations[len(durations) // 5 :]  # the first ones fill the caches
    median = float(np.median(durations))
    return Speed(
        training=in_step / median,
        sampling=_sampling_speed(trained, rng),
        step_seconds=(median, min(durations), max(durations)),
        peak_flops=peak,
        product_share=in_step * _flops_per_character(trained) / median / (peak * team.size),
        peak_memory=_peak_memory(team),
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


def _peak_memory(team: ProcessGroup) -> int:
    """Largest resident size of this process, and of the largest worker once for each."""
    unit = 1 if sys.platform == "darwin" else 1024
    own, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return unit * int(own + workers * (team.size - 1))
