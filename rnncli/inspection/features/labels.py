"""The features of what a model reads, a number for each of its symbols.

A model of bytes reads the bytes of characters, and features are of characters: each byte has what its character has.
"""

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.engine.arrays import Array
from rnncli.inspection.features.built_in import feature
from rnncli.inspection.probe import Probe


def labels(probe: Probe, name: str) -> Array:
    """The feature ``name`` (N − 1,) of the N ids of a text, but for the last, which predicts nothing. InputError for a
    name that is no feature."""
    return labels_of(probe.model.vocabulary, probe.text(), name)[:-1]


def labels_of(vocabulary: Vocabulary, text: str, name: str) -> Array:
    """The same (N,) for N symbols that are at hand as the ``text`` of a ``vocabulary``."""
    characters, sizes = characters_of(vocabulary, text)
    return np.repeat(feature(name, characters), sizes)


def characters_of(vocabulary: Vocabulary, text: str) -> tuple[str, NDArray[np.intp]]:
    """The characters that a ``text`` of symbols is to people, and how many symbols each takes: the bytes of UTF-8 in a
    model of bytes, where a byte that belongs to no character is one for itself, U+FFFD."""
    if vocabulary.encoding != BYTES:
        return text, np.ones(len(text), np.intp)
    characters = text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    sizes = [len(character.encode("utf-8", "surrogateescape")) for character in characters]
    return "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in characters), np.array(sizes, np.intp)
