"""Which units carry the difference between two texts? Their states are exchanged, one by one and together."""

from collections.abc import Sequence

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.errors import InputError
from rnncli.inspection.activations import Unit, clamps_for, is_of_running_text, recurrent_cell, state_names
from rnncli.inspection.interventions.patching import (
    Chosen,
    Difference,
    Exchange,
    Patchable,
    TwoTexts,
    answers,
    difference,
    log_odds,
    two_texts,
)
from rnncli.inspection.request import ViewRequest
from rnncli.models.output import log_softmax
from rnncli.names import command_line, plural
from rnncli.results import Block, Curves, Table, Value, ViewResult, with_numbers

BEST, GUESSES = 12, 4
PLACES = 8
"""Places at which states are exchanged, from the difference to the end."""

DRAWS = 20
"""Random orders of the units, the control."""

SAME = 1e-6
"""Log-odds, in bits, that are no further apart are those of the same prediction."""

LITTLE = 0.5
"""Bits; the shares of a smaller difference say little about the network."""

STEERED = 3
"""Units, at most, in the suggested commands: fewer where they make half of the difference."""


def patch(request: ViewRequest) -> ViewResult:
    """The share of the difference that each unit carries, alone and with the best others."""
    model = _patchable(request)
    first, second = request.arguments
    texts = two_texts(model, first, second, request.label)
    if np.array_equal(*texts.ids):
        raise InputError(f"{first!r} and {second!r} are the same to {request.probe.path}; give patch two texts")
    exchange = texts.before_last(min(1, texts.common))
    all_or_none = np.repeat([[True], [False]], len(exchange.units), axis=1)
    logs = log_softmax(exchange.logits(all_or_none).astype(np.float64))
    found, names = difference(logs), answers(model)
    facts = {
        f"after {text!r}": with_numbers([(names[i], float(np.exp(row[i]))) for i in np.argsort(-row)[:GUESSES]], ".3f")
        for text, row in zip((first, second), logs, strict=True)
    }
    if found.bits <= SAME:
        return ViewResult("", facts | {"difference": "none: both texts lead to the same prediction"})
    alone = found.shares(exchange, np.eye(len(exchange.units), dtype=bool))
    order = np.argsort(-alone, kind="stable")
    together = found.shares(exchange, _nested(order))
    facts["difference"] = (
        f"log-odds of {names[found.one]!r} to {names[found.other]!r}: {found.first:.2f} bits after the first, "
        f"{found.second:.2f} after the second{'; that is little' if found.bits < LITTLE else ''}"
    )
    best = [exchange.units[n] for n in order[: min(STEERED, _units_for(together, 0.5))].tolist()]
    facts["exchanged"] = _where(texts, exchange)
    facts["carried"] = _carried(together)
    blocks = [_units(exchange, alone, order, found.bits), *_together(exchange, found, together)]
    if texts.common > 1:
        blocks.append(_earlier(texts, found))
    return ViewResult("", facts, blocks, _following(request, texts, found, best))


def _patchable(request: ViewRequest) -> Patchable:
    """The model; InputError where it answers otherwise than with one symbol, or has no state."""
    model, path = request.probe.model, request.probe.path
    if not isinstance(model, Patchable):
        raise InputError(f"{path} is {model.noun}; patch compares single answers: a character, a label or a tag")
    if recurrent_cell(model) is None:
        raise InputError(f"{path} is a feed-forward network, which has no state to exchange; it sees its context only")
    return model


def _nested(order: Ids) -> Chosen:
    """The first 1, 2, …, U units of an ``order`` (U,), a row for each."""
    return np.tri(len(order), dtype=bool)[:, np.argsort(order)]


def _where(texts: TwoTexts, exchange: Exchange) -> str:
    """In words, where states are exchanged."""
    if len(exchange.rest):
        read = texts.model.vocabulary.decode(map(int, exchange.rest))
        return f"before the last character, {read!r}, which both then read"
    if texts.model.network.directions == 2:
        return "after the last character, of the top layer alone, in both directions"
    return "after the last character, in which the texts differ; of the top layer alone, which is all that is read then"


