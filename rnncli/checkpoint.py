"""The model file: one ``.npz`` that ``numpy.load`` can open.

    meta               UTF-8 JSON as a uint8 array: format version, task, network, vocabulary, training record,
                       SHA-256 of all arrays that follow
    l1.W_x, …          the parameters by name: the best ones found
    resume/…           what a run needs to go on: the last parameters, the optimizer's moments, the carried state

Strings live in the JSON only. Nothing is ever unpickled, and a file is replaced as a whole or not at all.
"""

import hashlib
import io
import json
import os
import stat
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import rnncli
from rnncli.engine.types import Array
from rnncli.errors import ModelFileError, NotFiniteError, RnncliError
from rnncli.models.base import Model
from rnncli.models.registry import MODELS
from rnncli.text.sources import did_you_mean

FORMAT_VERSION = 1
RESUME = "resume/"


@dataclass
class Checkpoint:
    """A model, the record of its training (plain JSON data), and arrays by name that a resume needs."""

    model: Model
    record: dict[str, Any] = field(default_factory=dict)
    resume: dict[str, Array] = field(default_factory=dict)


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
        "sha256": _digest(arrays),
    }
    encoded = np.frombuffer(json.dumps(meta, allow_nan=False).encode(), np.uint8)
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, meta=encoded, **arrays)
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
        arrays = _read_arrays(name)
        meta = _parse_meta(arrays.pop("meta", None))
        kind = MODELS[meta["task"]]
        parts = kind.parts_from_json(meta)
        if meta["sha256"] != _digest(arrays):
            raise ValueError("its checksum does not match its content")
        expected = kind.shapes(*parts)
        parameters = {key: _checked(key, arrays.pop(key, None), shape) for key, shape in expected.items()}
        model = kind(*parts)
        for key, values in parameters.items():
            model.parameters[key][...] = values
        if not all(key.startswith(RESUME) for key in arrays):
            raise ValueError(f"it holds arrays that no model has: {', '.join(sorted(arrays)[:3])}")
    except FileNotFoundError:
        hint = did_you_mean(name) or "; rnncli train makes one"
        raise ModelFileError(f"{name} does not exist{hint}") from None
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ModelFileError(f"{name} is not a whole rnncli model: {_fault(error)}") from None
    except (MemoryError, RecursionError):
        raise ModelFileError(f"{name} is not a whole rnncli model: its sizes are beyond all measure") from None
    return Checkpoint(model, meta["training"], {key.removeprefix(RESUME): value for key, value in arrays.items()})


def _checked(name: str, values: Array | None, shape: tuple[int, ...]) -> Array:
    if values is None or values.shape != shape or values.dtype != np.float32:
        found = "nothing" if values is None else f"{values.dtype} of shape {values.shape}"
        raise ValueError(f"{name} should be float32 of shape {shape}, found {found}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return values


def is_model(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as a model file does."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with zipfile.ZipFile(path) as file:
            return file.namelist()[:1] == ["meta.npy"]
    except (OSError, zipfile.BadZipFile):
        return False


def _read_arrays(name: str) -> dict[str, Array]:
    """All arrays of an ``.npz`` file, none compressed, none pickled, none larger than the file says."""
    descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a FIFO must not hang
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        with zipfile.ZipFile(file) as members:
            names = members.namelist()
            if names[:1] != ["meta.npy"]:
                raise ValueError("it does not begin with the metadata")
            if len(set(names)) < len(names):
                raise ValueError("it has two arrays of one name")
            if any(info.compress_type != zipfile.ZIP_STORED for info in members.infolist()):
                raise ValueError("it is compressed")
            return {
                member.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(members.read(member)), False)
                for member in names
            }


def _parse_meta(encoded: Array | None) -> dict[str, Any]:
    if encoded is None or encoded.dtype != np.uint8:
        raise ValueError("it has no metadata")
    meta = json.loads(encoded.tobytes().decode())
    if not isinstance(meta, dict) or meta.get("format") != "rnncli":
        raise ValueError("its metadata are not those of a model")
    if meta["version"] != FORMAT_VERSION:
        raise ValueError(f"it has format version {meta['version']}, this rnncli reads {FORMAT_VERSION}")
    if meta["task"] not in MODELS or not isinstance(meta["training"], dict):
        raise ValueError("its metadata are malformed")
    return meta


def _fault(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"its metadata lack {error}"
    return "it is no .npz file" if isinstance(error, zipfile.BadZipFile) else str(error)


def _digest(arrays: dict[str, Array]) -> str:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the system knows how (Windows does not)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
