"""How much of a sampled text is copied from the training text?"""

from dataclasses import dataclass

NGRAM_LENGTH = 20
"""Characters looked up together: long enough that a match is hardly ever due to chance."""


@dataclass(frozen=True)
class Novelty:
    """``copied`` is the fraction of all n-grams of ``NGRAM_LENGTH`` characters that occur in the training text, 0 … 1;
    ``longest`` is the longest common substring."""

    copied: float
    longest: str


def novelty(text: str, training_text: str) -> Novelty:
    """Look up ``text`` in ``training_text``; one shorter than ``NGRAM_LENGTH`` is a single n-gram."""
    n = min(NGRAM_LENGTH, len(text))
    starts = range(len(text) - n + 1)
    copied = [text[start : start + n] in training_text for start in starts]
    longest = ""
    for start in range(len(text)):
        while start + len(longest) < len(text) and text[start : start + len(longest) + 1] in training_text:
            longest = text[start : start + len(longest) + 1]
    return Novelty(sum(copied) / len(copied) if text else 0.0, longest)
