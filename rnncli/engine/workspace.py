"""Arrays that are used again from one step to the next, so that the hot path allocates nothing.

A forward or backward pass asks for its arrays by name and shape. What it returns lies in them, and is good
until the next pass with the same workspace.
"""

import math

import numpy as np

from rnncli.engine.types import Array


class Workspace:
    """A set of named buffers, and of named workspaces inside it for the parts of a network."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}
        self._views: dict[tuple[str, tuple[int, ...]], Array] = {}
        self._scopes: dict[str, Workspace] = {}

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

    def scope(self, name: str) -> "Workspace":
        """The workspace of a part, whose names do not meet those of other parts."""
        return self._scopes.setdefault(name, Workspace())
