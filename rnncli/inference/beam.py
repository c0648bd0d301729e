"""Beam search: the most probable text, instead of a sampled one. With a width of 1 it is greedy decoding.

At each step every hypothesis is extended by every character, and the ``width`` most probable extensions are kept
(Sutskever, Vinyals and Le 2014, "Sequence to sequence learning with neural networks"). A hypothesis that is extended by
the end-of-sequence id (EOS) is finished. The search stops when no open hypothesis is more probable than ``width``
finished ones.
"""

from typing import Any, Protocol

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.models.output import NO_EOS, TextDecoder, log_softmax


class Decodable(Protocol):
    """A model that writes text: a language model, alone or beside counts, or a translator."""

    def text_decoder(self, streams: int) -> TextDecoder:
        """What extends ``streams`` texts side by side."""


class BeamSearch:
    """A search with a beam of ``width`` hypotheses, for one text at a time. Without an EOS, as in running text, all
    hypotheses have the same length."""

    def __init__(self, model: Decodable, width: int) -> None:
        self._decoder, self._width = model.text_decoder(width), width

    def search(self, first_state: Any, max_length: int, first_id: int | None = None) -> list[tuple[str, float]]:
        """Up to ``width`` texts with their log-probabilities (nats), most probable first.

        ``first_state`` (L, S, 1, H) is the state in which the decoder reads ``first_id``, by default EOS, which also
        marks the beginning of a text. If none is finished after ``max_length`` characters, the best open hypothesis is
        returned; without an EOS, all of them are.
        """
        decoder, width = self._decoder, self._width
        alphabet, eos = decoder.alphabet, decoder.eos
        decoder.start(first_state)
        scores = np.where(np.arange(width) == 0, 0.0, -np.inf)  # all hypotheses are empty at first, and one is enough
        last = np.full(width, eos if first_id is None else first_id)
        hypotheses = np.empty((width, 0), np.intp)
        finished: list[tuple[str, float]] = []
        for length in range(max_length + 1):
            totals, parents, ids = self._expand(scores, last)
            for i in np.flatnonzero(ids[:width] == eos):
                finished.append((alphabet.decode(hypotheses[parents[i]]), float(totals[i])))
            finished = sorted(finished, key=lambda hypothesis: -hypothesis[1])[:width]
            still_open = np.flatnonzero(ids != eos)[:width]
            if not len(still_open) or (len(finished) == width and finished[-1][1] >= totals[still_open[0]]):
                return finished
            if length == max_length:
                break
            kept = np.resize(still_open, width)  # where fewer are left, repetitions fill the beam and score -∞
            scores = np.where(np.arange(width) < len(still_open), totals[kept], -np.inf)
            decoder.select(parents[kept])
            last = ids[kept]
            hypotheses = np.concatenate((hypotheses[parents[kept]], last[:, None]), axis=1)
        unfinished = [
            (alphabet.decode(hypothesis), float(score))
            for hypothesis, score in zip(hypotheses, scores, strict=True)
            if np.isfinite(score)
        ]
        return finished or (unfinished if eos == NO_EOS else unfinished[:1])

    def _expand(self, scores: Array, last: Ids) -> tuple[Array, Ids, Ids]:
        """Extend the hypotheses, with ``scores`` (width,) and ``last`` ids (width,), by every character. The best C
        extensions, at most 2 · width, so that enough are left when some finish: their log-probabilities, the
        hypotheses they extend and the ids they append, each (C,), most probable first."""
        alphabet = self._decoder.alphabet
        log_probabilities = log_softmax(self._decoder.step(last).astype(np.float64))
        if alphabet.unknown:
            log_probabilities[:, -1] = -np.inf
        totals = (scores[:, None] + log_probabilities).ravel()
        best = np.argsort(-totals, kind="stable")[: 2 * self._width]
        best = best[np.isfinite(totals[best])]
        parents, ids = np.divmod(best, len(alphabet))
        return totals[best], parents, ids
