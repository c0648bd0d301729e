"""What does the network expect, and where is it surprised?"""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.activations import recurrent_cell, require_language_model
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.output import log_softmax
from rnncli.results import Block, ColouredText, Table, ViewResult, with_numbers

CHARACTERS = 640
GUESSES = 5
MOST_SURPRISING = 8
AROUND = 30
FULL_COLOUR = 8.0
"""A surprisal in bits that has the full colour."""


def expectations(probe: Probe) -> tuple[Array, Array]:
    """The surprisal in bits (N − 1,) of each character but the first, and log-probabilities (N − 1, V) in nats."""
    model = require_language_model(probe)
    ids = probe.ids.astype(np.intp)[:, None]
    scores = log_softmax(model.logits_of(model.forward(ids[:-1], model.zero_state())))[:, 0]
    return -scores[np.arange(len(ids) - 1), ids[1:, 0]] / np.log(2), scores


def text(request: ViewRequest) -> ViewResult:
    """The text, each character coloured by its surprisal, with the most probable character beneath."""
    probe = request.probe.first(CHARACTERS)
    bits, scores = expectations(probe)
    text, symbols = probe.text(), probe.model.vocabulary.symbols
    annotations = [symbols[i] for i in scores.argmax(1)]
    strip = ColouredText("Surprisal", text[1:], bits.tolist(), FULL_COLOUR, "bits", annotations, signed=False)
    rows = []
    for n in np.argsort(-bits, kind="stable")[:MOST_SURPRISING]:
        best = np.argsort(-scores[n], kind="stable")[:GUESSES]
        guesses = with_numbers(((symbols[i], np.exp(scores[n, i])) for i in best), ".2f")
        rows.append((int(n) + 1, text[max(0, n + 1 - AROUND) : n + 1], text[n + 1], float(bits[n]), guesses))
    columns = ("character", "after", "came", "bits", "expected")
    facts = {
        "surprisal": f"{bits.mean():.3f} bits per character, median {np.median(bits):.2f}",
        "right": f"{np.mean(bits < 1):.0%} of the characters had a probability above one half",
    }
    following = [request.command("errors")]
    if recurrent_cell(probe.model):
        following.insert(0, request.command("why", str(int(bits.argmax()) + 1)))
    blocks: list[Block] = [strip, Table("Most surprising", columns, rows)]
    if (counts := probe.checkpoint.counts) is not None:
        of_counts = -np.log2(counts.model.probabilities(probe.ids)[1:])
        difference = (of_counts - bits).tolist()
        blocks.insert(1, ColouredText("Who was right", text[1:], difference, FULL_COLOUR, "bits"))
        facts["counts"] = (
            f"{of_counts.mean():.3f} bits per character alone; more probable to the network: "
            f"{np.mean(of_counts > bits):.0%} of the characters, to the counts: {np.mean(of_counts < bits):.0%}"
        )
    return ViewResult(probe.source, facts, blocks, following)
