"""Reading a text from beginning to end, in one stream or in several that each have a part of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.engine.arrays import Ids
from rnncli.engine.clamping import Clamp
from rnncli.models.language_model import LanguageModel

WINDOW = 256
"""Characters read at once; changes memory and speed, not the result."""

BURN_IN = 256
"""Characters that a stream reads before its own part begins, where there are several."""


@dataclass(frozen=True)
class Window:
    """Some characters of every stream: ``positions`` (T, B) in the text, of which those ``inside`` count, what follows
    each of them as ``targets`` (T, B), and the network's ``forward`` pass over them."""

    positions: NDArray[np.intp]
    inside: NDArray[np.bool_]
    targets: NDArray[np.intp]
    forward: Any


def windows(
    model: LanguageModel, ids: Ids, streams: int = 1, part: slice = slice(None), clamps: Sequence[Clamp] = ()
) -> Iterator[Window]:
    """Read ``ids`` (N,), all but the last; each window is good until the next one is asked for.

    With one stream the text is read in one pass with the state carried, which is the definition. Several streams
    are faster: each has a part of the text, and reads ``BURN_IN`` characters before it for its state, which changes
    the mean loss by some 1e-4 nats. ``part`` reads only these of the streams. ``clamps`` hold units at a number.
    """
    count = len(ids) - 1
    streams = max(1, min(streams, count // (4 * BURN_IN)))
    edges = np.arange(streams + 1) * count // streams
    starts, ends = edges[:-1][part], edges[1:][part]
    state = model.zero_state(len(starts))
    if streams > 1 and len(starts):
        before = np.maximum(starts - np.arange(BURN_IN, 0, -1)[:, None], 0)
        state = model.forward(ids[before].astype(np.intp), state, clamps).state
        state[:, :, starts == 0] = model.zero_state(int((starts == 0).sum()))
    length = int(np.max(ends - starts, initial=0))
    for first in range(0, length, WINDOW):
        positions = starts + np.arange(first, min(first + WINDOW, length) + 1)[:, None]
        window = ids[np.minimum(positions, count)].astype(np.intp)
        forward = model.forward(window[:-1], state, clamps)
        state = forward.state
        yield Window(positions[:-1], positions[:-1] < ends, window[1:], forward)
