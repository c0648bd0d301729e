"""A direction in the hidden states of a model, as a file: an ``.npz`` that ``numpy.load`` can open.

    meta      UTF-8 JSON as a uint8 array: what the direction tells, of which model, found in which text, and where the
              states lie along it; SHA-256
    l1, …     for each cell the unit vector (H,) of its part, float64

It is read as strictly as a model file, see :mod:`rnncli.storage.npz`, and fits one model only: in another one of the
same shape, or after further training, the units mean something else.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnncli import names
from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError, RnncliError
from rnncli.models.base import Model
from rnncli.names import command_line
from rnncli.storage.atomic import atomic_write
from rnncli.storage.faults import named_faults
from rnncli.storage.npz import Npz, open_npz, write_npz

FORMAT, VERSION = "rnncli-direction", 1
VECTOR = np.dtype("<f8")


@dataclass(frozen=True)
class Part:
    """The part of a direction in one cell: a unit ``vector`` (H,), and the projections of the hidden state on it where
    the feature is 0 and where it is 1, ``zero`` and ``one``. Of a feature that is true or false they are means, of a
    number they lie on the regression line."""

    vector: Array
    zero: float
    one: float


@dataclass(frozen=True)
class Direction:
    """The ``parts`` by cell of a direction that tells ``feature``; it was found in the first ``characters`` of a text,
    of which ``digest`` is the SHA-256 in UTF-8."""

    feature: str
    is_binary: bool
    parts: Mapping[str, Part]
    characters: int
    digest: str

    def held_at(self, value: float) -> list[Clamp]:
        """Clamps that hold the states along it as where the feature has this value: 1 is true and 0 false.

        The hidden states suffice, also of an LSTM: nothing but its own next step sees the cell, and what that shows of
        it is set again.
        """
        return [
            Clamp(cell, "hidden", part.vector, part.zero + value * (part.one - part.zero))
            for cell, part in self.parts.items()
        ]

    def was_found_in(self, text: str) -> bool:
        """Whether ``text`` begins with the characters that it was found in."""
        return len(text) >= self.characters and digest_of(text[: self.characters]) == self.digest


def digest_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_output(path: str) -> None:
    """InputError where no direction can be written to ``path``, or would replace what is none."""
    target = Path(path)
    if path in ("", "-"):
        raise InputError("-o takes the name of a file for the direction, as in -o quotes.npz")
    if target.is_dir():
        raise InputError(f"{path} is a folder; name a file in it with -o")
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist; create it, or write elsewhere with -o")
    if target.exists() and not _is_direction(path):
        raise InputError(f"{path} exists and is not a direction, so it is left alone; write elsewhere with -o")


def save(path: str, direction: Direction, model: Model) -> None:
    """Write a direction of ``model`` atomically; RnncliError if the disk or the folder do not allow it, InputError
    where :func:`check_output` raises it."""
    check_output(path)
    parts = direction.parts
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "rnncli": names.__version__,
        "feature": direction.feature,
        "is_binary": direction.is_binary,
        "state": "hidden",
        "cells": {cell: {"zero": part.zero, "one": part.one} for cell, part in parts.items()},
        "hidden_size": model.config.hidden_size,
        "model": _digest_of_model(model),
        "text": {"characters": direction.characters, "sha256": direction.digest},
    }
    try:
        with atomic_write(Path(path)) as file:
            write_npz(file, meta, {cell: part.vector.astype(VECTOR) for cell, part in parts.items()})
    except OSError as error:
        raise RnncliError(f"{path} could not be written: {error.strerror or error}") from None


def load(path: str, model: Model, model_path: str) -> Direction:
    """Read a direction; ModelFileError, naming the file and the fault, if it is missing, damaged or something else, and
    InputError if it is not one of ``model``, which is in the file ``model_path``."""
    hint = "; rnncli inspect MODEL probe FEATURE -o FILE writes one"
    with named_faults(path, "is not a direction in the states of a model", hint), open_npz(path) as file:
        if file.meta.get("format") == "rnncli":
            raise ValueError("it is a model")
        if file.meta.get("format") != FORMAT or file.meta["version"] != VERSION:
            raise ValueError(f"its metadata are not those of a direction of version {VERSION}")
        direction = _loaded(file)
        of_this = file.meta["model"] == _digest_of_model(model)
    size = len(next(iter(direction.parts.values())).vector)
    if not of_this or not set(direction.parts) <= set(model.network.names) or size != model.config.hidden_size:
        again = command_line("inspect", model_path, "probe", direction.feature, options=["-o", path])
        raise InputError(
            f"{path} is a direction in the states of another model than {model_path}; find it again: {again}"
        )
    return direction


def _loaded(file: Npz) -> Direction:
    """The direction in an open file; ValueError, KeyError or TypeError if it is not whole."""
    meta, size = file.meta, file.meta["hidden_size"]
    feature, is_binary, cells, text = meta["feature"], meta["is_binary"], meta["cells"], meta["text"]
    characters, digest = text["characters"], text["sha256"]
    if not (type(size) is type(characters) is int and 0 < size < 1 << 24 and characters >= 0):
        raise ValueError("its sizes are out of range")
    if not (isinstance(feature, str) and isinstance(digest, str) and type(is_binary) is bool and cells):
        raise ValueError("its metadata are not those of a direction")
    arrays = file.arrays(dict.fromkeys(cells, (VECTOR.str, (size,))))
    parts = {cell: Part(arrays[cell], *(_number(cells[cell][name]) for name in ("zero", "one"))) for cell in cells}
    for cell, part in parts.items():
        if not abs(float(part.vector @ part.vector) - 1) < 1e-6:
            raise ValueError(f"{cell} is not a unit vector")
    return Direction(feature, is_binary, parts, characters, digest)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.20} is no number")
    return float(value)


def _is_direction(path: str) -> bool:
    try:
        with open_npz(path) as file:
            return file.meta.get("format") == FORMAT
    except (OSError, ValueError):
        return False


def _digest_of_model(model: Model) -> str:
    """The SHA-256 of all parameters as they stand in a model file."""
    return hashlib.sha256(model.parameters.flat.astype("<f4").tobytes()).hexdigest()
