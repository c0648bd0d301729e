"""The training loop: what it learns, when it ends, and what it keeps."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.text import Streams
from rnncli.errors import InputError, NotFiniteError, TrainingError
from rnncli.evaluation.losses import score
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.models.output import softmax
from rnncli.models.score import Score
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Report, Trainer
from tests.helpers import dataset_of

PERIODIC = "aabacbc " * 16


def trainer_of(
    text: str = PERIODIC, validation: str = "", network: dict[str, Any] | None = None, **options: Any
) -> Trainer:
    """A run on a model as ``rnncli train`` would begin it."""
    dataset = dataset_of(text, validation)
    model = LanguageModel(NetworkConfig(**{"hidden_size": 12, **(network or {})}), dataset.vocabulary)
    chosen = {"batch_size": 4, "seq_length": 8, "warmup": 0, **options}
    if not chosen.keys() & {"steps", "epochs", "seconds"}:
        chosen["steps"] = 20
    model.initialise(np.random.default_rng([chosen.get("seed", 0), 0]))
    return Trainer(model, dataset, TrainingOptions(**chosen))


def losses(reports: Sequence[Report]) -> list[float]:
    return [report.loss for report in reports]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_periodic_text_is_learnt_by_heart(cell: str) -> None:
    # After "a" comes a, b or c, after "b" a or c, after "c" b or a space: only who remembers more gets near zero.
    trainer = trainer_of(network={"cell": cell, "hidden_size": 24}, learning_rate=0.02, steps=250)
    *_, last = trainer.run()
    assert last.loss < 0.05
    assert score(trainer.model, trainer.dataset.training).nats < 0.1


@pytest.mark.parametrize(
    ("optimizer", "rate"), [("sgd", 2.0), ("momentum", 0.3), ("rmsprop", 0.005), ("adagrad", 0.05), ("adam", 0.01)]
)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_every_optimizer_makes_every_cell_better(cell: str, optimizer: str, rate: float) -> None:
    trainer = trainer_of(network={"cell": cell}, optimizer=optimizer, learning_rate=rate, steps=120)
    path = losses([*trainer.run()])
    assert np.mean(path[-8:]) < 0.6 * path[0]


@pytest.mark.parametrize("warmup", [0, 4])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_the_learning_rate_follows_the_schedule(schedule: str, warmup: int) -> None:
    trainer = trainer_of(schedule=schedule, warmup=warmup, learning_rate=0.3, steps=10)
    shape = {
        "constant": [1.0] * 10,
        "linear": [1 - n / 10 for n in range(10)],
        "cosine": [math.cos(math.pi * n / 20) ** 2 for n in range(10)],  # the half-angle of (1 + cos) / 2
    }[schedule]
    rising = [min(1.0, (n + 1) / (warmup + 1)) for n in range(10)]
    found = [report.learning_rate for report in trainer.run()]
    assert found == pytest.approx([0.3 * a * b for a, b in zip(shape, rising, strict=True)], rel=1e-12)


def test_a_step_of_gradient_descent_is_the_rate_times_the_clipped_gradient() -> None:
    for limit in (0.0, 0.01):
        trainer = trainer_of(optimizer="sgd", schedule="constant", learning_rate=0.5, clip_norm=limit)
        before = trainer.model.parameters.flat.copy()
        report = next(run := trainer.run())
        moved = float(np.linalg.norm(trainer.model.parameters.flat - before))
        assert report.gradient_norm > 0.01
        assert moved == pytest.approx(0.5 * (limit or report.gradient_norm), rel=1e-4)
        run.close()


def test_without_learning_an_epoch_is_the_score_of_the_streams() -> None:
    trainer = trainer_of(PERIODIC + "a", seq_length=5, learning_rate=0.0, epochs=2)
    reports = [*trainer.run()]
    ids = trainer.dataset.training
    streams = Streams(ids, 4, 5)
    parts = [ids[b * streams.length : (b + 1) * streams.length + 1] for b in range(4)]
    expected = np.mean([score(trainer.model, part).nats for part in parts])  # each from a zero state
    lengths = [min(5, streams.length - 5 * n) for n in range(streams.windows)]
    assert len(reports) == 2 * streams.windows
    assert np.average(losses(reports[: streams.windows]), weights=lengths) == pytest.approx(expected, rel=1e-5)
    assert losses(reports[: streams.windows]) == losses(reports[streams.windows :])


def test_a_run_of_so_many_steps() -> None:
    reports = [*trainer_of(steps=7).run()]
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6, 7]
    assert [report.progress for report in reports] == pytest.approx([n / 7 for n in range(1, 8)])


@pytest.mark.parametrize(("epochs", "steps"), [(1, 4), (2.5, 10), (0.01, 1)])
def test_a_run_of_so_many_epochs(epochs: float, steps: int) -> None:
    trainer = trainer_of(epochs=epochs)  # 127 characters to predict in 4 streams: 31, in windows of 8
    reports = [*trainer.run()]
    assert len(reports) == steps
    assert [report.epoch for report in reports] == [n / 4 for n in range(1, steps + 1)]


def test_a_run_of_so_much_time() -> None:
    trainer = trainer_of(seconds=0.1, eval_every=10**9)
    reports = [*trainer.run()]
    assert trainer.finished
    assert reports[-1].seconds >= 0.1 > reports[-2].seconds
    assert reports[-1].learning_rate < reports[0].learning_rate


def test_patience_ends_a_run_that_gets_no_better() -> None:
    trainer = trainer_of(validation=PERIODIC, learning_rate=0.0, eval_every=2, patience=3, steps=100)
    reports = [*trainer.run()]
    assert [report.step for report in reports if report.is_best] == [2]
    assert reports[-1].step == 8  # three more evaluations, none of them better
    assert trainer.finished


def test_the_best_model_is_that_with_the_lowest_validation_loss() -> None:
    # What is checked on is learnt first and then unlearnt, at a wild rate: the best is somewhere in between.
    trainer = trainer_of("abcd" * 40, "abdc" * 12, learning_rate=0.1, eval_every=1, steps=60, schedule="constant")
    tries: list[tuple[float, bytes]] = []
    for report in trainer.run():
        own = score(trainer.model, trainer.dataset.validation).nats
        assert report.validation is not None
        assert report.validation.nats == pytest.approx(own, rel=1e-6)
        assert report.is_best == (report.validation.nats < min((loss for loss, _ in tries), default=math.inf))
        tries.append((report.validation.nats, trainer.model.parameters.flat.tobytes()))
    best = min(tries)
    assert best[1] != tries[-1][1]
    assert trainer.best_model.parameters.flat.tobytes() == best[1]
    assert [entry["validation_loss"] for entry in trainer.history] == [loss for loss, _ in tries]
    assert not any("validation_mse" in entry for entry in trainer.history)  # nats compare with nats


def squared_error(model: LanguageModel, ids: np.ndarray) -> float:
    """Of the probabilities and the one-hot characters, a mean over all of both."""
    logits = model.logits(ids[:-1, None].astype(np.intp), model.zero_state())[0][:, 0]
    return float(np.mean((softmax(logits) - np.eye(len(model.vocabulary))[ids[1:]]) ** 2))


def test_a_squared_error_is_compared_with_itself() -> None:
    """The validation text is measured in the training loss as well; the best model is still that of the lowest
    cross-entropy."""
    trainer = trainer_of(validation=PERIODIC[3:90], loss="mse", eval_every=5, learning_rate=0.02, steps=30)
    found = []
    for report in trainer.run():
        assert (report.validation_mse is None) == (report.validation is None)
        if report.validation_mse is not None:
            ids = np.asarray(trainer.dataset.validation)
            assert report.validation_mse == pytest.approx(squared_error(trainer.model, ids), rel=1e-5)
            found.append(report.validation_mse)
    assert [entry["validation_mse"] for entry in trainer.history] == found
    assert found[-1] < found[0]
    assert found[-1] == pytest.approx(trainer.history[-1]["loss"], rel=0.2)
    assert trainer.best_loss == min(entry["validation_loss"] for entry in trainer.history)


def test_without_a_text_to_check_on_the_last_model_is_kept() -> None:
    trainer = trainer_of()
    before = trainer.model.parameters.flat.copy()
    *_, last = trainer.run()
    assert last.validation is None
    assert trainer.best_model.parameters.flat.tobytes() == trainer.model.parameters.flat.tobytes() != before.tobytes()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_ends_the_run_with_advice() -> None:
    trainer = trainer_of(learning_rate=3e38, steps=100)
    before, steps = trainer.model.parameters.flat.copy(), 0
    with pytest.raises(TrainingError) as error:
        for report in trainer.run():
            before, steps = trainer.model.parameters.flat.copy(), report.step
    found = re.match(r"step (\d+): the (loss|gradient) is not .* --learning-rate (\S+)$", str(error.value))
    assert found
    assert int(found[1]) == steps + 1
    assert float(found[3]) < 3e38
    assert error.value.exit_code == 1
    assert trainer.model.parameters.flat.tobytes() == before.tobytes()


@pytest.mark.parametrize("what", ["gradient", "validation loss"])
def test_a_gradient_and_a_validation_loss_are_looked_at_as_well(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the loss of the step is finite."""
    trainer = trainer_of(validation=PERIODIC, eval_every=2, steps=10)
    learn = trainer.batches.loss_and_gradients

    def broken(model: Any, gradients: Any, step: int) -> Any:
        learnt = learn(model, gradients, step)
        gradients.flat[3] = math.inf
        return learnt

    if what == "gradient":
        monkeypatch.setattr(trainer.batches, "loss_and_gradients", broken)
    else:
        monkeypatch.setattr(trainer.batches, "validate", lambda model: Score(math.nan, 10, 3))
    with pytest.raises(NotFiniteError, match=f"the {what} is not a finite number"):
        list(trainer.run())


def test_a_loss_that_is_not_finite_is_told_once() -> None:
    with pytest.raises(TrainingError):
        list(trainer_of(learning_rate=3e38, steps=100).run())


def test_more_streams_than_characters_are_refused() -> None:
    with pytest.raises(InputError, match="--batch-size"):
        trainer_of("abcd", batch_size=4)
    assert [*trainer_of("abcde", batch_size=4, steps=1).run()]


def test_of_a_long_history_the_evaluation_of_the_kept_weights_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncli.training.history.MAX_EVALUATIONS", 6)
    trainer = trainer_of(validation=PERIODIC[::-1] * 2, steps=40, eval_every=1, learning_rate=0.02)
    measured = {report.step: report.validation.nats for report in trainer.run() if report.validation}
    best = min(measured, key=measured.__getitem__)
    steps = [entry["step"] for entry in trainer.history]
    assert len(steps) <= 8 and steps[-1] == 40 and best < 40
    assert trainer.record.kept["step"] == best
