"""Writing the likeliest text instead of drawing one: beam search, which with a width of 1 is greedy decoding.

Of all beginnings of a text the ``width`` likeliest are kept and read on side by side (Sutskever, Vinyals and Le 2014).
A text that has come to its end is set aside; the search is over when no beginning is likelier than ``width`` of those.
"""

import numpy as np

from rnncli.datasets.pairs import BOUNDARY
from rnncli.engine.activations import log_softmax
from rnncli.engine.arrays import Array
from rnncli.models.language_model import LanguageModel
from rnncli.models.translator import Translator

NO_EOS = -1
"""Stands for the id of a text's end where there is none."""


class BeamSearch:
    """Searches with one model that writes, ``width`` beginnings at once: a translator, or a language model, of which
    the texts have an end only where it has learnt labelled ones. Without an end all texts have the same length."""

    def __init__(self, model: Translator | LanguageModel, width: int) -> None:
        self._width = width
        if isinstance(model, Translator):
            self._alphabet, network = model.partner, model.decoder
        else:
            self._alphabet, network = model.vocabulary, model.network
        ends = model.partner is not None
        self._end = int(self._alphabet.encode(BOUNDARY)[0]) if ends else NO_EOS
        self._state = network.zero_state(width, model.parameters.flat.dtype)
        self._read = model.stepper(self._state)

    def search(self, first_state: Array, longest: int, before: int | None = None) -> list[tuple[str, float]]:
        """Up to ``width`` texts with the logarithms of their probabilities (nats), likeliest first.

        ``first_state`` (L, S, 1, H) is that in which the id ``before`` is read, by default the edge of a text. What is
        not at its end after ``longest`` characters counts as it stands, if nothing else was found.
        """
        alphabet, width, edge = self._alphabet, self._width, self._end
        self._state[...] = first_state
        scores = np.where(np.arange(width) == 0, 0.0, -np.inf)  # at first all beginnings are the same
        last, written = np.full(width, edge if before is None else before), np.empty((width, 0), np.intp)
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
        as_they_stand = zip(written, scores, strict=True)
        found = [(alphabet.decode(text), float(nats)) for text, nats in as_they_stand if np.isfinite(nats)]
        return ended or (found if edge == NO_EOS else found[:1])
