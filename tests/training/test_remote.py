"""A rank on another machine reads its own streams only, and of them what one that holds the whole text reads."""

from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets import stretch
from rnncli.datasets.dataset import open_dataset
from rnncli.datasets.disk_ids import DiskIds
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.stretch import Stretch
from rnncli.datasets.text import TextDataset
from rnncli.errors import InputError
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.training.batches import StreamBatches, stretches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from rnncli.training.remote import RemoteData, remote

OPTIONS = TrainingOptions(batch_size=7, seq_length=11, steps=1)
SIZES = [1, 2, 5, 7]


class Rank(SingleProcess):
    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size  # type: ignore[misc]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(0)
    for name, length in (("a.txt", 3000), ("b.txt", 5001)):
        (tmp_path / name).write_text("".join(rng.choice(list("abc dé\n"), length)), encoding="utf-8")
    return [str(tmp_path / name) for name in ("a.txt", "b.txt")]


def whole(files: list[str], **spec: object) -> TextDataset:
    given = DataSpec(files=tuple(files), **spec)  # type: ignore[arg-type]
    return open_dataset(given, open_sources(files, given.reading))  # type: ignore[return-value]


def model_of(dataset: TextDataset) -> LanguageModel:
    model = LanguageModel(NetworkConfig("gru", hidden_size=5), dataset.vocabulary)
    model.initialise(np.random.default_rng(0))
    return model


def require_the_same(own: TextDataset, dataset: TextDataset, group: Rank) -> None:
    """Every window of an epoch, and the validation."""
    model = model_of(dataset)
    sources = [StreamBatches(data, model, OPTIONS, group) for data in (dataset, own)]
    assert sources[0].steps_per_epoch == sources[1].steps_per_epoch
    for step in range(sources[0].steps_per_epoch):
        found = [model.parameters.zeros_like() for _ in sources]
        results = [
            source.loss_and_gradients(model, gradients, step) for source, gradients in zip(sources, found, strict=True)
        ]
        assert results[0] == results[1]
        assert np.array_equal(found[0].flat, found[1].flat)
    assert sources[0].validate(model) == sources[1].validate(model)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("split", [{}, {"split_streams": 7}, {"shuffle": "lines"}], ids=["end", "tails", "shuffled"])
def test_a_part_is_read_as_the_whole_is(files: list[str], size: int, split: dict[str, object]) -> None:
    dataset = whole(files, validation="0.5", **split)
    for rank in range(size):
        data = remote(dataset, OPTIONS, rank, size)
        assert isinstance(data, RemoteData)
        own = data.open(files)
        assert isinstance(own, TextDataset)
        require_the_same(own, dataset, Rank(rank, size))


def test_a_file_for_validation_is_read_in_part_too(files: list[str]) -> None:
    dataset = whole(files[:1], validation=files[1])
    for rank in range(3):
        own = remote(dataset, OPTIONS, rank, 3).open(files[:1])
        require_the_same(own, dataset, Rank(rank, 3))


def test_what_is_in_no_file_is_sent_in_part(files: list[str]) -> None:
    dataset = whole(files)
    sent = remote(
        TextDataset(DataSpec(training=7201, held_out=800), dataset.vocabulary, dataset.training, dataset.validation),
        OPTIONS,
        1,
        3,
    )
    assert isinstance(sent, TextDataset)
    assert len(sent.training.held) < len(dataset.training) / 2
    require_the_same(sent, dataset, Rank(1, 3))


def test_nobody_holds_more_than_its_streams(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is more than memory should hold lies on disk."""
    dataset = whole(files)
    monkeypatch.setattr(stretch, "IN_MEMORY", 500)
    held = 0
    for rank in range(7):
        own = remote(dataset, OPTIONS, rank, 7).open(files)
        assert isinstance(own.training, Stretch)
        assert isinstance(own.training.held, DiskIds)
        held += len(own.training.held)
    streams = (len(dataset.training) - 1) // 7
    assert held == 7 * (streams + 1)


@pytest.mark.parametrize("size", [1, 3, 32, 40])
def test_the_stretches_of_all_ranks_cover_the_text(size: int) -> None:
    spec, options = DataSpec(training=100_000, held_out=50_000), TrainingOptions(batch_size=48, steps=1)
    parts = [stretches(spec, options, rank, size) for rank in range(size)]
    length = (spec.training - 1) // 48
    assert {place for training, _ in parts for place in training} == set(range(48 * length + 1))
    assert {place for _, validation in parts for place in validation} >= set(range(spec.held_out))


def test_a_text_that_differs_is_refused(files: list[str]) -> None:
    dataset = whole(files)
    data = remote(dataset, OPTIONS, 0, 2)
    with pytest.raises(InputError, match="is not the text that rank 0 has read"):
        data.open(files[::-1])
