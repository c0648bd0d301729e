"""A long text in parallel streams: within 1e-4 nats of one stream, and the same sums in however many processes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets.disk_ids import IdsWriter
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import read_text
from rnncli.evaluation import streams as streams_module
from rnncli.evaluation.losses import score, stateful
from rnncli.evaluation.streams import LONG_TEXT, losses_in_streams, number_of_streams, score_in_streams
from rnncli.evaluation.token_losses import LossByCharacter, losses_by_character
from rnncli.models import parallel
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Trainer
from tests.helpers import random_ids, random_model, slow_here

STRUCTURE = Path(__file__).parents[2] / "data" / "structure.txt"
"""Quotations, brackets and lines of a certain length: a text in which the state is worth something."""


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of a few characters, in groups of three, and processes from the second group on."""
    for name, value in {"BURN_IN": 8, "MIN_PART": 16, "GROUP": 3, "WINDOW": 7}.items():
        monkeypatch.setattr(streams_module, name, value)
    monkeypatch.setattr(parallel, "START_AFTER", 0.0)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_mean_is_that_of_one_stream_for_a_trained_model(cell: str) -> None:
    dataset = read_text(DataSpec(validation="0"), open_sources([str(STRUCTURE)]))
    model = LanguageModel(NetworkConfig(cell=cell, hidden_size=32), dataset.vocabulary)
    model.initialise(np.random.default_rng(0))
    options = TrainingOptions(batch_size=32, seq_length=64, steps=150, learning_rate=0.02)
    trainer = Trainer(model, dataset, options)
    for _ in trainer.run():
        pass
    ids = dataset.training[:40_000]
    one, several = score(trainer.model, ids), score_in_streams(trainer.model, ids, len(ids) // streams_module.MIN_PART)
    assert one.nats < 2  # it has learnt something
    assert several.symbols == one.symbols
    assert several.nats == pytest.approx(one.nats, abs=1e-5)  # a tenth of what is promised


@pytest.mark.parametrize("count", [33, 100, 401, 1000])
@pytest.mark.parametrize("streams", [2, 3, 4, 7, 50, 10_000])
@pytest.mark.usefixtures("short_streams")
def test_each_character_is_counted_once(streams: int, count: int) -> None:
    """With a bias alone the loss is a count of characters, and no state can differ."""
    model = random_model("abcde", dtype=np.float64)
    model.parameters.flat[...] = 0
    shares = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    model.parameters["output.b"][...] = np.log(shares)
    ids = random_ids(model, count)
    found = LossByCharacter.total(losses_in_streams(model, ids, streams), 5)
    counts = np.bincount(ids[1:], minlength=5)
    assert found.count.tolist() == counts.tolist()
    np.testing.assert_allclose(found.nats, -np.log(shares) * counts, rtol=1e-12)
    assert found.correct.tolist() == [counts[0], 0, 0, 0, 0]


@pytest.mark.usefixtures("short_streams")
def test_a_network_with_a_short_memory_loses_nothing_by_streams() -> None:
    """A perceptron that sees fewer characters than the burn-in has."""
    model = random_model("abcde", cell="mlp", context=4, layers=1, dtype=np.float64)
    ids = random_ids(model, 700)
    expected = losses_by_character(stateful(model, ids), 5)
    found = LossByCharacter.total(losses_in_streams(model, ids, 20), 5)
    np.testing.assert_allclose(found.nats, expected.nats, rtol=1e-12)


@pytest.mark.usefixtures("short_streams")
def test_the_sums_do_not_depend_on_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model("abcde", cell="gru")
    ids = random_ids(model, 5_000)
    one = LossByCharacter.total(losses_in_streams(model, ids, 300), 5)
    for long_work in (parallel.LONG_WORK, 0):  # from the second group on, and at once
        monkeypatch.setattr(parallel, "LONG_WORK", long_work)
        with pytest.MonkeyPatch.context() as patch:
            here = slow_here(patch)
            two = LossByCharacter.total(losses_in_streams(model, ids, 300, 2), 5)
        assert len(here) < 100 - 2
        assert two.nats.tobytes() == one.nats.tobytes()
        assert two.score == one.score


@pytest.mark.usefixtures("short_streams")
def test_ids_on_disk_are_read_in_stretches() -> None:
    model = random_model("abcde", cell="gru")
    ids = random_ids(model, 5_000).astype(np.uint8)
    writer = IdsWriter(ids.dtype, 100)
    writer.append(ids)
    assert score_in_streams(model, writer.finish(), 50) == score_in_streams(model, ids, 50)


def test_a_text_that_is_not_long_is_read_by_the_definition() -> None:
    model = random_model("abcde", cell="gru")
    ids = random_ids(model, 3_000)
    assert score_in_streams(model, ids) == score(model, ids) == score_in_streams(model, ids, streams=1)
    assert number_of_streams(range(LONG_TEXT)) == 1


@pytest.mark.parametrize("length", [LONG_TEXT + 1, 1_100_000, 5_000_000, 100_000_000])
def test_the_streams_follow_from_the_length(length: int) -> None:
    """Long enough that the burn-in costs an eighth at most, and of a huge text some percent; enough for many cores."""
    part = length / number_of_streams(range(length))
    assert 8 * streams_module.BURN_IN <= part < 8.6 * streams_module.BURN_IN or length > 1_000_000
    assert part >= 30 * streams_module.BURN_IN or length < 4_000_000
    assert number_of_streams(range(length)) >= streams_module.GROUP * 8 or length < 1_000_000


def test_a_large_alphabet_has_short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the logits of a window stay within bounds, and the loss is the same."""
    model = random_model("abcde", cell="gru", dtype=np.float64)
    ids = random_ids(model, 2_500)
    expected = score_in_streams(model, ids, 2)
    largest: list[int] = []
    losses_of: Callable[..., tuple[np.ndarray, np.ndarray]] = LanguageModel.losses_of

    def watched(self: LanguageModel, forward: object, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        largest.append(targets.size * len(self.vocabulary))
        return losses_of(self, forward, targets)

    monkeypatch.setattr(LanguageModel, "losses_of", watched)
    monkeypatch.setattr(streams_module, "MIN_PART", 100)
    monkeypatch.setattr(streams_module, "MAX_LOGITS", 60)
    assert score_in_streams(model, ids, 2).nats == pytest.approx(expected.nats, rel=1e-6)
    assert max(largest) <= 60
