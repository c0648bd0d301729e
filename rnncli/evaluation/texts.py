"""The loss of a language model on each of many short texts, read side by side, each from the zero state."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncli.engine.arrays import Ids
from rnncli.evaluation.losses import losses_of
from rnncli.evaluation.streams import LONG_TEXT, number_of_streams, score_in_streams
from rnncli.evaluation.windows import WINDOW, read_parts
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import Counts
from rnncli.models.parallel import Workers, parallel_map
from rnncli.models.score import Score

BATCH_SIZE = 64
"""Texts in a batch."""

MAX_LOGITS = 1 << 22
"""Of a window: with a large alphabet it is shorter, so that memory does not grow."""


def score_texts(
    model: LanguageModel,
    texts: Sequence[Ids],
    streams: int | None = None,
    workers: Workers = 1,
    counts: Counts | None = None,
) -> list[Score]:
    """The loss on each text, of N ≥ 2 ids (N,), in at most ``workers`` processes: to the precision of its dtype that
    of :func:`score_in_streams`, which reads the texts that are long or in several ``streams``."""
    scores: dict[int, Score] = {}
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    short = [i for i in order if len(texts[i]) <= LONG_TEXT and number_of_streams(texts[i], streams) == 1]
    batches = [short[start : start + BATCH_SIZE] for start in range(0, len(short), BATCH_SIZE)]
    tasks = ([texts[i] for i in batch] for batch in batches)
    characters = sum(len(texts[i]) for i in short)
    found = parallel_map(partial(_score_batch, counts=counts), model, tasks, workers, characters)
    for batch, results in zip(batches, found, strict=True):
        scores.update(zip(batch, results, strict=True))
    for i in set(order) - set(short):
        scores[i] = score_in_streams(model, texts[i], streams, workers, counts)
    return [scores[i] for i in range(len(texts))]


def _score_batch(model: LanguageModel, texts: list[Ids], counts: Counts | None) -> list[Score]:
    """The losses of B texts."""
    lengths = np.array([len(text) for text in texts], np.intp)
    ids, starts = np.concatenate(texts), np.cumsum(lengths) - lengths
    ends, window = starts + lengths - 1, max(1, min(WINDOW, MAX_LOGITS // (len(model.vocabulary) * len(texts))))
    nats, correct = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
    first = 0
    for losses in losses_of(model, ids, read_parts(model, ids, starts, ends, 0, window), counts, starts):
        inside = starts + np.arange(first, min(first + window, int(lengths.max()) - 1))[:, None] < ends
        which = np.nonzero(inside)[1]  # the text of each loss
        nats += np.bincount(which, losses.nats, minlength=len(texts))
        correct += np.bincount(which[losses.correct], minlength=len(texts))
        first += window
    return [Score(*values) for values in zip(nats.tolist(), (lengths - 1).tolist(), correct.tolist(), strict=True)]
