"""Prediction: the label, the tags or the translation of each text, with probabilities.

Texts of similar length are read together. A new kind of model registers its own ``_predict_batch``.
"""

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial, singledispatch

import numpy as np

from rnncli.datasets.columns import MAX_LENGTH
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inference.beam import BeamSearch
from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.output import log_softmax
from rnncli.models.parallel import Workers, parallel_map
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator
from rnncli.models.windows import WINDOW

BATCH_SIZE = 64
"""Texts in a batch."""

BATCH_CHARACTERS = 20_000
"""Characters of a batch with its padding: each takes some kilobytes while it is read."""

LINES = 512
"""Lines of a file that are the task of a process."""

TopK = list[tuple[str, float]]
"""Answers with their probabilities, most probable first."""


@dataclass(frozen=True)
class Prediction:
    """The ``answers`` for a ``text``: labels, tag sequences or targets. A tagger also gives the ``tags`` of each
    character. An empty text has no answer."""

    text: str
    answers: TopK = field(default_factory=list)
    tags: list[TopK] = field(default_factory=list)

    @property
    def best(self) -> str:
        """The most probable answer."""
        return self.answers[0][0] if self.answers else ""

    def is_sure(self, threshold: float) -> bool:
        """Whether the most probable answer has at least this probability; true where there is no answer."""
        return not self.answers or self.answers[0][1] >= threshold


def predict(model: Model, texts: Sequence[str], top: int = 1, beam: int = 1) -> list[Prediction]:
    """A prediction for each text, with its ``top`` most probable answers. A translator searches with a beam of width
    ``beam``, or ``top`` if that is larger. Characters that the model does not know count as the unknown symbol.

    Raises InputError for a text longer than ``MAX_LENGTH``.
    """
    for text in texts:
        if fault := too_long(text):
            raise InputError(f"{text[:20]!r}… {fault}")
    predictions = [Prediction(text) for text in texts]
    rest = sorted((i for i, text in enumerate(texts) if text), key=lambda i: len(texts[i]))
    while rest:
        longest = len(texts[rest[min(BATCH_SIZE, len(rest)) - 1]])
        size = max(1, min(BATCH_SIZE, BATCH_CHARACTERS // min(longest, WINDOW)))
        batch, rest = rest[:size], rest[size:]
        names = [texts[i] for i in batch]
        ids = Ragged.of(model.vocabulary.encode("".join(names)), [len(name) for name in names])
        padded = ids.padded(np.arange(len(names)))
        for i, prediction in zip(batch, _predict_batch(model, names, padded, top, beam), strict=True):
            predictions[i] = prediction
    return predictions


def predict_batches(
    model: Model,
    batches: Iterable[Sequence[str]],
    top: int = 1,
    beam: int = 1,
    workers: Workers = 1,
    characters: int = 0,
) -> Generator[list[Prediction], None, None]:
    """:func:`predict` for each of the batches of texts, of some number of ``characters`` in all, in their order, in at
    most ``workers`` processes; see :func:`rnncli.models.parallel.parallel_map`."""
    return parallel_map(partial(predict, top=top, beam=beam), model, batches, workers, characters)


def too_long(text: str) -> str:
    """What is wrong with a text of more than ``MAX_LENGTH`` characters; "" for others."""
    if len(text) <= MAX_LENGTH:
        return ""
    return f"has {len(text):,} characters, more than {MAX_LENGTH:,}; cut it into parts"


@singledispatch
def _predict_batch(model: Model, texts: list[str], ids: Padded, top: int, beam: int) -> list[Prediction]:
    """Predictions for B non-empty texts, and the same as ``ids`` (T, B)."""
    raise TypeError(f"a {type(model).__name__} has no answers to predict")


@_predict_batch.register
def _(model: Classifier, texts: list[str], ids: Padded, top: int, beam: int) -> list[Prediction]:
    rows = model.log_probabilities(ids)
    return [Prediction(text, best) for text, best in zip(texts, top_k(rows, model.target.symbols, top), strict=True)]


@_predict_batch.register
def _(model: Tagger, texts: list[str], ids: Padded, top: int, beam: int) -> list[Prediction]:
    predictions = []
    for text, rows in zip(texts, log_softmax(model.logits(ids)).swapaxes(0, 1), strict=True):
        tags = top_k(rows[: len(text)], model.target.symbols, top)
        # Given the text, tags are independent: the probability of the sequence is the product of theirs.
        best = "".join(of_character[0][0] for of_character in tags)
        probability = math.prod(of_character[0][1] for of_character in tags)
        predictions.append(Prediction(text, [(best, probability)], tags))
    return predictions


@_predict_batch.register
def _(model: Translator, texts: list[str], ids: Padded, top: int, beam: int) -> list[Prediction]:
    states, search = model.first_state(ids), BeamSearch(model, max(beam, top))
    found = [search.search(states[:, :, i : i + 1], max_target_length(text)) for i, text in enumerate(texts)]
    return [
        Prediction(text, [(target, math.exp(nats)) for target, nats in targets[:top]])
        for text, targets in zip(texts, found, strict=True)
    ]


def max_target_length(source: str) -> int:
    """Characters after which the search for a target is given up."""
    return 2 * len(source) + 50


def top_k(log_probabilities: Array, symbols: Sequence[str], k: int) -> list[TopK]:
    """The ``k`` most probable symbols of each row, given the log-probabilities (N, K) of all of them in nats."""
    order = np.argsort(-log_probabilities, axis=1, kind="stable")[:, :k]
    nats = np.take_along_axis(log_probabilities, order, axis=1)
    return [
        [(symbols[i], math.exp(log)) for i, log in zip(*row, strict=True)]
        for row in zip(order.tolist(), nats.tolist(), strict=True)
    ]
