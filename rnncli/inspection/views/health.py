"""Is the network healthy, and what is notable? The part of the overview that reads a text."""

import numpy as np

from rnncli.inspection.activations import language_model_of, read
from rnncli.inspection.association import SMALLEST_SHIFT
from rnncli.inspection.features import FEATURES
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.errors import ORDER, ngram_probabilities
from rnncli.inspection.views.memory import memory_length
from rnncli.inspection.views.units import track
from rnncli.results import Block, Table, ViewResult

CHARACTERS = 30_000
TELLING = 5

DEAD = 0.01
"""A unit is dead whose hidden state varies by less than this (standard deviation)."""

SATURATED, MOSTLY = 0.98, 0.9
"""A unit is saturated that is beyond ± the first for more than the second of the time."""


def health(ask: ViewRequest) -> ViewResult:
    """Loss against an n-gram model, dead and saturated units, the length of the memory, the most telling units."""
    subject = ask.subject.first(CHARACTERS)
    model = language_model_of(subject)
    names = [f"{cell}.hidden" for cell in model.network.names]
    reading = read(subject, names)
    bits = reading.losses.mean() / np.log(2)
    known, _, where = ngram_probabilities(subject)
    of_ngram = -np.log2(known[1:]).mean()
    facts = {"loss here": f"{bits:.4f} bits per character; a {ORDER}-gram model of {where} has {of_ngram:.4f}"}
    if names:
        hidden = np.concatenate([reading.values[name] for name in names], axis=1)
        dead = float(np.mean(hidden.std(axis=0) < DEAD))
        saturated = float(np.mean((np.abs(hidden) > SATURATED).mean(axis=0) > MOSTLY))
        facts["units"] = f"{dead:.1%} dead, {saturated:.1%} saturated"
    if hasattr(model.network, "cell"):
        _, enough = memory_length(subject)
        facts["memory"] = f"reads {enough} characters back: more change its loss by less than 0.01 nats"
    parts: list[Block] = []
    following = [ask.command("text"), ask.command("memory")]
    if names and len(subject.ids) > 6 * SMALLEST_SHIFT:
        found = [one for one in track(subject, list(FEATURES), best=1) if one.is_associated and one.learnt > 0]
        found = sorted(found, key=lambda one: -one.learnt)[:TELLING]
        rows = [(one.feature, str(one.unit), one.strength, one.untrained, one.z) for one in found]
        columns = ("feature", "unit", "AUC or r", "untrained", "z")
        parts.append(Table("The most telling units", columns, rows))
        if rows:
            feature, unit = rows[0][:2]
            following = [ask.command("units"), ask.command("ablate", "--unit", unit, "--feature", f"'{feature}'")]
            following += [f"rnncli sample {subject.path} --clamp {unit}=1 --compare"]
    return ViewResult("overview", "Is it healthy, and what is notable?", subject.source, facts, parts, following)
