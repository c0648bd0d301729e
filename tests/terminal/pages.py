"""Untrained models of every task and cell, small and with pairwise different sizes, and their pages."""

from pathlib import Path
from typing import Any

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.inspection.page import model_page
from rnncli.inspection.probe import Probe
from rnncli.models.base import Model
from rnncli.models.config import NetworkConfig
from rnncli.models.registry import MODELS
from rnncli.storage.checkpoint import Checkpoint
from rnncli.terminal.page.document import as_html

PLAIN = Vocabulary("\n abcdé", normalize="nfc")
RARE = Vocabulary("\n abcde", unknown=True)
TARGET = Vocabulary("\n0123")
TWO, THREE = Labels(("</script><b>no", "yes")), Labels(("a", "b", "c"))

HOSTILE = Vocabulary(
    "".join(sorted("\x00\n\x1b !<>/\"&'scriptmgoneralx=1()\u0301\u200b\u2028\u2029\u202e\ud83d\ude00😀"))
)
"""Markup, control characters, a combining one, what turns the direction of writing, and surrogates that are no pair."""

CASES: dict[str, tuple[str, NetworkConfig, tuple[Any, ...]]] = {
    "rnn": ("generate", NetworkConfig("rnn", 2, 5, 0, activation="leaky-relu"), (PLAIN,)),
    "rnn-sigmoid": ("generate", NetworkConfig("rnn", 1, 5, 0, activation="sigmoid"), (PLAIN,)),
    "gru": ("generate", NetworkConfig("gru", 2, 6, 3), (RARE,)),
    "lstm": ("generate", NetworkConfig("lstm", 3, 5, 0), (PLAIN,)),
    "mlp": ("generate", NetworkConfig("mlp", 2, 6, 0, activation="relu", context=3), (PLAIN,)),
    "mlp-embedded": ("generate", NetworkConfig("mlp", 1, 6, 2, context=4), (PLAIN,)),
    "perceptron": ("generate", NetworkConfig("mlp", 0, 6, 0, context=2), (PLAIN,)),
    "labelled": ("generate-labelled", NetworkConfig("lstm", 2, 5, 3), (PLAIN, THREE)),
    "classify": ("classify", NetworkConfig("gru", 2, 5, 0, bidirectional=True), (RARE, THREE)),
    "classify-two": ("classify", NetworkConfig("lstm", 1, 6, 2), (RARE, TWO)),
    "tag": ("tag", NetworkConfig("rnn", 2, 5, 0, bidirectional=True), (RARE, TARGET)),
    "translate": ("translate", NetworkConfig("lstm", 2, 5, 3, bidirectional=True), (RARE, TARGET)),
    "translate-gru": ("translate", NetworkConfig("gru", 1, 6, 0), (RARE, TARGET)),
    "hostile": ("generate", NetworkConfig("gru", 1, 6, 0), (HOSTILE,)),
    "bytes": ("generate", NetworkConfig("gru", 1, 6, 0), (Vocabulary("".join(map(chr, range(256))), BYTES),)),
}


def model_of(case: str) -> Model:
    """The model, with weights large enough to tell its characters apart; translations come to an end."""
    kind, config, alphabets = CASES[case]
    model = MODELS[kind](config, *alphabets)
    rng = np.random.default_rng(5 if kind == "translate" else len(case))
    model.parameters.flat[...] = 0.6 * rng.standard_normal(model.parameters.flat.size)
    return model


def write_page(folder: Path, case: str) -> tuple[Path, Model]:
    """The page of a model, and the model with the weights that are in it."""
    page = model_page(Probe(Checkpoint(model_of(case), path=f"{case}.npz")))
    path = folder / f"{case}.html"
    path.write_text(as_html(page), "utf-8")
    return path, page.weights.model
