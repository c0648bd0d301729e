"""Where else is it in this state? The question of LSTMVis (Strobelt et al. 2018), answered without a threshold: the
places whose mean hidden state has the highest cosine with that of a range, both less the mean of the whole text."""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import read, require_language_model
from rnncli.inspection.request import ViewRequest
from rnncli.results import Table, ViewResult

CHARACTERS = 50_000
BEST = 10

APART = 25
"""Characters between two places at least."""

AROUND, SHOWN = 14, 24
"""Characters shown on either side of a place, and at most of the place itself."""

_UNITS = 64
"""Units at a time, which bounds the memory."""


def match(request: ViewRequest) -> ViewResult:
    """Places in the text with a hidden state like that from character A to B."""
    probe = request.probe.first(CHARACTERS)
    model = require_language_model(probe)
    if not model.network.names:
        raise InputError(f"{probe.path} is a single-layer perceptron, which has no hidden units")
    start, stop = _range(request, len(probe.ids) - 1)
    layer = request.layer or model.config.layers
    hidden = read(probe, [f"l{layer}.hidden"], streams=1).values[f"l{layer}.hidden"]
    text, length = probe.text(), stop - start
    facts = {"here": f"characters {start}:{stop}, {_excerpt(text, start, stop)}"}
    cosines = cosines_with(hidden, start, stop)
    if not cosines[start]:
        same = f"none: the state of layer {layer} there is the mean of all, as far as rounding tells"
        return ViewResult(probe.source, facts | {"places": same})
    places = _best(cosines, start, max(APART, length))
    if not places:
        nearby = f"none: all {len(hidden)} characters read are too near"
        return ViewResult(probe.source, facts | {"places": nearby})
    elsewhere = np.delete(cosines, slice(max(0, start - length + 1), stop))
    median, high = np.quantile(elsewhere, (0.5, 0.99))
    facts["cosine"] = f"median {median:.3f}, 99th percentile {high:.3f} of all {len(elsewhere):,} places"
    rows = [(at, float(cosines[at]), _excerpt(text, at, at + length)) for at in places]
    note = f"cosine of the mean state of layer {layer}, from which that of the whole text is subtracted"
    columns = ("character", "cosine", "text, [the place]")
    return ViewResult(probe.source, facts, [Table("Most similar places", columns, rows, note, 3)])


def cosines_with(hidden: Array, start: int, stop: int) -> Array:
    """For each range of L = ``stop - start`` characters, the cosine (N - L + 1,) of its mean state in ``hidden`` (N, H)
    and that from ``start`` to ``stop``, less the mean of all N; 0 where one of them is no different from that."""
    length = stop - start
    dots, squares, scale = (np.zeros(len(hidden) - length + 1) for _ in range(3))
    for first in range(0, hidden.shape[1], _UNITS):
        states = hidden[:, first : first + _UNITS].astype(np.float64)
        scale += np.mean(np.sum(states * states, axis=1))
        sums = np.cumsum(states - states.mean(axis=0), axis=0)
        means = sums[length - 1 :].copy()
        means[1:] -= sums[:-length]
        means /= length
        dots += means @ means[start]
        squares += np.sum(means * means, axis=1)
    floor = 1e-12 * scale  # rounding
    is_moved = (squares > floor) & (squares[start] > floor)
    return np.divide(dots, np.sqrt(squares * squares[start]), out=np.zeros_like(dots), where=is_moved)


def _best(cosines: Array, start: int, apart: int) -> list[int]:
    """The places with the highest ``cosines`` (N,), the highest first, ``apart`` from one another and ``start``."""
    left = cosines.copy()
    places = [start]
    while len(places) <= BEST:
        left[max(0, places[-1] - apart + 1) : places[-1] + apart] = -np.inf
        if np.isneginf(left).all():
            break
        places.append(int(left.argmax()))
    return places[1:]


def _excerpt(text: str, start: int, stop: int) -> str:
    inside = text[start:stop] if stop - start <= SHOWN else f"{text[start : start + SHOWN - 1]}…"
    return f"{text[max(0, start - AROUND) : start]}[{inside}]{text[stop : stop + AROUND]}"


def _range(request: ViewRequest, count: int) -> tuple[int, int]:
    """The range that the user wrote; where there is none, eight characters in the text."""
    if not request.arguments:
        stop = min(128, count)
        return max(0, stop - 8), stop
    a, _, b = request.arguments[0].partition(":")
    if not (a.isdecimal() and b.isdecimal() and int(a) < int(b) <= count):
        raise InputError(f"match takes a range of characters, as in match 120:128, within 0:{count}")
    return int(a), int(b)
