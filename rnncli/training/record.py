"""The record of a run in a model file: how it learnt, from what, and where it stands.

    options     the choices of :class:`TrainingOptions`
    corpus      the names of the files, how much of them was learnt and held out, the SHA-256 of their bytes
    state       the counters of :meth:`Trainer.counters`

A model that no run has written has an empty record. Each value has a type and a range, and nothing else is taken from a
file; the arrays that a resume needs follow from it.
"""

import math
from collections.abc import Callable
from typing import Any

from rnncli.engine.losses import LOSSES
from rnncli.engine.optimizers import OPTIMIZERS, SCHEDULES
from rnncli.models.base import Model
from rnncli.training.options import TrainingOptions

Shapes = dict[str, tuple[int, ...]]

LARGEST = 2**53


def _whole(low: int = 0) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= LARGEST


def _real(low: float = -math.inf, high: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


OPTIONS: dict[str, Callable[[Any], bool]] = {
    "batch_size": _whole(1),
    "seq_length": _whole(1),
    "optimizer": lambda value: _text(value) and value in OPTIMIZERS,
    "learning_rate": _real(0),
    "schedule": lambda value: _text(value) and value in SCHEDULES,
    "warmup": _whole(),
    "clip_norm": _real(0),
    "weight_decay": _real(0),
    "loss": lambda value: _text(value) and value in LOSSES,
    "steps": _or_none(_whole(1)),
    "epochs": _or_none(_real(0)),
    "seconds": _or_none(_real(0)),
    "eval_every": _or_none(_whole(1)),
    "patience": _whole(),
    "seed": _whole(),
    "workers": _whole(1),
}

CORPUS: dict[str, Callable[[Any], bool]] = {
    "names": lambda value: isinstance(value, list) and all(map(_text, value)),
    "training": _whole(1),
    "validation": _whole(),
    "held_out": _or_none(_text),
    "tails": _whole(),
    "steps_in_epoch": _whole(1),
    "sha256": lambda value: _text(value) and len(value) == 64 and set(value) <= set("0123456789abcdef"),
}

ENTRY: dict[str, Callable[[Any], bool]] = {"step": _whole(), "loss": _real()}
MEASURED: dict[str, Callable[[Any], bool]] = {"validation_loss": _real(), "validation_accuracy": _real(0, 1)}


def _entry(entry: Any) -> bool:
    """One evaluation of the history: a step, the mean loss since the last, and what was measured where some is held
    out."""
    if not isinstance(entry, dict) or set(entry) not in (set(ENTRY), {*ENTRY, *MEASURED}):
        return False
    return all((ENTRY | MEASURED)[name](value) for name, value in entry.items())


STATE: dict[str, Callable[[Any], bool]] = {
    "step": _whole(),
    "seconds": _real(0),
    "last_evaluation": _whole(),
    "last_progress": _real(0, 1),
    "evaluations_since_best": _whole(),
    "best_loss": _or_none(_real()),
    "loss_sum": _real(),
    "loss_count": _whole(),
    "history": lambda value: isinstance(value, list) and all(map(_entry, value)),
}


def check(record: Any) -> None:
    """ValueError, naming the first value that cannot be, unless ``record`` is empty or whole."""
    if record == {}:
        return
    if not isinstance(record, dict) or set(record) != {"options", "corpus", "state"}:
        raise ValueError("its training record is malformed")
    for part, checks in (("options", OPTIONS), ("corpus", CORPUS), ("state", STATE)):
        values = record[part]
        if not isinstance(values, dict) or set(values) != set(checks):
            raise ValueError(f"the {part} of its training record are malformed")
        for name, is_fine in checks.items():
            if not is_fine(values[name]):
                raise ValueError(f"its training record has {name} = {values[name]!r:.40}")
    options = record["options"]
    if sum(options[name] is not None for name in ("steps", "epochs", "seconds")) != 1:
        raise ValueError("its training record does not say when the run ends")


def resume_shapes(model: Model, record: dict[str, Any]) -> Shapes:
    """Names and shapes of the arrays from which the run of a checked ``record`` goes on: the last parameters, the state
    carried along running text, the optimizer's moments."""
    if not record:
        return {}
    options, size = TrainingOptions.from_json(record["options"]), model.parameters.flat.size
    shapes: Shapes = {"parameters": (size,)}
    if model.task == "generate" and model.partner is None:
        first = model.network.zero_state(1, model.parameters.flat.dtype).shape
        shapes["hidden"] = (*first[:2], options.batch_size, *first[3:])
    return shapes | dict.fromkeys(OPTIMIZERS[options.optimizer].moment_names, (size,))
