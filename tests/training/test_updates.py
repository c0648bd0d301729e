"""Local steps: what each rank does alone, and what they do together."""

import numpy as np
import pytest

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.batches import StreamBatches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from rnncli.training.parallel.shared_memory import make_group
from rnncli.training.trainer import Trainer
from rnncli.training.updates import LocalUpdate

VOCABULARY = Vocabulary("abcdef")
IDS = np.random.default_rng(0).integers(6, size=601).astype(VOCABULARY.dtype)


def trained(workers: int = 1, **options: object) -> LanguageModel:
    """After nine steps."""
    chosen = {
        "batch_size": 6,
        "seq_length": 5,
        "steps": 9,
        "weight_decay": 0.1,
        "clip_norm": 0.05,
        "warmup": 3,
        **options,
    }
    model = LanguageModel(NetworkConfig("gru", hidden_size=7, dropout=0.2), VOCABULARY)
    model.initialise(np.random.default_rng(1))
    dataset = TextDataset(DataSpec(), VOCABULARY, IDS, IDS[:0])
    trainer = Trainer(model, dataset, TrainingOptions(**chosen, workers=workers), make_group(workers, 6))
    assert [report.step for report in trainer.run()][-1] == 9
    return trainer.model  # type: ignore[return-value]


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_a_single_process_has_no_one_to_wait_for(optimizer: str) -> None:
    """All its steps are local."""
    options = {"optimizer": optimizer, "learning_rate": 0.01}
    exact, local = trained(**options), trained(local_steps=4, **options)
    assert np.array_equal(exact.parameters.flat, local.parameters.flat)


def test_one_local_step_of_plain_gradient_descent_is_exact() -> None:
    """The mean of what the ranks reach alone is what their mean gradient reaches."""
    dataset = TextDataset(DataSpec(), VOCABULARY, IDS, IDS[:0])
    options = TrainingOptions(6, 5, "sgd", schedule="constant", warmup=0, clip_norm=0, learning_rate=0.1, steps=1)

    def new() -> LanguageModel:
        model = LanguageModel(NetworkConfig("gru", hidden_size=7), VOCABULARY, dtype=np.float64)
        model.initialise(np.random.default_rng(1))
        return model

    reached = []
    for rank in (0, 1):
        model, group = new(), SingleProcess()
        group.rank, group.size = rank, 2  # type: ignore[misc]
        update = LocalUpdate(model, StreamBatches(dataset, model, options, group), options, SingleProcess())
        update.model.parameters.flat[...] = model.parameters.flat
        update(0, [options.learning_rate])
        reached.append(update.model.parameters.flat)
    trainer = Trainer(new(), dataset, options)
    list(trainer.run())
    np.testing.assert_allclose(np.mean(reached, axis=0), trainer.model.parameters.flat, rtol=1e-12, atol=1e-14)


def test_workers_average_what_each_has_learnt_alone() -> None:
    """Not the exact method, but near it; and the same every time."""
    shared, again = (trained(workers=2, local_steps=3, learning_rate=0.01).parameters.flat for _ in range(2))
    exact = trained(workers=2, learning_rate=0.01).parameters.flat
    assert np.array_equal(shared, again)
    assert 1e-5 < np.abs(shared - exact).max() < 0.05
