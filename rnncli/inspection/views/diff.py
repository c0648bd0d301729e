"""What changed between two models?"""

import numpy as np

from rnncli.errors import InputError
from rnncli.inspection.activations import language_model_of, read
from rnncli.inspection.association import SMALLEST_SHIFT
from rnncli.inspection.features import FEATURES
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.units import CHARACTERS, track
from rnncli.results import Block, ColouredText, Table, ViewResult

EXCERPT = 320
FULL_COLOUR = 4.0
"""Bits of difference that have the full colour."""


def diff(ask: ViewRequest) -> ViewResult:
    """The difference of the loss of each character in colour, and how well the best units track features in both."""
    if len(ask.others) != 1:
        raise InputError("diff compares two models: rnncli inspect MODEL diff OTHER")
    one, other = ask.subject.first(CHARACTERS), ask.others[0].first(CHARACTERS)
    if language_model_of(one).vocabulary != language_model_of(other).vocabulary:
        raise InputError(
            f"{one.path} and {other.path} have different alphabets, so their losses are not of the same text"
        )
    before, after = (read(subject).losses / np.log(2) for subject in (one, other))
    change = after - before
    start = _most_different(change)
    text = one.text()[1:]
    parts: list[Block] = [
        ColouredText(
            f"Bits that {other.path} needs more (+) or fewer (-)",
            text[start : start + EXCERPT],
            change[start : start + EXCERPT].tolist(),
            FULL_COLOUR,
            "bits",
        )
    ]
    if len(text) >= 6 * SMALLEST_SHIFT and one.model.config.layers and other.model.config.layers:
        names = ask.features or list(FEATURES)
        best = [
            {found.feature: found for found in track(subject, names, ask.layer, best=1)} for subject in (one, other)
        ]
        rows = [
            (name, str(best[0][name].unit), best[0][name].strength, str(best[1][name].unit), best[1][name].strength)
            for name in names
            if name in best[0] and name in best[1]
        ]
        columns = ("feature", f"best unit of {one.path}", "AUC or r", f"of {other.path}", "AUC or r")
        parts.append(Table("The best unit for each feature", columns, rows))
    facts = {
        one.path: f"{before.mean():.4f} bits per character",
        other.path: f"{after.mean():.4f} bits per character, better at {np.mean(change < 0):.0%} of the characters",
    }
    return ViewResult("diff", "What changed?", one.source, facts, parts)


def _most_different(change: np.ndarray) -> int:
    """Where the excerpt begins in which the two differ most."""
    if len(change) <= EXCERPT:
        return 0
    sums = np.concatenate(([0], np.cumsum(np.abs(change))))
    return int(np.argmax(sums[EXCERPT:] - sums[:-EXCERPT]))
