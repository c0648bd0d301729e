"""How ``rnncli train`` reports: lines for people on standard error, JSON events on standard output."""

import json
import sys
from typing import Any

from rnncli.cli.train import messages
from rnncli.cli.train.options import Request
from rnncli.models.mixture import Counts
from rnncli.names import plural
from rnncli.terminal.console import say, silence, write
from rnncli.terminal.words import count
from rnncli.training.trainer import Report, Trainer


def emit(event: str, **data: Any) -> None:
    """Write one event as a line of JSON."""
    try:
        write(json.dumps({"event": event, **data}, ensure_ascii=False, allow_nan=False) + "\n")
    except BrokenPipeError:  # the reader is gone, which is no reason to stop training
        silence(sys.stdout)


class Reporter:
    """Reports on the run of a ``request``: lines unless it is quiet, events if it asks for JSON."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def say(self, *lines: str) -> None:
        """Print lines for people."""
        if not self.request.quiet:
            for line in lines:
                say(line)

    def start(self, trainer: Trainer, workers_before: int | None = None) -> None:
        """Before the first step: what is trained, on what, for how long. A resumed run had ``workers_before``."""
        if self.request.json:
            spec, units = trainer.dataset.spec, f"{trainer.dataset.unit}s"
            emit(
                "start",
                task=spec.task,
                **{units: spec.training, f"validation_{units}": spec.held_out},
                vocabulary=len(trainer.dataset.vocabulary),
                parameters=trainer.model.parameters.flat.size,
                network=trainer.model.config.to_json(),
                options=trainer.options.to_json(),
                step=trainer.step,
            )
        if trainer.step:
            self.say(f"resuming {self.request.output} at step {count(trainer.step)}")
        workers = trainer.options.workers
        if workers_before not in (None, workers):
            processes = f"{plural(workers, 'process')} instead of {workers_before}"
            self.say(f"with {processes}: the last digits will differ from those of an uninterrupted run")
        if self.request.dry_run:
            self.say(f"dry run: {self.request.output} is not written")
        if not (self.request.task or self.request.resume or self.request.init_from) and trainer.dataset.unit == "line":
            self.say(f"task     {trainer.model.task}, inferred from the lines; set it with --task")
        self.say(*messages.plan(trainer))

    def step(self, report: Report) -> None:
        """After each step: its figures, and those of the evaluation if there was one."""
        if not self.request.json:
            return
        emit("step", **_figures(report))
        if report.validation is not None:
            emit(
                "eval",
                step=report.step,
                validation_loss=report.validation.nats,
                bits_per_character=report.validation.bits,
                accuracy=report.validation.accuracy,
                **({} if report.validation_mse is None else {"validation_mse": report.validation_mse}),
                is_best=report.is_best,
            )

    def end(self, trainer: Trainer, last: Report | None, counts: Counts | None) -> None:
        """After a run that has finished: its result, an example, and what to do next."""
        self._emit_end(trainer, last, counts)
        if not self.request.quiet:  # the example takes a moment to make
            self.say(messages.result(self.request, trainer), *messages.mixture(counts))
            self.say(messages.example(trainer, counts) + "\n")
            self.say(*messages.advice(self.request, trainer), messages.next_commands(self.request, trainer))

    def interrupted(self, trainer: Trainer, last: Report | None) -> None:
        """After a run that a signal has stopped: how to resume it."""
        self._emit_end(trainer, last)
        self.say(messages.interrupted(self.request, trainer))

    def _emit_end(self, trainer: Trainer, last: Report | None, counts: Counts | None = None) -> None:
        if not self.request.json or (last is None and counts is None):
            return
        mixture = {"order": counts.model.order, "weight": counts.weight, **counts.held_out} if counts else None
        emit(
            "end",
            **(_figures(last) if last else {"step": trainer.step, "epoch": trainer.epoch}),
            model=self.request.output,
            seconds=trainer.seconds,
            best_validation_loss=messages.best_validation_loss(trainer),
            counts=mixture,
        )


def _figures(report: Report) -> dict[str, float]:
    names = ("step", "epoch", "loss", "learning_rate", "gradient_norm", "characters_per_second")
    return {name: getattr(report, name) for name in names}
