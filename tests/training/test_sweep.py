"""The trials of a sweep: how they begin and end, whoever works on them, and what is kept."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.strings import open_strings
from rnncli.errors import InputError
from rnncli.training.data import open_new
from rnncli.training.sweep.findings import findings_of
from rnncli.training.sweep.metric import measure
from rnncli.training.sweep.plan import Plan, make_plan
from rnncli.training.sweep.space import domain
from rnncli.training.sweep.study import SILENCE, Sweep
from rnncli.training.sweep.trial import COMPLETE, FAILED, PRUNED, STOPPED, Trial
from rnncli.training.trainer import EVALUATIONS

pytest.importorskip("optuna", reason="Optuna is not installed")

TEXT = [f"{n} and {n * n % 97}" for n in range(120)]
SMALL = {"cell": "gru", "layers": "1", "hidden_size": "4:8", "dropout": "0"}


def dataset_of(lines: Any, **given: Any) -> Dataset:
    return open_new(given, partial(open_strings, lines))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return dataset_of(TEXT)


def plan_of(dataset: Dataset, steps: int = 2, **space: str) -> Plan:
    chosen = {name: domain(name).parse(text) for name, text in (SMALL | space).items()}
    return make_plan(dataset, {"steps": steps, "workers": 1}, chosen)


def sweep_of(dataset: Dataset, folder: Path, steps: int = 2, **space: str) -> Sweep:
    return Sweep(dataset, plan_of(dataset, steps, **space), str(folder / "sweep.log"), nullcontext)


def begun(sweep: Sweep, trials: int = 99) -> Trial:
    trial = sweep.ask(trials)
    assert trial is not None
    return trial


def no_file(_trainer: object) -> dict[str, str]:
    return {"path": "", "sha256": ""}


def ended(sweep: Sweep, state: str = COMPLETE, metric: float = 1.0, trials: int = 99) -> Trial:
    """A trial that ends with this metric, without a run."""
    trial = begun(sweep, trials)
    trial.state, trial.metric, trial.trainer = state, metric, trial.trainer or object()  # type: ignore[assignment]
    trial.result = lambda: {"values": trial.values, "reason": "why" * (state == FAILED)}  # type: ignore[method-assign]
    assert sweep.tell(trial, no_file)
    return trial


def test_draws_do_not_depend_on_who_asks(dataset: Dataset, tmp_path: Path) -> None:
    """One process, or another one for each trial: the same trials, all of them different."""
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    sweep = sweep_of(dataset, tmp_path / "one")
    one = [ended(sweep, metric=1 + n).values for n in range(14)]
    many = [ended(sweep_of(dataset, tmp_path / "many"), metric=1 + n).values for n in range(14)]
    assert one == many
    assert len({tuple(values.values()) for values in one}) == 14


def test_trials_are_counted_whoever_runs_them(dataset: Dataset, tmp_path: Path) -> None:
    first, second = sweep_of(dataset, tmp_path), sweep_of(dataset, tmp_path)
    mine, others = leave(first, pid=1), begun(second)
    assert (mine.number, others.number) == (0, 1)
    assert mine.is_default and not others.is_default


def test_a_sweep_ends_with_its_last_trial(dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path)
    for state in (COMPLETE, PRUNED, FAILED):
        ended(sweep, state)
    assert sweep.ask(3) is None
    assert begun(sweep, 4).number == 3
    assert findings_of(sweep).counts == {"complete": 1, "pruned": 1, "failed": 1, "running": 1}


def test_a_stopped_trial_is_the_next_one_however_often(dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path)
    stopped = [ended(sweep, STOPPED, trials=1) for _ in range(3)]
    assert all(trial.is_default and trial.values == stopped[0].values for trial in stopped)
    assert ended(sweep, trials=1).values == stopped[0].values
    assert sweep.ask(1) is None
    assert findings_of(sweep).counts == {"complete": 1, "pruned": 0, "failed": 0, "running": 0}


def leave(sweep: Sweep, **process: Any) -> Trial:
    """A trial that another process has begun."""
    trial = begun(sweep)
    who = trial.trial.user_attrs["process"] | process
    trial.trial.set_user_attr("process", who)
    return trial


def test_the_trial_of_a_dead_process_is_run_once_more(dataset: Dataset, tmp_path: Path) -> None:
    """And when it dies again it is given up."""
    sweep = sweep_of(dataset, tmp_path)
    killed = leave(sweep)  # its number is ours, and we run nothing
    again = leave(sweep)
    assert again.is_default and again.values == killed.values
    other = begun(sweep)
    assert not other.is_default
    assert findings_of(sweep).counts == {"complete": 0, "pruned": 0, "failed": 1, "running": 1}


@pytest.mark.parametrize(
    ("process", "is_dead"),
    [
        ({"pid": 1}, False),
        ({"pid": 2**30}, True),
        ({"pid": 1, "time": time.time() - SILENCE - 9}, True),
        ({"host": "another machine", "pid": 2**30}, False),
        ({"host": "another machine", "time": time.time() - SILENCE - 9}, True),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="only POSIX tells whether a process is alive")
def test_who_counts_as_dead(process: dict[str, Any], is_dead: bool, dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path)
    leave(sweep, **process)
    assert begun(sweep).is_default == is_dead


def test_who_was_taken_for_dead_changes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path)
    late = leave(sweep, pid=2**30)
    assert ended(sweep, metric=2.0).is_default
    late.state, late.metric = COMPLETE, 1.0
    assert not sweep.tell(late, no_file)
    assert sweep.best.value == 2.0


def test_a_model_is_saved_where_it_is_the_best_of_all(dataset: Dataset, tmp_path: Path) -> None:
    sweeps = [sweep_of(dataset, tmp_path), sweep_of(dataset, tmp_path)]
    trials = [ended(sweeps[n % 2], metric=metric) for n, metric in enumerate((3.0, 4.0, 2.0, 2.0, 1.0))]
    assert [trial.is_best for trial in trials] == [True, False, True, False, True]
    assert sweeps[0].best.number == trials[-1].number


def test_trials_begin_and_end_under_the_lock(dataset: Dataset, tmp_path: Path) -> None:
    """Also the saving of a model, so that no two processes save at once."""
    inside: list[bool] = []

    @contextmanager
    def lock() -> Iterator[None]:
        assert not inside
        inside.append(True)
        yield
        inside.pop()

    def save(_trainer: object) -> dict[str, str]:
        assert inside
        return no_file(_trainer)

    sweep = Sweep(dataset, plan_of(dataset), str(tmp_path / "sweep.log"), lock)
    trial = begun(sweep)
    list(trial.run())
    assert sweep.tell(trial, save) and trial.is_best


def test_a_run_that_learns_nothing_is_pruned(dataset: Dataset, tmp_path: Path) -> None:
    """At an evaluation, by the losses of others at the same part of the run; none in its first quarter."""
    sweep = sweep_of(dataset, tmp_path, steps=64, hidden_size="4", learning_rate="1e-9:1e-2")
    for _ in range(5):
        trial = begun(sweep)  # of which the first has the default rate
        sweep.study.enqueue_trial({"learning_rate": 0.01})
        list(trial.run())
        assert sweep.tell(trial, no_file) and trial.state == COMPLETE
    sweep.study.enqueue_trial({"learning_rate": 1e-9})
    ended(sweep, FAILED)  # the last of the good ones
    trial = begun(sweep)
    (*_, last) = trial.run()
    assert trial.state == PRUNED and 0.25 <= last.progress < 0.5
    sweep.tell(trial, no_file)
    found = findings_of(sweep)
    (_, pruned) = found.others
    assert pruned.curve[0][0] == 1 / EVALUATIONS and pruned.result["steps"] == last.step
    assert max(nats for _, nats in pruned.curve) < 5


def test_a_run_that_diverges_has_failed_and_the_sweep_goes_on(dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path, steps=9, learning_rate="0.001:1e38", clip_norm="0", optimizer="sgd")
    ended(sweep)
    sweep.study.enqueue_trial({"learning_rate": 1e38})
    trial = begun(sweep)
    list(trial.run())
    assert (trial.state, sweep.tell(trial, no_file)) == (FAILED, True)
    assert "not a finite number" in trial.reason
    assert findings_of(sweep).counts["failed"] == 1
    assert begun(sweep).number == 2


@pytest.mark.parametrize(
    ("task", "lines", "metric"),
    [
        ("classify", [(("even", "odd")[n % 2], f"{n} {'ab'[n % 2]}") for n in range(200)], "macro_f1"),
        ("tag", [(f"{n}a", "d" * len(str(n)) + "l") for n in range(200)], "macro_f1"),
        ("translate", [(f"{n % 7}", f"{n % 7}") for n in range(200)], "exact_match"),
        ("generate", [(("even", "odd")[n % 2], f"{n} {'ab'[n % 2]}") for n in range(200)], "nats_per_character"),
    ],
)
def test_the_metric_of_each_task(task: str, lines: list[tuple[str, str]], metric: str, tmp_path: Path) -> None:
    """What is easy is learnt: then its metric is near the best that it can be, and the worst at the beginning."""
    dataset = dataset_of(lines, task=task)
    sweep = sweep_of(dataset, tmp_path, steps=60, hidden_size="16:24", learning_rate="0.03:0.04")
    assert sweep.plan.metric.key == metric
    trial = begun(sweep)
    list(trial.run())
    assert trial.metric is not None and trial.trainer is not None
    assert trial.metric == measure(trial.trainer)
    assert sweep.tell(trial, no_file)
    if sweep.plan.metric.maximised:
        assert trial.metric > 0.9
        assert all(nats > 0 for _, nats in findings_of(sweep).ranked[0].curve)  # and not turned round
        trial.trainer.best_model.parameters.flat[...] = 0
        trial.trainer.best_so_far.parameters.flat[...] = 0
        assert measure(trial.trainer) < 0.6
    else:
        assert trial.metric == trial.trainer.best_loss


def test_the_option_that_decides_is_the_important_one(dataset: Dataset, tmp_path: Path) -> None:
    sweep = sweep_of(dataset, tmp_path, dropout="0:0.6", learning_rate="0.001:0.02")
    for _ in range(24):
        trial = begun(sweep)
        trial.state, trial.metric = COMPLETE, abs(trial.values["dropout"] - 0.3)
        trial.result = lambda trial=trial: {"values": trial.values}  # type: ignore[method-assign,misc]
        trial.trainer = object()  # type: ignore[assignment]
        sweep.tell(trial, no_file)
    importances = findings_of(sweep).importances
    assert next(iter(importances)) == "dropout"
    assert sum(importances.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("given", "space", "told"),
    [
        ({}, {"cell": "gru,lstm", "activation": "relu,tanh"}, "--activation"),
        ({}, {"cell": "gru,mlp", "layers": "0:2"}, "--layers 0"),
        ({}, {"context": "2:9"}, "--context"),
        ({}, {"batch_size": "1:100000"}, "--batch-size"),
        ({}, {"class_weights": "none,balanced"}, "--class-weights"),
        ({}, {"hidden_size": "4", "learning_rate": "0.01"}, "nothing to search"),
        ({"validation": "0"}, {}, "nothing is held out"),
    ],
)
def test_a_space_with_impossible_networks_is_refused(given: dict[str, Any], space: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        plan_of(dataset_of(TEXT, **given), **space)
