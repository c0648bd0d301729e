"""What is measured belongs to what was done; how fast it was is not tested."""

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from rnncli.models.config import NetworkConfig
from rnncli.training import benchmark
from rnncli.training.benchmark import measure, timed
from rnncli.training.machine import Machine
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.shared_memory import make_group


@pytest.mark.parametrize("workers", [1, 2])
def test_the_parts_are_those_of_a_step(workers: int) -> None:
    options = TrainingOptions(batch_size=4, seq_length=8, seconds=0.3)
    speed = measure(NetworkConfig("lstm", hidden_size=16), 10, options, make_group(workers, 4))
    median, fastest, slowest = speed.step_seconds
    assert 0 < fastest <= median <= slowest
    assert set(speed.parts) == {"products", "tanh", "waiting", "other_passes"}
    assert fastest <= sum(speed.parts.values()) <= slowest  # their mean
    assert all(seconds > 0 for part, seconds in speed.parts.items() if part != "waiting")
    if workers == 1:
        assert speed.parts["waiting"] < 0.1 * median  # for nobody
    assert isinstance(np.matmul, np.ufunc)  # restored


def test_the_parts_add_up_to_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that ticks when it is read, all steps take the same time."""
    ticks = count()
    monkeypatch.setattr(benchmark, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    options = TrainingOptions(batch_size=4, seq_length=8, steps=20)
    speed = measure(NetworkConfig("gru", hidden_size=16), 10, options, make_group(1, 4))
    median, fastest, slowest = speed.step_seconds
    assert fastest == median == slowest
    assert sum(speed.parts.values()) == pytest.approx(median)
    assert min(speed.parts.values()) > 0


def test_time_is_added_up_and_the_function_given_back() -> None:
    def fail() -> None:
        raise ValueError

    owner, seconds = SimpleNamespace(double=lambda x: 2 * x, fail=fail), {"first": 0.0, "second": 0.0}
    double = owner.double
    with pytest.raises(ValueError), timed(owner, {"double": "first", "fail": "second"}, seconds):
        assert owner.double(3) == 6
        first = seconds["first"]
        assert owner.double(4) == 8
        assert seconds["first"] > first > 0
        owner.fail()
    assert owner.double is double
    assert owner.fail is fail


def test_every_candidate_is_tried() -> None:
    """A network of another size gets the speed of the nearest."""
    candidates = [NetworkConfig(hidden_size=8), NetworkConfig(hidden_size=64, dropout=0.5)]
    machine = Machine(1).tried(candidates, 20, streams=6, steps=5, seconds=1.0, workers=3)
    assert set(machine.speeds) == {8, 64}
    assert all(speed > 0 for speed in machine.speeds.values())
    assert machine.macs_per_second(500) == machine.speeds[64]
    assert machine.macs_per_second(1) == machine.speeds[8]
