"""Arrays that are used again from one step to the next, so that the hot path allocates nothing.

A forward or backward pass asks for its arrays by name and shape. What it returns lies in them, and is good
until the next pass with the same workspace.
"""

import math
from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np

from rnncli.engine.types import Array

T = TypeVar("T")


class Workspace:
    """A set of named buffers, and of named workspaces inside it for the parts of a network."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._scopes: dict[str, Workspace] = {}
        self._remembered: dict[str, tuple[tuple[object, ...], object]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """A C-contiguous array of this shape with undefined content; a smaller one is a part of the largest."""
        view = self._views.get((name, shape))
        if view is None or view.dtype != dtype:
            size = math.prod(shape)
            buffer = self._buffers.get(name)
            if buffer is None or buffer.size < size or buffer.dtype != dtype:
                buffer = self._buffers[name] = np.empty(size, dtype)
                self._views = {key: old for key, old in self._views.items() if key[0] != name}
            view = self._views[name, shape] = buffer[:size].reshape(shape)
        return view

    def remember(self, name: str, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What ``make`` returned when it was last called under this name, as long as ``key`` has the same objects."""
        remembered = self._remembered.get(name)
        if remembered is None or any(a is not b for a, b in zip(remembered[0], key, strict=True)):
            remembered = self._remembered[name] = key, make()
        return cast(T, remembered[1])

    def scope(self, name: str) -> "Workspace":
        """The workspace of a part, whose names do not meet those of other parts."""
        return self._scopes.setdefault(name, Workspace())
