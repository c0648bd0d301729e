"""The model file: one ``.npz`` that ``numpy.load`` can open.

    meta               UTF-8 JSON as a uint8 array: format version, task, network, alphabets, counts, training record,
                       SHA-256
    l1.W_x, …          the parameters by name: the best ones found
    counts/…           the index of the n-gram model beside a language model, if there is one: it contains the text
    resume/…           what a run needs to go on: the last parameters, the optimizer's moments, the carried state

Strings live in the JSON only. Nothing is ever unpickled, and a file is replaced as a whole or not at all. What may
stand in the file follows from the metadata, and they are checked before anything else is read; see
:mod:`rnncli.storage.npz`.
"""

import os
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli import names
from rnncli.datasets.dataset import Dataset, find_dataset
from rnncli.datasets.normal_form import NONE
from rnncli.datasets.reading import Reading
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.vocabulary import BYTES
from rnncli.engine.arrays import Array
from rnncli.errors import InputError, NotFiniteError, RnncliError
from rnncli.models.base import Model
from rnncli.models.mixture import Counts, with_counts
from rnncli.models.registry import allocate, parse
from rnncli.storage import counts as stored_counts
from rnncli.storage.atomic import atomic_write
from rnncli.storage.faults import named_faults
from rnncli.storage.npz import ArrayType, Npz, open_npz, write_npz
from rnncli.training.record import Record, resume_shapes, upgrade

FORMAT_VERSION = 7
READABLE = (2, 3, 4, 5, 6, FORMAT_VERSION)
RESUME = "resume/"

PARAMETER = np.dtype("<f4")
"""What parameters are in a file, and what a resume needs."""

MAX_CHARACTERS = 10_000_000
"""Of a training text, for n-gram baselines and the search for copied text."""


@dataclass
class Checkpoint:
    """A model, the record of its training if a run has written it, the arrays by name that a resume needs, the
    ``counts`` beside a language model, and the ``path`` of the file that it was loaded from."""

    model: Model
    record: Record | None = None
    resume: dict[str, Array] = field(default_factory=dict)
    counts: Counts | None = None
    path: str = "the model"

    @property
    def writer(self) -> Any:
        """What writes text: a language model, together with its counts if it has some."""
        return with_counts(self.model, self.counts)

    def reading(self, encoding: str | None = None) -> Reading:
        """How other files become text for this model: in this ``encoding``, UTF-8 where None is given, or as bytes if
        it has learnt bytes; in its normal form; and by the columns that it has learnt. InputError for an encoding that
        it cannot have."""
        vocabulary = self.model.vocabulary
        if vocabulary.encoding == BYTES and encoding not in (None, BYTES):
            raise InputError(f"{self.path} has learnt bytes, which have no --encoding {encoding}")
        if encoding == BYTES and vocabulary.encoding != BYTES:
            raise InputError(f"{self.path} has learnt characters; --encoding bytes does not apply")
        columns = () if self.record is None else self.record.data.columns
        return Reading(encoding or vocabulary.encoding, vocabulary.normalize, columns)

    @property
    def data(self) -> DataSpec:
        """What the model learnt from; InputError where the file does not say."""
        if self.record is None:
            raise InputError(f"{self.path} does not say what it was trained on; name a text to look at with --text")
        return self.record.data

    def dataset(self) -> Dataset | None:
        """The data that the model learnt from, where its files were neither moved nor modified; they are looked for
        here and beside the model file."""
        if self.record is None:
            return None
        return find_dataset(self.record.data, Path(self.path).parent, self.model.alphabets)

    def training_ids(self) -> NDArray[Any] | None:
        """The training text as ids (N,), at most ``MAX_CHARACTERS`` of them; None where :meth:`dataset` is."""
        dataset = self.dataset()
        return None if dataset is None else dataset.text_ids(dataset.training, MAX_CHARACTERS)


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a model file atomically.

    Raises RnncliError if the disk or the folder do not allow it, and NotFiniteError for weights that are no numbers;
    what stood at ``path`` is then untouched. The same content always gives the same bytes.
    """
    arrays = dict(checkpoint.model.parameters)
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise NotFiniteError("the weights are not finite numbers any more; try again with a smaller --learning-rate")
    arrays |= stored_counts.arrays_of(checkpoint.counts)
    arrays |= {RESUME + name: array for name, array in checkpoint.resume.items()}
    meta = {
        "format": "rnncli",
        "version": FORMAT_VERSION,
        "rnncli": names.__version__,
        **checkpoint.model.to_json(),
        "counts": stored_counts.to_json(checkpoint.counts),
        "training": {} if checkpoint.record is None else checkpoint.record.to_json(),
    }
    target = Path(path)
    try:
        with atomic_write(target) as file:
            write_npz(file, meta, arrays)
    except OSError as error:
        raise RnncliError(f"{target} could not be written: {error.strerror or error}") from None


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a model file; ModelFileError, naming the file and the fault, if it is missing, damaged or something else."""
    name = os.fspath(path)
    with named_faults(name, "is not a valid rnncli model", "; rnncli train makes one"), open_npz(name) as file:
        return _loaded(file, name)


def _loaded(file: Npz, path: str) -> Checkpoint:
    """The model in an open file; ValueError, KeyError or TypeError if it is not whole."""
    meta = file.meta
    if meta.get("format") != "rnncli":
        raise ValueError("its metadata are not those of a model")
    if type(meta["version"]) is not int or meta["version"] not in READABLE:
        versions = f"{', '.join(map(str, READABLE[:-1]))} and {READABLE[-1]}"
        raise ValueError(f"it has format version {meta['version']!r:.20}, this rnncli reads {versions}")
    version: int = meta["version"]
    if version < FORMAT_VERSION:
        meta = {"counts": None, **_with_normal_form(meta)}
    numbers = sum(member.size for member in file.members.values()) // PARAMETER.itemsize
    model = allocate(*parse(meta), len(file.members), numbers)
    record = meta["training"] if version == FORMAT_VERSION else upgrade(meta["training"], version, model)
    record = Record.from_json(record, model)
    resume = resume_shapes(model, record)
    expected: dict[str, ArrayType] = {name: (PARAMETER.str, values.shape) for name, values in model.parameters.items()}
    expected |= stored_counts.array_types(meta["counts"], model)
    expected |= {RESUME + name: (PARAMETER.str, shape) for name, shape in resume.items()}
    arrays = file.arrays(expected)
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    for name, values in model.parameters.items():
        values[...] = arrays[name]
    resumable = {name: arrays[RESUME + name] for name in resume}
    counts = stored_counts.from_json(meta["counts"], arrays, model)
    return Checkpoint(model, record, resumable, counts, path)


def _with_normal_form(meta: dict[str, Any]) -> dict[str, Any]:
    """Metadata of versions 2 and 3, whose vocabularies had no normal form, as today's."""
    vocabularies = [key for key in ("vocabulary", "tags", "target_vocabulary") if isinstance(meta.get(key), dict)]
    return meta | {key: {"normalize": NONE, **meta[key]} for key in vocabularies}


def is_model(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as a model file does."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with zipfile.ZipFile(path) as file:
            return file.namelist()[:1] == ["meta.npy"]
    except (OSError, zipfile.BadZipFile):
        return False
