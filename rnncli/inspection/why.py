"""Which earlier characters made this one likely?"""

import numpy as np

from rnncli.engine.types import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import recurrent_model_of
from rnncli.inspection.ask import Ask
from rnncli.inspection.backwards import back_through_time
from rnncli.inspection.finding import Finding, Part, Strip, Table
from rnncli.inspection.subject import Subject
from rnncli.inspection.surprise import expectations

CONTEXT = 160
GUESSES = 6


def connectivity(subject: Subject, place: int, target: int, contrast: int | None = None) -> Array:
    """The norm (place,) of the gradient of a logit with respect to each character before ``place``, read as a vector
    (one-hot or embedded).

    The logit is that of the symbol ``target``, or with a ``contrast`` how far it is above that of the other. As in
    Madsen 2019, "Visualizing memorization in RNNs".
    """
    model = recurrent_model_of(subject, "state that leads back to earlier characters; it sees its context only")
    ids = subject.ids[:place].astype(np.intp)[:, None]
    W = model.parameters["output.W"]
    d_outputs = np.zeros((len(ids), 1, len(W)), W.dtype)
    d_outputs[-1, 0] = W[:, target] - (0 if contrast is None else W[:, contrast])
    size = model.config.embedding_size or len(model.vocabulary)
    d_inputs = np.zeros((len(ids), 1, size), W.dtype)
    for _ in back_through_time(model, ids, model.zero_state(), d_outputs, d_inputs):
        pass
    return np.sqrt(np.square(d_inputs[:, 0]).sum(axis=1))


def why(ask: Ask) -> Finding:
    """The characters before a place, coloured by how much the prediction there depends on them."""
    subject = ask.subject
    recurrent_model_of(subject, "state that leads back to earlier characters; it sees its context only")
    place = _place(ask, len(subject.ids))
    start = max(0, place - CONTEXT)
    part = Subject(subject.model, subject.path, subject.record, subject.ids[start : place + 1], subject.source)
    bits, scores = expectations(part)
    symbols = subject.model.vocabulary.symbols
    came, contrast = int(part.ids[-1]), None
    if ask.contrast is not None:
        contrast = int(subject.model.vocabulary.encode(ask.contrast[:1], "--contrast")[0])
    norms = connectivity(part, len(part.ids) - 1, came, contrast)
    text = part.text()
    rather = "" if contrast is None else f" rather than {symbols[contrast]!r}"
    strip = Strip(
        f"Connectivity of {text[-1]!r}{rather}, full colour {norms.max():.3g}", text[:-1], norms.tolist(), norms.max()
    )
    best = np.argsort(-scores[-1], kind="stable")[:GUESSES]
    guesses = [(symbols[i], float(np.exp(scores[-1, i])), "came" if i == came else "") for i in best]
    strongest = [
        (place - len(norms) + int(i), text[i], float(norms[i])) for i in np.argsort(-norms, kind="stable")[:GUESSES]
    ]
    parts: list[Part] = [
        strip,
        Table("What was expected", ("character", "probability", ""), guesses),
        Table("Strongest", ("place", "character", "gradient norm"), strongest),
    ]
    facts = {"place": f"character {place:,}, {text[-1]!r}, {bits[-1]:.2f} bits"}
    return Finding("why", f"What made character {place:,} likely?", subject.source, facts, parts)


def _place(ask: Ask, count: int) -> int:
    written = ask.arguments[0] if ask.arguments else str(min(count - 1, CONTEXT))
    if not written.isdecimal() or not 1 <= int(written) < count:
        raise InputError(f"{written!r} is no place in the text; name a character by its number, 1 to {count - 1}")
    return int(written)
