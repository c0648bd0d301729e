"""The language model: predicts the next character from all that came before.

ids → network → dense → logits → softmax cross-entropy against the next character
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.spec import TEXT
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout
from rnncli.models import output
from rnncli.models.base import Model, initialise_dense
from rnncli.models.config import Network, NetworkConfig


class NextCharacterModel(Model):
    """A network with a dense layer to V logits, over the characters of ``vocabulary``: what language models of running
    text and of labelled texts have in common.

    Parameters are those of the network, then ``output.W`` (D, V) and ``output.b`` (V,). The state (L, S, B, H) is an
    argument and a result of its methods: B texts may be read side by side.
    """

    task = "generate"

    @property
    def eos(self) -> int:
        """The id that ends a text."""
        return output.NO_EOS

    @property
    def opening(self) -> str:
        """What a text begins with: a line end, if the network has learnt to read one, as labelled texts have for a
        boundary; or nothing."""
        return BOUNDARY if BOUNDARY in self.vocabulary.characters and self._reads(BOUNDARY) else ""

    def _reads(self, character: str) -> bool:
        rows = self.network.input_embeddings(self.parameters)
        which = int(self.vocabulary.encode(character)[0])
        return not rows or any(weights[..., which, :].any() for weights in rows)

    def zero_state(self, streams: int = 1) -> Array:
        """The state (L, S, B, H) of B texts of which nothing is known."""
        return self.network.zero_state(streams, self.parameters.flat.dtype)

    def _output_loss(
        self, hidden: Array, targets: Ids, lengths: Ids | None, gradients: Parameters, loss: str
    ) -> tuple[float, Array]:
        last, d_last = self.parameters.scope("output"), gradients.scope("output")
        return output.loss_and_gradients(hidden, targets, lengths, last, d_last, loss, self._workspace)

    def forward(self, inputs: Ids, state: Array, clamps: Sequence[Clamp] = ()) -> Any:
        """The network's pass over ``inputs`` (T, B); it lies in this model's workspace, and is good until the next."""
        return self.network.forward(self.parameters, inputs, state, self._workspace, clamps=clamps)

    def logits_of(self, forward: Any) -> Array:
        """Logits (T, B, V) of what follows each character."""
        return output.logits(forward.outputs, self.parameters.scope("output"))

    def losses_of(self, forward: Any, targets: Ids) -> tuple[Array, Array]:
        """The loss of each target (T, B) in nats, and whether it was the most probable."""
        return output.losses(forward.outputs, targets, self.parameters.scope("output"))

    def logits(self, inputs: Ids, state: Array) -> tuple[Array, Array]:
        """Logits (T, B, V) of what follows each character of ``inputs`` (T, B), and the state after the last."""
        forward = self.forward(inputs, state)
        return self.logits_of(forward), forward.state

    def read(self, inputs: Ids, state: Array, clamps: Sequence[Clamp] = ()) -> tuple[Array, Array]:
        """Logits (B, V) of what follows ``inputs`` (T, B), T ≥ 1, and the state after them."""
        forward = self.forward(inputs, state, clamps)
        return self.logits_of(forward)[-1], forward.state

    def stepper(self, state: Array, clamps: Sequence[Clamp] = ()) -> Callable[[Ids], Array]:
        """A function that reads one character (B,) for each of B texts, carrying ``state`` (L, S, B, H) on in place,
        and returns the logits (B, V) of the next. They are good until it is called again. ``clamps`` hold units."""
        return output.stepper(self.network.stepper(self.parameters, state, clamps), self.parameters, state.shape[2])

    def text_decoder(self, streams: int) -> output.TextDecoder:
        """What extends ``streams`` texts, to their end if they have one."""
        state = self.zero_state(streams)
        return output.TextDecoder(self.vocabulary, state, self.stepper(state), self.eos)


class LanguageModel(NextCharacterModel):
    """The language model of running text; its network may be a perceptron."""

    kind = "generate"
    noun = "a language model of running text"
    data_format = TEXT

    @staticmethod
    def reader(config: NetworkConfig, vocabulary: Vocabulary) -> Network:
        return config.network(len(vocabulary))

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary) -> Shapes:
        network, size = config.network(len(vocabulary)), len(vocabulary)
        return {**network.shapes(), "output.W": (network.output_size, size), "output.b": (size,)}

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters, rng)
        initialise_dense(self.parameters, "output", rng)

    def forget(self, ids: Ids) -> None:
        """Let the characters ``ids`` (n,), which are never read in training, say nothing: the rows of their input are
        zero, and no training changes that."""
        for weights in self.network.input_embeddings(self.parameters):
            weights[..., ids, :] = 0

    def loss_and_gradients(
        self,
        inputs: Ids,
        targets: Ids,
        state: Array,
        gradients: Parameters,
        dropout: Dropout | None = None,
        loss: str = "cross-entropy",
    ) -> tuple[float, Array]:
        """Read a window of running text: mean loss per character, in nats for the cross-entropy, and the state after
        the window.

        ``inputs`` and ``targets`` are (T, B). All gradients are written into ``gradients``; none flows into the
        windows before (truncated back-propagation through time).
        """
        forward = self.network.forward(self.parameters, inputs, state, self._workspace, dropout)
        value, d_hidden = self._output_loss(forward.outputs, targets, None, gradients, loss)
        self.network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
        return value, forward.state
