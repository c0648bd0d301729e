"""What a model of each task learns from one short text: who reads what, what is predicted from which hidden states, and
how the gradient gets back there.

A language model predicts each character from those before. The others learn an answer: that which the user names, else
their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace
from rnncli.errors import InputError
from rnncli.inference.prediction import predict
from rnncli.inspection.prime import Beginning, beginning
from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator

LONGEST = 40
"""Characters of a text or an answer of which every number is written out."""


@dataclass(frozen=True)
class NetworkPass:
    """A ``network`` with its ``parameters``, whose names in the model begin with ``prefix``, reads ``ids`` (T, 1) of
    ``text``."""

    prefix: str
    network: Any
    parameters: Parameters
    text: str
    ids: Ids
    forward: Any


@dataclass(frozen=True)
class Example:
    """``targets`` (P,) over an ``alphabet`` are predicted from the first P of the rows of ``features()`` (N, D), which
    ``read`` (N,) says where they stand: after which characters. ``backwards`` takes the gradient of the features to
    that of the outputs of each pass, the last pass first. ``learn`` is the training step: it returns the mean loss and
    writes all gradients."""

    passes: Sequence[NetworkPass]
    alphabet: Sequence[str]
    targets: Ids
    read: Sequence[str]
    features: Callable[[], Array]
    backwards: Callable[[Array], list[tuple[NetworkPass, Array]]]
    learn: Callable[[Any, Parameters, str], float]
    answer: str | None = None
    is_binary: bool = False
    """Whether a single logit decides between two labels; the alphabet is then the second of them alone."""


def example_of(model: Model, text: str, label: str | None, answer: str | None) -> Example:
    """The example of ``text``, for a model of labelled texts with a ``label``. ``answer`` is what a classifier, tagger
    or translator is to learn, None its own. InputError for what the model does not know."""
    start = beginning(model, text, label)
    if isinstance(model, NextCharacterModel):
        return _example(model, start, label)
    if answer is None:
        answer = predict(model, [text])[0].best
        if isinstance(model, Translator):  # without training it may never end
            answer = answer[:LONGEST]
    return _example(model, start, answer)


@singledispatch
def _example(model: Any, start: Beginning, wanted: str | None) -> Example:
    """The example of what is ``wanted``: a label to begin with, or an answer."""
    raise TypeError(f"a {type(model).__name__} has no example")


def _read(network: Any, parameters: Parameters, start: Beginning, prefix: str = "") -> NetworkPass:
    forward = network.forward(parameters, start.ids, start.state, Workspace())
    return NetworkPass(prefix, network, parameters, start.text, start.ids, forward)


def _padded(ids: Ids) -> Padded:
    """One sequence (T,)."""
    return Padded(np.asarray(ids, np.intp)[:, None], np.array([len(ids)]))


def _at_each(one: NetworkPass, **more: Any) -> Example:
    """A prediction after each character of a pass."""
    return Example(
        passes=[one],
        read=list(one.text),
        features=lambda: one.forward.outputs[:, 0],
        backwards=lambda d_features: [(one, d_features[:, None])],
        **more,
    )


@_example.register
def _(model: LanguageModel, start: Beginning, wanted: str | None) -> Example:
    def learn(model: LanguageModel, gradients: Parameters, loss: str) -> float:
        return model.loss_and_gradients(start.ids[:-1], start.ids[1:], start.state, gradients, None, loss)[0]

    one = _read(model.network, model.parameters, start)
    return _at_each(one, alphabet=model.vocabulary.symbols, targets=start.ids[1:, 0], learn=learn)


@_example.register
def _(model: LabelledLanguageModel, start: Beginning, label: str) -> Example:
    labels = model.target.encode(label)

    def learn(model: LabelledLanguageModel, gradients: Parameters, loss: str) -> float:
        return model.loss_and_gradients(_padded(start.ids[:, 0]), _padded(labels), gradients, None, loss)

    one = _read(model.network, model.parameters, start)
    return _at_each(one, alphabet=model.vocabulary.symbols, targets=start.ids[1:, 0], learn=learn)


@_example.register
def _(model: Tagger, start: Beginning, answer: str) -> Example:
    tags = model.target.encode(answer, "the answer").astype(np.intp)
    if len(tags) != len(start.ids):
        raise InputError(f"a tagger needs a tag for each of {len(start.ids)} characters, but got {len(tags)}")

    def learn(model: Tagger, gradients: Parameters, loss: str) -> float:
        return model.loss_and_gradients(_padded(start.ids[:, 0]), _padded(tags), gradients, None, loss)

    one = _read(model.network, model.parameters, start)
    return _at_each(one, alphabet=model.target.symbols, targets=tags, learn=learn, answer=answer)


def _final(one: NetworkPass) -> Array:
    """The final hidden states (1, D): of the last character, and of the first where a direction reads from the end."""
    outputs = one.forward.outputs[:, 0]
    ends = np.split(outputs, one.network.directions, axis=-1)
    return np.concatenate([half[-1:] if n == 0 else half[:1] for n, half in enumerate(ends)], axis=-1)


def _of_final(one: NetworkPass, d_final: Array) -> Array:
    """The same way back: the gradient (T, 1, D) of the outputs."""
    d_outputs = np.zeros_like(one.forward.outputs)
    size = d_outputs.shape[-1] // one.network.directions
    d_outputs[-1, 0, :size] = d_final[0, :size]
    d_outputs[0, 0, size:] += d_final[0, size:]
    return d_outputs


@_example.register
def _(model: Classifier, start: Beginning, answer: str) -> Example:
    target = model.target.encode(answer).astype(np.intp)

    def learn(model: Classifier, gradients: Parameters, loss: str) -> float:
        return model.loss_and_gradients(_padded(start.ids[:, 0]), _padded(target), gradients, None, loss)

    one, two = _read(model.network, model.parameters, start), len(model.target) == 2
    return Example(
        passes=[one],
        alphabet=model.target.symbols[1:] if two else model.target.symbols,
        targets=target,
        read=[start.text],
        features=lambda: _final(one),
        backwards=lambda d_features: [(one, _of_final(one, d_features))],
        learn=learn,
        answer=answer,
        is_binary=two,
    )


@_example.register
def _(model: Translator, start: Beginning, answer: str) -> Example:
    """The decoder reads the answer behind a boundary; its first state comes from the encoder over the bridge."""
    if len(answer) > LONGEST:
        raise InputError(f"an answer has {LONGEST} characters at most here, but got {len(answer)}")
    ids = model.target.encode(f"{BOUNDARY}{answer}{BOUNDARY}", "the answer").astype(np.intp)
    text = _padded(start.ids[:, 0])

    def learn(model: Translator, gradients: Parameters, loss: str) -> float:
        return model.loss_and_gradients(text, _padded(ids), gradients, None, loss)

    encoder = _read(model.network, model.reader_parameters, start, "encoder.")
    writes = Beginning(BOUNDARY + answer, ids[:-1, None], model.parameters.scope("decoder"), model.first_state(text))
    decoder = _read(model.decoder, writes.parameters, writes, "decoder.")

    def backwards(d_features: Array) -> list[tuple[NetworkPass, Array]]:
        d_outputs, gradients = d_features[:, None], model.parameters.zeros_like()
        d_state = model.decoder.backward(
            writes.parameters, gradients.scope("decoder"), decoder.forward, d_outputs.copy(), None, Workspace()
        )
        d_final = model.decoder.flatten_state(d_state) @ model.parameters["bridge.W"].T
        return [(decoder, d_outputs), (encoder, _of_final(encoder, d_final))]

    return Example(
        passes=[encoder, decoder],
        alphabet=model.target.symbols,
        targets=ids[1:],
        read=list(writes.text),
        features=lambda: decoder.forward.outputs[:, 0],
        backwards=backwards,
        learn=learn,
        answer=answer,
    )
