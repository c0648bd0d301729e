"""What does the network expect after each character of a text, and what is its hidden state there?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.engine.activations import softmax
from rnncli.engine.types import Array
from rnncli.models.language_model import LanguageModel


@dataclass(frozen=True)
class PrimeStep:
    """After reading ``character``: the likeliest next characters with their probabilities, best first, and the hidden
    state of each layer, (L, H)."""

    character: str
    expected: list[tuple[str, float]]
    hidden: Array

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "character": self.character,
            "expected": [{"character": character, "probability": p} for character, p in self.expected],
            "hidden": self.hidden.tolist(),
        }


def read_prime(model: LanguageModel, text: str, top: int = 5) -> list[PrimeStep]:
    """Read ``text`` from the zero state, one step per character; InputError for characters it has never seen."""
    state = model.zero_state()
    steps = []
    for character, index in zip(text, model.vocabulary.encode(text).astype(np.intp), strict=True):
        logits, state = model.logits(np.array([[index]]), state)
        probabilities = softmax(logits[0, 0])
        likeliest = np.argsort(-probabilities, kind="stable")[:top]
        expected = [(model.vocabulary.symbols[i], float(probabilities[i])) for i in likeliest]
        steps.append(PrimeStep(character, expected, state[:, 0, 0].copy()))
    return steps
