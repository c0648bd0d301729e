"""What ``rnncli train`` learns from: the specification that the user asks for, or that of the run that is resumed."""

from dataclasses import replace
from typing import Any

from rnncli.cli.train.messages import data_options
from rnncli.cli.train.options import Request
from rnncli.datasets.dataset import Dataset, infer_format, open_dataset
from rnncli.datasets.normal_form import NONE
from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import Sources, open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.vocabulary import BYTES
from rnncli.errors import DataChangedError, InputError
from rnncli.models.base import Model
from rnncli.names import NORMAL_FORMS, command_line
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.options import TrainingOptions


def open_data(request: Request, old: Checkpoint | None, initial: Model | None) -> Dataset:
    """The dataset. ``old`` is the run that is resumed, ``initial`` the model whose weights are the beginning."""
    model = old.model if old else initial
    if model is not None:
        _check_alphabet(request, model, resumes=old is not None)
    sources = open_sources(request.files, old.data.reading if old and old.record else _reading(request, model))
    if model is not None and request.task not in (None, model.task):
        raise InputError(f"--task {request.task} does not fit the model, which has learnt to {model.task}")
    if old is not None and old.record is None:
        raise InputError(f"{old.path} holds no record of a run to resume; begin a new model with -o")
    if old is None:
        alphabets = initial.alphabets if initial else None
        return open_dataset(_new(request, sources, initial), sources, alphabets, request.min_count or 1, extend=True)
    try:
        return open_dataset(_resumed(request, old), sources, old.model.alphabets)
    except DataChangedError as error:
        options = [*data_options(old.data), "--init-from", request.output, "-o", "new.npz"]
        anew = command_line("train", *request.files, options=options)
        raise InputError(f"{error}; begin a new model with its weights: {anew}") from None


def _reading(request: Request, model: Model | None) -> Reading:
    """How the files of a new run become text. With --init-from, as the model reads, in another encoding perhaps."""
    reads_bytes = BYTES in (request.encoding, model and model.vocabulary.encoding)
    normalize = model.vocabulary.normalize if model else NONE if reads_bytes else NORMAL_FORMS[0]
    encoding = request.encoding or (BYTES if reads_bytes else DataSpec.encoding)
    return Reading(encoding, request.normalize or normalize, tuple(request.column or ()))


def _check_alphabet(request: Request, model: Model, resumes: bool) -> None:
    """InputError for an option that would change the alphabet of a model. A run that is resumed had its --min-count."""
    vocabulary = model.vocabulary
    if request.encoding is not None and (request.encoding == BYTES) != (vocabulary.encoding == BYTES):
        symbols = "bytes" if vocabulary.encoding == BYTES else "characters"
        raise InputError(f"--encoding {request.encoding} does not fit the model, which has learnt {symbols}")
    if request.normalize not in (None, vocabulary.normalize):
        raise InputError(f"--normalize {request.normalize} does not fit the model, which has {vocabulary.normalize}")
    if request.min_count is not None and not resumes:
        raise InputError("--min-count is a choice for a new alphabet; --init-from keeps that of its model")


def _new(request: Request, sources: Sources, model: Model | None) -> DataSpec:
    task, data_format = (model.task, model.data_format) if model else infer_format(sources, request.task)
    batch_size = request.learning.get("batch_size", TrainingOptions.batch_size)
    return DataSpec(
        task=task,
        format=data_format,
        encoding=sources.reading.encoding,
        normalize=sources.reading.normalize,
        columns=sources.reading.columns,
        shuffle=request.shuffle or DataSpec.shuffle,
        max_length=request.max_length or DataSpec.max_length,
        validation=request.validation,
        split_streams=batch_size if request.validation_split == "tails" else 0,
        seed=request.learning.get("seed", TrainingOptions.seed),
    )


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
