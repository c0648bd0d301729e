"""What does the network expect at each character of a text, and what is its hidden state there?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.datasets.pairs import BOUNDARY
from rnncli.engine.activations import log_softmax
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.errors import InputError
from rnncli.inference.prediction import TopK, predict, ranked
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel


@dataclass(frozen=True)
class PrimeStep:
    """At ``character``: what is ``expected``, likeliest first with probabilities, and the hidden states there, (H,) by
    the name of the cell, l1, l2, … and of those that read from the end l1r, ….

    A language model expects the next character; the others an answer for the text so far, a tagger for the character.
    """

    character: str
    expected: TopK
    hidden: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "character": self.character,
            "expected": [{"character": character, "probability": p} for character, p in self.expected],
            "hidden": {name: values.tolist() for name, values in self.hidden.items()},
        }


def read_prime(model: Model, text: str, top: int = 5, label: str | None = None) -> list[PrimeStep]:
    """Read ``text`` from the first state, one step per character; InputError for characters it has never seen.

    ``label`` sets the first state of a model of labelled texts.
    """
    if not text and label is None:
        return []
    start = beginning(model, text, label)
    part, state, ids, before = start.parameters, start.state, start.ids, len(start.text) - len(text)
    if not text:
        return []
    if isinstance(model, LanguageModel):
        scores = log_softmax(model.logits(ids, state)[0][:, 0])
        expected = [ranked(row, model.vocabulary.symbols, top) for row in scores]
    elif model.task == "tag":
        expected = predict(model, [text], top)[0].tags
    else:
        beginnings = [text[: n + 1] for n in range(len(text))]
        expected = [prediction.answers for prediction in predict(model, beginnings, top)]
    layers = [layer[before:, 0] for layer in model.network.forward(part, ids, state, Workspace()).layers]
    hidden = [dict(zip(model.network.names, (layer[t] for layer in layers), strict=True)) for t in range(len(text))]
    return [PrimeStep(*step) for step in zip(text, expected[before:], hidden, strict=True)]


@dataclass(frozen=True)
class Beginning:
    """What is read first: ``ids`` (T, 1) of ``text``, the ``parameters`` that read it, and the ``state`` before."""

    text: str
    ids: Ids
    parameters: Parameters
    state: Array


def beginning(model: Model, text: str, label: str | None) -> Beginning:
    """How ``model`` begins to read ``text``; InputError where it needs a label, or knows of none, and for characters
    it has never seen. A text that was written by its label begins with a line end."""
    if (label is None) == (model.task == "generate" and model.partner is not None):
        raise InputError(_about_labels(model))
    model.vocabulary.encode(text, "the prime")
    if label is not None and not text.startswith(BOUNDARY):
        text = BOUNDARY + text
    ids = model.vocabulary.encode(text).astype(np.intp)[:, None]
    parameters = model.parameters.scope("encoder") if model.task == "translate" else model.parameters
    if label is not None and isinstance(model, LanguageModel):
        state = model.first_state(model.partner.encode(label))
    else:
        state = model.network.zero_state(1, parameters.flat.dtype)
    return Beginning(text, ids, parameters, state)


def _about_labels(model: Model) -> str:
    if model.task == "generate" and model.partner is not None:
        return f"the model has learnt texts with labels; name that of the prime with --label: {model.partner.listed()}"
    return "--label goes with a model of labelled texts, which this one is not"
