"""The language model: predicts the next character from all that came before.

ids → network → dense → logits → softmax cross-entropy against the next character

Learnt from running text, or from texts that have a label: then the label sets the first state (one to many), and each
text stands between two line ends.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout, embed, embed_backward
from rnncli.engine.network import RecurrentNetwork
from rnncli.models import output
from rnncli.models.base import Model, initialise_dense
from rnncli.models.config import Network, NetworkConfig
from rnncli.models.score import Score


class LanguageModel(Model):
    """A network with a dense layer to V logits, over the characters of ``vocabulary``.

    Parameters are those of the network, then ``output.W`` (D, V) and ``output.b`` (V,), and with K labels ``label.W``
    (K, L · S · H). The state (L, S, B, H) is an argument and a result of its methods: B texts may be read side by side.
    """

    task = "generate"
    partner_key, partner_type, partner_needed = "labels", Labels, False

    @staticmethod
    def reader(config: NetworkConfig, vocabulary: Vocabulary) -> Network:
        return config.network(len(vocabulary))

    @property
    def _recurrent(self) -> RecurrentNetwork:
        """The network where its state is one that a label can set."""
        assert isinstance(self.network, RecurrentNetwork)
        return self.network

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary, partner: Any = None) -> Shapes:
        network, size = config.network(len(vocabulary)), len(vocabulary)
        shapes = {**network.shapes(), "output.W": (network.output_size, size), "output.b": (size,)}
        if partner is not None:
            shapes["label.W"] = (len(partner), config.recurrent(size).state_size)
        return shapes

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters, rng)
        initialise_dense(self.parameters, "output", rng)
        if self.partner is not None:
            W = self.parameters["label.W"]
            W[...] = 0.1 * rng.standard_normal(W.shape)

    def zero_state(self, streams: int = 1) -> Array:
        """The state of B texts before their first character."""
        return self.network.zero_state(streams, self.parameters.flat.dtype)

    def first_state(self, labels: Ids) -> Array:
        """The state of B texts before their first character, by their labels (B,)."""
        return self._recurrent.unflatten_state(embed(labels, self.parameters["label.W"]))

    def loss_and_gradients(
        self,
        inputs: Ids,
        targets: Ids,
        state: Array,
        gradients: Parameters,
        dropout: Dropout | None = None,
        loss: str = "cross-entropy",
    ) -> tuple[float, Array]:
        """Read a window of running text and learn from it: mean loss per character, in nats for the cross-entropy, and
        the state after the window.

        ``inputs`` and ``targets`` are (T, B). All gradients are written into ``gradients``; none flows into the
        windows before (truncated back-propagation through time).
        """
        forward = self.network.forward(self.parameters, inputs, state, self._workspace, dropout)
        value, d_hidden = self._learn_output(forward.outputs, targets, None, gradients, loss)
        self.network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
        return value, forward.state

    def learn(self, text: Padded, partner: Padded, gradients: Parameters, dropout: Dropout | None, loss: str) -> float:
        network = self._recurrent
        inputs, targets, labels = text.without_last(), text.without_first(), partner.ids[0]
        state = self.first_state(labels)
        forward = network.forward(self.parameters, inputs.ids, state, self._workspace, dropout, inputs.lengths)
        value, d_hidden = self._learn_output(forward.outputs, targets.ids, targets.lengths, gradients, loss)
        d_state = network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
        embed_backward(labels, network.flatten_state(d_state), gradients["label.W"])
        return value

    def _learn_output(
        self, hidden: Array, targets: Ids, lengths: Ids | None, gradients: Parameters, loss: str
    ) -> tuple[float, Array]:
        last, d_last = self.parameters.scope("output"), gradients.scope("output")
        return output.learn(hidden, targets, lengths, last, d_last, loss, self._workspace)

    def score(self, text: Padded, partner: Padded) -> Score:
        inputs, targets = text.without_last(), text.without_first()
        nats, right = self.losses_of(self.forward(inputs.ids, self.first_state(partner.ids[0])), targets.ids)
        return Score.of_padded(nats, right, targets)

    def symbols(self, text: Padded, partner: Padded) -> int:
        return int(text.lengths.sum()) - len(text.lengths)

    def forward(self, inputs: Ids, state: Array, clamps: Sequence[Clamp] = ()) -> Any:
        """The network's pass over ``inputs`` (T, B); it lies in this model's workspace, and is good until the next."""
        return self.network.forward(self.parameters, inputs, state, self._workspace, clamps=clamps)

    def logits_of(self, forward: Any) -> Array:
        """Logits (T, B, V) of what follows each character."""
        return output.logits(forward.outputs, self.parameters.scope("output"))

    def losses_of(self, forward: Any, targets: Ids) -> tuple[Array, Array]:
        """The loss of each target (T, B) in nats, and whether it was the likeliest."""
        return output.losses(forward.outputs, targets, self.parameters.scope("output"))

    def logits(self, inputs: Ids, state: Array) -> tuple[Array, Array]:
        """Logits (T, B, V) of what follows each character of ``inputs`` (T, B), and the state after the last."""
        forward = self.forward(inputs, state)
        return self.logits_of(forward), forward.state

    def stepper(self, state: Array, clamps: Sequence[Clamp] = ()) -> Callable[[Ids], Array]:
        """A function that reads one character (B,) for each of B texts, carrying ``state`` (L, S, B, H) on in place,
        and returns the logits (B, V) of the next. They are good until it is called again. ``clamps`` hold units."""
        return output.stepper(self.network.stepper(self.parameters, state, clamps), self.parameters, state.shape[2])
