"""Which earlier characters made this one likely?"""

import numpy as np

from rnncli.engine.arrays import Array, Ids, Workspace, may_overflow
from rnncli.errors import InputError
from rnncli.inspection.activations import require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.text import expectations
from rnncli.models.output import require_finite
from rnncli.results import Block, ColouredText, Table, ViewResult

CONTEXT = 160
TOGETHER = 16
"""Places whose gradients are computed side by side."""

LACK = "state that leads back to earlier characters; it sees its context only"
GUESSES = 6


def connectivity(probe: Probe, place: int, target: int, contrast: int | None = None) -> Array:
    """The norm (place,) of the gradient of a logit with respect to the input vector (one-hot or embedded) of each
    character before ``place``.

    The logit is that of the symbol ``target``, or with a ``contrast`` its difference from that of the other. As in
    Madsen 2019, "Visualizing memorization in RNNs".
    """
    W = require_recurrent_model(probe, LACK).parameters["output.W"]
    d_hidden = W[:, target] - (0 if contrast is None else W[:, contrast])
    return _input_gradients(probe, np.array([place]), d_hidden[:, None])[0]


def connectivities(probe: Probe, places: Ids) -> list[Array]:
    """:func:`connectivity` of the character at each of these places, divided by its largest norm."""
    W = require_recurrent_model(probe, LACK).parameters["output.W"]
    rows = []
    for start in range(0, len(places), TOGETHER):
        some = places[start : start + TOGETHER]
        rows += _input_gradients(probe, some, W[:, probe.ids[some].astype(np.intp)])
    return [row / max(float(row.max()), 1e-30) for row in rows]


@may_overflow
def _input_gradients(probe: Probe, places: Ids, d_hidden: Array) -> list[Array]:
    """For each place the gradient norms (place,) of the characters before it, where ``d_hidden`` (H, M) is the gradient
    of the hidden state just before the place."""
    model = require_recurrent_model(probe, LACK)
    count, steps = len(places), int(places.max())
    ids = np.repeat(probe.ids[:steps].astype(np.intp)[:, None], count, axis=1)
    workspace = Workspace()
    forward = model.network.forward(model.parameters, ids, model.zero_state(count), workspace)
    d_outputs = np.zeros_like(forward.outputs)
    d_outputs[places - 1, np.arange(count)] = d_hidden.T
    d_inputs = np.zeros((ids.size, model.config.embedding_size or len(model.vocabulary)), d_outputs.dtype)
    scratch = model.parameters.zeros_like()
    model.network.backward(model.parameters, scratch, forward, d_outputs, None, workspace, d_inputs)
    norms = np.sqrt(np.square(d_inputs).sum(axis=1)).reshape(steps, count)
    require_finite(norms, "gradients")
    return [norms[:place, number] for number, place in enumerate(places)]


def why(request: ViewRequest) -> ViewResult:
    """The characters before a place, coloured by how much the prediction there depends on them."""
    probe = request.probe
    require_recurrent_model(probe, LACK)
    place = _place(request, len(probe.ids))
    start = max(0, place - CONTEXT)
    part = Probe(probe.checkpoint, probe.ids[start : place + 1], probe.source)
    bits, scores = expectations(part)
    symbols = probe.model.vocabulary.symbols
    came, contrast = int(part.ids[-1]), None
    if request.contrast is not None:
        others = probe.model.vocabulary.encode(request.contrast, "--contrast")
        if len(others) != 1:
            raise InputError(f"--contrast takes one character, but {request.contrast!r} has {len(others)}")
        contrast = int(others[0])
    norms = connectivity(part, len(part.ids) - 1, came, contrast)
    text = part.text()
    rather = "" if contrast is None else f" rather than {symbols[contrast]!r}"
    full = float(norms.max()) or 1.0
    name = f"Connectivity of {text[-1]!r}{rather}, full colour {full:.3g}"
    strip = ColouredText(name, text[:-1], norms.tolist(), full, signed=False)
    best = np.argsort(-scores[-1], kind="stable")[:GUESSES]
    guesses = [(symbols[i], float(np.exp(scores[-1, i])), "came" if i == came else "") for i in best]
    strongest = [
        (place - len(norms) + int(i), text[i], float(norms[i])) for i in np.argsort(-norms, kind="stable")[:GUESSES]
    ]
    blocks: list[Block] = [
        strip,
        Table("What was expected", ("character", "probability", ""), guesses),
        Table("Strongest", ("place", "character", "gradient norm"), strongest),
    ]
    facts = {"place": f"character {place:,}, {text[-1]!r}, {bits[-1]:.2f} bits"}
    return ViewResult(probe.source, facts, blocks, question=f"What made character {place:,} likely?")


def _place(request: ViewRequest, count: int) -> int:
    written = request.arguments[0] if request.arguments else str(min(count - 1, CONTEXT))
    if not written.isdecimal() or not 1 <= int(written) < count:
        raise InputError(f"{written!r} is no place in the text; a place is the number of a character, 1 to {count - 1}")
    return int(written)
