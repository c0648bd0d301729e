"""Streams of running text begin anew by chance, the same ones whatever shares the work."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnncli.errors import InputError
from rnncli.training.batches import StreamBatches
from rnncli.training.machine import Machine
from rnncli.training.options import TrainingOptions
from rnncli.training.plan import Overrides, resolve
from tests.helpers import dataset_of
from tests.training.test_batches import ALONE, GRADIENTS, Member, numbered
from tests.training.test_batches import dataset_of as dataset_of_pairs

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


def test_long_texts_have_resets_and_what_else_is_learnt_has_none() -> None:
    """Nor has a run by an earlier version, whose options do not say."""
    network, length = {"hidden_size": 4}, {"steps": 3}
    short, long = (resolve(dataset_of("ab" * n), Overrides(network, {}, length), Machine(1)) for n in (5_000, 10_001))
    assert short.options.state_reset == 0 < long.options.state_reset < 0.2
    earlier = {name: value for name, value in long.options.to_json().items() if name != "state_reset"}
    assert TrainingOptions.from_json(earlier).state_reset == 0


def test_each_text_of_a_pair_begins_anew_already() -> None:
    with pytest.raises(InputError, match="--state-reset is a choice for running text"):
        resolve(dataset_of_pairs(numbered(9)), Overrides({}, {"state_reset": 0.1}, {"steps": 3}), Machine(1))
