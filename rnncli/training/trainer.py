"""The training loop: a generator that yields a report per step and knows nothing of terminals or files.

It is the same for every task: what a step reads, and in which order, is the matter of :mod:`rnncli.training.batches`.
"""

import math
import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rnncli.datasets.dataset import Dataset
from rnncli.engine.arrays import Array, Parameters
from rnncli.engine.optimizers import OPTIMIZERS, clip_grad_norm, learning_rate_multiplier
from rnncli.errors import NotFiniteError
from rnncli.models.base import Model
from rnncli.models.registry import from_json
from rnncli.models.score import Score
from rnncli.training.batches import make_batches
from rnncli.training.film import Film
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import ProcessGroup, SingleProcess, shard
from rnncli.training.record import Record
from rnncli.training.software import software

EVALUATIONS = 16
"""Evaluations in a run, spread evenly, where the validation text is not long in comparison."""


MAX_EVALUATIONS = 1_000
"""Evaluations of which the history keeps the losses."""


@dataclass(frozen=True)
class Report:
    """One step. ``loss`` is that of the step before the update: nats per character, or per tag or label, for the
    cross-entropy.

    ``progress`` goes from 0 to 1 over the run. ``validation`` is there on the steps that evaluate; ``is_best`` then
    tells whether none was better before.
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
    is_best: bool = False


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

        size, dtype = model.parameters.flat.size, model.parameters.flat.dtype
        self.shard = shard(size, self.group)
        self.model, self.best_so_far = model.on(self.group.array("parameters", (size,), dtype)), model
        if self.group.rank == 0:
            self.model.parameters.flat[...] = model.parameters.flat
        self.all_gradients = self.group.array("gradients", (self.group.size, size), dtype)
        self.gradients = Parameters(model.parameters.shapes, flat=self.all_gradients[self.group.rank])
        rule = OPTIMIZERS[options.optimizer]
        self.moments = {name: self.group.array(f"moment {name}", (size,), dtype) for name in rule.moment_names}
        own = {name: moment[self.shard] for name, moment in self.moments.items()}
        self.optimizer = rule(self.shard.stop - self.shard.start, dtype, options.weight_decay, own)

        self.software: tuple[dict[str, str], ...] = ()  # with which the run went so far
        self.step = 0
        self.progress = 0.0
        self.seconds = 0.0
        self.last_evaluation, self.last_progress = 0, 0.0
        self.evaluations_since_best = 0
        self.best_loss = math.inf
        self.loss_sum, self.loss_count = 0.0, 0  # since the last evaluation
        self.history: list[dict[str, float]] = []
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
        self.group.start(partial(_run_on_other_rank, self.model.to_json(), self.dataset, self.options, self.counters()))
        try:
            while not self.finished:
                self.group.barrier()  # all wait here until the next step is asked for
                with np.errstate(over="ignore", invalid="ignore"):  # numbers that explode are told in a sentence
                    report = self._train_one_step()
                yield report
        finally:
            self.group.stop()

    def _train_one_step(self) -> Report:
        began = time.perf_counter()
        rate = self.options.learning_rate * learning_rate_multiplier(
            self.options.schedule, self.progress, self.step, self.options.warmup
        )
        untrained = self.film.write(self.model) if self._is_filmed and not self.step else None
        loss, norm, characters = self._update(rate)
        if not self.step:
            self.film.add(0, loss, untrained)
        self.step += 1
        duration = time.perf_counter() - began
        self.seconds += duration
        if not self.last_evaluation:  # a guess: to read takes a third of the time that it takes to learn
            self._evaluation_seconds = duration * self.batches.validation_steps / 3
        # The clock of rank 0 counts for all.
        (self.progress,) = self.group.all_reduce(self._measured_progress() if self.group.rank == 0 else 0.0)
        self.loss_sum, self.loss_count = self.loss_sum + loss, self.loss_count + 1
        validation, is_best = self._evaluate() if self._evaluation_is_due() else (None, False)
        return Report(
            step=self.step,
            epoch=self.epoch,
            loss=loss,
            learning_rate=rate,
            gradient_norm=norm,
            characters_per_second=characters / duration,
            seconds=self.seconds,
            progress=self.progress,
            validation=validation,
            is_best=is_best,
        )

    def _update(self, rate: float) -> tuple[float, float, int]:
        """One step of gradient descent, the gradients reduced over the ranks: the loss before it, the norm of the
        gradient, and the characters read."""
        result = self.batches.loss_and_gradients(self.model, self.gradients, self.step)
        if result.share != 1:
            self.gradients.flat *= result.share  # so that the sum over the ranks is the mean over the whole step
        gradient = self.group.reduce_scatter(self.all_gradients)
        loss, squared_norm = self.group.all_reduce(result.loss * result.share, float(np.dot(gradient, gradient)))
        norm = math.sqrt(squared_norm)
        self._require_finite(loss, "loss")
        self._require_finite(norm, "gradient")
        clip_grad_norm(gradient, self.options.clip_norm, norm)
        self.optimizer.step(self.model.parameters.flat[self.shard], gradient, rate)
        self.group.all_gather(self.model.parameters.flat)
        return loss, norm, result.characters

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

    def _evaluation_is_due(self) -> bool:
        if self.progress >= 1:
            return True
        if self.options.eval_every is not None:
            return self.step % self.options.eval_every == 0
        # Reading the validation text takes a third of the time of learning from it: keep that to some percent of all.
        if self.progress > 1 - 0.5 / EVALUATIONS:
            return False  # the one at the end is near
        learnt = self.step - self.last_evaluation
        is_next = int(self.progress * EVALUATIONS) > int(self.last_progress * EVALUATIONS)
        return is_next and learnt >= 6 * self.batches.validation_steps

    def _evaluate(self) -> tuple[Score | None, bool]:
        """Score the validation text, keep the weights if they are the best so far, and note in the history its loss
        and the mean training loss since the last time."""
        began = time.perf_counter()
        self.last_evaluation, self.last_progress = self.step, self.progress
        entry = {"step": self.step, "loss": self.loss_sum / self.loss_count}
        self.loss_sum, self.loss_count = 0.0, 0
        validation, is_best = None, False
        if self.batches.validation_steps:
            own = self.batches.validate(self.model)
            total, symbols, correct = self.group.all_reduce(own.total, own.symbols, own.correct)
            validation = Score(total, int(symbols), int(correct))
            self._require_finite(total, "validation loss")
            entry |= {"validation_loss": validation.nats, "validation_accuracy": validation.accuracy}
            is_best = validation.nats < self.best_loss
            self.evaluations_since_best = 0 if is_best else self.evaluations_since_best + 1
            if is_best:
                self.best_loss = validation.nats
                self.best_so_far.parameters.flat[...] = self.model.parameters.flat
        self.history.append(entry)
        if len(self.history) > MAX_EVALUATIONS:
            del self.history[-2::-2]  # of a long history every second entry is enough for its curve
        if self._is_filmed and (self.finished or self.film.is_due(self.step)):
            self.film.add(self.step, entry["loss"], self.film.write(self.model))
        self._evaluation_seconds = time.perf_counter() - began
        self.seconds += self._evaluation_seconds
        return validation, is_best

    @property
    def record(self) -> Record:
        """What the model file says of this run."""
        here = software()
        versions = self.software if here in self.software else (*self.software, here)
        return Record(self.options, self.dataset.spec, self.counters(), versions)

    def arrays(self) -> dict[str, Array]:
        """The arrays by name with which, and with :meth:`counters`, :meth:`load_state` resumes exactly from here."""
        return {"parameters": self.model.parameters.flat, **self.batches.persistent_state, **self.moments}

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
        for name, array in self.arrays().items():
            array[...] = arrays[name]
        self.load_counters(counters)

    def load_counters(self, counters: dict[str, Any]) -> None:
        """Resume from these :meth:`counters`."""
        self.step = self.optimizer.steps = counters["step"]
        self.seconds = counters["seconds"]
        self.last_evaluation, self.last_progress = counters["last_evaluation"], counters["last_progress"]
        self.evaluations_since_best = counters["evaluations_since_best"]
        self.best_loss = math.inf if counters["best_loss"] is None else counters["best_loss"]
        self.loss_sum, self.loss_count = counters["loss_sum"], counters["loss_count"]
        self.history = list(counters["history"])
        self.film.load(counters["film"])
        self.progress = self._measured_progress()


def _run_on_other_rank(
    description: dict[str, Any],
    dataset: Dataset,
    options: TrainingOptions,
    counters: dict[str, Any],
    group: ProcessGroup,
) -> None:
    """The same run on another rank, on the same shared arrays."""
    trainer = Trainer(from_json(description), dataset, options, group)
    trainer.load_counters(counters)
    for _ in trainer.run():
        pass
