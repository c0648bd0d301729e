"""The training loop: a generator that yields a report per step and knows nothing of terminals or files.

The corpus is read in B contiguous streams, window after window, and the hidden state is carried from one window to
the next (truncated back-propagation through time; Williams and Peng 1990). At the end of the streams an epoch ends and
the state begins anew.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.engine import schedules
from rnncli.engine.optimizers import OPTIMIZERS, clip_by_global_norm
from rnncli.engine.types import Array
from rnncli.errors import InputError, TrainingError
from rnncli.models.language_model import LanguageModel
from rnncli.scoring import Score, score
from rnncli.text.corpus import Corpus, Streams
from rnncli.training.options import TrainingOptions

EVALUATION_STREAMS = 32
"""The validation text is scored in so many streams while training goes on; see :func:`rnncli.scoring.score`."""


EVALUATIONS = 16
"""Evaluations in a run, spread evenly, where the validation text is not long in comparison."""


@dataclass(frozen=True)
class Report:
    """One step. Losses are in nats per character, ``loss`` that of the step's window before the update.

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
    """A run of training ``model`` on ``corpus``. Iterate over :meth:`run`; stop whenever you like.

    After each report ``state()`` is all that a resume needs, and ``best_model`` the one with the lowest
    validation loss, or the last where none was measured.
    """

    def __init__(self, model: LanguageModel, corpus: Corpus, options: TrainingOptions) -> None:
        if options.batch_size >= len(corpus.training):
            raise InputError(
                f"{options.batch_size} streams need a text of more than {options.batch_size} characters to learn "
                f"from, this one has {len(corpus.training)}; use a smaller --batch-size"
            )
        self.model, self.corpus, self.options = model, corpus, options
        self.streams = Streams(corpus.training, options.batch_size, options.seq_length)
        self.gradients = model.parameters.zeros_like()
        self.optimizer = OPTIMIZERS[options.optimizer](
            model.parameters.flat.size, model.parameters.flat.dtype, options.weight_decay
        )
        self.rng = np.random.default_rng([options.seed, 1])  # apart from the one that drew the parameters
        self.hidden = model.zero_state(options.batch_size)
        self.best_so_far = model.copy()
        self.step = 0
        self.seconds = 0.0
        self.last_evaluation, self.last_progress = 0, 0.0
        self.evaluations_since_best = 0
        self.best_loss = math.inf
        self.history: list[dict[str, float]] = []
        self._reserve = 0.0  # seconds that the last evaluation will take
        self.steps = options.steps
        if options.epochs is not None:
            self.steps = max(1, round(options.epochs * self.streams.windows))

    @property
    def progress(self) -> float:
        """The part of the run that is done, 0 … 1."""
        if self.steps is not None:
            return min(1.0, self.step / self.steps) if self.steps else 1.0
        assert self.options.seconds is not None
        return min(1.0, self.seconds / max(self.options.seconds - self._reserve, 1e-9))

    @property
    def epoch(self) -> float:
        """How often the training text has been read."""
        return self.step / self.streams.windows

    @property
    def best_model(self) -> LanguageModel:
        """The model to keep."""
        return self.model if math.isinf(self.best_loss) else self.best_so_far

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end, or its patience has."""
        return self.progress >= 1 or 0 < self.options.patience <= self.evaluations_since_best

    def run(self) -> Iterator[Report]:
        """Train until ``finished``. Raises TrainingError, with the weights as they were before the step, when a
        loss or a gradient is not finite."""
        while not self.finished:
            began = time.perf_counter()
            progress = self.progress
            inputs, targets = self.streams.read(self.step % self.streams.windows)
            if self.step % self.streams.windows == 0:
                self.hidden = self.model.zero_state(self.options.batch_size)
            loss, self.hidden = self.model.loss_and_gradients(inputs, targets, self.hidden, self.gradients, self.rng)
            norm = clip_by_global_norm(self.gradients.flat, self.options.clip_norm)
            rate = self.options.learning_rate * schedules.factor(
                self.options.schedule, progress, self.step, self.options.warmup
            )
            if not math.isfinite(loss + norm):
                raise TrainingError(
                    f"step {self.step + 1}: the {'gradient' if math.isfinite(loss) else 'loss'} is not a finite number "
                    f"any more; try again with --learning-rate {self.options.learning_rate / 10:g}"
                )
            self.optimizer.step(self.model.parameters.flat, self.gradients.flat, rate)
            self.step += 1
            duration = time.perf_counter() - began
            self.seconds += duration
            validation, is_best = self._evaluate(loss) if self._evaluation_is_due() else (None, False)
            yield Report(
                step=self.step,
                epoch=self.epoch,
                loss=loss,
                learning_rate=rate,
                gradient_norm=norm,
                characters_per_second=inputs.size / duration,
                seconds=self.seconds,
                progress=self.progress,
                validation=validation,
                is_best=is_best,
            )

    def _evaluation_is_due(self) -> bool:
        if self.progress >= 1:
            return True
        if self.options.eval_every is not None:
            return self.step % self.options.eval_every == 0
        # Reading the validation text takes a third of the time of learning from it: keep that to some percent of all.
        learnt = (self.step - self.last_evaluation) * self.options.batch_size * self.options.seq_length
        is_next = int(self.progress * EVALUATIONS) > int(self.last_progress * EVALUATIONS)
        return is_next and learnt >= 6 * len(self.corpus.validation)

    def _evaluate(self, loss: float) -> tuple[Score | None, bool]:
        """Score the validation text, keep the weights if they are the best so far, and note it in the history."""
        began = time.perf_counter()
        self.last_evaluation, self.last_progress = self.step, self.progress
        entry = {"step": self.step, "loss": loss}
        validation, is_best = None, False
        if len(self.corpus.validation) > 1:
            validation = score(self.model, self.corpus.validation, EVALUATION_STREAMS)
            entry["validation_loss"] = validation.nats
            is_best = validation.nats < self.best_loss
            self.evaluations_since_best = 0 if is_best else self.evaluations_since_best + 1
            if is_best:
                self.best_loss = validation.nats
                self.best_so_far.parameters.flat[...] = self.model.parameters.flat
        self.history.append(entry)
        self._reserve = time.perf_counter() - began
        self.seconds += self._reserve
        return validation, is_best

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays by name, and plain data, with which :meth:`restore` goes on exactly from here."""
        arrays = {"parameters": self.model.parameters.flat, "hidden": self.hidden, **self.optimizer.moments}
        return arrays, {
            "step": self.step,
            # A run of so many steps says nothing of time, so that it gives the same file on every machine.
            "seconds": self.seconds if self.options.seconds is not None else 0.0,
            "last_evaluation": self.last_evaluation,
            "last_progress": self.last_progress,
            "evaluations_since_best": self.evaluations_since_best,
            "best_loss": None if math.isinf(self.best_loss) else self.best_loss,
            "optimizer_steps": self.optimizer.steps,
            "rng": {key: str(value) for key, value in self.rng.bit_generator.state["state"].items()},
            "history": self.history,
        }

    def restore(self, arrays: dict[str, Array], data: dict[str, Any]) -> None:
        """Take up a :meth:`state`. The model that this trainer was made with is taken to be the best so far."""
        self.model.parameters.flat[...] = arrays["parameters"]
        self.hidden = arrays["hidden"]
        for name, moment in self.optimizer.moments.items():
            moment[...] = arrays[name]
        self.step, self.seconds = data["step"], data["seconds"]
        self.last_evaluation, self.last_progress = data["last_evaluation"], data["last_progress"]
        self.evaluations_since_best = data["evaluations_since_best"]
        self.best_loss = math.inf if data["best_loss"] is None else data["best_loss"]
        self.optimizer.steps = data["optimizer_steps"]
        bits = self.rng.bit_generator.state
        self.rng.bit_generator.state = {**bits, "state": {key: int(value) for key, value in data["rng"].items()}}
        self.history = list(data["history"])
