"""How well a model predicts a text, in the units that are published."""

import numpy as np

from rnncli.engine.types import Ids
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score
from rnncli.reading import windows


def score(model: LanguageModel, ids: Ids, streams: int = 1, part: slice = slice(None)) -> Score:
    """Score ``ids`` (N,), of which all but the first are predicted; see :func:`rnncli.reading.windows`."""
    total = Score(0.0, 0, 0)
    for window in windows(model, ids, streams, part):
        losses, right = model.losses_of(window.forward, window.targets)
        nats = float(losses[window.inside].sum(dtype=np.float64))
        total += Score(nats, int(window.inside.sum()), int(right[window.inside].sum()))
    return total
