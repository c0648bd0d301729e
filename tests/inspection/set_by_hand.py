"""Networks whose every unit was set by hand, so that the truth of each is known, and what they write."""

import numpy as np

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel

LATCH, COPY, DEAD, CLOCK = range(4)
"""Low inside brackets; high at an a; always 0; falls along a line."""

ALPHABET = Vocabulary("\n ()ab")
GATES = {"gru": {"keep": 1, "candidate": 2}, "lstm": {"write": 0, "keep": 1, "show": 2, "candidate": 3}}


def network(cell: str, writes: bool = True) -> LanguageModel:
    """A network of one layer that opens and closes brackets and ends lines by its LATCH and its CLOCK, or, if it does
    not use what it knows, ``writes`` the letters of chance."""
    model = LanguageModel(NetworkConfig(cell, 1, 4), ALPHABET)
    parameters = model.parameters
    parameters.flat[...] = 0
    W_x, W_h, b = (parameters[f"l1.{name}"] for name in ("W_x", "W_h", "b"))
    opening, closing, line_end, a = map(ALPHABET.symbols.index, "()\na")
    marks = [opening, closing, line_end]
    if cell == "rnn":
        gates = {"candidate": 0}
        W_h[0, LATCH, LATCH], W_h[0, CLOCK, CLOCK] = 2, 1
    else:
        gates = GATES[cell]
        b[gates["keep"]] = [12, -12, 12, 3]
        W_x[gates["keep"], marks, LATCH] = W_x[gates["keep"], line_end, CLOCK] = -24
    if cell == "lstm":
        b[gates["write"]], b[gates["show"]] = [-12, 12, -12, -12], 12
        W_x[gates["write"], marks, LATCH] = W_x[gates["write"], line_end, CLOCK] = 24
    candidate = W_x[gates["candidate"]]
    candidate[marks, LATCH] = [-5, 5, 5]
    candidate[:, COPY] = -3
    candidate[a, COPY] = 3
    candidate[line_end, CLOCK] = 5
    if writes:
        W, bias = parameters["output.W"], parameters["output.b"]
        W[LATCH, marks] = [8, -8, 8]
        W[CLOCK, line_end] = -6
        bias[marks] = [-9, -9, -8]
    return model


def written(model: LanguageModel) -> str:
    """What it writes."""
    (text,) = generate_texts(model, "", GenerationConfig(length=9_000), 5)
    return "".join(text)


def marked_text(rng: np.random.Generator, length: int) -> str:
    """Words of chance, some in brackets, in lines."""
    words = ["".join(rng.choice(list("ab"), rng.integers(2, 9))) for _ in range(length // 3)]
    text = "".join(f"({word})" if rng.random() < 0.3 else word + " \n"[rng.random() < 0.2] for word in words)
    return text[:length]
