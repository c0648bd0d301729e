"""What changed between two models?"""

import numpy as np

from rnncli.errors import InputError
from rnncli.inspection.activations import read, require_language_model
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.request import READ_FOR_SCORES, ViewRequest
from rnncli.inspection.statistics.association import SMALLEST_SHIFT
from rnncli.inspection.statistics.selectivity import best_units
from rnncli.results import Block, ColouredText, Table, ViewResult

EXCERPT = 320
FULL_COLOUR = 4.0
"""A difference in bits that has the full colour."""


def diff(request: ViewRequest) -> ViewResult:
    """The difference in loss of each character, in colour, and how well the best units of both track features."""
    if len(request.others) != 1:
        raise InputError("diff compares two models: rnncli inspect MODEL diff OTHER")
    one, other = request.probe.first(READ_FOR_SCORES), request.others[0].first(READ_FOR_SCORES)
    if require_language_model(one).vocabulary != require_language_model(other).vocabulary:
        raise InputError(f"{one.path} and {other.path} have different alphabets, so their losses cannot be compared")
    before, after = (read(probe).losses / np.log(2) for probe in (one, other))
    change = after - before
    start = _most_different(change)
    text = one.text()[1:]
    blocks: list[Block] = [
        ColouredText(
            f"Bits that {other.path} needs more (+) or fewer (-)",
            text[start : start + EXCERPT],
            change[start : start + EXCERPT].tolist(),
            FULL_COLOUR,
            "bits",
        )
    ]
    if len(text) >= 6 * SMALLEST_SHIFT and one.model.config.layers and other.model.config.layers:
        names = request.features or list(FEATURES)
        best = [
            {found.feature: found for found in best_units(probe, names, request.layer, best=1)}
            for probe in (one, other)
        ]
        rows = [
            (name, str(best[0][name].unit), best[0][name].auc_or_r, str(best[1][name].unit), best[1][name].auc_or_r)
            for name in names
            if name in best[0] and name in best[1]
        ]
        columns = ("feature", "unit", "AUC or r", "other unit", "other AUC or r")
        note = f"first of {one.path}, then of the other, {other.path}"
        blocks.append(Table("The best unit for each feature", columns, rows, note))
    facts = {
        one.path: f"{before.mean():.4f} bits per character",
        other.path: f"{after.mean():.4f} bits per character, better at {np.mean(change < 0):.0%} of the characters",
        "excerpt": f"from character {start + 1:,} on, where they differ most",
    }
    return ViewResult(one.source, facts, blocks)


def _most_different(change: np.ndarray) -> int:
    """The start of the excerpt in which the two differ most."""
    if len(change) <= EXCERPT:
        return 0
    sums = np.concatenate(([0], np.cumsum(np.abs(change))))
    return int(np.argmax(sums[EXCERPT:] - sums[:-EXCERPT]))
