"""What does this unit do?"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import (
    Unit,
    gate_names,
    parse_unit,
    read,
    recurrent_cell,
    require_language_model,
    state_names,
)
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.interventions.steering import steer
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.selectivity import UnitScore, best_units, is_long_enough
from rnncli.results import Block, ColouredText, Table, ViewResult

CHARACTERS = 40_000
EXCERPT = 200
AROUND = 25
BEST = 6

LARGEST = 3
"""Weights that are shown of each gate."""

ALIKE = 0.01
"""States that differ by less are as strong."""

FEWEST = 10
"""A character that is rarer tells little of what a unit does after it."""


def unit(request: ViewRequest) -> ViewResult:
    """One unit: what it tracks, text coloured by its states and gates, where it is strongest, its mean by character,
    its weights."""
    named = [*request.arguments, *request.units]
    if not named:
        raise InputError("name the unit: rnncli inspect MODEL unit 1:17 is number 17 of the lowest layer")
    result = describe(request, named[0])
    read_first = request.probe.first(CHARACTERS)
    unit = parse_unit(named[0], read_first.model, read_first.path)
    if (score := _tracked(read_first, unit)) is None:
        return replace(result, next=[request.command("ablate", unit=str(unit))])
    facts = dict(result.facts) | {"tracks": f"{score}; of an untrained network at most {score.untrained:.2f}"}
    following = [request.command("ablate", unit=str(unit), feature=score.feature)]
    if steering := steer(read_first, unit, score.feature, score.is_binary):
        facts["steering"] = str(steering)
        following += [request.clamped_sample(str(unit), steering.value)] * steering.is_clear
    return replace(result, facts=facts, next=following)


def _tracked(probe: Probe, unit: Unit) -> UnitScore | None:
    """How ``unit`` goes with the feature of which it has learnt most; None if there is none, or the text too short to
    tell."""
    if not is_long_enough(probe):
        return None
    scores = [score for score in best_units(probe, list(FEATURES), only=unit) if score.is_associated]
    return max(scores, key=lambda score: score.learnt, default=None)


def describe(request: ViewRequest, name: str) -> ViewResult:
    """The states, gates and weights of the unit that is written ``name``, and where it is strongest."""
    excerpt = request.probe.around(request.at, CHARACTERS)
    probe = excerpt.probe
    model = require_language_model(probe)
    unit = parse_unit(name, model, probe.path)
    states, gates = state_names(model), gate_names(model)
    values = {
        name: found[excerpt.burn_in :, unit.unit]
        for name, found in read(probe, [f"{unit.cell}.{which}" for which in (*states, *gates)]).values.items()
    }
    text = probe.text(excerpt.burn_in)[:-1]
    middle = 0 if request.at is None else request.at - excerpt.start
    begin = max(0, min(middle - EXCERPT // 2, len(text) - EXCERPT))
    shown, where = slice(begin, begin + EXCERPT), f"from character {excerpt.start + begin:,} on"
    blocks: list[Block] = []
    for which in states:
        name = f"{unit.cell}.{which}"
        blocks.append(ColouredText(f"{name}, {where}", text[shown], values[name][shown].tolist(), 1.0))
    for which in gates:
        name = f"{unit.cell}.{which}"
        centred = 2 * values[name][shown] - 1  # open is +1, shut −1
        blocks.append(ColouredText(f"{name}, {where}, open + shut -", text[shown], centred.tolist(), 1.0))
    hidden = values[f"{unit.cell}.hidden"]
    blocks += [_strongest(text, hidden, excerpt.start), _by_character(text, hidden), _weights(probe, unit)]
    facts = {
        "hidden state": f"mean {hidden.mean():.3f}, standard deviation {hidden.std():.3f}, "
        f"{np.mean(np.abs(hidden) > 0.9):.0%} of the time beyond ±0.9"
    }
    return ViewResult(probe.source, facts, blocks, question=f"What does unit {unit} do?")


def _strongest(text: str, hidden: Array, start: int) -> Table:
    """Places where the unit is farthest from zero, none near another, in a text that begins at character ``start``."""
    rows: list[tuple[int, float, str]] = []
    taken, sizes = np.zeros(len(hidden), bool), np.abs(hidden)
    for at in np.argsort(-sizes, kind="stable"):
        if taken[at]:
            continue
        taken[max(0, at - 2 * AROUND) : at + 2 * AROUND] = True
        rows.append(
            (
                start + int(at),
                float(hidden[at]),
                f"{text[max(0, at - AROUND) : at]}[{text[at]}]{text[at + 1 : at + AROUND]}",
            )
        )
        if len(rows) == BEST:
            break
    alike = int(np.sum(sizes >= sizes.max() - ALIKE))
    note = f"{alike:,} of {len(sizes):,} places are within {ALIKE} of the strongest; none of these is near another"
    return Table("Where it is strongest", ("character", "hidden", "text, [the place]"), rows, note)


def _by_character(text: str, hidden: Array) -> Table:
    """The mean state after each character that is not too rare, if there are such."""
    characters = np.array(list(text))
    means = [(c, float(hidden[characters == c].mean()), int((characters == c).sum())) for c in sorted(set(text))]
    common = [row for row in means if row[2] >= FEWEST]
    note = f"of those that occur {FEWEST} times or more" if common else ""
    shown = sorted(common or means, key=lambda row: row[1])
    chosen = shown if len(shown) <= 2 * BEST else [*shown[:BEST], *shown[-BEST:]]
    return Table("Mean after each character, lowest and highest", ("character", "mean", "times"), chosen, note)


def _weights(probe: Probe, unit: Unit) -> Table:
    """The largest weights into the unit, of each gate, from characters or the layer below and from its own layer; and
    from it to the next character or the layer above."""
    model, parameters = probe.model, probe.model.parameters
    symbols, names = model.vocabulary.symbols, model.network.names
    cell, number = recurrent_cell(model), names.index(unit.cell)
    gates = [f", {gate}" for gate in cell.gates] if cell else [""]
    rows: list[tuple[str, str, float]] = []

    def largest(connection: str, weights: Array, ends: Sequence[object], count: int) -> None:
        for i in np.argsort(-np.abs(weights), kind="stable")[:count]:
            rows.append((connection, str(ends[i]), float(weights[i])))

    def units_of(layer: str) -> list[Unit]:
        return [Unit(layer, n) for n in range(model.config.hidden_size)]

    def inputs(layer: str) -> Array:
        """The input weights (G, D, H) of a layer."""
        W = parameters[f"{layer}.W_x"]
        return W.reshape(-1, *W.shape[-2:])

    if number:
        for gate, W in zip(gates, inputs(unit.cell), strict=True):
            largest(f"from the layer below{gate}", W[:, unit.unit], units_of(names[number - 1]), LARGEST)
    elif not model.config.embedding_size:
        W_x = inputs(unit.cell)
        for gate, W in zip(gates if cell else [f", {n} back" for n in range(len(W_x))], W_x, strict=True):
            largest(f"from the character{gate}", W[: len(symbols), unit.unit], symbols, LARGEST)
    if cell:
        for gate, W in zip(gates, parameters[f"{unit.cell}.W_h"], strict=True):
            largest(f"from a unit{gate}", W[:, unit.unit], units_of(unit.cell), 1)
    if unit.cell == names[-1]:
        largest("to the next character", parameters["output.W"][unit.unit], symbols, BEST)
    else:
        for gate, W in zip(gates, inputs(names[number + 1]), strict=True):
            largest(f"to the layer above{gate}", W[unit.unit], units_of(names[number + 1]), LARGEST)
    return Table("Largest weights", ("connection", "other end", "weight"), rows)
