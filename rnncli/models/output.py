"""The last layer of every model that predicts a symbol at each step: a dense layer to logits, and the loss on them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine import activations
from rnncli.engine.arrays import Array, Ids, Parameters, Workspace, may_overflow
from rnncli.engine.layers import dense, dense_backward, dense_backward_input
from rnncli.engine.losses import LOSSES
from rnncli.engine.padding import padding_mask
from rnncli.errors import NotFiniteError


def logits(hidden: Array, output: Parameters) -> Array:
    """Logits (T, B, M) of ``hidden`` (T, B, D); ``output`` has W (D, M) and b (M,)."""
    T, B, D = hidden.shape
    return dense(hidden.reshape(T * B, D), output["W"], output["b"]).reshape(T, B, -1)


def softmax(logits: Array) -> Array:
    """Probabilities (…, M) of logits (…, M), of which −∞ is ruled out; NotFiniteError where they are out of range."""
    _check(logits)
    return activations.softmax(logits)


def log_softmax(logits: Array) -> Array:
    """The logarithms (nats) of :func:`softmax`."""
    _check(logits)
    return activations.log_softmax(logits)


def _check(logits: Array) -> None:
    require_finite(logits.max(axis=-1), "logits")  # NaN where one of them is


def require_finite(values: Array, what: str) -> None:
    """The error :func:`out_of_range` where one of the values is NaN or infinite."""
    if not np.isfinite(values).all():
        raise out_of_range(what)


def out_of_range(what: str) -> NotFiniteError:
    """Says of ``what`` the model computes that it is NaN or infinite, and what to do."""
    return NotFiniteError(
        f"the {what} of the model are out of range: without a bound, as with relu, a hidden state may grow at every "
        "character; train again with a smaller --learning-rate or another --activation"
    )


def losses(hidden: Array, targets: Ids, output: Parameters) -> tuple[Array, Array]:
    """The loss of each target (T, B) in nats, and whether it was the most probable symbol."""
    scores = logits(hidden, output)
    at_target = np.take_along_axis(log_softmax(scores), targets[..., None], axis=-1)[..., 0]
    return -at_target, scores.argmax(-1) == targets


def loss_and_gradients(
    hidden: Array,
    targets: Ids,
    lengths: Ids | None,
    output: Parameters,
    gradients: Parameters,
    loss: str,
    workspace: Workspace,
) -> tuple[float, Array]:
    """The mean loss over the targets (T, B), and its gradient with respect to ``hidden`` (T, B, D).

    Writes the gradients of ``output``. What stands behind ``lengths`` (B,) does not count.
    """
    T, B, D = hidden.shape
    W, b = output["W"], output["b"]
    rows = hidden.reshape(T * B, D)
    scores = dense(rows, W, b, out=workspace.array("logits", (T * B, len(b)), W.dtype))
    weights = None if lengths is None else (~padding_mask(lengths, T)).ravel().astype(W.dtype)
    value, d_scores = LOSSES[loss].softmax(scores, targets.ravel(), weights, out=scores)
    dense_backward(rows, d_scores, gradients["W"], gradients["b"])
    d_rows = dense_backward_input(d_scores, W, out=workspace.array("d_hidden", rows.shape, W.dtype))
    return value, d_rows.reshape(T, B, D)


class ReadsOne(Protocol):
    """A network that reads one character at a time."""

    def step(self, ids: Ids) -> Array:
        """Read ``ids`` (B,); returns the outputs (B, D)."""


def stepper(network: ReadsOne, parameters: Parameters, streams: int) -> Callable[[Ids], Array]:
    """A function that reads one character (B,) and returns the logits (B, V) of the next, good until it is called
    again."""
    W, b = parameters["output.W"], parameters["output.b"]
    scores = np.empty((streams, len(b)), W.dtype)

    @may_overflow
    def read(ids: Ids) -> Array:
        np.dot(network.step(ids), W, out=scores)
        return np.add(scores, b, out=scores)

    return read


NO_EOS = -1
"""Stands for the end-of-sequence id where texts have no end."""


@dataclass(frozen=True)
class TextDecoder:
    """Writes B texts side by side, one character after the other: ``step`` reads ids (B,), carries ``state``
    (L, S, B, H) on in place, and returns the logits (B, M) of what comes next over ``alphabet``. ``eos`` is the id that
    begins and ends a text, or ``NO_EOS``."""

    alphabet: Vocabulary
    state: Any
    step: Callable[[Ids], Array]
    eos: int = NO_EOS

    def start(self, state: Any) -> None:
        """Go on from the ``state`` (L, S, 1, H) of one text in all of them."""
        self.state[...] = state

    def select(self, texts: Ids) -> None:
        """Go on with copies of these ``texts`` (B,)."""
        self.state[...] = self.state[:, :, texts]
