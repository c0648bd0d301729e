"""Which earlier characters made this one likely?"""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import require_language_model, require_recurrent_model
from rnncli.inspection.interventions.replacement import CONTEXT, LACK, redraw, substitute
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.text import expectations, likeliest, place_of
from rnncli.names import plural
from rnncli.results import Block, ColouredText, Table, ViewResult

PLACE = 160
"""The place to look at where none is named."""

GUESSES = 6
STRONGEST = 6


def why(request: ViewRequest) -> ViewResult:
    """The characters before a place, coloured by how much each of them raised or lowered the probability of what came:
    an estimate, or with ``replace`` measured. See :mod:`rnncli.inspection.interventions.replacement`."""
    probe = request.probe
    model = require_language_model(probe) if request.replace else require_recurrent_model(probe, LACK)
    place, contrast = _place(request, len(probe.ids)), _contrast(request)
    symbols = model.vocabulary.symbols
    first = max(0, place - CONTEXT)
    drawn = redraw(probe, place, contrast) if request.replace else None
    if drawn is None:
        effects = substitute(probe, first, place, contrast)[-1, : place - first][::-1]
    else:
        effects = drawn.mean(axis=1)
    start = max(0, first - BURN_IN)
    bits, scores = expectations(Probe(probe.checkpoint, probe.ids[start : place + 1]))
    came, before = symbols[int(probe.ids[place])], probe.text(first, place)
    rather = "" if request.contrast is None else f" rather than {request.contrast!r}"
    guesses = [(c, p, "came" if c == came else "") for c, p in likeliest(scores[-1], symbols, GUESSES)]
    full = float(np.abs(effects).max()) or 1.0
    blocks: list[Block] = [
        ColouredText(f"What made {came!r}{rather} more likely, or less", before, effects.tolist(), full, "bits"),
        _strongest(first, before, effects, drawn),
        Table("What was expected", ("character", "probability", ""), guesses),
    ]
    facts = {"place": place_of(place, came, bits[-1])}
    if drawn is None:
        options = {} if request.contrast is None else {"contrast": request.contrast}
        following = request.command("why", str(place), replace=True, **options)
    else:
        facts |= _how_sure(drawn)
        following = request.command("text", at=str(place))
    return ViewResult(probe.source, facts, blocks, [following], f"What made character {place:,} likely?")


def _how_sure(drawn: Array) -> dict[str, str]:
    """How far the effects (n, draws) depend on the draws, and what the last characters, or any, would explain."""
    count, draws = drawn.shape
    facts = {"replaced": f"{plural(count, 'character')}, each by {draws} draws of what was expected there"}
    if count < 2 * STRONGEST:
        return facts
    one, other = drawn[:, ::2].mean(axis=1), drawn[:, 1::2].mean(axis=1)
    if one.std() and other.std():
        r = float(np.corrcoef(one, other)[0, 1])
        facts["fresh draws"] = f"r = {r:.2f} between the effects by one half of the draws and by the other"
    sizes = np.abs(drawn.mean(axis=1))
    if total := sizes.sum():
        strongest, last = np.sort(sizes)[-STRONGEST:].sum() / total, sizes[-STRONGEST:].sum() / total
        facts["share"] = (
            f"the {STRONGEST} strongest have {strongest:.0%} of all effects, the last {STRONGEST} {last:.0%}, "
            f"{STRONGEST} by chance {STRONGEST / count:.0%}"
        )
    return facts


def _strongest(first: int, before: str, effects: Array, drawn: Array | None) -> Table:
    """The characters ``before`` a place, from number ``first`` on, that have the largest ``effects`` (n,); with their
    standard errors where they are the means of those that were ``drawn`` (n, draws)."""
    order = np.argsort(-np.abs(effects), kind="stable")[:STRONGEST]
    rows = [(first + int(i), before[i], float(effects[i])) for i in order]
    columns = ("place", "character", "bits")
    if drawn is None:
        note = (
            "more likely +, less likely -: an estimate, as if the average of what else was expected had come instead; "
            "--replace measures it"
        )
        return Table("Strongest", columns, rows, note)
    errors = drawn.std(axis=1, ddof=1) / np.sqrt(drawn.shape[1])
    measured = [(*row, float(errors[i])) for row, i in zip(rows, order, strict=True)]
    return Table("Strongest", (*columns, "±"), measured, "more likely +, less likely -; ± of the mean over the draws")


def _place(request: ViewRequest, count: int) -> int:
    written = request.arguments[0] if request.arguments else str(min(count - 1, PLACE))
    if not written.isdecimal() or not 1 <= int(written) < count:
        raise InputError(f"{written!r} is no place in the text; a place is the number of a character, 1 to {count - 1}")
    return int(written)


def _contrast(request: ViewRequest) -> int | None:
    if request.contrast is None:
        return None
    others = request.probe.model.vocabulary.encode(request.contrast, "--contrast")
    if len(others) != 1:
        raise InputError(f"--contrast takes one character, but {request.contrast!r} has {len(others)}")
    return int(others[0])
