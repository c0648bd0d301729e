"""Files of other tools as models: those that rnncli has exported, and recurrent networks of PyTorch."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.storage.faults import named_faults
from rnncli.storage.interchange.metadata import parse_metadata
from rnncli.storage.interchange.pytorch import from_torch
from rnncli.storage.interchange.recognition import recognise
from rnncli.storage.interchange.safetensors_file import read_safetensors
from rnncli.storage.interchange.torch_file import read_torch

READERS: dict[str, Callable[[str], tuple[dict[str, Array], str | None]]] = {
    ".safetensors": read_safetensors,
    ".pt": read_torch,
    ".pth": read_torch,
}
"""By suffix: what reads the arrays of a file, and the metadata of rnncli if it has some; ValueError, in a sentence
about "it", if the file is not valid."""


def import_model(
    path: str, alphabet: str | None = None, labels: Sequence[str] | None = None, activation: str | None = None
) -> Model:
    """The model in a file.

    ``alphabet``, whose characters have the ids 0, 1, …, the names of the ``labels`` of a classifier, and the
    ``activation`` of an nn.RNN, tanh by default, are needed where the file does not say; InputError where it does, or
    where they do not agree with its shapes. ModelFileError, naming the fault, for a file that is missing, damaged or
    something else.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in READERS:
        raise InputError(f"{path} has none of the suffixes that can be imported: {', '.join(READERS)}")
    with named_faults(path, "cannot be imported"):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError("it is not a regular file")
        arrays, metadata = READERS[suffix](path)
        with np.errstate(over="ignore"):  # infinite numbers are refused later
            arrays = {name: values.astype(np.float32, copy=False) for name, values in arrays.items()}
        if metadata is None:
            return _recognised(path, arrays, alphabet, labels, activation)
        given = {"--alphabet": alphabet, "--labels": labels, "--activation": activation}
        if told := [option for option, value in given.items() if value is not None]:
            raise InputError(f"{told[0]} does not apply: {path} was exported by rnncli and says what it is")
        return from_torch(*parse_metadata(metadata), arrays)


def _recognised(
    path: str, arrays: dict[str, Array], alphabet: str | None, labels: Sequence[str] | None, activation: str | None
) -> Model:
    found = recognise(arrays, activation or "tanh")
    if activation is not None and found.config.cell != "rnn":
        raise InputError(f"--activation does not apply: {path} holds {found.config.cell.upper()} layers")
    if alphabet is None:
        raise InputError(
            f"{path} does not say which characters its {found.characters} ids stand for; name a text of these "
            "characters in order with --alphabet"
        )
    if len(alphabet) == found.characters + 1 and alphabet.endswith("\n"):
        alphabet = alphabet[:-1]  # the end of the file's only line
    return found.model(alphabet, labels)
