"""The text that a user gives a model to read first."""

import sys

from rnncli.datasets.vocabulary import CODECS, Vocabulary


def primed(prime: str, vocabulary: Vocabulary) -> str:
    """What ``--prime`` says, as the vocabulary holds it; - is standard input."""
    if prime == "-":
        return sys.stdin.buffer.read().decode(CODECS[vocabulary.encoding], "replace")
    return vocabulary.typed(prime)
