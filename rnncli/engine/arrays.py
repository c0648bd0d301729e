"""The arrays that the engine passes around: their types, the parameters of a model in one flat vector, and buffers that
are reused.

The optimizer, gradient clipping, the exchange between processes, the model file and ``inspect`` work on the flat vector
or on the names of its views, and so need no knowledge of the network. Gradients are a second :class:`Parameters` of the
same names. A :class:`Workspace` keeps the hot path from allocating: a pass asks it for its arrays by name and shape;
what the pass returns lies in them, and is good until the next pass with the same workspace.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Real numbers: float32 to work, float64 to check gradients."""

Ids = NDArray[np.integer[Any]]
"""Characters as integers in 0 … V − 1."""

CACHE_LINE = 64
"""Bytes."""

Shapes = Mapping[str, tuple[int, ...]]

may_overflow = np.errstate(over="ignore", invalid="ignore")
"""Decorates what reads a text: a state that is not bounded may grow out of range. NumPy says nothing there, since
what is made of the logits does; see :mod:`rnncli.models.output`."""


class Parameters(Mapping[str, Array]):
    """Named views, in the order of ``shapes``, on one contiguous vector ``flat``.

    ``flat`` defaults to zeros of ``dtype``; a given vector is used, not copied, and must have exactly as many elements
    as the shapes (ValueError).
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
        """The parameters whose names begin with ``prefix.``, named without it: ``scope("l1")["W_h"]`` is
        ``["l1.W_h"]``. They must be contiguous in ``flat``; every call returns the same object."""
        if prefix not in self._scopes:
            names = list(self.shapes)
            inside = [name for name in names if name.startswith(f"{prefix}.")]
            before = names[: names.index(inside[0])] if inside else names
            start = sum(self[name].size for name in before)
            size = sum(self[name].size for name in inside)
            shapes = {name.removeprefix(f"{prefix}."): self.shapes[name] for name in inside}
            self._scopes[prefix] = Parameters(shapes, flat=self.flat[start : start + size])
        return self._scopes[prefix]


def aligned(size: int, dtype: np.dtype) -> Array:
    """An uninitialised vector that begins at a cache line, so that no vector register is loaded from two."""
    buffer = np.empty(size * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -buffer.ctypes.data % CACHE_LINE
    return buffer[start : start + size * dtype.itemsize].view(dtype)


T = TypeVar("T")


class Workspace:
    """Named buffers, and nested workspaces for the parts of a network."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._scopes: dict[str, Workspace] = {}
        self._cached: dict[str, tuple[tuple[object, ...], object]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """An uninitialised C-contiguous array; all shapes under one name share a buffer of the largest."""
        view = self._views.get((name, shape))
        if view is None or view.dtype != dtype:
            size = math.prod(shape)
            buffer = self._buffers.get(name)
            if buffer is None or buffer.size < size or buffer.dtype != dtype:
                buffer = self._buffers[name] = aligned(size, dtype)
                self._views = {key: old for key, old in self._views.items() if key[0] != name}
            view = self._views[name, shape] = buffer[:size].reshape(shape)
        return view

    def cached(self, name: str, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """The result of ``make``, which is called again only when ``key`` consists of other objects."""
        entry = self._cached.get(name)
        if entry is None or any(a is not b for a, b in zip(entry[0], key, strict=True)):
            entry = self._cached[name] = key, make()
        return cast(T, entry[1])

    def scope(self, name: str) -> "Workspace":
        """The workspace of a part, with its own namespace."""
        return self._scopes.setdefault(name, Workspace())
