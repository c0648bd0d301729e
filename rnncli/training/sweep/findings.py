"""What came of a sweep, as plain data: the best trials, what the default had, and which options matter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rnncli.names import plural
from rnncli.results import Block, Curves, ParallelCoordinates, Table, ViewResult
from rnncli.training.sweep.library import quiet
from rnncli.training.sweep.study import Sweep
from rnncli.training.sweep.trial import COMPLETE, FAILED, PRUNED
from rnncli.training.trainer import EVALUATIONS

BEST, CURVES = 5, 8
"""Trials in the table, and in the chart of the losses."""

MIN_FOR_IMPORTANCE, TOP = 8, 0.25
"""Complete trials from which importances are told, and the share of them that counts as good."""


@dataclass(frozen=True)
class Finding:
    """A trial that has ended, as complete, pruned or failed. ``values`` by option; ``metric`` is that of the sweep, and
    ``curve`` has the validation loss in nats by the part of the run that was done, 0 … 1."""

    number: int
    state: str
    values: dict[str, Any]
    metric: float | None
    curve: list[tuple[float, float]]
    is_default: bool
    result: dict[str, Any]
    saved: dict[str, Any] | None

    @property
    def label(self) -> str:
        """trial 7, or that it is the default"""
        return f"trial {self.number}{', the default' if self.is_default else ''}"

    def to_json(self, metric: str) -> dict[str, Any]:
        """As plain data, its metric under the name ``metric``."""
        figures = {name: self.result.get(name) for name in ("parameters", "workers", "steps", "seconds")}
        figures["characters_per_second"] = self.result.get("characters_per_second")
        own = {"trial": self.number, "state": self.state, "default": self.is_default, "values": self.values}
        return own | {metric: self.metric, **figures, "reason": self.result.get("reason") or None}


@dataclass(frozen=True)
class Findings:
    """``ranked`` are the complete trials by the metric, the best first, ``others`` the pruned and failed ones, and
    ``running`` is the number of those on which a process works. ``options`` are those that were searched, the
    ``logarithmic`` ones on such a scale; their ``importances`` add up to 1, and are empty where trials are too few."""

    metric_key: str
    metric_name: str
    options: list[str]
    logarithmic: list[str]
    ranked: list[Finding]
    others: list[Finding] = field(default_factory=list)
    running: int = 0
    importances: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Finding | None:
        """The best trial, if one is complete."""
        return self.ranked[0] if self.ranked else None

    @property
    def default(self) -> Finding | None:
        """The trial of the default network, if it is complete."""
        return next((one for one in self.ranked if one.is_default), None)

    @property
    def counts(self) -> dict[str, int]:
        """The number of trials by state."""
        states = [one.state for one in (*self.ranked, *self.others)]
        return {state: states.count(state) for state in (COMPLETE, PRUNED, FAILED)} | {"running": self.running}

    def describe_counts(self) -> str:
        """12 trials, 3 of them pruned, 1 failed; 1 is running elsewhere"""
        counts = self.counts
        parts = [f"{counts[state]} {state}" for state in (PRUNED, FAILED) if counts[state]]
        text = plural(len(self.ranked) + len(self.others), "trial") + "".join(f", {part}" for part in parts)
        return text + (f"; {self.running} running elsewhere" if self.running else "")

    def tables(self) -> list[Block]:
        """The best trials, and the importances."""
        columns = ("trial", self.metric_name, *(name.replace("_", " ") for name in self.options), "steps", "chars/s")
        shown = self.ranked[:BEST]
        if self.default and self.default not in shown:
            shown = [*shown, self.default]
        rows = [
            (
                f"{one.number}{' (default)' if one.is_default else ''}",
                f"{one.metric:.4f}",
                *(_typed(one.values.get(name)) for name in self.options),
                one.result.get("steps"),
                round(one.result.get("characters_per_second") or 0),
            )
            for one in shown
        ]
        name = "The best trial" if len(shown) == 1 else f"The best {min(BEST, len(self.ranked))} trials"
        blocks: list[Block] = [Table(name, columns, rows)] if rows else []
        if self.importances:
            shares = [(option.replace("_", " "), share) for option, share in self.importances.items()]
            blocks.append(Table("Importance of the options (PED-ANOVA)", ("option", "importance"), shares))
        return blocks

    def charts(self) -> list[Block]:
        """The validation loss of the best trials and the default, and all trials as lines through their values."""
        shown = self.ranked[:CURVES]
        if self.default and self.default not in shown:
            shown = [*shown[:-1], self.default]
        curves = {one.label: one.curve for one in shown if len(one.curve) > 1}
        blocks: list[Block] = []
        if curves:
            blocks.append(Curves("Validation loss of the best, nats", "part of the run", "validation loss", curves))
        if self.ranked:
            axes = [*(name.replace("_", " ") for name in self.options), self.metric_name]
            rows = [[*(one.values.get(name) for name in self.options), one.metric] for one in reversed(self.ranked)]
            log = [name.replace("_", " ") for name in self.logarithmic]
            labels = [one.label for one in reversed(self.ranked)]
            blocks.append(ParallelCoordinates("Complete trials, the best in full colour", axes, rows, labels, log))
        return blocks

    def view(self, facts: dict[str, str], blocks: Sequence[Block], next: Sequence[str] = ()) -> ViewResult:
        """All of it as one result."""
        return ViewResult(facts=facts, blocks=blocks, next=next, question="Which network suits this text?")


def _typed(value: Any) -> Any:
    """A value with all its digits."""
    return f"{value:g}" if isinstance(value, float) else value


def findings_of(sweep: Sweep) -> Findings:
    """What has come of a sweep so far."""
    plan, metric = sweep.plan, sweep.plan.metric
    trials = sweep.study.get_trials(deepcopy=False)
    retried = {trial.user_attrs.get("retry_of") for trial in trials}
    found = [_finding(sweep, trial) for trial in trials if trial.number not in retried]
    sign = -1 if metric.maximised else 1
    ranked = [one for one in found if one.state == COMPLETE and one.metric is not None]
    ranked.sort(key=lambda one: (sign * (one.metric or 0.0), one.number))
    return Findings(
        metric.key,
        metric.name,
        list(plan.space),
        [name for name, one in plan.space.items() if getattr(one, "log", False)],
        ranked,
        [one for one in found if one.state in (PRUNED, FAILED)],
        sum(one.state == "running" for one in found),
        _importances(sweep) if len(ranked) >= MIN_FOR_IMPORTANCE else {},
    )


def _finding(sweep: Sweep, trial: Any) -> Finding:
    result = trial.user_attrs.get("result", {})
    sign = -1 if sweep.plan.metric.maximised else 1
    curve = [(place / EVALUATIONS, sign * value) for place, value in sorted(trial.intermediate_values.items())]
    state, saved = sweep.state(trial), trial.user_attrs.get("saved")
    is_default, metric = trial.user_attrs.get("default", False), trial.value if state == COMPLETE else None
    return Finding(trial.number, state, result.get("values", {}), metric, curve, is_default, result, saved)


def _importances(sweep: Sweep) -> dict[str, float]:
    """Which options decide whether a trial is among the best (Watanabe et al. 2023, "PED-ANOVA: Efficiently Quantifying
    Hyperparameter Importance in Arbitrary Subspaces"), the most important first."""
    importance = sweep.optuna.importance
    with quiet():
        found = importance.get_param_importances(
            sweep.study, evaluator=importance.PedAnovaImportanceEvaluator(target_quantile=TOP)
        )
    return {name: float(share) for name, share in found.items()}