def _carried(together: Array) -> str:
    """How many of the best units make half of the difference, and nine tenths of it."""
    counts = sorted({_units_for(together, part) for part in (0.5, 0.9)})
    parts = [f"{plural(k, 'unit')} {'makes' if k == 1 else 'make'} {together[k - 1]:.0%}" for k in counts]
    return f"{', '.join(parts)} of the difference"


def _units_for(together: Array, part: float) -> int:
    return int(np.argmax(together >= part)) + 1


def _units(exchange: Exchange, alone: Array, order: Ids, bits: float) -> Block:
    """The units of the largest shares, with their hidden states after the two texts."""
    hidden = exchange.states[:, :, 0].reshape(2, -1)
    strongest = np.argsort(-np.abs(alone), kind="stable")[:BEST]
    rows = [
        (str(exchange.units[n]), float(alone[n]), float(alone[n] * bits), *hidden[:, n].tolist())
        for n in order[np.isin(order, strongest)].tolist()
    ]
    note = "share: of the difference in log-odds; a unit with a share below 0 works against it"
    columns = ("unit", "share", "bits", "hidden, first text", "second text")
    return Table("Exchanged one by one", columns, rows, note)


def _together(exchange: Exchange, found: Difference, together: Array) -> list[Block]:
    """The best k units together, beside k at random."""
    count = len(together)
    numbers = [*(1 << n for n in range((count - 1).bit_length())), count]
    rng = np.random.default_rng(0)
    rows_of = np.array(numbers) - 1
    drawn = [found.shares(exchange, _nested(rng.permutation(count))[rows_of]) for _ in range(DRAWS)]
    means, deviations = np.mean(drawn, axis=0).tolist(), np.std(drawn, axis=0).round(9).tolist()
    rows = list(zip(numbers, together[rows_of].tolist(), means, deviations, strict=True))
    curves = {
        "best first": list(enumerate(together.tolist(), 1)),
        "random": list(zip(numbers, means, strict=True)),
    }
    note = f"±: standard deviation over {DRAWS} random orders"
    return [
        Curves("Exchanged together", "units", "share", curves, log_x=True),
        Table("The same in numbers", ("units", "best first", "random", "±"), rows, note),
    ]


def _earlier(texts: TwoTexts, found: Difference) -> Block:
    """The strongest unit where states are exchanged earlier, from right after the difference to the last character."""
    rows: list[tuple[Value, ...]] = []
    for left in np.unique(np.linspace(1, texts.common, min(PLACES, texts.common)).astype(int))[::-1].tolist():
        exchange = texts.before_last(left)
        alone = found.shares(exchange, np.eye(len(exchange.units), dtype=bool))
        best = int(alone.argmax())
        read = texts.model.vocabulary.decode(map(int, exchange.rest))
        rows.append((read, str(exchange.units[best]), float(alone[best])))
    return Table("Exchanged earlier", ("both then read", "strongest unit", "share"), rows)


def _following(request: ViewRequest, texts: TwoTexts, found: Difference, best: Sequence[Unit]) -> Sequence[str]:
    """What the ``best`` units do elsewhere; and the second text with them held as at the end of the first, if that
    leads towards what the first leads to."""
    model, path = texts.model, request.probe.path
    if not is_of_running_text(model):
        return []
    named = [word for unit in best for word in ("--unit", str(unit))]
    commands = [request.command("unit", str(best[0])), command_line("inspect", path, "ablate", options=named)]
    end = model.forward(texts.ids[0][:, None], texts.state).state[:, 0, 0]
    held = {unit: round(float(end[model.network.names.index(unit.cell), unit.unit]), 2) for unit in best}
    clamps = [
        clamp
        for unit, value in held.items()
        for clamp in clamps_for(model, unit, dict.fromkeys(state_names(model), value))
    ]
    ids = texts.ids[1][:, None]
    clamped = log_odds(model.read(ids, texts.state, clamps)[0], found.one, found.other)
    if clamped > found.second:
        words = [word for unit, value in held.items() for word in ("--clamp", f"{unit}={value:g}")]
        commands.append(command_line("sample", path, options=[*words, "--prime", request.arguments[1], "--compare"]))
    return commands
