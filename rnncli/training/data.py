"""What a new run learns from, by the options that the user gave."""

from collections.abc import Callable, Mapping
from typing import Any

from rnncli.datasets.dataset import Dataset, infer_format, open_dataset
from rnncli.datasets.normal_form import NONE
from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.vocabulary import BYTES
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.names import NORMAL_FORMS
from rnncli.training.options import TrainingOptions


def open_new(options: Mapping[str, Any], opened: Callable[[Reading], Sources], initial: Model | None = None) -> Dataset:
    """The dataset of a new run. ``options`` are the :class:`~rnncli.training.request.TrainOptions` that were given,
    ``opened`` opens the sources for a way to read them, and ``initial`` is the model whose weights are the beginning.

    InputError for what cannot be read or learnt, and for options that do not fit the data or the model.
    """
    if initial is not None:
        check_alphabet(options, initial)
        if options.get("min_count") is not None:
            raise InputError("--min-count is a choice for a new alphabet; --init-from keeps that of its model")
    sources = opened(_reading(options, initial))
    if initial is not None:
        check_task(options, initial)
    alphabets = initial.alphabets if initial else None
    return open_dataset(_spec(options, sources, initial), sources, alphabets, options.get("min_count", 1), extend=True)


def check_alphabet(options: Mapping[str, Any], model: Model) -> None:
    """InputError for an option that would change the alphabet of a model."""
    vocabulary, encoding, normalize = model.vocabulary, options.get("encoding"), options.get("normalize")
    if encoding is not None and (encoding == BYTES) != (vocabulary.encoding == BYTES):
        symbols = "bytes" if vocabulary.encoding == BYTES else "characters"
        raise InputError(f"--encoding {encoding} does not fit the model, which has learnt {symbols}")
    if normalize not in (None, vocabulary.normalize):
        raise InputError(f"--normalize {normalize} does not fit the model, which has {vocabulary.normalize}")


def check_task(options: Mapping[str, Any], model: Model) -> None:
    """InputError for another task than that of a model."""
    if options.get("task") not in (None, model.task):
        raise InputError(f"--task {options['task']} does not fit the model, which has learnt to {model.task}")


def _reading(options: Mapping[str, Any], model: Model | None) -> Reading:
    """How the files of a new run become text. With --init-from, as the model reads, in another encoding perhaps."""
    reads_bytes = BYTES in (options.get("encoding"), model and model.vocabulary.encoding)
    normalize = model.vocabulary.normalize if model else NONE if reads_bytes else NORMAL_FORMS[0]
    encoding = options.get("encoding", BYTES if reads_bytes else DataSpec.encoding)
    return Reading(encoding, options.get("normalize", normalize), tuple(options.get("column", ())))


def _spec(options: Mapping[str, Any], sources: Sources, model: Model | None) -> DataSpec:
    task, data_format = (model.task, model.data_format) if model else infer_format(sources, options.get("task"))
    batch_size = options.get("batch_size", TrainingOptions.batch_size)
    return DataSpec(
        task=task,
        format=data_format,
        encoding=sources.reading.encoding,
        normalize=sources.reading.normalize,
        columns=sources.reading.columns,
        shuffle=options.get("shuffle", DataSpec.shuffle),
        max_length=options.get("max_length", DataSpec.max_length),
        validation=options.get("validation"),
        split_streams=batch_size if options.get("validation_split") == "tails" else 0,
        seed=options.get("seed", TrainingOptions.seed),
    )
