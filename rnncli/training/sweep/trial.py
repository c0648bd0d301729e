"""One run of a sweep."""

import os
import socket
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

from rnncli.datasets.dataset import Dataset
from rnncli.errors import InputError, NotFiniteError
from rnncli.training.plan import Overrides, start_run
from rnncli.training.sweep.library import quiet
from rnncli.training.sweep.metric import measure, metric_of
from rnncli.training.trainer import EVALUATIONS, Report, Trainer

SIGN_OF_LIFE = 30.0
"""Seconds between two of them, at most; only a step that takes longer delays one."""

COMPLETE, PRUNED, FAILED, STOPPED = "complete", "pruned", "failed", "stopped"


class Trial:
    """A run with the ``options`` of ``rnncli train``, of which ``values`` were chosen for it; ``trial`` is what Optuna
    knows of it. Iterate over :meth:`run`; afterwards ``state`` says how it ended, and ``reason`` why it failed."""

    def __init__(self, trial: Any, dataset: Dataset, options: dict[str, Any], values: dict[str, Any]) -> None:
        self.trial, self.dataset, self.options, self.values = trial, dataset, options, values
        self.number: int = trial.number
        self.is_default: bool = trial.user_attrs.get("default", False)
        self.trainer: Trainer | None = None
        self.state, self.reason = STOPPED, ""
        self.metric: float | None = None
        self.is_best = False
        self._last_sign = 0.0

    def run(self) -> Generator[Report, None, None]:
        """Train to the end, or until the run is pruned or cannot go on. Its loss at each evaluation is reported to
        Optuna, by the part of the run that is done, so that runs of one time and different speed compare."""
        try:
            self.trainer = start_run(self.dataset, Overrides.of(self.options))
            with closing(self.trainer.run()) as reports:
                for report in reports:
                    self.sign_of_life()
                    is_pruned = report.validation is not None and self._prune(report)
                    yield report
                    if is_pruned and report.progress < 1:
                        self.state = PRUNED
                        return
            self.metric, self.state = measure(self.trainer), COMPLETE
        except (NotFiniteError, InputError, MemoryError) as error:
            self.state, self.reason = FAILED, str(error) or "not enough memory"

    def sign_of_life(self) -> None:
        """Note who works on this trial, so that another process knows when nobody does any more."""
        if time.monotonic() - self._last_sign > SIGN_OF_LIFE or not self._last_sign:
            self._last_sign = time.monotonic()
            who = {"host": socket.gethostname(), "pid": os.getpid(), "time": time.time()}
            self.trial.set_user_attr("process", who)

    def result(self) -> dict[str, Any]:
        """What the storage keeps of the run."""
        trainer = self.trainer
        data: dict[str, Any] = {"values": self.values, "reason": self.reason}
        if trainer is None:
            return data
        options = trainer.options
        per_step = self.dataset.characters_per_step(options.batch_size, options.seq_length)
        return data | {
            "workers": options.workers,
            "parameters": trainer.model.parameters.flat.size,
            "steps": trainer.step,
            "seconds": trainer.seconds,
            "characters_per_second": trainer.step * per_step / trainer.seconds if trainer.seconds else None,
        }

    def _prune(self, report: Report) -> bool:
        """Report the loss of an evaluation, negative where more is better; whether the run is to end."""
        assert report.validation is not None
        nats, place = report.validation.nats, int(report.progress * EVALUATIONS)
        with quiet():
            self.trial.report(-nats if metric_of(self.dataset).maximised else nats, place)
            return bool(self.trial.should_prune())
