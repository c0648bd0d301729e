"""Tasks in several processes: their order, their errors, and that no process is left or waited for in vain."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from rnncli.errors import InputError, RnncliError
from rnncli.models import parallel
from rnncli.models import workers as workers_module
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import parallel_map
from tests.helpers import random_ids, random_model, slow_here

MODEL = random_model("abcde", cell="gru")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Other processes are started after the first task, and none of them is there at the end."""
    monkeypatch.setattr(parallel, "START_AFTER", 0.0)
    yield
    assert multiprocessing.active_children() == []


def is_worker() -> bool:
    return multiprocessing.parent_process() is not None


def square(_: Model, number: int) -> tuple[int, bool]:
    time.sleep(0.01 if number % 3 else 0.001)  # so that one overtakes the other
    return number * number, is_worker()


def logits(model: LanguageModel, ids: np.ndarray) -> np.ndarray:
    return model.logits(ids, model.zero_state(ids.shape[1]))[0]


def refuse_seven(_: Model, number: int) -> int:
    if number == 7:
        raise InputError("seven is refused")
    return number


def sleep_in_worker(_: Model, number: int) -> int:
    time.sleep(60 if is_worker() else 0.5)
    return number


def die_in_worker(_: Model, number: int) -> int:
    time.sleep(0.01)
    if is_worker():
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return number


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_have_the_order_of_the_tasks(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_here(monkeypatch)
    results = list(parallel_map(square, MODEL, range(100), workers))
    assert [result for result, _ in results] == [number * number for number in range(100)]
    assert any(elsewhere for _, elsewhere in results) == (workers > 1)


def test_another_process_computes_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, here = [random_ids(MODEL, (40, 3), seed=seed) for seed in range(100)], slow_here(monkeypatch)
    one, two = (list(parallel_map(logits, MODEL, tasks, workers)) for workers in (1, 2))
    assert [result.tobytes() for result in two] == [result.tobytes() for result in one]
    assert len(here) < 99


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_comes_in_its_place(workers: int) -> None:
    results = []
    with pytest.raises(InputError, match="seven is refused"):
        for result in parallel_map(refuse_seven, MODEL, range(100), workers):
            results.append(result)
    assert results == list(range(7))


def test_tasks_are_read_a_few_ahead() -> None:
    read: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    with closing(parallel_map(square, MODEL, tasks(), 2)) as results:
        for number, _ in enumerate(results, start=1):
            assert len(read) <= number + workers_module.MAX_PENDING * 2 + 2
            if number == 100:
                break


def test_a_short_piece_of_work_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is answered at once: a task is not asked for before the last one has its result."""
    monkeypatch.setattr(parallel, "START_AFTER", 60.0)
    tasks = iter(range(5))
    for result, elsewhere in parallel_map(square, MODEL, tasks, 2):
        assert not elsewhere
        assert next(tasks, None) == (int(result**0.5) + 1 if result < 16 else None)


def test_whoever_stops_early_waits_for_nobody() -> None:
    began = time.monotonic()
    with closing(parallel_map(sleep_in_worker, MODEL, range(100), 2)) as results:
        assert [next(results), next(results)] == [0, 1]
    assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX")
def test_a_worker_that_is_killed_is_told() -> None:
    with pytest.raises(RnncliError, match=r"worker process \d+ has died \(SIGKILL\); try again with --workers 1"):
        for _ in parallel_map(die_in_worker, MODEL, range(1000), 2):
            pass
