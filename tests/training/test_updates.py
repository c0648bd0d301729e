"""Local steps: what each rank does alone, and what they do together."""

import numpy as np
import pytest

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.batches import StreamBatches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Trainer
from rnncli.training.updates import OUTER_MOMENTUM, OUTER_RATE

VOCABULARY = Vocabulary("abcdef")
IDS = np.random.default_rng(0).integers(6, size=601).astype(VOCABULARY.dtype)
DATASET = TextDataset(DataSpec(), VOCABULARY, IDS, IDS[:0])
RANKS, STEPS, LOCAL = 2, 8, 3


def new_model() -> LanguageModel:
    model = LanguageModel(NetworkConfig("gru", hidden_size=7, dropout=0.2), VOCABULARY)
    model.initialise(np.random.default_rng(1))
    return model


def by_hand(options: TrainingOptions) -> np.ndarray:
    """The parameters (P,) after a run with local steps, the ranks one after the other."""
    outer = new_model().parameters.flat
    size, momentum = outer.size, np.zeros(outer.size)
    moments = {name: np.zeros(size, np.float32) for name in OPTIMIZERS[options.optimizer].moment_names}
    models, batches = [new_model() for _ in range(RANKS)], []
    for rank, model in enumerate(models):
        group = SingleProcess()
        group.rank, group.size = rank, RANKS  # type: ignore[misc]
        batches.append(StreamBatches(DATASET, model, options, group))
    for first in range(0, STEPS, LOCAL):
        reached, found = [], []
        for model, source in zip(models, batches, strict=True):
            model.parameters.flat[...] = outer
            own = {name: moment.copy() for name, moment in moments.items()}
            rule = OPTIMIZERS[options.optimizer](size, np.float32, options.weight_decay, own)
            rule.steps = first
            gradients = model.parameters.zeros_like()
            for step in range(first, min(first + LOCAL, STEPS)):
                source.loss_and_gradients(model, gradients, step)
                clip_grad_norm(gradients.flat, options.clip_norm, float(np.linalg.norm(gradients.flat)))
                rule.step(model.parameters.flat, gradients.flat, options.learning_rate)
            reached.append(model.parameters.flat.copy())
            found.append(own)
        moments = {name: np.mean([own[name] for own in found], axis=0) for name in moments}
        way = np.mean(reached, axis=0) - outer
        momentum = OUTER_MOMENTUM * momentum + way
        outer = outer + OUTER_RATE * (way + OUTER_MOMENTUM * momentum)
    return outer


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_workers_do_local_steps_as_by_hand(optimizer: str) -> None:
    options = TrainingOptions(
        batch_size=6,
        seq_length=5,
        optimizer=optimizer,
        learning_rate=0.01,
        schedule="constant",
        warmup=0,
        clip_norm=0.5,
        weight_decay=0.1,
        steps=STEPS,
        workers=RANKS,
        local_steps=LOCAL,
    )
    trainer = Trainer(new_model(), DATASET, options, make_group(RANKS, 6))
    assert [report.step for report in trainer.run()] == [3, 6, 8]
    np.testing.assert_allclose(trainer.model.parameters.flat, by_hand(options), rtol=0, atol=1e-5)
