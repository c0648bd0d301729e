"""How well a model predicts a text, in the units that are published."""

import math
from dataclasses import dataclass

import numpy as np

from rnncli.engine.types import Ids
from rnncli.models.language_model import LanguageModel

WINDOW = 256
"""Characters read at once; changes memory and speed, not the result."""

WARM_UP = 256
"""Characters that a stream reads before its own part begins, when a text is scored in several streams."""


@dataclass(frozen=True)
class Score:
    """A loss summed over characters: ``total`` in nats."""

    total: float
    characters: int

    @property
    def nats(self) -> float:
        """Mean cross-entropy in nats per character."""
        return self.total / self.characters

    @property
    def bits(self) -> float:
        """Mean cross-entropy in bits per character."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """e to the nats per character: as uncertain as between so many equally likely characters."""
        return math.exp(min(self.nats, 700.0))


def score(model: LanguageModel, ids: Ids, streams: int = 1) -> Score:
    """Score ``ids`` (N,), of which all but the first are predicted.

    With one stream the text is read in one pass with the state carried, which is the definition. Several streams
    are faster: each has a part of the text, and reads ``WARM_UP`` characters before it for its state, which changes
    the mean by some 1e-4 nats.
    """
    count = len(ids) - 1
    streams = max(1, min(streams, count // (4 * WARM_UP)))
    length, rest = divmod(count, streams)
    if rest:  # the first stream takes what does not divide, on its own, so that the others are equally long
        state, total = _read(model, ids[: rest + 1][:, None], model.zero_state())
        return Score(total + _score_equal(model, ids, streams, rest, length, state), count)
    return Score(_score_equal(model, ids, streams, 0, length, model.zero_state()), count)


def _score_equal(
    model: LanguageModel, ids: Ids, streams: int, offset: int, length: int, first_state: np.ndarray
) -> float:
    """Sum of losses of ``streams`` parts of ``length`` from ``offset`` on, the first going on from its state."""
    starts = offset + np.arange(streams) * length
    warm_up = np.maximum(starts - np.arange(WARM_UP, -1, -1)[:, None], 0)
    state = model.zero_state(streams)
    if streams > 1:
        _, state = model.logits(ids[warm_up[:-1]].astype(np.intp), state)
    state[:, :, :1] = first_state
    total = 0.0
    for start in range(0, length, WINDOW):
        stop = min(start + WINDOW, length)
        state, part = _read(model, ids[starts + np.arange(start, stop + 1)[:, None]], state)
        total += part
    return total


def _read(model: LanguageModel, window: Ids, state: np.ndarray) -> tuple[np.ndarray, float]:
    """Sum of losses of all but the first row of ``window`` (T + 1, B), and the state after it."""
    window = window.astype(np.intp)
    losses, state = model.losses(window[:-1], window[1:], state)
    return state, float(losses.sum(dtype=np.float64))
