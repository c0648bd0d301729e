"""The tagger: one tag for each character (many to many, aligned).

ids → recurrent network → dense → logits → softmax cross-entropy against the tag of the same character
"""

from typing import Any

import numpy as np

from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Parameters, Shapes
from rnncli.engine.layers import Dropout
from rnncli.engine.network import Forward
from rnncli.models import output
from rnncli.models.base import PairModel, forget_unknown, initialise_dense
from rnncli.models.config import NetworkConfig
from rnncli.models.score import Score


class Tagger(PairModel):
    """Parameters are those of the network, then ``output.W`` (directions · H, K) and ``output.b`` (K,) for K tags."""

    kind = task = "tag"
    noun, unit = "a tagger", "tag"
    target_key, target_type = "tags", Vocabulary

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary, target: Any) -> Shapes:
        network, tags = config.recurrent(len(vocabulary)), len(target)
        return {**network.shapes(), "output.W": (network.output_size, tags), "output.b": (tags,)}

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters, rng)
        forget_unknown(self, self.network, self.parameters)
        initialise_dense(self.parameters, "output", rng)

    def loss_and_gradients(
        self, text: Padded, target: Padded, gradients: Parameters, dropout: Dropout | None, loss: str
    ) -> float:
        forward = self._forward(text, dropout)
        last, d_last = self.parameters.scope("output"), gradients.scope("output")
        value, d_hidden = output.loss_and_gradients(
            forward.outputs, target.ids, target.lengths, last, d_last, loss, self._workspace
        )
        self.network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
        return value

    def logits(self, text: Padded) -> Array:
        """Logits (T, B, K) of the tag of each character; behind the end of a text they mean nothing."""
        return output.logits(self._forward(text).outputs, self.parameters.scope("output"))

    def score(self, text: Padded, target: Padded) -> Score:
        nats, right = output.losses(self._forward(text).outputs, target.ids, self.parameters.scope("output"))
        return Score.of_padded(nats, right, target)

    def symbols(self, text: Padded, target: Padded) -> int:
        return int(text.lengths.sum())

    def _forward(self, text: Padded, dropout: Dropout | None = None) -> Forward:
        state = self.network.zero_state(len(text.lengths), self.parameters.flat.dtype)
        return self.network.forward(self.parameters, text.ids, state, self._workspace, dropout, text.lengths)
