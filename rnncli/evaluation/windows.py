"""Reading a text window by window, in one stream or in several, each with a contiguous part of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Ids
from rnncli.engine.clamping import Clamp
from rnncli.models.language_model import LanguageModel

WINDOW = 256
"""Characters of a stream in a window; it affects memory and speed, not the result."""

BURN_IN = 256
"""Characters before its part that each of several streams reads first, to arrive at a state."""


@dataclass(frozen=True)
class Window:
    """T characters of each of B streams: their ``positions`` (T, B) in the text; ``inside`` (T, B), false beyond the
    end of a stream; the ``targets`` (T, B), the character after each; and the network's ``forward`` pass."""

    positions: NDArray[np.intp]
    inside: NDArray[np.bool_]
    targets: NDArray[np.intp]
    forward: Any


def windows(
    model: LanguageModel, ids: Ids, streams: int = 1, shard: slice = slice(None), clamps: Sequence[Clamp] = ()
) -> Iterator[Window]:
    """Read ``ids`` (N,), all but the last. A window's arrays are valid until the next window is requested.

    One stream reads the text in one pass with the state carried: that is the definition. Several streams are faster;
    each reads ``BURN_IN`` characters before its own part for its state, which changes the mean loss by some 1e-4 nats.
    ``shard`` selects the streams to read. ``clamps`` hold units at a value.
    """
    edges = edges_of(len(ids), streams)
    yield from read_parts(model, ids, edges[:-1][shard], edges[1:][shard], BURN_IN, WINDOW, clamps)


def edges_of(total: int, streams: int) -> NDArray[np.intp]:
    """The :func:`stream_edges` of :func:`windows`, for ``total`` ids."""
    return stream_edges(total - 1, streams, 4 * BURN_IN)


def stream_edges(count: int, streams: int, shortest: int) -> NDArray[np.intp]:
    """The places (streams + 1,) between which ``streams`` read a text of ``count`` characters; they are fewer where
    their parts would be shorter than ``shortest``."""
    streams = max(1, min(streams, count // shortest))
    return np.arange(streams + 1) * count // streams


def read_parts(
    model: LanguageModel,
    ids: Ids,
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
    burn_in: int,
    window: int,
    clamps: Sequence[Clamp] = (),
) -> Iterator[Window]:
    """Read B parts of ``ids`` (N,) side by side, a ``window`` of each at a time: from ``starts`` (B,), each 0 or at
    least ``burn_in``, to ``ends`` (B,). A part that begins with the text has the zero state before it."""
    state = model.zero_state(len(starts))
    if starts.any():
        for first in range(-burn_in, 0, window):
            before = np.maximum(starts + np.arange(first, min(first + window, 0))[:, None], 0)
            state = model.forward(ids[before].astype(np.intp), state, clamps).state
        state[:, :, starts == 0] = model.zero_state(int((starts == 0).sum()))
    length = int(np.max(ends - starts, initial=0))
    for first in range(0, length, window):
        positions = starts + np.arange(first, min(first + window, length) + 1)[:, None]
        read = ids[np.minimum(positions, len(ids) - 1)].astype(np.intp)
        forward = model.forward(read[:-1], state, clamps)
        state = forward.state
        yield Window(positions[:-1], positions[:-1] < ends, read[1:], forward)
