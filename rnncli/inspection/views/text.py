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
    excerpt = request.probe.around(request.at, CHARACTERS)
    probe, skipped = excerpt.probe, max(0, excerpt.burn_in - 1)
    bits, scores = (values[skipped:] for values in expectations(probe))
    first = max(excerpt.start, 1)  # nothing predicts the very first
    text, symbols = probe.text(skipped), probe.model.vocabulary.symbols
    best = scores.argmax(axis=1)
    annotations = [symbols[i] for i in best]
    where = "" if request.at is None else f", from character {first:,} on"
    strip = ColouredText(f"Surprisal{where}", text[1:], bits.tolist(), FULL_COLOUR, "bits", annotations, signed=False)
    rows = []
    for n in np.argsort(-bits, kind="stable")[:MOST_SURPRISING]:
        guesses = with_numbers(likeliest(scores[n], symbols, GUESSES), ".2f")
        rows.append((int(n) + first, text[max(0, n + 1 - AROUND) : n + 1], text[n + 1], float(bits[n]), guesses))
    columns = ("character", "after", "came", "bits", "expected")
    facts = {
        "surprisal": f"{bits.mean():.3f} bits per character, median {np.median(bits):.2f}",
        "accuracy": f"{np.mean(best == probe.ids[skipped + 1 :]):.0%}; "
        f"{np.mean(bits < 1):.0%} of the characters had a probability above one half",
    }
    place = int(bits.argmax()) + first
    if request.at is not None and request.at >= first:
        place = request.at
        facts["place"] = place_of(place, text[place - first + 1], bits[place - first])
    blocks: list[Block] = [strip, Table("Most surprising", columns, rows)]
    if (counts := probe.checkpoint.counts) is not None:
        of_counts = -np.log2(counts.model.probabilities(probe.ids)[skipped + 1 :])
        difference = (of_counts - bits).tolist()
        blocks.insert(1, ColouredText(f"Who was right{where}", text[1:], difference, FULL_COLOUR, "bits"))
        facts["counts"] = (
            f"{of_counts.mean():.3f} bits per character alone; more probable to the network: "
            f"{np.mean(of_counts > bits):.0%} of the characters, to the counts: {np.mean(of_counts < bits):.0%}"
        )
    replaced = {} if recurrent_cell(probe.model) else {"replace": True}
    following = [request.command("why", str(place), **replaced), request.command("errors")]
    return ViewResult(probe.source, facts, blocks, following)


def likeliest(scores: Array, symbols: str, count: int) -> list[tuple[str, float]]:
    """The most probable characters and their probabilities, given the logarithms (V,)."""
    return [(symbols[i], float(np.exp(scores[i]))) for i in np.argsort(-scores, kind="stable")[:count]]


def place_of(place: int, character: str, bits: float) -> str:
    """What stands at a place, in words, and its surprisal."""
    return f"character {place:,}, {character!r}, {bits:z.2f} bits"
