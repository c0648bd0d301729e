"""What kinds of mistakes does it make? After Karpathy, Johnson and Fei-Fei 2015, section 4.4."""

import re
from collections import Counter

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.evaluation.ngram import probabilities
from rnncli.inspection.activations import language_model_of, read
from rnncli.inspection.probe import Probe, training_ids
from rnncli.inspection.request import ViewRequest
from rnncli.results import Table, ViewResult

CHARACTERS = 50_000
ORDER = 6
KNOWN = 0.5
"""The n-gram model would have known a character that it gives at least this probability."""

RECENT = 1_000
"""A word is repeated that stood among so many characters before."""

RARE = 5
"""A word is rare that stands in the training text less often."""

KINDS = (
    "n-gram would have known",
    "repeated word",
    "rare word",
    "first letter of a word",
    "after a newline",
    "the rest",
)


def kinds_of(text: str, known: Array, rare_words: set[str]) -> Array:
    """The number in ``KINDS`` of each character but the first, (N − 1,): the first kind that fits it.

    ``known`` (N − 1,) are the n-gram model's probabilities.
    """
    kinds = np.full(len(text), len(KINDS) - 1)
    last_seen: dict[str, int] = {}
    after_newline = np.array([False, *(c == "\n" for c in text[:-1])])
    kinds[after_newline] = 4
    for match in re.finditer(r"\w+", text):
        word, start, stop = match.group(), match.start(), match.end()
        kinds[start] = 3
        if word in rare_words:
            kinds[start + 1 : stop] = 2
        if start - last_seen.get(word, -RECENT - 1) <= RECENT:
            kinds[start + 1 : stop] = 1
        last_seen[word] = start
    kinds[1:][known >= KNOWN] = 0
    return kinds[1:]


def ngram_probabilities(subject: Probe) -> tuple[Array, str, str]:
    """What an n-gram model gives each character of the text (N,), the text that it has learnt, and in words which.

    Where the training text is gone, each half of the text looked at is told by a model of the other half.
    """
    size, decode = len(subject.model.vocabulary), subject.model.vocabulary.decode
    training = training_ids(subject)
    if training is not None:
        known = probabilities(training, subject.ids, size, ORDER)
        return known, decode(map(int, training)), "the training text"
    half = len(subject.ids) // 2
    parts = subject.ids[:half], subject.ids[half:]
    found = [probabilities(other, part, size, ORDER) for part, other in (parts, parts[::-1])]
    return np.concatenate(found), subject.text(), "the other half of this text"


def mistakes(ask: ViewRequest) -> ViewResult:
    """Shares of the loss by the kind of the character, each counted once, under the first that fits."""
    subject = ask.subject.first(CHARACTERS)
    language_model_of(subject)
    known, learnt, where = ngram_probabilities(subject)
    known = known[1:]
    words = Counter(re.findall(r"\w+", learnt))
    text = subject.text()
    rare = {word for word in re.findall(r"\w+", text) if words[word] < RARE}
    kinds, bits = kinds_of(text, known, rare), read(subject).losses / np.log(2)
    rows = []
    for number, name in enumerate(KINDS):
        at = kinds == number
        if at.any():
            of_ngram = float(-np.log2(known[at]).mean())
            share = float(bits[at].sum() / bits.sum())
            rows.append((name, share, float(bits[at].mean()), of_ngram, int(at.sum()), float(at.mean())))
    columns = ("kind", "share of the loss", "bits each", f"bits of a {ORDER}-gram model", "characters", "share of text")
    note = (
        f"the n-gram model has learnt {where}; rare: fewer than {RARE} times there; repeated: in {RECENT:,} characters"
    )
    facts = {"loss": f"{bits.mean():.4f} bits per character; a {ORDER}-gram model has {-np.log2(known).mean():.4f}"}
    table = Table("Where the loss is", columns, rows, note)
    return ViewResult("errors", "What kinds of mistakes?", subject.source, facts, [table], [ask.command("text")])
