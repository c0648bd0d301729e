"""The plan of a sweep: what is fixed, what is searched, and what the first trial has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnncli.datasets.dataset import Dataset
from rnncli.errors import InputError
from rnncli.models.config import NetworkConfig
from rnncli.models.parallel import cores
from rnncli.training.machine import Machine
from rnncli.training.plan import Overrides, resolve, start_run
from rnncli.training.sweep.metric import Metric, metric_of
from rnncli.training.sweep.space import Domain, Space, fixed_of, searched_of, space_of, with_defaults
from rnncli.training.trainer import Trainer


@dataclass(frozen=True)
class Plan:
    """What a sweep searches: the ``fixed`` options of ``rnncli train``, its length and seed among them, and the
    ``space`` of the others. ``default`` has the values that ``rnncli train`` would take, those in ``moved`` apart: they
    are outside the space, so that the nearest values in it take their place."""

    fixed: dict[str, Any]
    space: Space
    default: dict[str, Any]
    moved: dict[str, Any]
    metric: Metric

    def identity(self, dataset: Dataset) -> dict[str, Any]:
        """What all processes of a sweep have in common, as plain data."""
        return {
            "text": [dataset.spec.sha256, dataset.spec.training, dataset.spec.held_out],
            "options": {name: self.fixed[name] for name in sorted(self.fixed) if name != "workers"},
            "space": {name: str(one) for name, one in self.space.items()},
        }


def make_plan(dataset: Dataset, given: Mapping[str, Any], chosen: Mapping[str, Domain]) -> Plan:
    """The plan for the options that were ``given`` and the domains that were ``chosen``; InputError where nothing can
    be compared, or a network of the space cannot be."""
    if not dataset.has_validation:
        raise InputError("a sweep compares networks on held-out text, but nothing is held out; see --validation")
    space = space_of(chosen)
    fixed, searched = dict(given) | fixed_of(space), searched_of(space)
    if not searched:
        raise InputError("every option has a single value, so there is nothing to search; give --learning-rate a range")
    cell = {"cell": searched["cell"].nearest(NetworkConfig.cell)} if "cell" in searched else {}
    trainer = start_run(dataset, Overrides.of(fixed | cell))
    default = {name: _value(trainer, name) for name in searched}
    searched = with_defaults(searched, chosen, default)
    nearest = {name: one.nearest(default[name]) for name, one in searched.items()}
    moved = {name: value for name, value in default.items() if value != nearest[name]}
    _check(dataset, fixed, searched)
    return Plan(fixed, searched, nearest, moved, metric_of(dataset))


def _value(trainer: Trainer, name: str) -> Any:
    """What a run has for an option."""
    return getattr(trainer.model.config if hasattr(trainer.model.config, name) else trainer.options, name)


def _check(dataset: Dataset, fixed: dict[str, Any], space: Space) -> None:
    """InputError for options that no run could have: each end of each domain is tried with each cell."""
    steps = {name: value for name, value in fixed.items() if name not in ("time", "epochs")} | {"steps": 1}
    cells = space["cell"].ends() if "cell" in space else (fixed["cell"],)
    for cell in cells:
        for name, one in space.items():
            for end in one.ends():
                options = steps | {"cell": cell, name: end}
                resolve(dataset, Overrides.of(options), Machine(cores()))
                if name == "batch_size":
                    start_run(dataset, Overrides.of(options | {"workers": 1}))
