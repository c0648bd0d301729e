"""The library face: a trained model in a few lines of Python, without the command line."""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np

from rnncli import checkpoint
from rnncli.errors import InputError
from rnncli.sampling import Choice, generate, opening
from rnncli.scoring import Score, score


class TextModel:
    """A trained language model.

    ``model`` is the network with its parameters and vocabulary, ``record`` what the file says of its training.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        loaded = checkpoint.load(path)
        self.model, self.record = loaded.model, loaded.record

    def stream(self, prime: str = "", choice: Choice | None = None, seed: int | None = None) -> Iterator[str]:
        """Characters that go on after ``prime``, without end; InputError for characters it has never seen."""
        rng = np.random.default_rng(seed)
        ids = self.model.vocabulary.encode(self.model.vocabulary.typed(prime) or opening(self.model, rng))
        for drawn in generate(self.model, ids, choice or Choice(), rng):
            yield self.model.vocabulary.symbols[int(drawn[0])]

    def sample(
        self,
        prime: str = "",
        length: int = 500,
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> str:
        """``prime`` and ``length`` characters after it; the same ``seed`` gives the same text."""
        stream = self.stream(prime, Choice(temperature, top_k, top_p), seed)
        return prime + "".join(islice(stream, length))

    def score(self, text: str) -> Score:
        """Mean loss per character of a text, read in one pass; InputError if it has fewer than two characters."""
        ids = self.model.vocabulary.encode(self.model.vocabulary.typed(text))
        if len(ids) < 2:
            raise InputError("a text of fewer than two characters has nothing to predict")
        return score(self.model, ids)
