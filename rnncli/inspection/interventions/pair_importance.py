"""Which units matter to a classifier or a tagger: the loss on pairs that were held out, with each unit at its mean."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from rnncli.datasets.pairs import Pairs
from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError
from rnncli.evaluation.losses import BATCH_SIZE
from rnncli.inspection.activations import Unit, cells_of, clamps_for, recurrent_cell, state_names
from rnncli.inspection.interventions.ablation import WORK, block_error, influence
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.classifier import Classifier
from rnncli.models.parallel import cores, parallel_map
from rnncli.models.tagger import Tagger
from rnncli.models.windows import WINDOW, forward_over_windows
from rnncli.names import plural
from rnncli.results import Table, ViewResult

PairReader = Classifier | Tagger

MIN_PAIRS = 20
"""One for each block of the standard error."""

MAX_PAIRS = 5_000
"""Those that are read, at most, drawn from all: a file may have its labels in order."""

BEST = 20
"""Units that are listed."""


def pair_importance(request: ViewRequest) -> ViewResult:
    """All units by the change of the loss when they are held at their mean, in bits per label or tag."""
    model = request.probe.model
    assert isinstance(model, PairReader)
    if request.text_options:
        raise InputError(
            f"{request.probe.path} is {model.noun}: its loss is measured on pairs, those that were held out, so "
            "that --text and --prime do not apply"
        )
    pairs, source = _held_out(request.probe)
    units = [Unit(cell, n) for cell in cells_of(request.probe, request.layer) for n in range(model.config.hidden_size)]
    length = max(1.0, float(pairs.texts.lengths.mean()))
    count = int(min(MAX_PAIRS, max(MIN_PAIRS, WORK // (len(units) * model.parameters.flat.size * length)), len(pairs)))
    if count < MIN_PAIRS:
        raise InputError(f"{source} has {plural(count, 'pair')}, too few to rank units by; {MIN_PAIRS} are needed")
    drawn = pairs.take(np.random.default_rng(0).permutation(len(pairs))[:count])
    losses, changes = pair_effects(model, drawn, units)
    means, of_each = influence(changes)
    errors = block_error(of_each)
    order = [int(n) for n in np.argsort(-means, kind="stable")]
    rows = [(str(units[n]), float(means[n]), float(errors[n]) if np.isfinite(errors[n]) else None) for n in order]
    columns = ("unit", "change", "±")
    everything = Table("All units by importance", columns, rows)
    note = (
        f"bits per {model.unit} that are lost when the unit is held at its mean; ± is a standard error, from blocks of "
        "pairs"
    )
    facts = {
        "loss": f"{losses.mean() / np.log(2):.4f} bits per {model.unit} without ablation",
        "units": f"{len(units):,}, each held at its mean in {count:,} pairs",
        "changes": f"median {np.median(means):.4f}, 95% below {np.quantile(means, 0.95):.4f} bits",
    }
    shown = Table("The units of the largest effect", columns, rows[:BEST], note, digits=4)
    question = "Which units matter?"
    texts = _two_texts(model, pairs)
    following = [request.command("patch", *texts)] if texts and recurrent_cell(model) else []
    data = {"units": everything.to_json()}
    return ViewResult(source, facts, [shown], following, question, data=data, tables=[everything])


def _two_texts(model: PairReader, pairs: Pairs) -> list[str] | None:
    """The shortest text, and the next one of which another label, or the last tag, is right; None without such."""
    found: dict[int, str] = {}
    for n in np.argsort(pairs.texts.lengths, kind="stable"):
        ids, answer = (one.ids[:, 0] for one in pairs.padded(np.array([n])))
        if len(ids) and (text := model.vocabulary.decode(map(int, ids))) not in found.values():
            found.setdefault(int(answer[-1]), text)
        if len(found) == 2:
            return list(found.values())
    return None


def pair_effects(model: PairReader, pairs: Pairs, units: Sequence[Unit]) -> tuple[Array, Array]:
    """The losses (N,) of N pairs in nats, and by how many bits they grow, (U, N), when each of the ``units`` is held at
    its mean over all characters. Of a text with several tags both are a sum over them, divided by the number of tags
    that a text has on average, so that their mean is that per tag."""
    batches = [pairs.padded(which) for which in pairs.micro_batches(np.arange(len(pairs)), BATCH_SIZE, WINDOW)]
    means = _means(model, [text for text, _ in batches])
    held = [
        clamps_for(model, unit, {s: float(means[f"{unit.cell}.{s}"][unit.unit]) for s in state_names(model)})
        for unit in units
    ]
    work = int(pairs.texts.lengths.sum()) * len(units)
    found = parallel_map(partial(_losses, held=held), model, batches, cores(), work)
    losses: Array = np.concatenate(list(found), axis=1)
    losses /= model.symbols(pairs.texts.lengths, pairs.targets.lengths) / len(pairs)
    return losses[0], (losses[1:] - losses[0]) / np.log(2)


def _means(model: PairReader, texts: Sequence[Padded]) -> dict[str, Array]:
    """The mean (H,) of each state over all characters; in the padding it is 0."""
    names = [f"{cell}.{state}" for cell in model.network.names for state in state_names(model)]
    sums = {name: np.zeros(model.config.hidden_size) for name in names}
    for text in texts:
        state = model.initial_state(len(text.lengths))
        for _, forward in forward_over_windows(model.network, model.parameters, text, state, model._workspace):
            for name in names:
                sums[name] += forward.activation(name).sum(axis=(0, 1), dtype=np.float64)
    count = sum(int(text.lengths.sum()) for text in texts)
    return {name: total / count for name, total in sums.items()}


def _losses(model: PairReader, batch: tuple[Padded, Padded], held: Sequence[Sequence[Clamp]]) -> Array:
    """The losses (1 + U, B) of a batch in nats: free, and with each of U units held."""
    return np.stack([model.losses(*batch, clamps) for clamps in ((), *held)]).astype(np.float64)


def _held_out(probe: Probe) -> tuple[Pairs, str]:
    dataset, spec = probe.checkpoint.dataset(), probe.checkpoint.data
    if dataset is None:
        raise InputError(f"{probe.path}: {spec.names} was moved or modified, and pairs are needed to measure a loss on")
    if len(dataset.validation):
        return dataset.validation, f"the held-out part of {spec.names}"
    return dataset.training, f"{spec.names}, the training pairs (nothing was held out)"
