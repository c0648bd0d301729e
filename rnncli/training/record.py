"""The record of a run in a model file: how it learnt, from what, and where it stands.

    options     TrainingOptions: the choices of the run
    data        DataSpec: what it learnt
    state       the counters of Trainer.counters
    software    with what it learnt: rnncli, Python, NumPy, BLAS, platform; of a run that went on with other versions
                all of them, in this order

It is written here and checked here. A model that no run has written has no record. Each value has a type and a range,
and nothing else is taken from a file; the arrays that a resume needs follow from it.
"""

from dataclasses import dataclass
from typing import Any

from rnncli.datasets.columns import MAX_LENGTH
from rnncli.datasets.spec import NO_SHUFFLE, TEXT, DataSpec
from rnncli.datasets.vocabulary import BYTES
from rnncli.engine.optimizers import OPTIMIZERS
from rnncli.models.base import Model
from rnncli.training.film import NO_FILM, is_film
from rnncli.training.options import OUTER, Check, TrainingOptions, integer, number, optional
from rnncli.training.software import SOFTWARE

Shapes = dict[str, tuple[int, ...]]

ENTRY: dict[str, Check] = {"step": integer(), "loss": number()}
MEASURED: dict[str, Check] = {"validation_loss": number(), "validation_accuracy": number(0, 1)}
SQUARED: dict[str, Check] = {"validation_mse": number(0)}


def _is_entry(entry: Any) -> bool:
    """One evaluation of the history: a step, the mean training loss since the last, and what was measured where some
    is held out: the loss in nats and the accuracy, and where the training loss is the mean squared error that as
    well."""
    known = ENTRY | MEASURED | SQUARED
    if not isinstance(entry, dict) or set(entry) not in (set(ENTRY), {*ENTRY, *MEASURED}, set(known)):
        return False
    return all(known[name](value) for name, value in entry.items())


STATE: dict[str, Check] = {
    "step": integer(),
    "steps_per_epoch": integer(1),
    "seconds": number(0),
    "last_evaluation": integer(),
    "last_progress": number(0, 1),
    "evaluations_since_best": integer(),
    "best_loss": optional(number()),
    "loss_sum": number(),
    "loss_count": integer(),
    "history": lambda value: isinstance(value, list) and all(map(_is_entry, value)),
    "film": is_film,
}


MAX_NAME, MAX_SOFTWARE = 200, 100
"""Characters of a version, and how many machines a run may have seen."""


def _is_software(value: Any) -> bool:
    """What a dictionary of :func:`rnncli.training.software.software` may be."""
    if not isinstance(value, dict) or set(value) != set(SOFTWARE):
        return False
    return all(isinstance(name, str) and len(name) <= MAX_NAME for name in value.values())


@dataclass(frozen=True)
class Record:
    """``state`` is plain data, as ``Trainer.counters`` gives it."""

    options: TrainingOptions
    data: DataSpec
    state: dict[str, Any]
    software: tuple[dict[str, str], ...] = ()

    @property
    def epochs(self) -> float:
        """How often all training data was read."""
        return float(self.state["step"] / self.state["steps_per_epoch"])

    @property
    def kept(self) -> dict[str, Any]:
        """The evaluation in the history whose weights are kept: that with the lowest validation loss, else the last;
        empty where there was none."""
        history, best = self.state["history"], self.state["best_loss"]
        measured = [entry for entry in history if best is not None and entry.get("validation_loss") == best]
        return dict((measured or history or [{}])[-1])

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return {
            "options": self.options.to_json(),
            "data": self.data.to_json(),
            "state": self.state,
            "software": list(self.software),
        }

    @classmethod
    def from_json(cls, record: Any, model: Model) -> "Record | None":
        """The inverse of :meth:`to_json` for a ``model``; None for an empty record, ValueError, naming the first value
        that cannot be, for a malformed one."""
        if record == {}:
            return None
        if not isinstance(record, dict) or set(record) != {"options", "data", "state", "software"}:
            raise ValueError("its training record is malformed")
        options, data, state = TrainingOptions.from_json(record["options"]), record["data"], record["state"]
        if not isinstance(state, dict) or set(state) != set(STATE):
            raise ValueError("the state of its training record is malformed")
        for name, is_valid in STATE.items():
            if not is_valid(state[name]):
                raise ValueError(f"its training record has {name} = {state[name]!r:.40}")
        software = record["software"]
        if not isinstance(software, list) or len(software) > MAX_SOFTWARE or not all(map(_is_software, software)):
            raise ValueError("the software of its training record is malformed")
        spec = DataSpec.from_json(data)
        reads_bytes = (spec.encoding == BYTES, model.vocabulary.encoding == BYTES)
        if spec.kind != model.kind or len(set(reads_bytes)) > 1 or spec.normalize != model.vocabulary.normalize:
            raise ValueError("its data specification is not that of such a model")
        return cls(options, spec, state, tuple(software))


def resume_shapes(model: Model, record: Record | None) -> Shapes:
    """Names and shapes of the arrays from which the run of a ``record`` is resumed: the last parameters, the state
    carried along running text, the optimizer's moments."""
    if record is None:
        return {}
    size = model.parameters.flat.size
    shapes: Shapes = {"parameters": (size,)}
    if model.data_format == TEXT:
        first = model.network.zero_state(1, model.parameters.flat.dtype).shape
        shapes["hidden"] = (*first[:2], record.options.batch_size, *first[3:])
    outer = [OUTER] if record.options.local_steps > 1 else []
    return shapes | dict.fromkeys([*OPTIMIZERS[record.options.optimizer].moment_names, *outer], (size,))


def upgrade(record: Any, version: int, model: Model) -> Any:
    """A record of an older format version as today's. KeyError or TypeError where it is malformed."""
    if record == {}:
        return record
    if version == 2:
        record = _upgrade_2(record, model)
    before = {"normalize": "none", "columns": [], "shuffle": NO_SHUFFLE, "max_length": MAX_LENGTH}
    data, state = {**before, **record["data"]}, {"film": NO_FILM, **record["state"]}
    return {"software": [], **record, "data": data, "state": state}


def _upgrade_2(record: Any, model: Model) -> Any:
    """Of version 3. The data was described under ``corpus``, where ``held_out`` was what the user asked for and
    ``validation`` the count; the rest follows from the model and the options."""
    corpus, options, state = record["corpus"], record["options"], record["state"]
    spec = DataSpec(
        files=tuple(corpus["names"]),
        task=model.task,
        format=model.data_format,
        encoding=model.vocabulary.encoding,
        validation=corpus["held_out"],
        split_streams=corpus["tails"],
        seed=options["seed"],
        sha256=corpus["sha256"],
        training=corpus["training"],
        held_out=corpus["validation"],
    )
    state = {**state, "steps_per_epoch": corpus["steps_in_epoch"]}
    return {"options": options, "data": spec.to_json(), "state": state}
