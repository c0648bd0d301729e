"""The progress of training, or of reading a text: a bar on a terminal, elsewhere a plain line every few seconds."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from rnncli.names import CROSS_ENTROPY, MSE
from rnncli.terminal.console import Messages, is_interactive, say
from rnncli.terminal.screen import screen
from rnncli.terminal.words import count, seconds, wrapped

if TYPE_CHECKING:
    from rnncli.training.trainer import Report

Piece = TypeVar("Piece")

LINE_INTERVAL = 10.0
"""Seconds between plain lines where there is no bar."""

SMOOTHING = 0.95
"""Decay of the exponential moving averages of loss and speed."""

ESTIMATE_AFTER = 1.0
"""Seconds of training before the time left is estimated."""


class Pace:
    """Moving averages of loss and speed, and the time left, from the reports so far."""

    def __init__(self, kind: str = CROSS_ENTROPY) -> None:
        self.kind = kind
        self.loss = self.speed = self.progress = self.first_progress = 0.0
        self.reports = 0
        self.started = monotonic()

    def update(self, report: "Report") -> None:
        """Add a report."""
        if not self.reports:
            self.started, self.first_progress = monotonic(), report.progress
        self.reports += 1
        weight = max(1 / self.reports, 1 - SMOOTHING)  # the plain mean of the first reports
        self.loss += weight * (report.loss - self.loss)
        self.speed += weight * (report.characters_per_second - self.speed)
        self.progress = report.progress

    @property
    def shown_loss(self) -> str:
        """The loss with its name; mean squared errors are small."""
        return f"squared error {self.loss:.4f}" if self.kind == MSE else f"loss {self.loss:.3f}"

    def seconds_left(self) -> float:
        """Seconds left, extrapolated from the progress so far; infinite before there is any."""
        done = self.progress - self.first_progress
        return (monotonic() - self.started) * (1 - self.progress) / done if done > 0 else math.inf


def show_progress(reports: "Iterable[Report]", loss: str = CROSS_ENTROPY) -> "Iterator[Report]":
    """Yield the reports of a run with this training ``loss``, and draw them on standard error."""
    pace = Pace(loss)
    estimated = False
    with draw_bar(screen(Messages(sys.stderr))) if is_interactive(sys.stderr) else _Lines() as display:
        for report in reports:
            pace.update(report)
            if not estimated and monotonic() - pace.started > ESTIMATE_AFTER:
                estimated = True
                if pace.seconds_left() > ESTIMATE_AFTER:
                    display.say(f"about {seconds(pace.seconds_left())} left")
            if report.validation is not None:
                better = "best so far" if report.is_best else "no improvement"
                nats, bits = report.validation.nats, report.validation.bits
                validation = f"{nats:.3f} ({bits:.3f} bits)"
                if report.validation_mse is not None:
                    validation = f"{report.validation_mse:.4f} ({nats:.3f} nats)"
                display.say(
                    f"step {count(report.step)}, epoch {report.epoch:.2f}: {pace.shown_loss}, validation {validation}, "
                    f"accuracy {report.validation.accuracy:.1%}, {better}"
                )
            display.show(report, pace)
            yield report


def show_trial(reports: "Iterable[Report]", name: str) -> "Iterator[Report]":
    """Yield the reports of one of many runs, and draw on a terminal a bar with its ``name``; elsewhere there is none,
    as a line for each run is enough."""
    if not is_interactive(sys.stderr):
        yield from reports
        return
    pace = Pace()
    with draw_bar(screen(Messages(sys.stderr))) as bar:
        for report in reports:
            pace.update(report)
            bar.show(report, pace, f"{name} · ")
            yield report


def show_share(pieces: Iterable[Piece], share: Callable[[Piece], float]) -> Iterator[Piece]:
    """Yield the pieces of some work, and draw on standard error what ``share`` of it is done, where that takes more
    than a moment."""
    bar = draw_bar(screen(Messages(sys.stderr))) if is_interactive(sys.stderr) else None
    began = last = monotonic()
    done = 0.0
    with ExitStack() as shown:
        for piece in pieces:
            done += share(piece)
            now = monotonic()
            left = f"{seconds((now - began) * (1 - done) / done)} left" if done else ""
            if bar is None:
                if now - last >= LINE_INTERVAL:
                    last = now
                    say(f"{done:.0%}: {left}")
            elif bar.live.is_started or now - began > ESTIMATE_AFTER:
                if not bar.live.is_started:
                    shown.enter_context(bar)
                bar.update(bar.task_ids[0], completed=done, figures=left)
            yield piece


class _Lines:
    """For pipes and files: a line every LINE_INTERVAL seconds."""

    def __init__(self) -> None:
        self.last = monotonic()

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, line: str) -> None:
        say(line)

    def show(self, report: "Report", pace: Pace) -> None:
        if monotonic() - self.last >= LINE_INTERVAL:
            self.last = monotonic()
            say(f"step {count(report.step)}, {report.progress:.0%}: {figures(pace)}")


class _Bar(Progress):
    """For a terminal: one line that is redrawn."""

    bar_width: int

    def say(self, line: str) -> None:
        self.console.print(wrapped(line, self.console.width), style="dim")

    def show(self, report: "Report", pace: Pace, name: str = "") -> None:
        room = self.console.width - self.bar_width - len("  100 % ")
        if len(name) > room - len("loss 0.000"):  # a narrow screen has the loss alone
            name = ""
        self.update(self.task_ids[0], completed=report.progress, figures=name + figures(pace, room - len(name)))


def draw_bar(output: Console) -> _Bar:
    """A bar on this console."""
    bar_width = max(8, min(20, output.width // 8))
    bar = _Bar(
        BarColumn(bar_width=bar_width),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[figures]}"),
        console=output,
        transient=True,
        refresh_per_second=5,
    )
    bar.bar_width = bar_width
    bar.add_task("train", total=1.0, figures="")
    return bar


def figures(pace: Pace, room: int | None = None) -> str:
    """Loss, speed and time left, as many of them as ``room`` columns hold: the loss is the last to go."""
    loss, bits = pace.shown_loss, "" if pace.kind == MSE else f" ({pace.loss / math.log(2):.2f} bits)"
    left = pace.seconds_left()
    speed, time = f"{count(pace.speed)} chars/s", seconds(left) if math.isfinite(left) else "?"
    choices = (
        f"{loss}{bits} · {speed} · {time} left",
        f"{loss} · {speed} · {time} left",
        f"{loss} · {time} left",
        f"{loss} · {time}",
        loss,
    )
    return next((choice for choice in choices if room is None or len(choice) <= room), loss)
