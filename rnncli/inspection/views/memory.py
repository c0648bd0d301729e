"""How far back does the network look?"""

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.evaluation.losses import fixed_context
from rnncli.inspection.activations import language_model_of, read_gates
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.models.language_model import LanguageModel
from rnncli.results import Block, Curves, Table, ViewResult

CONTEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PLACES = 256
"""Places in the text at which the loss is taken, the same for every context."""

GATED = 20_000
SMALL = 0.01
"""A context is long enough when the loss is within so many nats of that with the longest."""

LONGEST = 5


def loss_with_context(model: LanguageModel, ids: Ids, places: Ids, context: int) -> Array:
    """The loss in nats (M,) of the characters at ``places`` (M,), rising, having read the ``context`` before each."""
    return np.concatenate([predicted.nats for predicted in fixed_context(model, ids, places, context)])


def memory_length(subject: Probe) -> tuple[list[tuple[int, float]], int]:
    """The mean loss in nats for each context, and the shortest context that is as good as the longest."""
    model, ids = language_model_of(subject), subject.ids
    contexts = [c for c in CONTEXTS if c < len(ids) // 2] or [1]
    places = np.unique(np.linspace(contexts[-1], len(ids) - 1, PLACES).astype(np.intp))
    means = [(c, float(loss_with_context(model, ids, places, c).mean())) for c in contexts]
    far = [abs(loss - means[-1][1]) > SMALL for _, loss in means]
    return means, next(c for n, (c, _) in enumerate(means) if not any(far[n:]))


def half_lives(subject: Probe, name: str) -> Array:
    """Steps (H,) after which half of what a unit held is left, by the mean of its keep or forget gate ``name``."""
    total, count = np.zeros(1), 0
    for gates in read_gates(subject, [name]):
        total = total + gates[name].sum(axis=0, dtype=np.float64)
        count += len(gates[name])
    return np.log(0.5) / np.log(np.clip(total / count, 1e-9, 1 - 1e-9))


def memory(ask: ViewRequest) -> ViewResult:
    """Loss against the context given, gradient against distance, and the half-life of each unit."""
    subject, model = ask.subject, language_model_of(ask.subject)
    means, enough = memory_length(subject)
    parts: list[Block] = [
        Curves("Loss with so many characters of context", "characters", "nats", {"loss": means}),
        Table("The same in numbers", ("context", "nats per character"), means),
    ]
    facts = {"memory": f"{enough} characters of context are within {SMALL} nats of {means[-1][0]}"}
    if hasattr(model.network, "cell"):
        norms = state_gradients(subject)
        curves = {name: [(k, float(v)) for k, v in enumerate(values)] for name, values in norms.items()}
        parts.append(Curves("Gradient of a loss to the state so many steps before", "steps", "norm", curves, log=True))
        keeping = {"forget", "keep"} & set(model.network.cell.gates)
        for gate in keeping:
            for cell in model.network.names:
                lives = half_lives(subject.first(GATED), f"{cell}.{gate}")
                order = np.argsort(-lives, kind="stable")
                rows = [(f"{cell.removeprefix('l')}:{u}", float(lives[u])) for u in order[:LONGEST]]
                note = f"from the mean of {cell}.{gate}; the median of all is {np.median(lives):.1f} steps"
                parts.append(Table(f"Units of {cell} with the longest half-life", ("unit", "steps"), rows, note))
    following = [ask.command("gradients"), ask.command("gates")]
    return ViewResult("memory", "How far back does it look?", subject.source, facts, parts, following)
