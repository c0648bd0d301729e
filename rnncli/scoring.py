"""How well a model predicts a text, in the units that are published."""

import numpy as np

from rnncli.engine.types import Ids
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score

WINDOW = 256
"""Characters read at once; changes memory and speed, not the result."""

WARM_UP = 256
"""Characters that a stream reads before its own part begins, when a text is scored in several streams."""


def score(model: LanguageModel, ids: Ids, streams: int = 1, part: slice = slice(None)) -> Score:
    """Score ``ids`` (N,), of which all but the first are predicted.

    With one stream the text is read in one pass with the state carried, which is the definition. Several streams
    are faster: each has a part of the text, and reads ``WARM_UP`` characters before it for its state, which changes
    the mean by some 1e-4 nats. ``part`` scores only these of the streams.
    """
    count = len(ids) - 1
    streams = max(1, min(streams, count // (4 * WARM_UP)))
    edges = np.arange(streams + 1) * count // streams
    starts, ends = edges[:-1][part], edges[1:][part]
    state = model.zero_state(len(starts))
    if streams > 1 and len(starts):
        before = np.maximum(starts - np.arange(WARM_UP, 0, -1)[:, None], 0)
        _, state = model.logits(ids[before].astype(np.intp), state)
        state[:, :, starts == 0] = model.zero_state(int((starts == 0).sum()))
    total, correct = 0.0, 0
    length = int(np.max(ends - starts, initial=0))
    for first in range(0, length, WINDOW):
        positions = starts + np.arange(first, min(first + WINDOW, length) + 1)[:, None]
        window = ids[np.minimum(positions, count)].astype(np.intp)
        losses, right, state = model.losses(window[:-1], window[1:], state)
        inside = positions[:-1] < ends
        total += float(losses[inside].sum(dtype=np.float64))
        correct += int(right[inside].sum())
    return Score(total, int((ends - starts).sum()), correct)
