"""How far back does the network look?"""

from typing import NamedTuple

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.evaluation.losses import fixed_context
from rnncli.inspection.activations import gate_names, read, recurrent_cell, require_language_model
from rnncli.inspection.bptt import shares_of_gradient
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.names import plural
from rnncli.results import Block, Curves, Table, ViewResult

CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
FEWEST, MOST = 256, 2000
"""Places in the text at which the loss is measured, the same for every context: by how large the network is."""

WORK = 4e11
"""Multiply-adds, about, that the losses of all contexts may take."""

GATE_CHARACTERS = 20_000
GATE_PLACES = 1000
"""Places from which on the gates are followed."""

STEPS_BACK = "steps before the last character"
"""The distance of the states that a gradient goes back through."""

SMALL = 0.01
"""A context is long enough when its loss is within this many nats of that with the longest."""

LONGEST = 5


class ContextLoss(NamedTuple):
    """The mean loss in ``nats`` given a ``context`` of some characters, and how much ``more`` that is than with the
    longest context at the same places; each with its standard error."""

    context: int
    nats: float
    error: float
    more: float
    more_error: float


def loss_with_context(model: LanguageModel, ids: Ids, places: Ids, context: int) -> Array:
    """The loss in nats (M,) of the characters at ``places`` (M,), ascending, given only the ``context`` before each."""
    return np.concatenate([predicted.nats for predicted in fixed_context(model, ids, places, context)])


class MemoryLength(NamedTuple):
    """The mean loss for each context, the shortest context from which on it hardly changes, and at how many places of
    the text that was measured."""

    losses: list[ContextLoss]
    enough: int
    places: int

    def __str__(self) -> str:
        """64 characters of context are within 0.01 nats of 256 characters: 0.0067 ± 0.0027 more"""
        context = f"{plural(self.enough, 'character')} of context {'is' if self.enough == 1 else 'are'}"
        longest = self.losses[-1].context
        if self.enough == longest:
            return f"{context} the longest measured; fewer cost more than {SMALL} nats"
        (one,) = (one for one in self.losses if one.context == self.enough)
        than = plural(longest, "character")
        return f"{context} within {SMALL} nats of {than}: {one.more:.4f} ± {one.more_error:.4f} more"


def memory_length(probe: Probe, effort: float = 1.0) -> MemoryLength:
    """How the loss depends on the context. An ``effort`` below 1 measures at fewer places."""
    model, ids = require_language_model(probe), probe.ids
    contexts = [c for c in CONTEXTS if c < len(ids) // 2] or [1]
    affordable = min(MOST, WORK / (model.parameters.flat.size * sum(contexts)))
    number = max(FEWEST, int(effort * affordable))
    places = np.unique(np.linspace(contexts[-1], len(ids) - 1, number).astype(np.intp))
    losses = [loss_with_context(model, ids, places, c).astype(np.float64) for c in contexts]
    found = [ContextLoss(c, *_mean(loss), *_mean(loss - losses[-1])) for c, loss in zip(contexts, losses, strict=True)]
    far = [abs(one.more) > SMALL for one in found]
    enough = next(one.context for n, one in enumerate(found) if not any(far[n:]))
    return MemoryLength(found, enough, len(places))


def _mean(values: Array) -> tuple[float, float]:
    """The mean of M values, and its standard error."""
    return float(values.mean()), float(values.std() / np.sqrt(max(1, len(values) - 1)))


def memory_gate(model: Model) -> str | None:
    """The gate that says what of a state stays; None of a cell without one."""
    cell = recurrent_cell(model)
    return next((gate for gate in ("forget", "update") if cell and gate in cell.gates), None)


def _kept(probe: Probe, name: str) -> Array:
    """The logarithm (N, H) of the product of the gates ``name`` from the beginning of the text on."""
    gates = read(probe, [name]).values[name].astype(np.float64)
    logs = np.log(np.maximum(gates, 1e-30))
    return np.concatenate((np.zeros((1, logs.shape[1])), np.cumsum(logs, axis=0)))


def gate_products(probe: Probe, name: str, steps: int) -> Array:
    """What 0 … ``steps`` update or forget gates ``name`` in a row leave of a state that is alike in all units,
    (``steps`` + 1,): the root mean square of their products over the units, the median over places."""
    kept = _kept(probe, name)
    starts = np.unique(np.linspace(0, len(kept) - 1 - steps, GATE_PLACES).astype(np.intp))
    squares = (np.exp(2 * (kept[starts + k] - kept[starts])) for k in range(steps + 1))
    return np.array([np.median(np.sqrt(of_step.mean(axis=1))) for of_step in squares])


def half_lives(probe: Probe, name: str) -> Array:
    """Steps (H,) after which half of what a unit held is left: where the product of its update or forget gates
    ``name`` falls to ½, the median over places in the first half of the text. It is at most half the text."""
    kept = _kept(probe, name)
    half = len(kept) // 2
    starts = np.unique(np.linspace(0, half, GATE_PLACES).astype(np.intp))
    lost, steps = -kept.T, np.arange(len(kept))
    ends = np.array([np.interp(of_unit[starts] + np.log(2), of_unit, steps) for of_unit in lost])
    return np.minimum(np.median(ends - starts, axis=1), half)


def memory(request: ViewRequest) -> ViewResult:
    """Loss against the context given, gradient against distance, and the half-life of each unit."""
    probe, model = request.probe, require_language_model(request.probe)
    length = memory_length(probe, request.effort)
    curve = [(one.context, one.nats) for one in length.losses]
    columns = ("context", "nats per character", "nats ±", "more", "more ±")
    note = (
        f"more than with the longest context; ±: standard error over {length.places:,} places, the same for each "
        "context; read from the zero state"
    )
    blocks: list[Block] = [
        Curves("Loss against the number of characters of context", "characters", "nats", {"loss": curve}, log_x=True),
        Table("The same in numbers", columns, length.losses, note),
    ]
    facts = {"memory": str(length)}
    following = []
    if recurrent_cell(model):
        shares = {name: shares_of_gradient(norms) for name, norms in request.state_gradients.items()}
        curves = {name: list(enumerate(np.median(values, axis=0).tolist())) for name, values in shares.items()}
        name = "Share of a gradient that arrives some steps back, median over places"
        blocks.append(Curves(name, STEPS_BACK, "share", curves, log=True))
        following = [request.command("gradients")]
        if (gate := memory_gate(model)) is not None:
            blocks += [_half_lives(probe, layer, gate) for layer in model.network.names]
        if gate_names(model):
            following.append(request.command("gates"))
    return ViewResult(probe.source, facts, blocks, following)


def _half_lives(probe: Probe, layer: str, gate: str) -> Table:
    """The units of a layer that hold what they have for longest."""
    part = probe.first(GATE_CHARACTERS)
    lives, most = half_lives(part, f"{layer}.{gate}"), len(part.ids) // 2
    order = np.argsort(-lives, kind="stable")
    rows = [(f"{layer.removeprefix('l')}:{u}", float(lives[u])) for u in order[:LONGEST]]
    note = (
        f"steps until the product of a unit's {gate} gates falls to ½, {most:,} at most; median over "
        f"{min(GATE_PLACES, most + 1):,} places in {len(part.ids):,} characters; the median of all units is "
        f"{np.median(lives):.1f}"
    )
    return Table(f"Units of {layer} with the longest half-life", ("unit", "steps"), rows, note)
