"""The counts beside a network in a model file: their metadata, and two arrays with a number for each character of the
training text."""

import math
from typing import Any

import numpy as np

from rnncli.datasets.spec import TEXT
from rnncli.models.base import Model
from rnncli.models.mixture import COUNTS, MIXTURE, NETWORK, Counts
from rnncli.models.ngram.contexts import ContextIndex
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.names import MAX_ORDER
from rnncli.storage.npz import ArrayType

FOLLOWERS, SHARED = "counts/followers", "counts/shared"

MAX_LENGTH = 1 << 31
"""Characters of a text that is counted."""


def to_json(counts: Counts | None) -> dict[str, Any] | None:
    """For the metadata."""
    if counts is None:
        return None
    return {
        "characters": len(counts.model.index),
        "discounts": counts.model.discounts.tolist(),
        "weight": counts.weight,
        "held_out": counts.held_out,
    }


def arrays_of(counts: Counts | None) -> dict[str, Any]:
    """The arrays by name."""
    return {} if counts is None else {FOLLOWERS: counts.model.index.followers, SHARED: counts.model.index.shared}


def array_types(meta: Any, model: Model) -> dict[str, ArrayType]:
    """The arrays that stand in the file by what the metadata say; ValueError where they are malformed."""
    if meta is None:
        return {}
    if not isinstance(meta, dict) or set(meta) != {"characters", "discounts", "weight", "held_out"}:
        raise ValueError("its counts are malformed")
    length, weight, discounts, held_out = meta["characters"], meta["weight"], meta["discounts"], meta["held_out"]
    if model.data_format != TEXT or type(length) is not int or not 0 < length < MAX_LENGTH or not _is(weight, 0, 1):
        raise ValueError(f"its counts have {length!r:.20} characters and the weight {weight!r:.20}")
    rows = isinstance(discounts, list) and all(isinstance(row, list) and len(row) == 4 for row in discounts)
    if not (rows and 0 < len(discounts) <= MAX_ORDER):
        raise ValueError("the discounts of its counts are malformed")
    if not all(_is(value, 0, count) for row in discounts for count, value in enumerate(row)):
        raise ValueError("the discounts of its counts are out of range")
    if not isinstance(held_out, dict) or set(held_out) not in (set(), {NETWORK, COUNTS, MIXTURE}):
        raise ValueError("the losses of its counts are malformed")
    if not all(_is(value, 0, math.inf) for value in held_out.values()):
        raise ValueError("the losses of its counts are out of range")
    return {FOLLOWERS: (model.vocabulary.dtype.newbyteorder("<").str, (length,)), SHARED: ("|u1", (length,))}


def from_json(meta: Any, arrays: dict[str, Any], model: Model) -> Counts | None:
    """The counts of metadata that :func:`array_types` has checked, with their arrays; ValueError where these are not
    those of a text over the model's alphabet."""
    if meta is None:
        return None
    discounts, size = np.array(meta["discounts"], np.float64), len(model.vocabulary)
    index = ContextIndex(arrays[FOLLOWERS], arrays[SHARED], len(discounts) - 1)
    if index.followers.max() >= size or index.shared.max() > index.depth:
        raise ValueError("its counts are not those of a text in its alphabet")
    return Counts(KneserNey(index, size, discounts), float(meta["weight"]), meta["held_out"])


def _is(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and low <= value <= high
