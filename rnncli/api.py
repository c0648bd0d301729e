"""The library face: a trained model in a few lines of Python, without the command line."""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np

from rnncli.datasets.pairs import BOUNDARY
from rnncli.errors import InputError
from rnncli.evaluation.losses import score
from rnncli.inference.prediction import Prediction, predict
from rnncli.inference.sampling import SamplingConfig, default_prime, generate, until
from rnncli.models.language_model import LanguageModel
from rnncli.models.score import Score
from rnncli.storage import checkpoint


class TextModel:
    """A trained model of any task: a language model can ``stream``, ``sample`` and ``score``, the others ``predict``.

    ``model`` is the network with its parameters and alphabets, ``record`` what the file says of its training. A method
    that the model's task does not have raises InputError.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        loaded = checkpoint.load(path)
        self.model, self.record = loaded.model, loaded.record

    def stream(
        self, prime: str = "", choice: SamplingConfig | None = None, seed: int | None = None, label: str | None = None
    ) -> Iterator[str]:
        """Characters that go on after ``prime``: without end, or with a ``label`` to the end of the text. InputError
        for characters and labels that it has never seen."""
        model, rng = self._language_model(), np.random.default_rng(seed)
        if (label is None) != (model.partner is None):
            raise InputError("a label goes with a model of labelled texts, and only with that")
        begin = model.vocabulary.typed(prime)
        begin = begin or default_prime(model, rng) if label is None else BOUNDARY + begin
        drawn = generate(model, model.vocabulary.encode(begin), choice or SamplingConfig(), rng, label=label)
        characters = (model.vocabulary.symbols[int(ids[0])] for ids in drawn)
        yield from characters if label is None else until(BOUNDARY, characters)

    def sample(
        self,
        prime: str = "",
        length: int = 500,
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
        label: str | None = None,
    ) -> str:
        """``prime`` and at most ``length`` characters after it; the same ``seed`` gives the same text."""
        stream = self.stream(prime, SamplingConfig(temperature, top_k, top_p), seed, label)
        return prime + "".join(islice(stream, length))

    def score(self, text: str) -> Score:
        """Mean loss per character of a text, read in one pass; InputError if it has fewer than two characters."""
        model = self._language_model()
        ids = model.vocabulary.encode(model.vocabulary.typed(text))
        if len(ids) < 2:
            raise InputError("a text of fewer than two characters has nothing to predict")
        return score(model, ids)

    def predict(self, text: str, top: int = 1, beam: int = 1) -> Prediction:
        """Label, tags or translation of a text, with the ``top`` likeliest answers."""
        if isinstance(self.model, LanguageModel):
            raise InputError("a language model has nothing to predict; use sample or score")
        return predict(self.model, [text], top, beam)[0]

    def _language_model(self) -> LanguageModel:
        if not isinstance(self.model, LanguageModel):
            raise InputError(f"the model has learnt to {self.model.task}; use predict")
        return self.model
