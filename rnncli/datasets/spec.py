"""What a model learns from: which files, how they are read, and which part of them is held out.

The model file records the specification, and it is the only thing that can open the data again: training, resuming,
inspecting, scoring and the search for copied text all ask it.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rnncli.datasets.columns import MAX_LENGTH
from rnncli.datasets.reading import Reading, canonical_encoding
from rnncli.datasets.sources import Sources, open_sources
from rnncli.errors import InputError
from rnncli.names import NORMAL_FORMS, SHUFFLES, TASKS

TEXT, PAIRS = "text", "pairs"
"""The two formats: running text, and lines of two columns with a tab between them."""

NO_SHUFFLE = "none"

MAX_COUNT = 2**53


@dataclass(frozen=True)
class DataSpec:
    """``files``, read as running text or as pairs for a ``task``: in their ``encoding`` and the normal form
    ``normalize``; of .csv and .jsonl files the ``columns``.

    ``shuffle`` puts lines or documents (files) of running text in random order by ``seed``. Pairs of which a side has
    more than ``max_length`` characters are left out.

    ``validation`` is what the user asked to hold out: a fraction or the name of a file; None is a choice by size. The
    fraction is taken from the end of the text, or from the end of each of ``split_streams`` streams; of pairs it is
    drawn by ``seed``. ``sha256`` is that of the bytes of all files, and ``training`` and ``held_out`` count characters
    of text or pairs; they are known when the data has been opened.
    """

    files: tuple[str, ...] = ()
    task: str = "generate"
    format: str = TEXT
    encoding: str = "utf-8"
    normalize: str = "none"
    columns: tuple[str, ...] = ()
    shuffle: str = NO_SHUFFLE
    max_length: int = MAX_LENGTH
    validation: str | None = None
    split_streams: int = 0
    seed: int = 0
    sha256: str = ""
    training: int = 0
    held_out: int = 0

    @property
    def kind(self) -> str:
        """The name of the kind of model that learns this, a key of ``rnncli.models.registry.MODELS``."""
        return "generate-labelled" if self.task == "generate" and self.format == PAIRS else self.task

    @property
    def reading(self) -> Reading:
        """How the files become text."""
        return Reading(self.encoding, self.normalize, self.columns)

    @property
    def names(self) -> str:
        """The files, for a message."""
        return ", ".join(self.files)

    @property
    def fraction(self) -> float | None:
        """The fraction to hold out; None where that is a choice by size, or a file."""
        return parse_fraction(self.validation)

    @property
    def validation_file(self) -> str | None:
        """The file to validate on, where there is one."""
        return self.validation if self.fraction is None else None

    def find_validation(self, folder: Path) -> str | None:
        """The validation file where it lies today, here or in ``folder``; None if there is none or it was moved."""
        places = [] if self.validation_file is None else [place / self.validation_file for place in (Path(), folder)]
        return next((str(path) for path in places if path.is_file()), None)

    def open_validation(self) -> Sources | None:
        """The file to validate on, opened, where there is one; InputError where it does not exist."""
        return None if self.validation_file is None else open_sources([self.validation_file], self.reading)

    def find(self, folder: Path) -> tuple["DataSpec", Sources] | None:
        """The same data where it lies today, seen from here or from ``folder``, that of the model file; None if files
        are gone or their bytes have changed. Where the validation file is gone, nothing is held out."""
        for place in (Path(), folder):
            files = [str(place / name) for name in self.files]
            if files and all(Path(name).is_file() for name in files):
                sources = open_sources(files, self.reading)
                if sources.digest() == self.sha256:
                    validation = self.validation
                    if self.validation_file is not None:
                        validation = self.find_validation(folder) or "0"
                    return replace(self, files=tuple(files), validation=validation), sources
        return None

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self) | {"files": list(self.files), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, data: Any) -> "DataSpec":
        """The inverse of :meth:`to_json`; ValueError, naming the field, where a value is missing or out of range."""
        if not isinstance(data, dict) or set(data) != {field.name for field in fields(cls)}:
            raise ValueError("its data specification is malformed")
        for name, is_valid in CHECKS.items():
            if not is_valid(data[name]):
                raise ValueError(f"its data specification has {name} = {data[name]!r:.40}")
        return cls(**{**data, "files": tuple(data["files"]), "columns": tuple(data["columns"])})


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_COUNT


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


CHECKS: dict[str, Callable[[Any], bool]] = {
    "files": _is_list_of_texts,
    "task": lambda value: value in TASKS,
    "format": lambda value: value in (TEXT, PAIRS),
    "encoding": lambda value: _is_text(value) and canonical_encoding(value) == value,
    "normalize": lambda value: value in NORMAL_FORMS,
    "columns": _is_list_of_texts,
    "shuffle": lambda value: value in (NO_SHUFFLE, *SHUFFLES),
    "max_length": lambda value: _is_count(value) and value > 0,
    "validation": lambda value: value is None or _is_text(value),
    "split_streams": _is_count,
    "seed": _is_count,
    "sha256": lambda value: _is_text(value) and len(value) == 64 and set(value) <= set("0123456789abcdef"),
    "training": lambda value: _is_count(value) and value > 0,
    "held_out": _is_count,
}
"""What each field may be in a model file."""


def parse_fraction(validation: str | None) -> float | None:
    """The fraction that ``--validation`` names; None for a file or nothing. InputError for one outside 0 … 1."""
    try:
        fraction = None if validation is None else float(validation)
    except ValueError:
        return None
    if fraction is not None and not (math.isfinite(fraction) and 0 <= fraction < 1):
        raise InputError(f"--validation {validation} is neither a fraction from 0 to below 1 nor a file")
    return fraction
