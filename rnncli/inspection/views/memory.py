"""How far back does the network look?"""

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.evaluation.losses import fixed_context
from rnncli.inspection.activations import activation_windows, gate_names, recurrent_cell, require_language_model
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.language_model import LanguageModel
from rnncli.names import plural
from rnncli.results import Block, Curves, Table, ViewResult

CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PLACES = 256
"""Places in the text at which the loss is measured, the same for every context."""

GATE_CHARACTERS = 20_000
SMALL = 0.01
"""A context is long enough when its loss is within this many nats of that with the longest."""

LONGEST = 5


def loss_with_context(model: LanguageModel, ids: Ids, places: Ids, context: int) -> Array:
    """The loss in nats (M,) of the characters at ``places`` (M,), ascending, given only the ``context`` before each."""
    return np.concatenate([predicted.nats for predicted in fixed_context(model, ids, places, context)])


def memory_length(probe: Probe) -> tuple[list[tuple[int, float]], int]:
    """The mean loss in nats for each context, and the shortest context from which on it hardly changes."""
    model, ids = require_language_model(probe), probe.ids
    contexts = [c for c in CONTEXTS if c < len(ids) // 2] or [1]
    places = np.unique(np.linspace(contexts[-1], len(ids) - 1, PLACES).astype(np.intp))
    means = [(c, float(loss_with_context(model, ids, places, c).mean())) for c in contexts]
    far = [abs(loss - means[-1][1]) > SMALL for _, loss in means]
    return means, next(c for n, (c, _) in enumerate(means) if not any(far[n:]))


def half_lives(probe: Probe, name: str) -> Array:
    """Steps (H,) after which half of what a unit held is left, by the mean of its update or forget gate ``name``."""
    total, count = np.zeros(1), 0
    for gates in activation_windows(probe, [name]):
        total = total + gates[name].sum(axis=0, dtype=np.float64)
        count += len(gates[name])
    return np.log(0.5) / np.log(np.clip(total / count, 1e-9, 1 - 1e-9))


def memory(request: ViewRequest) -> ViewResult:
    """Loss against the context given, gradient against distance, and the half-life of each unit."""
    probe, model = request.probe, require_language_model(request.probe)
    means, enough = memory_length(probe)
    blocks: list[Block] = [
        Curves("Loss against the number of characters of context", "characters", "nats", {"loss": means}),
        Table("The same in numbers", ("context", "nats per character"), means),
    ]
    context = f"{plural(enough, 'character')} of context {'is' if enough == 1 else 'are'}"
    facts = {"memory": f"{context} within {SMALL} nats of {means[-1][0]}"}
    following = []
    if cell := recurrent_cell(model):
        norms = state_gradients(probe)
        curves = {name: [(k, float(v)) for k, v in enumerate(values)] for name, values in norms.items()}
        blocks.append(
            Curves("Gradient norm of a loss with respect to earlier states", "steps", "norm", curves, log=True)
        )
        following = [request.command("gradients")]
        for gate in {"forget", "update"} & set(cell.gates):
            for layer in model.network.names:
                lives = half_lives(probe.first(GATE_CHARACTERS), f"{layer}.{gate}")
                order = np.argsort(-lives, kind="stable")
                rows = [(f"{layer.removeprefix('l')}:{u}", float(lives[u])) for u in order[:LONGEST]]
                note = f"from the mean of {layer}.{gate}; the median of all is {np.median(lives):.1f} steps"
                blocks.append(Table(f"Units of {layer} with the longest half-life", ("unit", "steps"), rows, note))
        if gate_names(model):
            following.append(request.command("gates"))
    return ViewResult(probe.source, facts, blocks, following)
