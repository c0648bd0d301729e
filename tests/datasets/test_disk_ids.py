"""Ids in a file are read as ids in memory are, by streams, by scores and by other processes."""

import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets import text as text_module
from rnncli.datasets.disk_ids import DiskIds, IdsWriter
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import Streams, read_text
from rnncli.evaluation.losses import score
from tests.helpers import random_model

RNG = np.random.default_rng(5)


def stored(ids: np.ndarray) -> DiskIds:
    """The same ids in a file, written in three pieces."""
    storing = IdsWriter(ids.dtype, 10)
    for piece in np.array_split(ids, 3):
        storing.append(piece)
    found = storing.finish()
    assert isinstance(found, DiskIds)
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_they_are_cut_and_read_as_an_array_is(dtype: type) -> None:
    ids = RNG.integers(200, size=500).astype(dtype)
    found = stored(ids)
    assert len(found) == 500
    assert found.dtype == ids.dtype
    for part in (slice(None), slice(3, 77), slice(400, None), slice(-30, -2), slice(9, 9), slice(20, 5)):
        piece, expected = found[part], ids[part]
        assert isinstance(piece, DiskIds)
        assert piece.read(0, len(piece)).tolist() == expected.tolist()
    places = RNG.integers(0, 90, size=4) + np.arange(7)[:, None] * 3 + 100
    assert found[100:][places].tolist() == ids[100:][places].tolist()


def test_streams_and_scores_are_the_same() -> None:
    model = random_model("abcde")
    ids = RNG.integers(5, size=3_000).astype(np.uint8)
    for index in (0, 3):
        on_disk, in_memory = (Streams(one, 4, 9).batch(index) for one in (stored(ids), ids))
        for mine, expected in zip(on_disk, in_memory, strict=True):
            assert mine.tolist() == expected.tolist()
    for streams in (1, 2):
        assert score(model, stored(ids), streams) == score(model, ids, streams)  # type: ignore[arg-type]


def test_another_process_gets_the_name_of_the_file() -> None:
    ids = RNG.integers(200, size=500).astype(np.uint8)
    found = stored(ids)[50:]
    assert isinstance(found, DiskIds)
    again = pickle.loads(pickle.dumps(found))
    assert again.read(0, len(again)).tolist() == ids[50:].tolist()
    assert len(pickle.dumps(found)) < 400


def test_few_stay_in_memory_and_the_file_is_gone_in_the_end() -> None:
    storing = IdsWriter(np.dtype(np.uint8), 10)
    storing.append(np.arange(10, dtype=np.uint8))
    assert isinstance(storing.finish(), np.ndarray)
    found = stored(np.arange(100, dtype=np.uint8))
    path = Path(found.path)
    assert path.stat().st_size == 100
    del found
    assert not path.exists()


def memory_for(lines: int, folder: Path) -> tuple[int, int]:
    """Bytes that a text of 13 characters a line takes in memory: afterwards, and at most while it is read."""
    (folder / "long.txt").write_text("hello, world\n" * lines)
    tracemalloc.start()
    try:
        dataset = read_text(DataSpec(validation="0.5"), open_sources([str(folder / "long.txt")]))
        assert len(dataset.training) + len(dataset.validation) == 13 * lines
        return tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()


def test_a_longer_text_takes_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit it is that of the pieces in which it is read."""
    monkeypatch.setattr(text_module, "IN_MEMORY", 1 << 20)
    memory_for(200_000, tmp_path)  # what is imported and made once
    kept, peak = memory_for(1_000_000, tmp_path)
    kept_of_long, peak_of_long = memory_for(3_000_000, tmp_path)
    assert kept < 11 << 20  # the counts of all characters, and a vocabulary
    assert kept_of_long < 1.05 * kept
    assert peak_of_long < 1.05 * peak
