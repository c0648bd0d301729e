"""Where else is it in this state? As in LSTMVis (Strobelt et al. 2018): the places at which the same units are on as in
a range of characters; where no unit is on all the way, the places with the nearest hidden states."""

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.errors import InputError
from rnncli.inspection.activations import read, require_language_model
from rnncli.inspection.request import ViewRequest
from rnncli.names import plural
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


def distances(hidden: Array, start: int, stop: int) -> Array:
    """For each place in ``hidden`` (N, H) the root mean square difference (N,) between its state and the mean of those
    from ``start`` to ``stop``: 0 is the same state, and 2 the most where states lie between −1 and 1."""
    difference = hidden - hidden[start:stop].mean(axis=0)
    return np.sqrt(np.mean(difference * difference, axis=1))


def match(request: ViewRequest) -> ViewResult:
    """Places in the text at which the same units are on as from A to B, or with the nearest states."""
    probe = request.probe.first(CHARACTERS)
    model = require_language_model(probe)
    if not model.network.names:
        raise InputError(f"{probe.path} is a single-layer perceptron, which has no hidden units")
    start, stop = _range(request, len(probe.ids) - 1)
    layer = request.layer or model.config.layers
    hidden = read(probe, [f"l{layer}.hidden"], streams=1).values[f"l{layer}.hidden"]
    text = probe.text()
    facts = {"here": f"{text[max(0, start - AROUND) : start]}[{text[start:stop]}]{text[stop : stop + AROUND]}"}
    units, shares = alike(hidden, start, stop)
    if len(units):
        verb = "is" if len(units) == 1 else "are"
        facts["units"] = f"{plural(len(units), 'unit')} of layer {layer} {verb} beyond ±{ON} all the way"
        places = [(at, float(shares[at])) for at in _best(shares, start, stop) if shares[at] > 0]
        name, column = "Most similar places", "share of these units"
    else:
        apart = distances(hidden, start, stop)
        facts["units"] = f"no unit of layer {layer} is beyond ±{ON} all the way, so the nearest states are shown"
        places = [(at, float(apart[at])) for at in _best(-apart, start, stop)]
        name, column = "Nearest states", "RMS difference from the mean state"
    rows = [
        (at, value, f"{text[max(0, at - AROUND) : at]}[{text[at]}]{text[at + 1 : at + AROUND]}") for at, value in places
    ]
    if not rows:
        facts["places"] = f"none: all {len(hidden)} characters read are within {AROUND} of these"
    blocks = [Table(name, ("character", column, "text, [the place]"), rows)] if rows else []
    return ViewResult(probe.source, facts, blocks)


def _best(scores: Array, start: int, stop: int) -> list[int]:
    """The places with the highest ``scores`` (N,), the best first, apart from one another and from the range."""
    left = scores.astype(np.float64)
    left[max(0, start - AROUND) : stop + AROUND] = -np.inf
    places: list[int] = []
    while len(places) < BEST and np.isfinite(left).any():
        at = int(left.argmax())
        places.append(at)
        left[max(0, at - AROUND) : at + AROUND] = -np.inf
    return places


def _range(request: ViewRequest, count: int) -> tuple[int, int]:
    written = request.arguments[0] if request.arguments else ""
    a, _, b = written.partition(":")
    if not (a.isdecimal() and b.isdecimal() and int(a) < int(b) <= count):
        raise InputError(f"match takes a range of characters, as in match 120:128, within 0:{count}")
    return int(a), int(b)
