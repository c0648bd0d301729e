"""What goes into a unit: the sums of its gates by their sources, and the network with one connection cut.

Before it is squashed, each gate of a unit is a sum over sources,

    a = Σ h w + Σ l v + x + b

with h the units of its layer one character before, l those of the layer below, x what the character contributes and b
the bias. In a GRU's candidate the reset gate multiplies h w and a bias of its own. The covariance of a contribution
with the sum, over the variance of the sum, is its share: shares add up to 1, and are below 0 where a source works
against the others (Pratt 1987, "Dividing the indivisible: using simple symmetry to partition variance explained").

What a unit of a GRU or an LSTM keeps of its own state stands in no sum: there, the sums say when it keeps it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.inspection.activations import ActivationTrace, Unit, read, require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from rnncli.models.parallel import cores, parallel_map
from rnncli.storage.checkpoint import Checkpoint

LACK = "units that drive one another from character to character"
CHARACTER, BIAS = "character", "bias"

ROUNDING = 1e-12
"""A variance that is no larger is that of a constant."""

Source = Unit | str
"""A unit of the same layer, one character before, or of the layer below; or ``CHARACTER``, or ``BIAS``."""


@dataclass(frozen=True)
class Drive:
    """The covariances (G, S) of the contribution of each of the S ``sources`` with the sums of the G gates of a
    unit."""

    sources: list[Source]
    covariances: Array

    @property
    def of_gates(self) -> Array:
        """The share (G, S) of each source in the variance of each sum; NaN where that is 0 but for
        rounding."""
        variances = self.covariances.sum(axis=1, keepdims=True)
        nothing = np.full_like(self.covariances, np.nan)
        return np.divide(self.covariances, variances, out=nothing, where=variances > ROUNDING)

    @property
    def shares(self) -> Array | None:
        """The mean (S,) of these over the gates whose sums change; None where none does."""
        known = self.of_gates[~np.isnan(self.of_gates).any(axis=1)]
        return known.mean(axis=0) if len(known) else None


@dataclass(frozen=True)
class Cut:
    """A connection to be cut, and the ``mean`` (G,) of what the source contributes to the sums of ``unit``."""

    source: Source
    unit: Unit
    mean: Array


def trace_for(probe: Probe, unit: Unit) -> ActivationTrace:
    """One pass over the text of ``probe``, with all that drives ``unit``."""
    model = require_recurrent_model(probe, LACK)
    hidden = [f"{layer}.hidden" for layer in sources_of(model, unit)]
    return read(probe, [*hidden, *([f"{unit.cell}.reset"] if "reset" in model.network.cell.gates else [])])


def drive_of(probe: Probe, trace: ActivationTrace, unit: Unit) -> Drive:
    """What drives ``unit`` over the text of ``probe``, given the :func:`trace_for` it."""
    model = require_recurrent_model(probe, LACK)
    parameters, gates, j = model.parameters.scope(unit.cell), model.network.cell.gates, unit.unit
    layers, found = sources_of(model, unit), trace.values
    before = np.zeros(found[f"{unit.cell}.hidden"].shape)  # at the first character the state is 0
    before[1:] = found[f"{unit.cell}.hidden"][:-1]
    below = found[f"{layers[1]}.hidden"].astype(np.float64) if len(layers) == 2 else None
    ids = probe.ids[:-1].astype(np.intp)
    covariances = []
    for g, gate in enumerate(gates):
        factor, bias = np.ones(len(ids)), np.zeros(len(ids))
        if gate == "candidate" and "b_hn" in parameters:
            factor = found[f"{unit.cell}.reset"][:, j].astype(np.float64)
            bias = factor * parameters["b_hn"][j]
        own = parameters["W_h"][g, :, j].astype(np.float64)
        if below is None:
            inputs = _of_characters(model, unit)[ids, g]
        else:
            over = parameters["W_x"][g, :, j].astype(np.float64)
            inputs = below @ over
        sums = factor * (before @ own) + inputs + bias  # but for a constant
        centred = (sums - sums.mean()) / len(sums)  # a product with it is a covariance
        of_inputs = [inputs @ centred] if below is None else over * (below.T @ centred)
        covariances.append(np.concatenate([own * (before.T @ (factor * centred)), of_inputs, [bias @ centred]]))
    units: list[Source] = [Unit(layer, i) for layer in layers for i in range(model.config.hidden_size)]
    return Drive([*units, *([CHARACTER] if below is None else []), BIAS], np.array(covariances))


def sources_of(model: LanguageModel, unit: Unit) -> list[str]:
    """The layers whose units drive ``unit``: its own and, if there is one, the layer below."""
    number = model.network.names.index(unit.cell)
    return model.network.names[max(0, number - 1) : number + 1][::-1]


def cut_of(probe: Probe, trace: ActivationTrace, source: Source, unit: Unit) -> Cut:
    """A cut between ``source``, whose states are in ``trace``, and ``unit``."""
    model = require_recurrent_model(probe, LACK)
    if isinstance(source, Unit):
        state = trace.values[f"{source.cell}.hidden"][:, source.unit].mean(dtype=np.float64)
        return Cut(source, unit, state * _weights(model, source, unit).astype(np.float64))
    return Cut(source, unit, _of_characters(model, unit)[probe.ids[:-1].astype(np.intp)].mean(axis=0))


def without(model: LanguageModel, cut: Cut) -> LanguageModel:
    """The same model with a unit cut off from a source: the unit sees it at its mean, and all others as it is.

    The weights become 0, and their mean contribution goes to the biases. As a GRU's candidate has a bias inside the
    reset gate, that is exact in every cell.
    """
    changed = model.on(model.parameters.flat.copy())
    parameters, mean = changed.parameters.scope(cut.unit.cell), cut.mean.copy()
    if "b_hn" in parameters and isinstance(cut.source, Unit) and cut.source.cell == cut.unit.cell:
        parameters["b_hn"][cut.unit.unit] += mean[-1]
        mean[-1] = 0
    parameters["b"][:, cut.unit.unit] += mean
    _weights(changed, cut.source, cut.unit)[...] = 0
    return changed


def changes(probe: Probe, trace: ActivationTrace, cuts: Sequence[Cut]) -> list[Array]:
    """By how many bits each loss (N − 1,) in ``trace`` grows with each of the ``cuts`` alone."""
    model = require_recurrent_model(probe, LACK)
    losses = partial(_losses, ids=np.asarray(probe.ids))
    found = parallel_map(losses, model, cuts, cores(), len(trace.losses) * len(cuts))
    return [(of_cut - trace.losses) / np.log(2) for of_cut in found]


def strength(model: LanguageModel, source: Source, unit: Unit) -> float | None:
    """The norm of the weights of a connection over the gates, with the sign of the one into the candidate; None of the
    character, which has many."""
    if not isinstance(source, Unit):
        return None
    weights = _weights(model, source, unit)
    return float(np.copysign(np.linalg.norm(weights), weights[-1]))


def like(model: LanguageModel, source: Unit, unit: Unit, rng: np.random.Generator, among: int) -> tuple[Unit, Unit]:
    """Another connection between the same layers, into another unit: drawn ``among`` so many whose weights have the
    norms nearest to that from ``source`` to ``unit``."""
    matrix = model.parameters[_matrix(source, unit)]
    norms = np.linalg.norm(matrix, axis=0)
    distance = np.abs(norms - norms[source.unit, unit.unit])
    distance[:, unit.unit] = np.inf
    nearest = np.argsort(distance, axis=None, kind="stable")[: min(among, int(np.isfinite(distance).sum()))]
    i, j = divmod(int(rng.choice(nearest)), len(norms))
    return Unit(source.cell, i), Unit(unit.cell, j)


def _losses(model: LanguageModel, cut: Cut, ids: Ids) -> Array:
    return read(Probe(Checkpoint(without(model, cut)), ids)).losses


def _matrix(source: Source, unit: Unit) -> str:
    return f"{unit.cell}.{'W_h' if isinstance(source, Unit) and source.cell == unit.cell else 'W_x'}"


def _weights(model: LanguageModel, source: Source, unit: Unit) -> Array:
    """A view of the weights (G,) from a unit, or (G, V or E) from the character, into ``unit``."""
    weights = model.parameters[_matrix(source, unit)][:, :, unit.unit]
    return weights[:, source.unit] if isinstance(source, Unit) else weights


def _of_characters(model: LanguageModel, unit: Unit) -> Array:
    """What each character contributes to the sums of a unit of the lowest layer, (V, G)."""
    W_x = model.parameters[f"{unit.cell}.W_x"][:, :, unit.unit].astype(np.float64)
    table: Array = model.parameters["embedding.W"] @ W_x.T if model.config.embedding_size else W_x.T
    return table
