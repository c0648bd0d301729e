"""What tests outside the engine have in common: small models whose every parameter is random, and texts.

No bias is zero, so that a forgotten term cannot pass.
"""

import time
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models import workers
from rnncli.models.base import PairModel
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.models.registry import MODELS
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.options import TrainingOptions
from rnncli.training.record import Record, resume_shapes

ODD_CHARACTERS = "\0\x1b \"'[\\]abé\u0301\u200d漢\ufeff\ufffd🙂\U0010ffff"
"""NUL, escape, quotes, brackets, a combining mark, joiners, a byte order mark, astral characters; sorted."""


def random_model(
    characters: str = "abcde", dtype: object = np.float32, seed: int = 1, unknown: bool = False, **config: Any
) -> LanguageModel:
    """A language model over ``characters``, which must be sorted, with parameters from a normal distribution."""
    network = NetworkConfig(**{"hidden_size": 7, **config})
    model = LanguageModel(network, Vocabulary(characters, unknown=unknown), dtype=dtype)
    model.parameters.flat[...] = np.random.default_rng(seed).normal(scale=0.6, size=model.parameters.flat.size)
    return model


def cyclic_model(characters: str) -> LanguageModel:
    """Expects after each character the next one of ``characters`` (sorted), and the first after the last, by far: the
    logits are 20 tanh 5 for it and 0 for the others."""
    size = len(characters)
    model = random_model(characters, cell="rnn", hidden_size=size)
    model.parameters.flat[...] = 0
    for n in range(size):
        model.parameters["l1.W_x"][0, n, n] = 5  # the hidden state says which character was read
        model.parameters["output.W"][n, (n + 1) % size] = 20
    return model


def random_ids(model: LanguageModel, shape: int | tuple[int, ...], seed: int = 2) -> np.ndarray:
    """Ids of characters that the model knows, all equally likely."""
    return np.random.default_rng(seed).integers(len(model.vocabulary.characters), size=shape)


def dataset_of(text: str, validation: str = "") -> TextDataset:
    """A dataset of these two texts."""
    vocabulary = Vocabulary("".join(sorted(set(text + validation))))
    return TextDataset(DataSpec(), vocabulary, vocabulary.encode(text), vocabulary.encode(validation))


OPTIONS = TrainingOptions(batch_size=2, steps=9, optimizer="momentum")
DATA = DataSpec(files=("漢 🙂 \0.txt",), training=50, sha256="0" * 64)
STATE = {
    "step": 3,
    "steps_per_epoch": 1,
    "seconds": 0.0,
    "last_evaluation": 3,
    "last_progress": 0.5,
    "evaluations_since_best": 0,
    "best_loss": None,
    "loss_sum": 0.25,
    "loss_count": 1,
    "history": [{"step": 3, "loss": 1.5}],
    "film": {"prompt": "", "frames": [{"step": 0, "loss": 2.5, "text": "漢 🙂 \0"}], "end": None},
}
RECORD = Record(OPTIONS, DATA, STATE)


def a_checkpoint(**config: Any) -> Checkpoint:
    """A random model over odd characters, with a record, and arrays to resume from."""
    model = random_model(ODD_CHARACTERS, unknown=True, **config)
    rng = np.random.default_rng(4)
    shapes = resume_shapes(model, RECORD)
    resume = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return Checkpoint(model, RECORD, resume)


def random_pair_model(task: str, dtype: object = np.float32, seed: int = 1, **config: Any) -> PairModel:
    """A model of a task with pairs, all parameters random; "classify-two" is a classifier of two labels."""
    network = NetworkConfig(**{"hidden_size": 5, **config})
    kind = "generate-labelled" if task == "generate" else task.partition("-")[0]
    targets = {
        "classify": Labels(("x", "y", "z")),
        "classify-two": Labels(("no", "yes")),
        "generate": Labels(("x", "y")),
    }
    target = targets.get(task, Vocabulary("\nABC" if task == "translate" else "ABC"))
    vocabulary = Vocabulary("\nabcde" if task == "generate" else "abcde", unknown=task != "generate")
    model: Any = MODELS[kind](network, vocabulary, target, dtype=dtype)
    model.parameters.flat[...] = np.random.default_rng(seed).normal(scale=0.6, size=model.parameters.flat.size)
    return model


def random_pairs(model: PairModel, count: int, seed: int = 2, shortest: int = 2) -> tuple[Padded, Padded]:
    """Texts of different lengths, and their targets."""
    rng = np.random.default_rng(seed)
    lengths = shortest + rng.permutation(count)
    of_target = {"classify": np.ones(count, np.intp), "generate": np.ones(count, np.intp), "tag": lengths}
    others = of_target.get(model.task, shortest + rng.permutation(count))
    return tuple(  # type: ignore[return-value]
        Ragged.of(rng.integers(size, size=n.sum()), n.tolist()).padded(np.arange(count))
        for n, size in ((lengths, len(model.vocabulary)), (others, len(model.target)))
    )


def slow_here(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let this process take its time with the tasks that it shares with others, so that they get most of them. Returns
    the tasks that it has done."""
    done: list[object] = []

    def settled(function: Any, model: Any, task: object) -> Any:
        time.sleep(0.05)
        done.append(task)
        return at_once(function, model, task)

    at_once = workers._settled
    monkeypatch.setattr(workers, "_settled", settled)
    return done
