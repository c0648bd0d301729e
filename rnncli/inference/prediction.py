"""What a classifier, a tagger or a translator says of texts that it is given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnncli.datasets.ragged import Ragged
from rnncli.engine.activations import log_softmax
from rnncli.errors import InputError
from rnncli.inference.beam import BeamSearch
from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator

BATCH = 64
"""Texts that are read side by side."""

LONGEST_TEXT = 20_000
"""Characters of a text, and of all that are read side by side: each takes some kilobytes while it is read."""

TopK = list[tuple[str, float]]
"""Answers with their probabilities, likeliest first."""


@dataclass(frozen=True)
class Prediction:
    """The ``answers`` for a ``text``: labels, taggings or targets. Of a tagging each character's ``tags`` are there as
    well. An empty text has no answer."""

    text: str
    answers: TopK = field(default_factory=list)
    tags: list[TopK] = field(default_factory=list)

    @property
    def best(self) -> str:
        """The likeliest answer."""
        return self.answers[0][0] if self.answers else ""


def predict(model: Model, texts: Sequence[str], top: int = 1, beam: int = 1) -> list[Prediction]:
    """A prediction for each text, with the ``top`` likeliest answers; ``beam`` is the width of a translator's search,
    at least ``top``. A character that the model has never seen counts as unknown."""
    for number, text in enumerate(texts, start=1):
        if len(text) > LONGEST_TEXT:
            raise InputError(
                f"text {number} has {len(text):,} characters, more than {LONGEST_TEXT:,}; cut it into parts"
            )
    predictions = [Prediction(text) for text in texts]
    filled = sorted((i for i, text in enumerate(texts) if text), key=lambda i: len(texts[i]))
    while filled:
        together = max(1, min(BATCH, LONGEST_TEXT // len(texts[filled[min(BATCH, len(filled)) - 1]])))
        which, filled = filled[:together], filled[together:]
        for i, prediction in zip(which, _predict_batch(model, [texts[i] for i in which], top, beam), strict=True):
            predictions[i] = prediction
    return predictions


def _predict_batch(model: Model, texts: list[str], top: int, beam: int) -> list[Prediction]:
    """The same for some texts of like length, none of them empty."""
    ids = Ragged.of(model.vocabulary.encode("".join(texts)), [len(text) for text in texts])
    text = ids.padded(np.arange(len(texts)))
    if isinstance(model, Classifier):
        rows = model.log_probabilities(text)
        return [
            Prediction(name, ranked(row, model.partner.symbols, top)) for name, row in zip(texts, rows, strict=True)
        ]
    if isinstance(model, Tagger):
        steps = log_softmax(model.logits(text)).swapaxes(0, 1)
        return [
            _tagging(name, row[: len(name)], model.partner.symbols, top) for name, row in zip(texts, steps, strict=True)
        ]
    assert isinstance(model, Translator)
    states, search = model.first_state(text), BeamSearch(model, max(beam, top))
    found = [search.search(states[:, :, i : i + 1], longest(name)) for i, name in enumerate(texts)]
    return [
        Prediction(name, [(target, math.exp(nats)) for target, nats in targets[:top]])
        for name, targets in zip(texts, found, strict=True)
    ]


def longest(source: str) -> int:
    """How many characters a target may have before the search for it is given up."""
    return 2 * len(source) + 50


def ranked(log_probabilities: np.ndarray, symbols: Sequence[str], top: int) -> TopK:
    """The ``top`` likeliest symbols (K,) with their probabilities."""
    order = np.argsort(-log_probabilities, kind="stable")[:top]
    return [(symbols[i], math.exp(log_probabilities[i])) for i in order]


def _tagging(text: str, log_probabilities: np.ndarray, symbols: str, top: int) -> Prediction:
    """Each character's likeliest tag; as the tags are independent given the text, their probabilities multiply."""
    tags = [ranked(row, symbols, top) for row in log_probabilities]
    best = "".join(of_character[0][0] for of_character in tags)
    return Prediction(text, [(best, math.prod(of_character[0][1] for of_character in tags))], tags)
