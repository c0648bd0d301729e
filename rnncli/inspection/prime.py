"""What does the network expect at each character of a text, and what is its hidden state there?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.engine.activations import log_softmax
from rnncli.engine.types import Array
from rnncli.engine.workspace import Workspace
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.predicting import Ranked, predict, ranked
from rnncli.text.pairs import EDGE


@dataclass(frozen=True)
class PrimeStep:
    """At ``character``: what is ``expected``, likeliest first with probabilities, and the hidden states there, (H,) by
    the name of the cell, l1, l2, … and of those that read from the end l1r, ….

    A language model expects the next character; the others an answer for the text so far, a tagger for the character.
    """

    character: str
    expected: Ranked
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
    if (label is None) == (model.task == "generate" and model.partner is not None) and (text or label is not None):
        raise InputError(_about_labels(model))
    if not text:
        return []
    before = (
        EDGE if label is not None and not text.startswith(EDGE) else ""
    )  # a text that is written by label begins with a line end
    model.vocabulary.encode(text, "the prime")
    ids = model.vocabulary.encode(before + text).astype(np.intp)[:, None]
    part = model.parameters.scope("encoder") if model.task == "translate" else model.parameters
    state = model.network.zero_state(1, part.flat.dtype)
    if isinstance(model, LanguageModel):
        if label is not None:
            state = model.first_state(model.partner.encode(label))
        scores = log_softmax(model.logits(ids, state)[0][:, 0])
        expected = [ranked(row, model.vocabulary.symbols, top) for row in scores]
    elif model.task == "tag":
        expected = predict(model, [text], top)[0].tags
    else:
        beginnings = [text[: n + 1] for n in range(len(text))]
        expected = [prediction.answers for prediction in predict(model, beginnings, top)]
    layers = [layer[len(before) :, 0] for layer in model.network.forward(part, ids, state, Workspace()).layers]
    hidden = [dict(zip(model.network.names, (layer[t] for layer in layers), strict=True)) for t in range(len(text))]
    return [PrimeStep(*step) for step in zip(text, expected[len(before) :], hidden, strict=True)]


def _about_labels(model: Model) -> str:
    if model.task == "generate" and model.partner is not None:
        return f"the model has learnt texts with labels; name that of the prime with --label: {model.partner.listed()}"
    return "--label goes with a model of labelled texts, which this one is not"
