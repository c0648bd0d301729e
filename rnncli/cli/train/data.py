"""What ``rnncli train`` learns from: what the user asks for, or the data of the run that is resumed."""

from dataclasses import replace
from functools import partial
from typing import Any

from rnncli.cli.train.messages import data_options
from rnncli.cli.train.options import Request
from rnncli.datasets.dataset import Dataset, open_dataset
from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.errors import DataChangedError, InputError
from rnncli.models.base import Model
from rnncli.names import command_line
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.data import check_alphabet, check_task, open_new


def open_data(request: Request, old: Checkpoint | None, initial: Model | None) -> Dataset:
    """The dataset. ``old`` is the run that is resumed, ``initial`` the model whose weights are the beginning."""
    if old is None:
        return open_new(request.given, partial(open_sources, request.files), initial)
    check_alphabet(request.given, old.model)
    sources = open_sources(request.files, old.data.reading if old.record else Reading())
    check_task(request.given, old.model)
    if old.record is None:
        raise InputError(f"{old.path} holds no record of a run to resume; begin a new model with -o")
    try:
        return open_dataset(_resumed(request, old), sources, old.model.alphabets)
    except DataChangedError as error:
        options = [*data_options(old.data), "--init-from", request.output, "-o", "new.npz"]
        anew = command_line("train", *request.files, options=options)
        raise InputError(f"{error}; begin a new model with its weights: {anew}") from None


def _resumed(request: Request, old: Checkpoint) -> DataSpec:
    """InputError where the user wants other data, or another split."""
    spec = old.data
    asked: dict[str, tuple[Any, Any]] = {
        "--encoding": (request.encoding, spec.encoding),
        "--column": (tuple(request.column or ()) or None, spec.columns),
        "--shuffle": (request.shuffle, spec.shuffle),
        "--max-length": (request.max_length, spec.max_length),
        "--validation": (request.validation, spec.validation),
        "--validation-split": (request.validation_split, "tails" if spec.split_streams else "end"),
    }
    for flag, (value, recorded) in asked.items():
        if value not in (None, recorded):
            raise InputError(f"{flag} cannot be changed by --resume; begin a new model with -o")
    return replace(spec, files=tuple(request.files))
