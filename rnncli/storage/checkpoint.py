"""The model file: one ``.npz`` that ``numpy.load`` can open.

    meta               UTF-8 JSON as a uint8 array: format version, task, network, alphabets, training record, SHA-256
    l1.W_x, …          the parameters by name: the best ones found
    resume/…           what a run needs to go on: the last parameters, the optimizer's moments, the carried state

Strings live in the JSON only. Nothing is ever unpickled, and a file is replaced as a whole or not at all. What may
stand in the file follows from the metadata, and they are checked before anything else is read; see
:mod:`rnncli.storage.npz`.
"""

import math
import os
import stat
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import rnncli
from rnncli.datasets.sources import did_you_mean
from rnncli.engine.arrays import Array
from rnncli.errors import ModelFileError, NotFiniteError, RnncliError
from rnncli.models.base import Model
from rnncli.models.registry import MODELS
from rnncli.storage.lock import temporary_path
from rnncli.storage.npz import Kind, Npz, open_npz, write_npz
from rnncli.training import record as records

FORMAT_VERSION = 2
RESUME = "resume/"


@dataclass
class Checkpoint:
    """A model, the record of its training (plain JSON data), arrays by name that a resume needs, and the ``path`` of the
    file that it was loaded from."""

    model: Model
    record: dict[str, Any] = field(default_factory=dict)
    resume: dict[str, Array] = field(default_factory=dict)
    path: str = "the model"


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write the file beside its place, flush it to the disk, and put it there in one step.

    Raises RnncliError if the disk or the folder do not allow it, and NotFiniteError for weights that are no numbers;
    what stood at ``path`` is then untouched. The same content always gives the same bytes.
    """
    arrays = dict(checkpoint.model.parameters)
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise NotFiniteError("the weights are not finite numbers any more; try again with a smaller --learning-rate")
    arrays |= {RESUME + name: array for name, array in checkpoint.resume.items()}
    meta = {
        "format": "rnncli",
        "version": FORMAT_VERSION,
        "rnncli": rnncli.__version__,
        **checkpoint.model.to_json(),
        "training": checkpoint.record,
    }
    target = Path(path)
    temporary = temporary_path(target)
    try:
        with open(temporary, "wb") as file:
            write_npz(file, meta, arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise RnncliError(f"{target} could not be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a model file; ModelFileError, naming the file and the fault, if it is missing, damaged or something else."""
    name = os.fspath(path)
    try:
        with open_npz(name) as file:
            return _loaded(file, name)
    except FileNotFoundError:
        hint = did_you_mean(name) or "; rnncli train makes one"
        raise ModelFileError(f"{name} does not exist{hint}") from None
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}") from None
    except KeyError as error:
        raise ModelFileError(f"{name} is not a whole rnncli model: its metadata lack {error}") from None
    except (ValueError, TypeError) as error:
        raise ModelFileError(f"{name} is not a whole rnncli model: {error}") from None
    except (MemoryError, RecursionError, OverflowError):
        raise ModelFileError(f"{name} is not a whole rnncli model: its sizes are beyond all measure") from None


def _loaded(file: Npz, path: str) -> Checkpoint:
    """The model in an open file; ValueError, KeyError or TypeError if it is not whole."""
    meta = file.meta
    if meta.get("format") != "rnncli":
        raise ValueError("its metadata are not those of a model")
    if meta["version"] != FORMAT_VERSION:
        raise ValueError(f"it has format version {meta['version']!r:.20}, this rnncli reads {FORMAT_VERSION}")
    if not isinstance(meta["task"], str) or meta["task"] not in MODELS:
        raise ValueError(f"its task is {meta['task']!r:.40}")
    records.check(meta["training"])
    kind = MODELS[meta["task"]]
    parts = kind.parts_from_json(meta)
    shapes = dict(kind.shapes(*parts))
    largest = sum(member.size for member in file.members.values())
    if 4 * sum(math.prod(shape) for shape in shapes.values()) > largest:
        raise ValueError("it is too small for the network that it names")
    model = kind(*parts)
    resume = records.resume_shapes(model, meta["training"])
    expected: dict[str, Kind] = {name: ("<f4", shape) for name, shape in shapes.items()}
    expected |= {RESUME + name: ("<f4", shape) for name, shape in resume.items()}
    arrays = file.arrays(expected)
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds numbers that are not finite")
    for name in shapes:
        model.parameters[name][...] = arrays[name]
    return Checkpoint(model, meta["training"], {name: arrays[RESUME + name] for name in resume}, path)


def is_model(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as a model file does."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with zipfile.ZipFile(path) as file:
            return file.namelist()[:1] == ["meta.npy"]
    except (OSError, zipfile.BadZipFile):
        return False


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system knows how (Windows does not)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
