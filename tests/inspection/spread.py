"""A planted network in which a feature is spread over units: no single one tells it, a weighted sum does, exactly."""

import string

import numpy as np

from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from tests.helpers import random_model
from tests.inspection.probes import probe_of

SPREAD = (2, 5, 6)
"""The units over which it is spread."""

ALONG = np.array([2, -1, 2]) / 3
ACROSS = np.array([[1, 2, 0] / np.sqrt(5), [-4, 2, 5] / np.sqrt(45)])
"""The direction in these units, and two that are orthogonal to it and to each other."""

CHARACTERS = string.digits + string.ascii_lowercase[:10]


def spread_network(dtype: object = np.float64, gain: float = 0.0) -> LanguageModel:
    """A plain RNN of 9 units that sees the last character only. After a digit its state is ahead along the direction,
    after a letter behind; across it, and in the other units, the ten digits vary more, and the ten letters in
    the same way. The logits of digits are ``gain`` times the projection on the direction."""
    model = random_model(CHARACTERS, dtype, cell="rnn", hidden_size=9)
    model.parameters.flat[...] = 0
    rng = np.random.default_rng(5)
    angles = 2 * np.pi * np.arange(10) / 10
    across = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ ACROSS
    W = np.tile(0.05 * rng.standard_normal((10, 9)), (2, 1))
    for number, sign in enumerate((1, -1)):
        W[10 * number : 10 * number + 10, SPREAD] = 0.02 * sign * ALONG + 0.1 * across
    model.parameters["l1.W_x"][0] = W  # so small that tanh changes little
    model.parameters["output.W"][np.ix_(SPREAD, range(10))] = gain * ALONG[:, None]
    return model


def spread_text(count: int, seed: int = 6) -> str:
    """Random digits and letters."""
    return "".join(np.random.default_rng(seed).choice(list(CHARACTERS), count))


def spread_probe(count: int = 6000, dtype: object = np.float64, gain: float = 0.0) -> Probe:
    """The network with such a text."""
    return probe_of(spread_network(dtype, gain), spread_text(count))
