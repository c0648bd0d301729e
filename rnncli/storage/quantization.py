"""The weights of a model in fewer bytes, for a page in which it runs.

Matrices are int8 with a scale for each row, w ≈ s · q with s = max|w| / 127 (symmetric quantization), or float16, or
float32; biases, which are few, stay float32. All arrays lie one behind the other, little-endian; of an int8 matrix the
scales come first.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.models.base import Model

INT8, FLOAT16, FLOAT32 = "int8", "float16", "float32"


@dataclass(frozen=True)
class PackedWeights:
    """``data`` are the bytes of all ``arrays``, of which each has a name, a shape and a precision; ``model`` has the
    weights that they stand for."""

    precision: str
    model: Model
    arrays: list[dict[str, Any]]
    data: bytes


def pack(model: Model, precision: str) -> PackedWeights:
    """The weights of ``model`` in this ``precision``. What float16 cannot hold stays float32."""
    restored = model.on(model.parameters.flat.copy())
    arrays, data = [], b""
    for name, values in model.parameters.items():
        kind = precision if name.rpartition(".")[2].startswith("W") else FLOAT32
        if kind == FLOAT16 and np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            kind = FLOAT32
        stored, back = _quantized(values) if kind == INT8 else _cast(values, kind)
        restored.parameters[name][...] = back
        arrays.append({"name": name, "shape": list(values.shape), "precision": kind})
        data += stored
    return PackedWeights(precision, restored, arrays, data)


def _quantized(values: Array) -> tuple[bytes, Array]:
    """Bytes of the scales and of the rows, and the values that they stand for, in float32."""
    scales = np.abs(values).max(-1, keepdims=True).astype("<f4") / np.float32(127)
    rounded = np.rint(values / np.where(scales > 0, scales, 1)).clip(-127, 127).astype(np.int8)
    return scales.tobytes() + rounded.tobytes(), rounded * scales


def _cast(values: Array, kind: str) -> tuple[bytes, Array]:
    stored = values.astype({FLOAT16: "<f2", FLOAT32: "<f4"}[kind])
    return stored.tobytes(), stored.astype(np.float32)
