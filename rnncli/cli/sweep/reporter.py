"""What ``rnncli sweep`` tells: lines for people on standard error, the result or JSON events on standard output."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnncli.cli.showing import show
from rnncli.cli.sweep.request import SweepRequest
from rnncli.cli.train.reporter import emit
from rnncli.names import command_line, plural
from rnncli.terminal.console import say
from rnncli.terminal.report import results_as_html
from rnncli.terminal.words import seconds
from rnncli.training.request import VALUES
from rnncli.training.sweep.findings import BEST, Finding, Findings, findings_of
from rnncli.training.sweep.study import Sweep
from rnncli.training.sweep.trial import COMPLETE, FAILED, PRUNED, STOPPED, Trial

MARK = "<!doctype html>\n<!-- a sweep of rnncli -->\n"
"""How every page begins, so that none but a page of a sweep is ever overwritten."""

OTHER = "other.npz"
"""Where the command writes that trains the best network once more: not over the model that is kept."""


class Reporter:
    """Reports on a ``sweep``: lines unless the request is quiet, events if it asks for JSON."""

    def __init__(self, request: SweepRequest, sweep: Sweep) -> None:
        self.request, self.sweep, self.metric = request, sweep, sweep.plan.metric

    @property
    def is_silent(self) -> bool:
        """Whether no bar is to be drawn."""
        return self.request.quiet or self.request.json

    def say(self, line: str) -> None:
        """Print a line for people."""
        if not self.request.quiet:
            say(line)

    def start(self) -> None:
        """Before the first trial: the text, the space, the length."""
        request, plan, dataset = self.request, self.sweep.plan, self.sweep.dataset
        space = {name: str(one) for name, one in plan.space.items()}
        length = {name: plan.fixed[name] for name in ("steps", "epochs", "time") if name in plan.fixed}
        if request.json:
            emit(
                "start",
                task=dataset.spec.task,
                metric=self.metric.key,
                maximised=self.metric.maximised,
                trials=request.trials,
                storage=request.storage,
                space=space,
                options=plan.fixed,
                default=plan.default,
            )
        for warning in dataset.warnings:
            self.say(warning)
        (name, value), *_ = length.items()
        one = seconds(value) if name == "time" else f"{value:,g} {name if value != 1 else name[:-1]}"
        names = dataset.spec.files
        source = names[0] if len(names) == 1 else plural(len(names), "file")
        self.say(f"text     {source}: {dataset.describe()}")
        self.say(f"space    {' '.join(flags(space))}")
        self.say(f"length   {plural(request.trials, 'trial')} of {one} each; set it with --time, --steps or --epochs")
        better = "higher" if self.metric.maximised else "lower"
        self.say(f"metric   {self.metric.name} of what is held out, the {better} the better")
        before = findings_of(self.sweep)
        if any(before.counts.values()):
            self.say(f"storage  {request.storage}, going on after {before.describe_counts()}")
        elif plan.moved:
            self.say(
                f"the default is outside the space: instead of {' '.join(flags(plan.moved))} the first trial has "
                f"{' '.join(flags({name: plan.default[name] for name in plan.moved}))}"
            )

    def name(self, trial: Trial) -> str:
        """What stands behind the bar: the trial, and the best so far."""
        best = self.sweep.best
        return f"trial {trial.number}" + (f", best {best.value:.3f}" if best else "")

    def trial(self, trial: Trial, is_noted: bool) -> None:
        """After each trial: how it ended."""
        if self.request.json:
            result = {name: value for name, value in trial.result().items() if name not in ("values", "reason")}
            emit(
                "trial",
                trial=trial.number,
                state=trial.state,
                default=trial.is_default,
                values=trial.values,
                **{self.metric.key: trial.metric},
                **result,
                reason=trial.reason or None,
                is_best=trial.is_best,
                model=self.request.output if trial.is_best else None,
            )
        progress = trial.trainer.progress if trial.trainer else 0.0
        ends = {
            COMPLETE: f"{_written(trial.metric)}{', best so far' * trial.is_best}",
            PRUNED: f"pruned at {progress:.0%}",
            FAILED: f"failed: {trial.reason}",
            STOPPED: f"stopped at {progress:.0%}",
        }
        lost = "" if is_noted else "; another process has taken it for dead, so it does not count"
        default = "the default: " * trial.is_default
        self.say(f"trial {trial.number:<2}  {ends[trial.state]}; {default}{described(trial.values)}{lost}")

    def end(self, findings: Findings) -> None:
        """After the last trial: the best, what the default had, what matters, and the command of the best."""
        best, default = findings.best, findings.default
        command = self._command(best) if best else None
        if self.request.json:
            emit(
                "end",
                trials=findings.counts,
                best=best and best.to_json(findings.metric_key),
                default=default and default.to_json(findings.metric_key),
                top=[one.to_json(findings.metric_key) for one in findings.ranked[:BEST]],
                importances=findings.importances or None,
                model=self._kept(best),
                command=command,
            )
            return
        result = findings.view(self._facts(findings), findings.tables(), [command] if command else [])
        show(result, json=False, csv=False)

    def page(self, findings: Findings) -> str:
        """The result as HTML."""
        best = findings.best
        facts = self._facts(findings) | ({"command": self._command(best)} if best else {})
        result = findings.view(facts, [*findings.tables(), *findings.charts()])
        names = ", ".join(self.sweep.dataset.spec.files)
        return results_as_html(MARK, names, "What a sweep has found.", [result])

    def interrupted(self, findings: Findings) -> None:
        """After a signal: what there is, and how to go on."""
        if self.request.json:
            emit("interrupted", trials=findings.counts, model=self._kept(findings.best))
        best = findings.best
        kept = f"; the best so far, trial {best.number}, is {self._kept(best)}" if best and self._kept(best) else ""
        self.say(f"stopped after {findings.describe_counts()}{kept}; go on with the same command")

    def _facts(self, findings: Findings) -> dict[str, str]:
        best, default, name = findings.best, findings.default, self.metric.name
        facts = {"trials": findings.describe_counts(), "metric": f"{name} of what is held out"}
        if best and best.metric is not None:
            facts["best"] = f"{_written(best.metric)}, {best.label}; {described(best.values)}"
            facts["model"] = self._kept(best) or "not here; the command below trains it again"
        if default and default.metric is not None and best and best.metric is not None:
            gain = abs(default.metric - best.metric)
            facts["default"] = f"{_written(default.metric)}" + (f", {gain:.4f} worse" if gain else ", the best of all")
        return facts

    def _kept(self, best: Finding | None) -> str | None:
        """The file with the model of the best, if it is there."""
        path = best.saved["path"] if best and best.saved else None
        return path if path and Path(path).is_file() else None

    def _command(self, best: Finding) -> str:
        """The command that trains the best network again, to the same bytes where its length is in steps."""
        options = {**self.sweep.plan.fixed, **best.values, "workers": best.result.get("workers", 1)}
        words = flags({name: options[name] for name in VALUES if name in options})
        return command_line("train", *self.request.files, options=[*words, "-o", OTHER])


def flags(options: Mapping[str, Any]) -> list[str]:
    """Options by name as the words of a command line."""
    words = []
    for name, value in options.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            words += ["--" + name.replace("_", "-"), f"{one:g}s" if name == "time" else str(one)]
    return words


def described(values: Mapping[str, Any]) -> str:
    """gru, layers 2, hidden size 187"""
    names = {name: "" if isinstance(value, str) else name.replace("_", " ") + " " for name, value in values.items()}
    return ", ".join(f"{names[name]}{value}" for name, value in values.items())


def _written(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
