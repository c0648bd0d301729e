"""Where else is it in this state? As in LSTMVis (Strobelt et al. 2018)."""

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.errors import InputError
from rnncli.inspection.activations import language_model_of, read
from rnncli.inspection.request import ViewRequest
from rnncli.results import Table, ViewResult

CHARACTERS = 50_000
ON = 0.5
"""A unit is on where its hidden state is beyond this, and off below minus this."""

BEST = 10
AROUND = 25


def alike(hidden: Array, start: int, stop: int) -> tuple[Ids, Array]:
    """The units that are on, or off, all the way from ``start`` to ``stop``, and for each place in ``hidden`` (N, H)
    the share of them that is so there, (N,)."""
    signs = np.where(hidden > ON, 1, np.where(hidden < -ON, -1, 0)).astype(np.int8)
    inside = signs[start:stop]
    pattern = np.where((inside == inside[0]).all(axis=0), inside[0], 0)
    units = np.flatnonzero(pattern)
    if not len(units):
        return units, np.zeros(len(hidden))
    return units, (signs[:, units] == pattern[units]).mean(axis=1)


def match(ask: ViewRequest) -> ViewResult:
    """Places in the text at which the same units are on as from A to B."""
    subject = ask.subject.first(CHARACTERS)
    model = language_model_of(subject)
    if not model.network.names:
        raise InputError(f"{subject.path} is a single-layer perceptron, which has no hidden units")
    start, stop = _range(ask, len(subject.ids) - 1)
    layer = ask.layer or model.config.layers
    hidden = read(subject, [f"l{layer}.hidden"], streams=1).values[f"l{layer}.hidden"]
    units, shares = alike(hidden, start, stop)
    if not len(units):
        raise InputError(
            f"no unit of layer {layer} is beyond ±{ON} all the way from {start} to {stop}; take fewer characters"
        )
    text = subject.text()
    shares = shares.copy()
    shares[max(0, start - AROUND) : stop + AROUND] = -1
    rows = []
    for _ in range(BEST):
        at = int(shares.argmax())
        if shares[at] <= 0:
            break
        rows.append(
            (at, float(shares[at]), f"{text[max(0, at - AROUND) : at]}[{text[at]}]{text[at + 1 : at + AROUND]}")
        )
        shares[max(0, at - AROUND) : at + AROUND] = -1
    here = f"{text[max(0, start - AROUND) : start]}[{text[start:stop]}]{text[stop : stop + AROUND]}"
    facts = {"here": here, "units": f"{len(units)} of layer {layer} are beyond ±{ON} all the way"}
    table = Table("Most alike", ("character", "share of these units", "text, [the place]"), rows)
    return ViewResult("match", "Where else is it in this state?", subject.source, facts, [table])


def _range(ask: ViewRequest, count: int) -> tuple[int, int]:
    written = ask.arguments[0] if ask.arguments else ""
    a, _, b = written.partition(":")
    if not (a.isdecimal() and b.isdecimal() and int(a) < int(b) <= count):
        raise InputError(f"match takes a range of characters, as in match 120:128, within 0:{count}")
    return int(a), int(b)
