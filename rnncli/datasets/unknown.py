"""Characters of a text that a model does not know: they are counted and told, and the text is read all the same."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.names import listed, plural


@dataclass
class UnknownCharacters:
    """What was met while a text of ``total`` characters was read, and how often. The characters are read as the unknown
    symbol, and left out where there is none, or with ``skip``."""

    skip: bool = False
    total: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        """How many characters are unknown."""
        return self.counts.total()

    def count(self, text: str, vocabulary: Vocabulary) -> Counter[str]:
        """Count the characters of ``text``; those of them that are unknown."""
        self.total += len(text)
        unseen = vocabulary.unknown_characters(text)
        self.counts += unseen
        return unseen

    def encode(self, text: str, vocabulary: Vocabulary) -> NDArray[Any]:
        """The ids (N,) of ``text``, without those that are left out."""
        unseen = self.count(text, vocabulary)
        if unseen and (self.skip or not vocabulary.unknown):
            text = text.translate(dict.fromkeys(map(ord, unseen)))
        return vocabulary.encode(text)

    def told(self, vocabulary: Vocabulary) -> str:
        """A sentence: how many, which, and what became of them."""
        most = [repr(character) for character, _ in self.counts.most_common()]
        share = f"{self.number / self.total:.2%}" if self.number >= self.total / 10_000 else "less than 0.01%"
        if self.skip:
            read = "left out"
        elif vocabulary.unknown:
            read = "read as the unknown symbol"
        else:
            read = "left out (train --min-count learns a symbol for them)"
        number = f"{self.number:,} of {plural(self.total, 'character')} ({share})"
        return f"unknown to the model and {read}: {number}: {listed(most, 5)}"
