"""The tagger: one tag for each character (many to many, aligned).

ids → recurrent network → dense → logits → softmax cross-entropy against the tag of the same character
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout
from rnncli.engine.network import Forward
from rnncli.engine.padding import padding_mask
from rnncli.models import output
from rnncli.models.base import PairModel, forget_unknown, initialise_dense
from rnncli.models.config import NetworkConfig
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW, forward_over_windows, loss_over_windows


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
        last = self.parameters.scope("output")

        def step(text: Padded, target: Padded, state: Array, gradients: Parameters) -> tuple[float, Array, Array]:
            forward = self.network.forward(self.parameters, text.ids, state, self._workspace, dropout, text.lengths)
            value, d_hidden = output.loss_and_gradients(
                forward.outputs, target.ids, target.lengths, last, gradients.scope("output"), loss, self._workspace
            )
            d_state = self.network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
            return value, forward.state, d_state

        return loss_over_windows(self.network, text, target, self._zero_state(text), gradients, step)[0]

    def logits(self, text: Padded) -> Array:
        """Logits (T, B, K) of the tag of each character; behind the end of a text they mean nothing."""
        last = self.parameters.scope("output")
        return np.concatenate([output.logits(forward.outputs, last) for _, forward in self._forward(text)])

    def score(self, text: Padded, target: Padded) -> Score:
        last, total = self.parameters.scope("output"), Score(0.0, 0, 0)
        for (_, forward), tags in zip(self._forward(text), target.windows(WINDOW), strict=True):
            total += Score.of_padded(*output.losses(forward.outputs, tags.ids, last), tags)
        return total

    def losses(self, text: Padded, target: Padded, clamps: Sequence[Clamp] = ()) -> Array:
        """The cross-entropy (B,) in nats of the tags of each text together; ``clamps`` hold units."""
        last, total = self.parameters.scope("output"), np.zeros(len(text.lengths))
        for (_, forward), tags in zip(self._forward(text, clamps), target.windows(WINDOW), strict=True):
            nats, _ = output.losses(forward.outputs, tags.ids, last)
            total += np.where(padding_mask(tags.lengths, len(nats)), 0, nats).sum(axis=0)
        return total

    def symbols(self, texts: Ids, targets: Ids) -> int:
        return int(texts.sum())

    def _forward(self, text: Padded, clamps: Sequence[Clamp] = ()) -> Iterator[tuple[Padded, Forward]]:
        state = self._zero_state(text)
        return forward_over_windows(self.network, self.parameters, text, state, self._workspace, clamps=clamps)

    def _zero_state(self, text: Padded) -> Array:
        return self.network.zero_state(len(text.lengths), self.parameters.flat.dtype)
