"""Is a direction in the states the cause? The loss when the states are held at their mean along it, in a part of the
text that it was not found in.

The null are the directions that the same probe finds where the labels belong to other places: the feature shifted along
the text.
"""

from dataclasses import replace

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.engine.clamping import Clamp
from rnncli.errors import InputError
from rnncli.inspection.activations import read, require_language_model, state_names
from rnncli.inspection.features.labels import labels_of
from rnncli.inspection.interventions.ablation import BLOCKS, estimated
from rnncli.inspection.interventions.steering import steer_direction
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.linear_probe import DIRECTION_STRENGTH, Axes
from rnncli.names import plural
from rnncli.results import Table, Value, ViewResult
from rnncli.storage import direction as stored

CHARACTERS, MIN_CHARACTERS = 20_000, 40
"""That are read, at most and at least."""

SHIFTS = 10
"""Directions of the null."""


def ablate_direction(request: ViewRequest) -> ViewResult:
    """Hold the states at their mean along the direction of the request, and along those of shifted labels."""
    assert request.direction is not None
    model = require_language_model(request.probe)
    direction = stored.load(request.direction, model, request.probe.path)
    probe, labels = _unseen(request.probe, direction)
    at = labels > (0 if direction.is_binary else labels.mean())
    if not at.any() or at.all():
        raise InputError(f"{direction.feature!r} is the same all through {probe.source}; name another text with --text")
    names = [f"{cell}.hidden" for cell in direction.parts]
    before = read(probe, names)

    def row(what: str, changes: Array) -> tuple[Value, ...]:
        """The mean over the rows of changes (R, N), and its standard error over the text."""
        change = changes.mean(axis=0)
        return (what, *estimated(change, at), *estimated(change, ~at), *estimated(change))

    def change(clamps: list[Clamp]) -> Array:
        """By how many bits the loss grows at each character (N,)."""
        return (read(probe, clamps=clamps).losses - before.losses) / np.log(2)

    vectors = {cell: part.vector for cell, part in direction.parts.items()}
    held = change(_at_mean(vectors, before.values))
    null = np.stack([change(_at_mean(other, before.values)) for other in _null(direction, before.values, labels)])
    differences = null[:, at].mean(axis=1) - null[:, ~at].mean(axis=1)
    more = int(np.sum(differences >= held[at].mean() - held[~at].mean()))
    rows = [row("this direction", held[None]), row(f"{SHIFTS} of shifted labels", null)]
    columns = ("held at its mean", "there", "there ±", "elsewhere", "elsewhere ±", "all", "all ±")
    note = (
        f"bits per character that the network loses; there: at the feature; ±: standard error over {BLOCKS} parts of "
        "the text; shifted: the mean of directions found alike, with the feature shifted along the text"
        + ("; of each layer its own projection is held" if len(direction.parts) > 1 else "")
        + ("; of the hidden states alone, while --unit holds the cell too" if "cell" in state_names(model) else "")
    )
    facts = {
        "feature": f"{direction.feature}, {_where(direction)} at {plural(int(at.sum()), 'character')} of {len(at):,}",
        "loss": f"{before.losses.mean() / np.log(2):.4f} bits per character without ablation",
        "null": f"{more} of {SHIFTS} directions with shifted labels cost at least as much extra at the feature",
    }
    steering = steer_direction(request.probe, request.direction, direction)
    following = []
    if steering is not None:
        facts["steering"] = str(steering)
        following += [request.clamped_sample(request.direction, steering.value)] * steering.is_clear
    question = f'Is the direction of "{direction.feature}" the cause?'
    return ViewResult(probe.source, facts, [Table("Change of the loss", columns, rows, note, 3)], following, question)


def _where(direction: stored.Direction) -> str:
    return "true" if direction.is_binary else "above its mean"


def _unseen(probe: Probe, direction: stored.Direction) -> tuple[Probe, Array]:
    """The text without what the direction was found in, if it begins with that, and what the feature is there (N,)."""
    start = direction.characters if direction.was_found_in(probe.text(0, direction.characters)) else 0
    if len(probe.ids) - start < MIN_CHARACTERS:
        raise InputError(f"{probe.source} is too short to hold a direction in; name a longer text with --text")
    text = probe.text(0, start + CHARACTERS)
    values = labels_of(probe.model.vocabulary, text, direction.feature)[start:-1]
    ids = probe.ids[start : start + CHARACTERS]
    source = f"{probe.source}, {len(ids):,} characters from {start:,} on"
    return replace(probe, ids=ids, source=source), values


def _at_mean(vectors: dict[str, Array], states: dict[str, Array]) -> list[Clamp]:
    """Clamps that hold each cell at the mean of its states along a unit vector (H,)."""
    means = {cell: float((states[f"{cell}.hidden"] @ vector).mean()) for cell, vector in vectors.items()}
    return [Clamp(cell, "hidden", vector, means[cell]) for cell, vector in vectors.items()]


def _null(direction: stored.Direction, states: dict[str, Array], labels: Array) -> list[dict[str, Array]]:
    """Unit vectors for the same cells, found with labels (N,) that are shifted by a tenth of the text at least."""
    found, count = [], len(labels)
    axes = Axes(np.concatenate([states[f"{cell}.hidden"] for cell in direction.parts], axis=1))
    for shift in np.random.default_rng(0).integers(count // 10, count - count // 10, SHIFTS):
        shifted = np.roll(labels, shift)
        weights = axes.path(shifted, direction.is_binary, [DIRECTION_STRENGTH])[0].weights
        of_cells = np.split(weights, len(direction.parts))
        found.append(
            {cell: part / (np.linalg.norm(part) or 1.0) for cell, part in zip(direction.parts, of_cells, strict=True)}
        )
    return found
