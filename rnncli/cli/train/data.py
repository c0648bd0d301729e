"""What ``rnncli train`` learns from: the specification that the user asks for, or that of the run that is resumed."""

from dataclasses import replace

from rnncli.cli.train.options import Request
from rnncli.datasets.dataset import Dataset, infer_format, open_dataset
from rnncli.datasets.sources import Sources, open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.options import TrainingOptions


def open_data(request: Request, old: Checkpoint | None, initial: Model | None) -> Dataset:
    """The dataset. ``old`` is the run that is resumed, ``initial`` the model whose weights are the beginning."""
    model = old.model if old else initial
    if model is not None:
        _check_alphabet(request, model, resumes=old is not None)
    encoding = model.vocabulary.encoding if model else request.encoding or DataSpec.encoding
    sources = open_sources(request.files, encoding)
    if model is not None and request.task not in (None, model.task):
        raise InputError(f"--task {request.task} does not fit the model, which has learnt to {model.task}")
    if old is not None and old.record is None:
        raise InputError(f"{old.path} holds no record of a run to resume; begin a new model with -o")
    spec = _resumed(request, old) if old else _new(request, sources, model)
    return open_dataset(spec, sources, model.alphabets if model else None, request.min_count or 1)


def _check_alphabet(request: Request, model: Model, resumes: bool) -> None:
    """InputError for an option that would change the alphabet of a model. A run that is resumed had its --min-count."""
    encoding = model.vocabulary.encoding
    if request.encoding not in (None, encoding):
        raise InputError(f"--encoding {request.encoding} does not fit the model, which reads {encoding}")
    if request.min_count is not None and not resumes:
        raise InputError("--min-count is a choice for a new alphabet; --init-from keeps that of its model")


def _new(request: Request, sources: Sources, model: Model | None) -> DataSpec:
    task, data_format = (model.task, model.data_format) if model else infer_format(sources, request.task)
    batch_size = request.learning.get("batch_size", TrainingOptions.batch_size)
    return DataSpec(
        task=task,
        format=data_format,
        encoding=sources.encoding,
        validation=request.validation,
        split_streams=batch_size if request.validation_split == "tails" else 0,
        seed=request.learning.get("seed", TrainingOptions.seed),
    )


def _resumed(request: Request, old: Checkpoint) -> DataSpec:
    """InputError where the user wants another split."""
    spec = old.data
    if request.validation not in (None, spec.validation):
        raise InputError("--validation cannot be changed by --resume; begin a new model with -o")
    if request.validation_split not in (None, "tails" if spec.split_streams else "end"):
        raise InputError("--validation-split cannot be changed by --resume; begin a new model with -o")
    return replace(spec, files=tuple(request.files))
