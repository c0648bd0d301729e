"""What an earlier character did to the prediction of a later one: another stands in its place, and the text is read on.

    effect  =  log₂ p(c | the text)  −  log₂ p(c | the text with another character in that place)

It is positive where the character made c likelier, negative where it made it less likely. What else might have stood
there is what the network expected, without the character that came: the text stays plausible, and the same is never
drawn again. This is prediction difference analysis (Robnik-Šikonja and Kononenko 2008, "Explaining classifications for
individual instances") with a conditional distribution (Zintgraf et al. 2017, "Visualizing deep neural network
decisions").

:func:`redraw` draws characters, and measures the mean effect. :func:`substitute` estimates it in one pass: the network
reads, once, the average of the vectors of what it expected. For a network that is linear in its input, that is exact.

At 80 places of a play, for a GRU of 2 × 256 units and the last 64 characters: the mean correlation with the effect of
fresh draws, and how often the strongest character is the right one. An effect has a sign; only its size enters for the
norm.

    redrawn, 16 times                                   0.99   89 %
    the average vector                                  0.93   72 %
    integrated gradients from that average              0.76   64 %    (Sundararajan, Taly and Yan 2017)
    norm of the gradient of the logit                   0.80   46 %    (Madsen 2019)
    gradient × (input − that average)                   0.35   28 %    (Shrikumar et al. 2017)
    the last character alone                            0.65   71 %
    any one                                             0.00    2 %
"""

from dataclasses import replace

import numpy as np

from rnncli.engine.arrays import Array, Ids, Parameters, Workspace, may_overflow
from rnncli.evaluation.windows import BURN_IN
from rnncli.inspection.activations import require_language_model, require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from rnncli.models.output import log_softmax

CONTEXT = 64
"""Characters before a place that are replaced, one at a time."""

DRAWS = 32
LACK = (
    "state that leads back to earlier characters; it sees its context only, and why PLACE --replace says what each of "
    "its characters does"
)


@may_overflow
def redraw(probe: Probe, place: int, contrast: int | None = None, draws: int = DRAWS, seed: int = 0) -> Array:
    """The effects (n, ``draws``), in bits, of the n = min(``place``, CONTEXT) characters before ``place`` on the one
    that came there, or with a ``contrast`` on its log-odds against that one. Each draw is an effect; their mean is what
    is measured.

    Streams join as the text is read: the first is the text itself, which gives the state and the expectation before
    each character, and every character adds ``draws`` of which it is the first that differs.
    """
    model, rng = require_language_model(probe), np.random.default_rng(seed)
    first = max(0, place - CONTEXT)
    before, ids = np.split(probe.ids[max(0, first - BURN_IN) : place + 1].astype(np.intp), [-(place + 1 - first)])
    state, expected = model.zero_state(), _frequencies(probe)
    if len(before):
        logits, state = model.read(before[:, None], state)
        expected = log_softmax(logits)[0]
    for character in ids[:-1]:
        others = alternatives(expected, character)
        drawn = (others + rng.gumbel(size=(draws, len(others)))).argmax(axis=1)
        state = np.concatenate([state, np.repeat(state[:, :, :1], draws, axis=2)], axis=2)
        logits, state = model.read(np.r_[np.full(state.shape[2] - draws, character), drawn][None], state)
        expected = log_softmax(logits[:1])[0]
    bits = _bits(log_softmax(logits), np.full(len(logits), ids[-1]), contrast)
    return bits[0] - bits[1:].reshape(-1, draws)


def substitute(probe: Probe, first: int, stop: int, contrast: int | None = None) -> Array:
    """An estimate (``stop`` − ``first``, CONTEXT), in bits: [k, d] is the effect that the character d + 1 before
    character ``first`` + 1 + k has on it; 0 where that one is before ``first``."""
    effects = np.zeros((stop - first, CONTEXT))
    for block in range(first, stop, CONTEXT):
        found = _substitute(probe, block, min(block + CONTEXT, stop), contrast)
        for d in range(CONTEXT):
            rows = effects[block - first + d :, d]
            rows[: len(found)] = found[: len(rows), d]
    return effects


@may_overflow
def _substitute(probe: Probe, first: int, stop: int, contrast: int | None) -> Array:
    """The same by the character that has the effect, and not by the one that it is on: [k, d] is that of character
    ``first`` + k on the one d + 1 after it. What would be behind the end of the text means nothing."""
    model = require_recurrent_model(probe, LACK)
    start = max(0, first - BURN_IN)
    ids = probe.ids[start : stop + CONTEXT].astype(np.intp)
    forward = model.forward(ids[:-1, None], model.zero_state())
    expected = np.concatenate([_frequencies(probe)[None], log_softmax(model.logits_of(forward))[:, 0]])
    cell, names = model.network.cell, model.network.names
    after = [[forward.activation(f"{name}.{which}")[:, 0] for which in cell.states] for name in names]
    states = np.concatenate([model.zero_state(), np.array(after)], axis=2)  # before each character
    at = np.arange(first, stop) - start
    table = model.parameters["embedding.W"] if model.config.embedding_size else np.eye(expected.shape[1])
    average = np.exp(alternatives(expected[at], ids[at])) @ table
    logits, state = _read_vectors(model, average, np.ascontiguousarray(states[:, :, at]))
    later = np.minimum(at + np.arange(1, CONTEXT + 1)[:, None], len(ids) - 1)
    logits = np.concatenate([logits, model.logits(ids[later[:-1]], state)[0]])
    return (_bits(expected[later], ids[later], contrast) - _bits(log_softmax(logits), ids[later], contrast)).T


def alternatives(expected: Array, came: Ids) -> Array:
    """The log-probabilities (…, V) of what else might have stood where ``came`` (…) did: those ``expected`` (…, V)
    without it. In an alphabet of one there is nothing else."""
    others = expected.astype(np.float64)
    if others.shape[-1] > 1:
        np.put_along_axis(others, np.asarray(came)[..., None], -np.inf, axis=-1)
    return others - np.logaddexp.reduce(others, axis=-1, keepdims=True)


def _frequencies(probe: Probe) -> Array:
    """What is expected before anything is read: logarithms (V,) of how often each character comes in the text, and
    once more, so that none is impossible."""
    counts = np.bincount(probe.ids, minlength=len(probe.model.vocabulary.symbols)) + 1
    return np.log(counts / counts.sum())


def _bits(scores: Array, came: Ids, contrast: int | None) -> Array:
    """The logarithm (…), to base 2, of the probability of what ``came`` (…), or of its odds against the ``contrast``,
    given natural ones (…, V)."""
    chosen = np.take_along_axis(scores, came[..., None], axis=-1)[..., 0].astype(np.float64)
    return (chosen if contrast is None else chosen - scores[..., contrast]) / np.log(2)


def _read_vectors(model: LanguageModel, vectors: Array, state: Array) -> tuple[Array, Array]:
    """Logits (1, B, V) and the state after B streams have read one of the ``vectors`` (B, E) each: the network reads
    them as characters of its own, of which they are the embedding."""
    network = replace(model.config, embedding_size=vectors.shape[1]).recurrent(len(vectors))
    parameters = Parameters(network.shapes(), model.parameters.flat.dtype)
    for name, values in parameters.items():
        values[...] = vectors if name == "embedding.W" else model.parameters[name]
    forward = network.forward(parameters, np.arange(len(vectors))[None], state, Workspace())
    return model.logits_of(forward), forward.state
