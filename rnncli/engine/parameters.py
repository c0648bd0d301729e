"""All parameters of a model in one flat vector, with a named view for each.

The optimizer, clipping, the sum over workers, the model file and ``inspect`` work on the vector or on the
names, and so need no knowledge of the network. Gradients are a second :class:`Parameters` of the same names.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from rnncli.engine.types import Array

Shapes = Mapping[str, tuple[int, ...]]


class Parameters(Mapping[str, Array]):
    """Named views, in the order of ``shapes``, on one contiguous vector ``flat``.

    ``flat`` is made of zeros of ``dtype`` where it is not given; one that is given must have exactly as many
    elements as the shapes ask for (ValueError).
    """

    def __init__(self, shapes: Shapes, dtype: object = np.float32, flat: Array | None = None) -> None:
        self.shapes = dict(shapes)
        size = sum(math.prod(shape) for shape in self.shapes.values())
        self.flat: Array = np.zeros(size, dtype) if flat is None else flat  # type: ignore[call-overload]
        if self.flat.shape != (size,):
            raise ValueError(f"a vector of {size} parameters is needed, not of shape {self.flat.shape}")
        self._views: dict[str, Array] = {}
        self._scopes: dict[str, Parameters] = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            self._views[name] = self.flat[start:stop].reshape(shape)
            start = stop

    def __getitem__(self, name: str) -> Array:
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def zeros_like(self) -> "Parameters":
        """The same names and dtype over a new vector of zeros: a place for gradients."""
        return Parameters(self.shapes, self.flat.dtype)

    def scope(self, prefix: str) -> "Parameters":
        """The part whose names begin with ``prefix.``, without it: ``scope("l1")["W_h"]`` is ``["l1.W_h"]``. The names
        of a part follow each other, and always the same object is returned."""
        if prefix not in self._scopes:
            names = list(self.shapes)
            inside = [name for name in names if name.startswith(f"{prefix}.")]
            before = names[: names.index(inside[0])] if inside else names
            start = sum(self[name].size for name in before)
            size = sum(self[name].size for name in inside)
            shapes = {name.removeprefix(f"{prefix}."): self.shapes[name] for name in inside}
            self._scopes[prefix] = Parameters(shapes, flat=self.flat[start : start + size])
        return self._scopes[prefix]
