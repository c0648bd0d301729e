"""A network of three units that are set by hand: a latch for brackets, a unit that nothing reads, one that copies.

unit 0    +1 from ( to ), −1 elsewhere; the logit of x is STRENGTH times it, and nothing else has a logit
unit 1    follows the characters, and nothing reads it
unit 2    is 1 where an a was read and 0 elsewhere, and says nothing of what comes next
"""

import numpy as np

from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_model
from tests.inspection.probes import probe_of

LETTERS = "()abx"
STRENGTH = 6.0


def latch(strength: float = STRENGTH, bias: float = 0.0) -> LanguageModel:
    """The network, in float64; ``bias`` is a further part of the logit of x."""
    model = random_model(LETTERS, np.float64, cell="rnn", hidden_size=3)
    model.parameters.flat[...] = 0
    W_x, W_h = model.parameters["l1.W_x"][0], model.parameters["l1.W_h"][0]
    W_x[LETTERS.index("("), 0], W_x[LETTERS.index(")"), 0], W_h[0, 0] = 40, -40, 8
    W_x[:, 1] = np.linspace(-1, 1, len(LETTERS))
    W_x[LETTERS.index("a"), 2] = 20
    model.parameters["output.W"][0, LETTERS.index("x")] = strength
    model.parameters["output.b"][LETTERS.index("x")] = bias
    return model


def bracketed(rng: np.random.Generator, length: int, outside: float = 0.0, inside: float = 1.0) -> str:
    """Letters, of which such shares are x outside of brackets and inside, and the others a or b by chance; in stretches
    too long for a short context."""
    text = ""
    while len(text) < length:
        for share, longest, end in ((outside, 60, "("), (inside, 30, ")")):
            rest = (1 - share) / 2
            text += "".join(rng.choice(list("abx"), rng.integers(12, longest), p=[rest, rest, share])) + end
    return text[:length]


def latch_probe(length: int, model: LanguageModel | None = None, outside: float = 0.0, inside: float = 1.0) -> Probe:
    """The network with such a text, whose first character closes a bracket, so that the latch begins at −1."""
    text = bracketed(np.random.default_rng(5), length - 1, outside, inside)
    return probe_of(model or latch(), ")" + text)
