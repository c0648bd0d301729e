"""What does the network expect, and where is it surprised?"""

import numpy as np

from rnncli.engine.activations import log_softmax
from rnncli.engine.arrays import Array
from rnncli.inspection.activations import language_model_of
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.results import Block, ColouredText, Table, ViewResult

CHARACTERS = 640
GUESSES = 5
MOST_SURPRISING = 8
AROUND = 30
FULL_COLOUR = 8.0
"""Bits of surprisal that have the full colour."""


def expectations(subject: Probe) -> tuple[Array, Array]:
    """The surprisal in bits (N − 1,) of each character but the first, and log-probabilities (N − 1, V) in nats."""
    model = language_model_of(subject)
    ids = subject.ids.astype(np.intp)[:, None]
    scores = log_softmax(model.logits_of(model.forward(ids[:-1], model.zero_state())))[:, 0]
    return -scores[np.arange(len(ids) - 1), ids[1:, 0]] / np.log(2), scores


def surprise(ask: ViewRequest) -> ViewResult:
    """The text, each character coloured by its surprisal, with the likeliest character beneath."""
    subject = ask.subject.first(CHARACTERS)
    bits, scores = expectations(subject)
    text, symbols = subject.text(), subject.model.vocabulary.symbols
    beneath = [symbols[i] for i in scores.argmax(1)]
    strip = ColouredText("Surprisal", text[1:], bits.tolist(), FULL_COLOUR, "bits", beneath, signed=False)
    rows = []
    for n in np.argsort(-bits, kind="stable")[:MOST_SURPRISING]:
        best = np.argsort(-scores[n], kind="stable")[:GUESSES]
        guesses = "  ".join(f"{symbols[i]} {np.exp(scores[n, i]):.2f}" for i in best)
        rows.append((int(n) + 1, text[max(0, n + 1 - AROUND) : n + 1], text[n + 1], float(bits[n]), guesses))
    columns = ("character", "after", "came", "bits", "expected")
    facts = {
        "surprisal": f"{bits.mean():.3f} bits per character, half of all below {np.median(bits):.2f}",
        "right": f"{np.mean(bits < 1):.0%} had a probability above one half",
    }
    following = [ask.command("why", str(int(bits.argmax()) + 1)), ask.command("errors")]
    parts: list[Block] = [strip, Table("Most surprising", columns, rows)]
    return ViewResult("text", "Where is it surprised?", subject.source, facts, parts, following)
