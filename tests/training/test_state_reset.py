"""Streams of running text begin anew by chance, whatever shares the work; and what is never read stays silent."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnncli.training.batches import StreamBatches
from rnncli.training.options import TrainingOptions
from rnncli.training.plan import Overrides, start_run
from tests.helpers import dataset_of
from tests.training.test_batches import ALONE, GRADIENTS, Member

STREAMS, WINDOWS = 12, 5


class Counter:
    """A model whose state (1, 1, B, 1) counts the windows since a stream began."""

    config = SimpleNamespace(dropout=0.0)

    def __init__(self) -> None:
        self.begun_with: list[list[float]] = []

    def zero_state(self, streams: int) -> np.ndarray:
        return np.full((1, 1, streams, 1), -7, np.float32)  # of a feed-forward network it is not zero either

    def loss_and_gradients(self, inputs: np.ndarray, targets: np.ndarray, state: np.ndarray, *_: object) -> Any:
        self.begun_with.append(state[0, 0, :, 0].tolist())
        return 0.0, state + 1


def states(steps: range, group: Member = ALONE, **options: Any) -> np.ndarray:
    """What the state of each stream was before each of these steps."""
    dataset = dataset_of("ab" * (STREAMS * WINDOWS * 2) + "a")
    model: Any = Counter()
    chosen = TrainingOptions(batch_size=STREAMS, seq_length=4, steps=9, **options)
    batches = StreamBatches(dataset, model, chosen, group)
    for step in steps:
        batches.loss_and_gradients(model, GRADIENTS, step)
    return np.array(model.begun_with) + 7


def test_without_resets_the_state_is_carried_through_an_epoch() -> None:
    expected = [[n % WINDOWS] * STREAMS for n in range(3 * WINDOWS)]
    assert states(range(3 * WINDOWS)).tolist() == expected


@pytest.mark.parametrize("probability", [0.1, 0.5, 1.0])
def test_each_stream_begins_anew_with_the_probability(probability: float) -> None:
    begun = states(range(1000), state_reset=probability) == 0
    begun = begun[np.arange(1000) % WINDOWS != 0]  # there all do
    assert begun.mean() == pytest.approx(probability, abs=0.02)  # some six standard deviations
    assert begun.mean(axis=0) == pytest.approx(np.full(STREAMS, probability), abs=0.1)


def test_the_same_streams_begin_anew_for_any_group_and_after_a_resume() -> None:
    whole = states(range(40), state_reset=0.3)
    shards = [states(range(40), Member(rank, 5), state_reset=0.3) for rank in range(5)]
    assert np.concatenate(shards, axis=1).tolist() == whole.tolist()
    later = states(range(35, 40), state_reset=0.3)
    assert later.tolist() == whole[35:].tolist()  # 35 is the first step of an epoch
    assert states(range(40), state_reset=0.3, seed=1).tolist() != whole.tolist()


@pytest.mark.parametrize("network", [{"cell": "lstm"}, {"embedding_size": 3}, {"cell": "mlp"}], ids=str)
def test_what_is_never_read_says_nothing(network: dict[str, Any]) -> None:
    """The line end behind the only line, and a character of the held-out text: their input weights stay zero."""
    dataset = dataset_of("abcb" * 8 + "\n", validation="bd")
    assert dataset.unread().tolist() == dataset.vocabulary.encode("\nd").tolist()
    length: dict[str, Any] = {"steps": 3}
    trainer = start_run(dataset, Overrides({"hidden_size": 4, **network}, {"batch_size": 2}, length))
    list(trainer.run())
    [weights] = trainer.model.network.input_embeddings(trainer.model.parameters)
    read = weights.any(axis=-1).reshape(-1, weights.shape[-2])[:, : len(dataset.vocabulary)]
    assert read.all(axis=0).tolist() == [False, True, True, True, False]
    assert not read[:, [0, 4]].any()


def test_a_long_text_is_looked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncli.datasets.text.CHUNK", 5)
    assert dataset_of("aaaaaaaaabaaac").unread().tolist() == [2]
    assert dataset_of("ab").unread().tolist() == [1]
