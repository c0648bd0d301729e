"""What kinds of mistakes does it make? After Karpathy, Johnson and Fei-Fei 2015, section 4.4."""

import re
from collections import Counter

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import read, require_language_model
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.results import Table, ViewResult

CHARACTERS = 50_000
ORDER = 6
KNOWN = 0.5
"""The probability from which on the n-gram model counts as having known a character."""

RECENT = 1_000
"""A word is repeated if it also stands among this many characters before."""

RARE = 5
"""A word is rare if it stands in the training text less often."""

KINDS = (
    "n-gram would have known",
    "repeated word",
    "rare word",
    "first letter of a word",
    "after a newline",
    "the rest",
)


def kinds_of(text: str, known: Array, rare_words: set[str]) -> Array:
    """The kind of each character but the first, (N − 1,), as an index into ``KINDS``: the first that fits.

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


def ngram_probabilities(probe: Probe) -> tuple[Array, str, str]:
    """The probabilities (N,) of an n-gram model for each character, the text it was estimated from, and in words which.

    Where the training text is gone, each half of the text is predicted by a model of the other half.
    """
    size, decode = len(probe.model.vocabulary), probe.model.vocabulary.decode
    training = probe.checkpoint.training_ids()
    if training is not None:
        known = KneserNey.of(training, size, ORDER).probabilities(probe.ids)
        return known, decode(map(int, training)), "the training text"
    half = len(probe.ids) // 2
    parts = probe.ids[:half], probe.ids[half:]
    found = [KneserNey.of(other, size, ORDER).probabilities(part) for part, other in (parts, parts[::-1])]
    return np.concatenate(found), probe.text(), "the other half of this text"


def errors(request: ViewRequest) -> ViewResult:
    """Shares of the loss by the kind of character; each character counts once, under the first kind that fits."""
    probe = request.probe.first(CHARACTERS)
    require_language_model(probe)
    known, learnt, where = ngram_probabilities(probe)
    known = known[1:]
    words = Counter(re.findall(r"\w+", learnt))
    text = probe.text()
    rare = {word for word in re.findall(r"\w+", text) if words[word] < RARE}
    kinds, bits = kinds_of(text, known, rare), read(probe).losses / np.log(2)
    rows = []
    for number, name in enumerate(KINDS):
        at = kinds == number
        if at.any():
            of_ngram = float(-np.log2(known[at]).mean())
            share = float(bits[at].sum() / bits.sum())
            rows.append((name, share, float(bits[at].mean()), of_ngram, int(at.sum()), float(at.mean())))
    columns = ("kind", "loss share", "bits", f"{ORDER}-gram bits", "characters", "text share")
    note = (
        f"bits each, and of an n-gram model of {where}; rare: fewer than {RARE} times there; repeated: in {RECENT:,} "
        "characters; the first kind that fits counts, so that a letter after a newline is the first of a word; the "
        "n-gram model has its successes in a row of their own and its failures in the others, so that only the loss of "
        "all compares the two"
    )
    facts = {"loss": f"{bits.mean():.4f} bits per character; a {ORDER}-gram model has {-np.log2(known).mean():.4f}"}
    table = Table("Where the loss is", columns, rows, note)
    return ViewResult(probe.source, facts, [table], [request.command("text")])
