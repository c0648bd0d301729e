"""The options with which users ask for a training run, and the values that each may have: declared once, for the
command line and for Python. It imports nothing heavy."""

import difflib
import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from rnncli import names
from rnncli.errors import InputError
from rnncli.training.values import (
    DURATION,
    ENCODING,
    FLAG,
    FRACTION_OR_FILE,
    NAMES,
    Values,
    float_range,
    int_range,
    one_of,
)

LENGTHS = ("epochs", "steps", "time")
"""The options that say when a run ends, of which at most one is given."""


class TrainOptions(TypedDict, total=False):
    """The options of a run, by the names that they have on the command line, in its order. ``rnncli train --help`` says
    what each means and its default, which depends on the data for many.

    A field of the same name in NetworkConfig or TrainingOptions is where its value goes, see
    :meth:`rnncli.training.plan.Overrides.of`; ``time`` is ``seconds`` there. The others say what is learnt, see
    :mod:`rnncli.training.data`.
    """

    task: Annotated[str, one_of(*names.TASKS)]
    cell: Annotated[str, one_of(*names.CELLS)]
    layers: Annotated[int, int_range(0)]
    hidden_size: Annotated[int, int_range(1, 65536)]
    bidirectional: Annotated[bool, FLAG]
    activation: Annotated[str, one_of(*names.ACTIVATIONS)]
    context: Annotated[int, int_range(1, 4096)]
    embedding_size: Annotated[int, int_range(0)]
    dropout: Annotated[float, float_range(0, 1, open_high=True)]
    forget_bias: Annotated[float, float_range(-names.MAX_FORGET_BIAS, names.MAX_FORGET_BIAS)]
    ngram: Annotated[int, int_range(0, names.MAX_ORDER)]
    encoding: Annotated[str, ENCODING]
    normalize: Annotated[str, one_of(*names.NORMAL_FORMS)]
    column: Annotated[str | Sequence[str], NAMES]
    shuffle: Annotated[str, one_of(*names.SHUFFLES)]
    max_length: Annotated[int, int_range(1, 100_000)]
    min_count: Annotated[int, int_range(1)]
    validation: Annotated[float | str | os.PathLike[str], FRACTION_OR_FILE]
    validation_split: Annotated[str, one_of(*names.VALIDATION_SPLITS)]
    batch_size: Annotated[int, int_range(1)]
    seq_length: Annotated[int, int_range(1)]
    state_reset: Annotated[float, float_range(0, 1)]
    optimizer: Annotated[str, one_of(*names.OPTIMIZERS)]
    learning_rate: Annotated[float, float_range(0, open_low=True)]
    loss: Annotated[str, one_of(*names.LOSSES)]
    class_weights: Annotated[str, one_of(*names.CLASS_WEIGHTS)]
    schedule: Annotated[str, one_of(*names.SCHEDULES)]
    warmup: Annotated[int, int_range(0)]
    clip_norm: Annotated[float, float_range(0)]
    weight_decay: Annotated[float, float_range(0)]
    seed: Annotated[int, int_range(0)]
    workers: Annotated[int, int_range(1)]
    local_steps: Annotated[int, int_range(1)]
    epochs: Annotated[float, float_range(0, open_low=True)]
    steps: Annotated[int, int_range(1)]
    time: Annotated[float | str, DURATION]
    patience: Annotated[int, int_range(0)]
    eval_every: Annotated[int, int_range(1)]


VALUES: dict[str, Values] = {name: hint.__metadata__[0] for name, hint in TrainOptions.__annotations__.items()}
"""What each option may be."""


def parsed(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, None being none, as the command line would parse them. TypeError for a name that
    is no option; InputError, naming the option, for a value that it cannot have, and for two lengths."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in VALUES:
            close = difflib.get_close_matches(name, VALUES, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise TypeError(f"train() has no option {name}{hint}")
        try:
            given[name] = VALUES[name].parse(given[name])
        except ValueError as error:
            raise InputError(f"{name}: {error}") from None
    lengths = [name for name in LENGTHS if name in given]
    if len(lengths) > 1:
        raise InputError(f"{' and '.join(lengths)} are mutually exclusive; give one of them")
    return given
