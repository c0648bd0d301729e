"""Choices by the size of the data and the time: what must be so whatever the figures are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.dataset import Dataset, open_dataset
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from rnncli.models.config import NetworkConfig
from rnncli.training.defaults import WIDTHS, default_dropout, default_network
from rnncli.training.machine import Machine
from rnncli.training.plan import Configuration, Overrides, resolve
from tests.helpers import dataset_of

FAST, SLOW = Machine(1, {256: 1e14}), Machine(1, {256: 1e9})
MINUTE = {"seconds": 60.0}


def long_text(characters: int) -> TextDataset:
    ids = np.zeros(characters, np.uint8)
    return TextDataset(DataSpec(), Vocabulary("abcdefgh"), ids, ids[:0])


def affords(macs: float) -> Callable[[int], float]:
    """Multiply-adds in a run, the same whatever the width."""
    return lambda _: macs


def resolved(
    length: dict[str, Any],
    machine: Machine = FAST,
    characters: int = 300_000,
    learning: dict[str, Any] | None = None,
    **network: Any,
) -> Configuration:
    return resolve(long_text(characters), Overrides(network, learning or {}, length), machine)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_more_time_makes_wider_and_more_text_narrower(cell: str) -> None:
    macs = np.geomspace(1e9, 1e17, 30)
    widths = [default_network(long_text(1_000_000), cell, affords(one)).hidden_size for one in macs]
    assert widths == sorted(widths)
    assert set(widths) == set(WIDTHS)
    of_texts = [default_network(long_text(size), cell, affords(1e13)).hidden_size for size in (300_000, 10**6, 10**7)]
    assert of_texts == sorted(of_texts, reverse=True)


def test_each_width_is_judged_by_its_own_speed() -> None:
    """That of the widest may be too low where that of the next is not."""
    machine = Machine(1, dict(zip(WIDTHS, (1e9, 1e14), strict=True)))
    assert resolved(MINUTE, machine).network.hidden_size == WIDTHS[1]


def test_a_text_that_is_not_short_gets_two_layers() -> None:
    assert [default_network(long_text(size)).layers for size in (100, 19_999, 20_000, 10**6)] == [1, 1, 2, 2]
    assert default_network(long_text(10**6), "mlp").layers == 1
    assert resolved(MINUTE, layers=1).network.layers == 1


def test_the_layers_that_the_user_chose_count_for_the_width() -> None:
    """More of them leave time for fewer units each."""
    machine = Machine(1, dict.fromkeys(WIDTHS, 1e11))
    widths = [resolved(MINUTE, machine, 600_000, layers=layers).network.hidden_size for layers in (1, 2, 6)]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) > 1


def test_a_length_in_steps_does_not_tell_the_width() -> None:
    assert default_network(long_text(10**6), "gru", None).hidden_size == min(WIDTHS)


def test_dropout_grows_with_the_danger_of_overfitting() -> None:
    dataset = long_text(1_000_000)
    by_size = [default_dropout(dataset, size, 1, 20) for size in (10**4, 2 * 10**5, 5 * 10**5, 10**7)]
    by_epochs = [default_dropout(dataset, 5 * 10**5, 1, epochs) for epochs in (0.1, 4, 10, 100)]
    for rates in (by_size, by_epochs):
        assert rates == sorted(rates)
        assert rates[0] == 0
        assert 0 < rates[-1] <= 0.5
    assert default_dropout(dataset, 5 * 10**5, 2, 20) < default_dropout(dataset, 5 * 10**5, 1, 20)
    assert default_dropout(dataset_of("hello"), 10**6, 1, 300) == 0


def test_the_choices_of_the_user_stand() -> None:
    timed = resolved(MINUTE).network
    assert (timed.hidden_size, timed.dropout) == (max(WIDTHS), 0.5)
    own = resolved(MINUTE, hidden_size=8, dropout=0.25).network
    assert (own.hidden_size, own.dropout) == (8, 0.25)
    assert resolved(MINUTE, hidden_size=8).network.dropout == 0
    chosen = {"optimizer": "sgd", "learning_rate": 0.3, "batch_size": 5, "seq_length": 7, "workers": 3, "seed": 4}
    options = resolved({"steps": 9}, learning=chosen).options.to_json()
    assert {name: options[name] for name in chosen} == chosen
    assert (options["steps"], options["epochs"], options["seconds"]) == (9, None, None)


def test_resolving_is_a_pure_function() -> None:
    """The same data, overrides and machine give the same configuration, and a default length none of the machine's
    speed; what it is given stays as it was."""
    overrides = Overrides({"hidden_size": 9}, {"batch_size": 3}, {})
    dataset = long_text(300_000)
    one, same, slow = (resolve(dataset, overrides, machine) for machine in (FAST, FAST, SLOW))
    assert one == same == slow
    assert overrides == Overrides({"hidden_size": 9}, {"batch_size": 3}, {})


def test_the_network_of_an_initial_model_stays() -> None:
    initial = NetworkConfig(cell="lstm", hidden_size=7, layers=2, dropout=0.3)
    overrides = Overrides(learning={"workers": 1}, length={"steps": 5})
    assert resolve(long_text(5_000), overrides, FAST, initial).network == initial
    with pytest.raises(InputError, match="--hidden-size cannot be changed with --init-from"):
        resolve(long_text(5_000), Overrides({"hidden_size": 8}, {}, {"steps": 5}), FAST, initial)


def test_processes_by_the_cores_and_the_streams() -> None:
    """As many as there are cores, none with fewer than four streams, and one alone for a short run."""
    dataset = long_text(300_000)

    def workers(cores: int, batch_size: int = 32, **length: float) -> int:
        overrides = Overrides({"hidden_size": 256}, {"batch_size": batch_size}, dict(length))
        return resolve(dataset, overrides, Machine(cores, {256: 1e10})).options.workers

    assert [workers(cores, seconds=60.0) for cores in (1, 2, 4)] == [1, 2, 4]
    assert workers(4, batch_size=9, seconds=60.0) == 2
    assert workers(4, seconds=1.0) == workers(4, steps=1) == 1


def test_the_batch_grows_with_the_ranks_as_far_as_the_text_allows() -> None:
    """Eight streams for each, and 512 characters at least of each stream; every rank is one process."""

    def batch(ranks: int, characters: int = 300_000) -> tuple[int, int]:
        options = resolved({"steps": 9}, Machine(2, ranks=ranks), characters).options
        return options.batch_size, options.workers

    assert [batch(ranks) for ranks in (2, 4, 8, 64)] == [(32, 2), (32, 4), (64, 8), (512, 64)]
    assert batch(8, 20_480) == (40, 8)
    with pytest.raises(InputError, match="64 ranks cannot share a batch of 40 streams; start fewer of them"):
        batch(64, 20_480)
    with pytest.raises(InputError, match="--workers is for one machine; the launcher has started 4 ranks"):
        resolved({"steps": 9}, Machine(2, ranks=4), learning={"workers": 2})


def test_the_rate_of_adam_follows_the_square_root_of_a_large_batch() -> None:
    def rate(**learning: Any) -> float:
        return resolved({"steps": 9}, learning=learning).options.learning_rate

    assert rate(batch_size=128) == pytest.approx(2 * rate(batch_size=32))
    assert rate(batch_size=8) == rate(batch_size=32) == rate()
    assert rate(batch_size=128, optimizer="sgd") == rate(batch_size=32, optimizer="sgd")
    assert rate(batch_size=128, learning_rate=0.1) == 0.1


@pytest.mark.parametrize(
    ("length", "expected"),
    [({"steps": 40}, 4), ({"steps": 7}, 0), ({"steps": 10**6}, 500), ({"epochs": 2.0}, 29), (MINUTE, 500)],
)
def test_the_rate_rises_for_a_tenth_of_a_run_at_most(length: dict[str, float], expected: int) -> None:
    """Also where the length is a time, from which the steps are estimated. An epoch has 300,000 / 2,048 steps."""
    assert resolved(length, hidden_size=8).options.warmup == expected
    assert resolved(length, learning={"warmup": 3}, hidden_size=8).options.warmup == 3


def test_a_short_time_makes_a_short_warm_up() -> None:
    parameters = 3 * 100 * (100 + 8) + 3 * 100 + 100 + 100 * 8 + 8
    expected = int(1e9 * 60 / (3 * parameters * 32 * 64)) // 10
    assert resolved(MINUTE, SLOW, layers=1, hidden_size=100).options.warmup == expected


def test_the_high_rate_is_for_what_it_was_measured_with() -> None:
    def rate(**network: Any) -> float:
        return resolved({"steps": 3}, characters=1000, **network).options.learning_rate

    assert rate(cell="gru") > rate(cell="lstm") == rate(embedding_size=4)


def test_weights_decay_where_overfitting_is_a_danger(tmp_path: Path) -> None:
    """With Adam alone, for which it was measured: at the rates of the others the same figure would be another decay."""

    def decay(dataset: Dataset, **learning: Any) -> float:
        return resolve(dataset, Overrides({"hidden_size": 8}, learning, {"steps": 3}), FAST).options.weight_decay

    def lines(count: int) -> Dataset:
        path = tmp_path / "lines.tsv"
        path.write_text("X\ta\nY\tb\n" * (count // 2))
        return open_dataset(DataSpec(task="classify", format=PAIRS), open_sources([path]))

    for dataset in (long_text(300_000), lines(400)):
        assert decay(dataset) > 0
        assert decay(dataset, optimizer="sgd") == decay(dataset, weight_decay=0.0) == 0
    for dataset in (dataset_of("hello"), long_text(10_000), lines(40)):
        assert decay(dataset) == 0
