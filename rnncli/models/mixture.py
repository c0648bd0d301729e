"""A language model and the counts beside it: P = (1 − w) P_network + w P_counts.

A network knows what a text is like, counts know what it says; their mixture predicts much better than either. Since the
weight w is one number, and both are distributions, so is the mixture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids
from rnncli.engine.clamping import Clamp
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.models.ngram.contexts import Edges
from rnncli.models.ngram.kneser_ney import Distribution, KneserNey
from rnncli.models.output import NO_EOS, TextDecoder, log_softmax

NETWORK, COUNTS, MIXTURE = "network", "counts", "mixture"
"""Names of the parts and of the whole."""


def mix(network: Array, counts: Distribution, weight: float) -> NDArray[np.float64]:
    """The logarithm of (1 − w) P_network + w P_counts, from the logarithm of P_network and P_counts, both of one shape.
    A weight of 0 gives the one exactly, 1 the other."""
    with np.errstate(divide="ignore"):
        return np.logaddexp(network + np.log1p(-weight), np.log(counts) + np.log(weight))


@dataclass(frozen=True)
class Counts:
    """An n-gram ``model`` of the training text of a network, and its ``weight`` in their mixture, 0 … 1.

    ``held_out`` are mean losses in nats per character on text that neither has learnt, where they were measured: of the
    ``network``, of the ``counts``, and of their ``mixture`` where the weight was not fitted to the same characters.
    """

    model: KneserNey
    weight: float
    held_out: dict[str, float] = field(default_factory=dict)

    def contexts(self, ids: Ids, positions: NDArray[np.intp], starts: Any = 0) -> Edges:
        """The ranges (T, B, order, 2) of the contexts that end at T successive ``positions`` (T, B) in ``ids`` (N,), of
        texts that begin at ``starts`` (B,)."""
        index = self.model.index
        read = positions[0] + np.arange(1 - index.depth, len(positions) + 1)[:, None]
        characters = np.where(read < starts, -1, ids[np.clip(read, 0, len(ids) - 1)].astype(np.int64))
        return index.contexts(characters)[index.depth :]

    def mix(self, logits: Array, edges: Edges) -> Array:
        """Log-probabilities (R, V) of the mixture, from the ``logits`` (R, V) of the network and the ranges ``edges``
        (R, order, 2) of what was read before. With a weight of 0 the logits stay as they are."""
        if not self.weight:
            return logits
        return mix(log_softmax(logits.astype(np.float64)), self.model.distribution(edges), self.weight)


@dataclass
class MixtureState:
    """Of B texts: the ``hidden`` state (L, S, B, H) of the network, and the ``edges`` (B, order, 2) of their contexts
    in the index of the counts."""

    hidden: Array
    edges: Edges


@dataclass(frozen=True)
class Mixture:
    """A language ``model`` that predicts together with ``counts``: it writes text as :class:`NextCharacterModel` does,
    with log-probabilities for logits."""

    model: LanguageModel
    counts: Counts
    eos = NO_EOS

    @property
    def vocabulary(self) -> Vocabulary:
        """The alphabet of both."""
        return self.model.vocabulary

    @property
    def opening(self) -> str:
        """What a text begins with, see :class:`NextCharacterModel`."""
        return self.model.opening

    def initial_state(self, streams: int = 1, label: str | None = None) -> MixtureState:
        """The state of B texts before their first character; InputError for a ``label``, of which it knows none."""
        return MixtureState(self.model.initial_state(streams, label), self.counts.model.index.start(streams))

    def read(self, inputs: Ids, state: Any, clamps: Sequence[Clamp] = ()) -> tuple[Array, MixtureState]:
        """Log-probabilities (B, V) of what follows ``inputs`` (T, B), T ≥ 1, and the state after them."""
        logits, hidden = self.model.read(inputs, state.hidden, clamps)
        edges = state.edges
        for ids in inputs:
            edges = self.counts.model.index.read(edges, ids)
        return self.counts.mix(logits, edges), MixtureState(hidden, edges)

    def stepper(self, state: MixtureState, clamps: Sequence[Clamp] = ()) -> Callable[[Ids], Array]:
        """A function that reads one character (B,) for each of B texts, carrying ``state`` on in place, and returns the
        log-probabilities (B, V) of the next. ``clamps`` hold units of the network."""
        step, index = self.model.stepper(state.hidden, clamps), self.counts.model.index

        def read(ids: Ids) -> Array:
            state.edges = index.read(state.edges, ids)
            return self.counts.mix(step(ids), state.edges)

        return read

    def text_decoder(self, streams: int) -> TextDecoder:
        """What extends ``streams`` texts."""
        state = self.initial_state(streams)
        return _MixtureDecoder(self.vocabulary, state, self.stepper(state))


class _MixtureDecoder(TextDecoder):
    def start(self, state: Any) -> None:
        self.state.hidden[...] = state.hidden
        self.state.edges = np.repeat(state.edges, self.state.hidden.shape[2], axis=0)

    def select(self, texts: Ids) -> None:
        self.state.hidden[...] = self.state.hidden[:, :, texts]
        self.state.edges = self.state.edges[texts]


Writer = NextCharacterModel | Mixture
"""What writes text character by character."""


def with_counts(model: Any, counts: Counts | None) -> Any:
    """What makes texts: a language model together with its ``counts``, where it has some, or a model of any task."""
    return model if counts is None else Mixture(model, counts)
