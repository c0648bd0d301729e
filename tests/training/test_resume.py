"""A run that was interrupted is, bit for bit, the run that was not."""

import json
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from rnncli.training.plan import Overrides, resume_run
from rnncli.training.trainer import Trainer
from tests.training.test_trainer import PERIODIC, trainer_of

STEPS = 20


def stopped_after(trainer: Trainer, steps: int) -> Trainer:
    run = trainer.run()
    list(islice(run, steps))
    run.close()
    return trainer


def interrupted_at(step: int, settings: dict[str, Any]) -> Trainer:
    """Runs to ``step``, then goes on with a new trainer that has only what a file would hold."""
    first = stopped_after(trainer_of(**settings), step)
    arrays = {name: array.copy() for name, array in first.arrays().items()}
    counters = json.loads(json.dumps(first.counters()))
    best = first.best_model.parameters.flat.copy()
    fresh = trainer_of(**settings)
    fresh.model.parameters.flat[...] = best
    second = Trainer(fresh.model, fresh.dataset, fresh.options)
    second.load_state(arrays, counters)
    return stopped_after(second, STEPS)


def content(trainer: Trainer) -> dict[str, Any]:
    arrays = {name: array.tobytes() for name, array in trainer.arrays().items()}
    return arrays | trainer.counters() | {"best": trainer.best_model.parameters.flat.tobytes()}


@pytest.mark.parametrize("step", [1, 7, 8, 19])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adagrad", "adam"])
def test_a_resumed_run_is_the_same_run(optimizer: str, step: int) -> None:
    # Odd sizes: half a random word may be left over between two steps.
    settings: dict[str, Any] = {
        "validation": PERIODIC[3:50],
        "network": {"cell": "lstm", "layers": 1, "hidden_size": 5, "dropout": 0.3},
        "batch_size": 3,
        "seq_length": 7,
        "optimizer": optimizer,
        "learning_rate": 0.02,
        "state_reset": 0.3,
        "eval_every": 3,
        "steps": STEPS,
    }
    whole = stopped_after(trainer_of(**settings), STEPS)
    assert whole.finished
    assert content(interrupted_at(step, settings)) == content(whole)


def test_a_run_of_many_machines_goes_on_with_the_cores_of_one() -> None:
    """Whatever number of processes a file records; one that is asked for is kept."""
    first = stopped_after(trainer_of(batch_size=12, seq_length=3, steps=STEPS), 2)
    options = replace(first.options, workers=64)
    record = replace(first.record, options=options)
    for asked, expected in (({}, {1, 2, 3}), ({"workers": 5}, {5})):
        overrides = Overrides(learning=asked)
        resumed = resume_run(first.best_model, record, first.arrays(), first.dataset, overrides)
        assert resumed.options.workers in expected


def test_dropout_is_different_at_each_step() -> None:
    trainer = trainer_of("a" * 200, network={"dropout": 0.5}, learning_rate=0.0, seq_length=4, steps=6, batch_size=2)
    trainer.model.parameters.flat[...] = np.random.default_rng(0).normal(size=trainer.model.parameters.flat.size)
    norms = [report.gradient_norm for report in trainer.run()]
    assert norms == [0.0] * 6  # one character is always right

    trainer = trainer_of("ab" * 100, network={"dropout": 0.5}, learning_rate=0.0, seq_length=199, steps=6, batch_size=1)
    losses = [report.loss for report in trainer.run()]
    assert len(set(losses)) == 6


def test_the_same_seed_is_the_same_run_and_another_seed_another() -> None:
    def run(seed: int) -> dict[str, Any]:
        return content(stopped_after(trainer_of(network={"dropout": 0.2}, seed=seed), STEPS))

    one, same, other = run(1), run(1), run(2)
    assert one == same
    assert one["parameters"] != other["parameters"]


def test_where_all_weights_are_equal_the_seed_still_decides_the_dropout() -> None:
    def losses(seed: int) -> list[float]:
        trainer = trainer_of(network={"dropout": 0.5}, seed=seed, steps=3)
        trainer.model.parameters.flat[...] = np.linspace(-1, 1, trainer.model.parameters.flat.size)
        return [report.loss for report in trainer.run()]

    assert losses(1) == losses(1) != losses(2)
