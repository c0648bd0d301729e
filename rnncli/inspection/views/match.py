"""Where else is it in this state? As in LSTMVis (Strobelt et al. 2018)."""

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.errors import InputError
from rnncli.inspection.activations import read, require_language_model
from rnncli.inspection.request import ViewRequest
from rnncli.results import Table, ViewResult

CHARACTERS = 50_000
ON = 0.5
"""A unit is on where its hidden state is above this, and off where it is below minus this."""

BEST = 10
AROUND = 25


def alike(hidden: Array, start: int, stop: int) -> tuple[Ids, Array]:
    """The units that are on, or off, all the way from ``start`` to ``stop``, and for each place in ``hidden`` (N, H)
    the share (N,) of them in the same state."""
    signs = np.where(hidden > ON, 1, np.where(hidden < -ON, -1, 0)).astype(np.int8)
    inside = signs[start:stop]
    pattern = np.where((inside == inside[0]).all(axis=0), inside[0], 0)
    units = np.flatnonzero(pattern)
    if not len(units):
        return units, np.zeros(len(hidden))
    return units, (signs[:, units] == pattern[units]).mean(axis=1)


def match(request: ViewRequest) -> ViewResult:
    """Places in the text at which the same units are on as from A to B."""
    probe = request.probe.first(CHARACTERS)
    model = require_language_model(probe)
    if not model.network.names:
        raise InputError(f"{probe.path} is a single-layer perceptron, which has no hidden units")
    start, stop = _range(request, len(probe.ids) - 1)
    layer = request.layer or model.config.layers
    hidden = read(probe, [f"l{layer}.hidden"], streams=1).values[f"l{layer}.hidden"]
    units, shares = alike(hidden, start, stop)
    if not len(units):
        raise InputError(
            f"no unit of layer {layer} is beyond ±{ON} all the way from {start} to {stop}; take fewer characters"
        )
    text = probe.text()
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
    table = Table("Most similar places", ("character", "share of these units", "text, [the place]"), rows)
    return ViewResult(probe.source, facts, [table])


def _range(request: ViewRequest, count: int) -> tuple[int, int]:
    written = request.arguments[0] if request.arguments else ""
    a, _, b = written.partition(":")
    if not (a.isdecimal() and b.isdecimal() and int(a) < int(b) <= count):
        raise InputError(f"match takes a range of characters, as in match 120:128, within 0:{count}")
    return int(a), int(b)
