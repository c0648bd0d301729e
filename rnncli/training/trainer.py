"""The training loop: a generator that yields a report per step and knows nothing of terminals or files.

It is the same for every task: what a step reads, and in which order, is the matter of :mod:`rnncli.training.batches`.
"""

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnncli.datasets.dataset import Dataset
from rnncli.engine.arrays import Array
from rnncli.engine.optimizers import learning_rate_multiplier
from rnncli.errors import NotFiniteError
from rnncli.models.base import Model
from rnncli.models.registry import from_json
from rnncli.models.score import Score
from rnncli.names import MSE
from rnncli.training.batches import make_batches
from rnncli.training.film import Film
from rnncli.training.history import Evaluation, extended
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, SingleProcess, aborting
from rnncli.training.record import Record
from rnncli.training.remote import remote
from rnncli.training.software import software
from rnncli.training.updates import make_update

EVALUATIONS = 16
"""Evaluations in a run, spread evenly, where the validation text is not long in comparison."""


@dataclass(frozen=True)
class Report:
    """One step. ``loss`` is that of the step before the update: nats per character, or per tag or label, for the
    cross-entropy.

    ``progress`` goes from 0 to 1 over the run. ``validation`` is there on the steps that evaluate; ``is_best`` then
    tells whether none was better before. Where the training loss is the mean squared error, ``validation_mse`` is that
    of the validation text, so that the two compare. ``stop_requested`` tells that some rank was asked to stop. With
    local steps there is a report for each exchange: ``loss`` and ``gradient_norm`` are means of the steps since the
    last.
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    gradient_norm: float
    characters_per_second: float
    seconds: float
    progress: float
    validation: Score | None = None
    validation_mse: float | None = None
    is_best: bool = False
    stop_requested: bool = False


class Trainer:
    """A run of training ``model`` on ``dataset``. Iterate over :meth:`run`; stop whenever you like.

    After each report ``arrays()`` and ``counters()`` are all that a resume needs, and ``best_model`` is the one with
    the lowest validation loss, or the last where none was measured. The ranks of ``group`` share the work, and each
    has a trainer of its own. Without ``film`` a run keeps no samples of it.
    """

    def __init__(
        self,
        model: Model,
        dataset: Dataset,
        options: TrainingOptions,
        group: ProcessGroup | None = None,
        film: bool = True,
    ) -> None:
        self.dataset, self.options, self.group = dataset, options, group or SingleProcess()
        self.batches = make_batches(dataset, model, options, self.group)
        self.steps = options.steps
        if options.epochs is not None:
            self.steps = max(1, round(options.epochs * self.batches.steps_per_epoch))
        self.update = make_update(model, self.batches, options, self.group)
        self.model, self.best_so_far = self.update.model, model
        if self.group.rank == 0:
            self.model.parameters.flat[...] = model.parameters.flat

        self.software: tuple[dict[str, str], ...] = ()  # with which the run went so far
        self.step = 0
        self.progress = 0.0
        self.seconds = 0.0
        self.last_evaluation, self.last_progress = 0, 0.0
        self.evaluations_since_best = 0
        self.stop_requested = False  # on this rank
        self.best_loss = math.inf
        self.loss_sum, self.loss_count = 0.0, 0  # since the last evaluation
        self.history: list[Evaluation] = []
        self.film = Film(dataset, options)
        self._is_filmed = film and self.group.rank == 0  # while others wait for the next step
        self._evaluation_seconds = 0.0  # seconds that the last evaluation will take

    @property
    def epoch(self) -> float:
        """How often all training data has been read."""
        return self.step / self.batches.steps_per_epoch

    @property
    def best_model(self) -> Model:
        """The model to keep."""
        return self.model if math.isinf(self.best_loss) else self.best_so_far

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end, or its patience has."""
        return self.progress >= 1 or 0 < self.options.patience <= self.evaluations_since_best

    def run(self) -> Generator[Report, None, None]:
        """Train until ``finished``. Raises NotFiniteError when a loss or a gradient is not finite, and
        TrainingError when another rank has died."""
        self.progress = self._measured_progress()
        if not self.finished:
            self.film.end = None
        with aborting(self.group):
            self.group.start(Work(self.model.to_json(), self.dataset, self.options, self.counters()))
        try:
            while not self.finished:
                self.group.begin_step()  # all wait here until the next step is asked for
                # An overflow is reported as NotFiniteError, without warnings of NumPy.
                with aborting(self.group), np.errstate(over="ignore", invalid="ignore"):
                    report = self._train_until_exchange()
                yield report
        finally:
            self.group.stop()

    def _train_until_exchange(self) -> Report:
        """One step, or --local-steps of them."""
        began = time.perf_counter()
        steps = (
            self.options.local_steps if self.steps is None else min(self.options.local_steps, self.steps - self.step)
        )
        untrained = self.film.write(self.model) if self._is_filmed and not self.step else None
        started = time.perf_counter()
        rates = [self._rate(self.step + number) for number in range(steps)]
        result = self.update(self.step, rates)
        for value, what in ((result.loss, "loss"), (result.gradient_norm, "gradient")):
            self._require_finite(value, what)
        if not self.step:
            self.film.add(0, result.loss, untrained)
        self.step += steps
        ended = time.perf_counter()
        duration = ended - started
        self.seconds += ended - began
        if not self.last_evaluation:  # a guess: to read takes a third of the time that it takes to learn
            self._evaluation_seconds = duration / steps * self.batches.validation_steps / 3
        # The clock of rank 0 counts for all.
        progress = self._measured_progress() if self.group.rank == 0 else 0.0
        self.progress, stops = self.group.all_reduce(progress, float(self.stop_requested))
        self.loss_sum, self.loss_count = self.loss_sum + steps * result.loss, self.loss_count + steps
        is_due = self._evaluation_is_due(steps)
        validation, squared_error, is_best = self._evaluate() if is_due else (None, None, False)
        return Report(
            step=self.step,
            epoch=self.epoch,
            loss=result.loss,
            learning_rate=rates[-1],
            gradient_norm=result.gradient_norm,
            characters_per_second=result.characters / duration,
            seconds=self.seconds,
            progress=self.progress,
            validation=validation,
            validation_mse=squared_error,
            is_best=is_best,
            stop_requested=stops > 0,
        )

    def _rate(self, step: int) -> float:
        """The learning rate of a step, the next one or one shortly after it."""
        progress = self.progress if step == self.step or self.steps is None else step / self.steps
        multiplier = learning_rate_multiplier(self.options.schedule, progress, step, self.options.warmup)
        return self.options.learning_rate * multiplier

    def _require_finite(self, value: float, what: str) -> None:
        if not math.isfinite(value):
            raise NotFiniteError(
                f"step {self.step + 1}: the {what} is not a finite number any more; "
                f"try again with --learning-rate {self.options.learning_rate / 10:g}"
            )

    def _measured_progress(self) -> float:
        """The part of the run that is done, 0 … 1."""
        if self.steps is not None:
            return min(1.0, self.step / self.steps)
        assert self.options.seconds is not None
        return min(1.0, self.seconds / max(self.options.seconds - self._evaluation_seconds, 1e-9))

    def _evaluation_is_due(self, steps: int) -> bool:
        """Whether there is one after the last ``steps``."""
        if self.progress >= 1:
            return True
        if self.options.eval_every is not None:
            return self.step % self.options.eval_every < steps
        # Reading the validation text takes a third of the time of learning from it: keep that to some percent of all.
        if self.progress > 1 - 0.5 / EVALUATIONS:
            return False  # the one at the end is near
        learnt = self.step - self.last_evaluation
        is_next = int(self.progress * EVALUATIONS) > int(self.last_progress * EVALUATIONS)
        return is_next and learnt >= 6 * self.batches.validation_steps

    def _evaluate(self) -> tuple[Score | None, float | None, bool]:
        """Score the validation text, keep the weights if they are the best so far, and note in the history its loss
        and the mean training loss since the last time. The best is that with the lowest cross-entropy, whatever the
        training loss."""
        began = time.perf_counter()
        self.last_evaluation, self.last_progress = self.step, self.progress
        entry = {"step": self.step, "loss": self.loss_sum / self.loss_count}
        self.loss_sum, self.loss_count = 0.0, 0
        validation, squared_error, is_best = None, None, False
        if self.batches.validation_steps:
            own = self.batches.validate(self.model)
            total, symbols, correct = self.group.all_reduce(own.total, own.symbols, own.correct)
            validation = Score(total, int(symbols), int(correct))
            self._require_finite(total, "validation loss")
            entry |= {"validation_loss": validation.nats, "validation_accuracy": validation.accuracy}
            if self.options.loss == MSE:
                (total,) = self.group.all_reduce(self.batches.squared_error(self.model))
                entry["validation_mse"] = squared_error = total / validation.symbols
            is_best = validation.nats < self.best_loss
            self.evaluations_since_best = 0 if is_best else self.evaluations_since_best + 1
            if is_best:
                self.best_loss = validation.nats
                self.best_so_far.parameters.flat[...] = self.model.parameters.flat
        self.history = extended(self.history, entry, self.best_loss)
        if self._is_filmed and ((is_due := self.film.is_due(self.step)) or self.finished):
            self.film.add(self.step, entry["loss"], self.film.write(self.model), is_end=not is_due)
        self._evaluation_seconds = time.perf_counter() - began
        self.seconds += self._evaluation_seconds
        return validation, squared_error, is_best

    @property
    def record(self) -> Record:
        """What the model file says of this run."""
        here = software()
        versions = self.software if here in self.software else (*self.software, here)
        return Record(self.options, self.dataset.spec, self.counters(), versions)

    def arrays(self) -> dict[str, Array]:
        """The arrays by name with which, and with :meth:`counters`, :meth:`load_state` resumes exactly from here."""
        self.group.gather()
        return self._arrays()

    def _arrays(self) -> dict[str, Array]:
        return {"parameters": self.model.parameters.flat, **self.batches.persistent_state, **self.update.moments}

    def counters(self) -> dict[str, Any]:
        """Where the run stands, as plain data."""
        return {
            "step": self.step,
            "steps_per_epoch": self.batches.steps_per_epoch,
            # A run with a number of steps says nothing of time, so that it gives the same file on every machine.
            "seconds": self.seconds if self.options.seconds is not None else 0.0,
            "last_evaluation": self.last_evaluation,
            "last_progress": self.last_progress,
            "evaluations_since_best": self.evaluations_since_best,
            "best_loss": None if math.isinf(self.best_loss) else self.best_loss,
            "loss_sum": self.loss_sum,
            "loss_count": self.loss_count,
            "history": self.history,
            "film": self.film.to_json(),
        }

    def load_state(self, arrays: dict[str, Array], counters: dict[str, Any]) -> None:
        """Resume from :meth:`arrays` and :meth:`counters`. The model that this trainer was made with is taken to be the
        best so far."""
        for name, array in self._arrays().items():
            array[...] = arrays[name]
        self.load_counters(counters)

    def load_counters(self, counters: dict[str, Any]) -> None:
        """Resume from these :meth:`counters`."""
        self.step = self.update.optimizer.steps = counters["step"]
        self.seconds = counters["seconds"]
        self.last_evaluation, self.last_progress = counters["last_evaluation"], counters["last_progress"]
        self.evaluations_since_best = counters["evaluations_since_best"]
        self.best_loss = math.inf if counters["best_loss"] is None else counters["best_loss"]
        self.loss_sum, self.loss_count = counters["loss_sum"], counters["loss_count"]
        self.history = list(counters["history"])
        self.film.load(counters["film"])
        self.progress = self._measured_progress()


@dataclass(frozen=True)
class Work:
    """A run as it is handed to another rank; on another machine its ``dataset`` may have to be opened first, see
    :class:`RemoteData`."""

    model: dict[str, Any]
    dataset: Any
    options: TrainingOptions
    counters: dict[str, Any]

    def for_rank(self, rank: int, size: int) -> "Work":
        """What this rank of ``size`` is sent."""
        return replace(self, dataset=remote(self.dataset, self.options, rank, size))

    def trainer(self, group: ProcessGroup) -> Trainer:
        """The trainer of this rank."""
        trainer = Trainer(from_json(self.model), self.dataset, self.options, group)
        trainer.load_counters(self.counters)
        return trainer

    def __call__(self, group: ProcessGroup) -> None:
        for _ in self.trainer(group).run():
            pass
