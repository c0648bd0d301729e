"""Writing the likeliest text instead of drawing one: beam search, which with a width of 1 is greedy decoding.

Of all beginnings of a text the ``width`` likeliest are kept and read on side by side (Sutskever, Vinyals and Le 2014).
A text that has come to its end is set aside; the search is over when no beginning is likelier than ``width`` of those.
"""

import numpy as np

from rnncli.engine.activations import log_softmax
from rnncli.engine.types import Array
from rnncli.models.translator import Translator
from rnncli.text.pairs import EDGE


class BeamSearch:
    """Searches with one translator. The decoder reads ``width`` beginnings at once."""

    def __init__(self, model: Translator, width: int) -> None:
        self._model, self._width = model, width
        self._state = model.decoder.zero_state(width, model.parameters.flat.dtype)
        self._read = model.stepper(self._state)

    def search(self, first_state: Array, longest: int) -> list[tuple[str, float]]:
        """Up to ``width`` targets with the logarithms of their probabilities (nats), likeliest first.

        ``first_state`` (L, S, 1, H) is that of the decoder; what is not at its end after ``longest`` characters counts
        as it stands, if nothing else was found.
        """
        alphabet, width = self._model.partner, self._width
        edge = int(alphabet.encode(EDGE)[0])
        self._state[...] = first_state
        scores = np.where(np.arange(width) == 0, 0.0, -np.inf)  # at first all beginnings are the same
        last, written = np.full(width, edge), np.empty((width, 0), np.intp)
        ended: list[tuple[str, float]] = []
        for length in range(longest + 1):
            following = log_softmax(self._read(last).astype(np.float64))
            if alphabet.unknown:
                following[:, -1] = -np.inf
            total = (scores[:, None] + following).ravel()
            candidates = np.argsort(-total, kind="stable")[: 2 * width]
            candidates = candidates[np.isfinite(total[candidates])]
            beams, ids = np.divmod(candidates, len(alphabet))
            for candidate, beam in zip(candidates[:width], beams[:width], strict=True):
                if candidate % len(alphabet) == edge:
                    ended.append((alphabet.decode(written[beam]), float(total[candidate])))
            ended = sorted(ended, key=lambda text: -text[1])[:width]
            going_on = np.flatnonzero(ids != edge)[:width]
            if not len(going_on) or (len(ended) == width and ended[-1][1] >= total[candidates[going_on[0]]]):
                return ended
            if length == longest:
                break
            rows = np.resize(going_on, width)  # where fewer are left, some are read twice and count for nothing
            scores = np.where(np.arange(width) < len(going_on), total[candidates[rows]], -np.inf)
            self._state[...] = self._state[:, :, beams[rows]]
            last = ids[rows]
            written = np.concatenate((written[beams[rows]], last[:, None]), axis=1)
        return ended or [(alphabet.decode(written[0]), float(scores[0]))]
