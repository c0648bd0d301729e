"""What a network expects at each character of a short text, and its hidden states there."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.inference.prediction import TopK, predict, top_k
from rnncli.inference.sampling import as_beginning
from rnncli.models.base import Model
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.output import log_softmax


@dataclass(frozen=True)
class PrimeStep:
    """At ``character``: what is ``expected``, most probable first with probabilities, and the hidden states, (H,) by
    the name of the cell: l1, l2, …, and l1r, … for the direction that reads from the end.

    A language model predicts the next character, a tagger the tag of this one, others an answer to the text so far.
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
    """Read ``text`` as ``sample`` reads a prime, one step per character; InputError for unknown characters.

    ``label`` sets the initial state of a model of labelled texts.
    """
    start = beginning(model, text, label, is_prime=True) if text or label is not None else None
    if start is None or not text:
        return []
    part, state, ids, before = start.parameters, start.state, start.ids, len(start.text) - len(text)
    if isinstance(model, NextCharacterModel):
        scores = log_softmax(model.logits(ids, state)[0][:, 0])
        expected = top_k(scores, model.vocabulary.symbols, top)
    else:
        beginnings = [text[: n + 1] for n in range(len(text))]
        *_, whole = predictions = predict(model, beginnings, top)
        expected = whole.tags or [prediction.answers for prediction in predictions]
    forward = model.network.forward(part, ids, state, Workspace())
    layers = {name: forward.activation(f"{name}.hidden")[before:, 0] for name in model.network.names}
    hidden = [{name: layer[t] for name, layer in layers.items()} for t in range(len(text))]
    return [PrimeStep(*step) for step in zip(text, expected[before:], hidden, strict=True)]


@dataclass(frozen=True)
class Beginning:
    """What is read first: ``ids`` (T, 1) of ``text``, the ``parameters`` that read it, and the ``state`` before."""

    text: str
    ids: Ids
    parameters: Parameters
    state: Array


def beginning(model: Model, text: str, label: str | None, is_prime: bool = False) -> Beginning:
    """How ``model`` begins to read ``text``; InputError where it needs a label, or knows of none, and for characters
    it has never seen. A text that is generated from its label begins with a boundary, and the prime of running text
    with a line end; see :func:`rnncli.inference.sampling.as_beginning`."""
    state = model.initial_state(label=label)
    model.vocabulary.encode(text, "the prime")
    if is_prime and isinstance(model, NextCharacterModel):
        text = as_beginning(model, text)
    elif not text.startswith(BOUNDARY):
        text = model.with_boundary(text)
    ids = model.vocabulary.encode(text).astype(np.intp)[:, None]
    return Beginning(text, ids, model.reader_parameters, state)
