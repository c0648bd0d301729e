"""How fast is a network on this machine, and what does a step spend its time with?"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.engine.blas import blas_kernel
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.machine import peak_flops, processor, some_vocabulary
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup
from rnncli.training.parallel.mpi import MPIGroup
from rnncli.training.trainer import Trainer

TEXT_LENGTH, SAMPLE_LENGTH = 1_000_000, 1_000


@dataclass(frozen=True)
class Speed:
    """Speeds in characters per second. ``step_seconds`` are those of the training steps, median, fastest and slowest.

    ``parts`` are the mean seconds that this process spends in a step with matrix products, tanh, waiting for the other
    processes, under MPI communication, and all other passes over arrays. ``peak_flops`` are float32 operations per
    second of a large product in one process; ``product_peak_share`` is the share of it that the products reach, and
    ``product_share`` the share that whole steps reach, over all processes. ``peak_memory`` is in bytes, of all
    processes, and None where the system does not tell it; ``blas_kernel`` is empty where it is not known.
    """

    processor: str
    blas_kernel: str
    training: float
    sampling: float
    step_seconds: tuple[float, float, float]
    parts: dict[str, float]
    peak_flops: float
    product_peak_share: float
    product_share: float
    peak_memory: int | None


def measure(config: NetworkConfig, vocabulary_size: int, options: TrainingOptions, group: ProcessGroup) -> Speed:
    """Train on random characters for ``options.seconds``, then sample one text for some thousand characters."""
    vocabulary = some_vocabulary(vocabulary_size)
    rng = np.random.default_rng(options.seed)
    ids = rng.integers(vocabulary_size, size=TEXT_LENGTH).astype(vocabulary.dtype)
    model = LanguageModel(config, vocabulary)
    model.initialise(rng)
    peak = peak_flops()
    spec = DataSpec(training=len(ids))
    trainer = Trainer(model, TextDataset(spec, vocabulary, ids, ids[:0]), options, group, film=False)
    per_step = options.batch_size * options.seq_length
    flops = per_step * _flops_per_character(model) / group.size
    arithmetic = {"matmul": "products", "tanh": "tanh"}
    if isinstance(group, MPIGroup):
        group.separate_waiting = True
    seconds = dict.fromkeys([*arithmetic.values(), *group.timed.values()], 0.0)
    ends, spent = [time.perf_counter()], [dict(seconds)]
    with timed(np, arithmetic, seconds), timed(type(group), group.timed, seconds):
        for _ in trainer.run():
            ends.append(time.perf_counter())
            spent.append(dict(seconds))
    first = len(ends) // 5  # the steps before fill the caches
    durations = np.diff(ends[first:])
    parts = {name: (spent[-1][name] - spent[first][name]) / len(durations) for name in seconds}
    if "communication" in parts:
        parts["communication"] -= parts["waiting"]  # which it contains
    parts["other_passes"] = float(durations.mean()) - sum(parts.values())
    trained = trainer.model
    assert isinstance(trained, LanguageModel)
    median = float(np.median(durations))
    return Speed(
        processor=processor(),
        blas_kernel=blas_kernel(),
        training=per_step / median,
        sampling=_sampling_speed(trained, rng),
        step_seconds=(median, float(durations.min()), float(durations.max())),
        parts=parts,
        peak_flops=peak,
        product_peak_share=flops / parts["products"] / peak,
        product_share=flops / median / peak,
        peak_memory=_peak_memory(group),
    )


@contextmanager
def timed(owner: Any, parts: Mapping[str, str], seconds: dict[str, float]) -> Iterator[None]:
    """Let functions of a module or class, the keys of ``parts``, add the time that they take to ``seconds``, under the
    names in ``parts``."""
    originals = {name: getattr(owner, name) for name in parts}

    def replacement(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def measured(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            result = function(*args, **kwargs)
            seconds[part] += time.perf_counter() - began
            return result

        return measured

    for name, function in originals.items():
        setattr(owner, name, replacement(function, parts[name]))
    try:
        yield
    finally:
        for name, function in originals.items():
            setattr(owner, name, function)


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
