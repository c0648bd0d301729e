"""The classifier: one label for a whole text (many to one).

ids → recurrent network → its last hidden states → dense → softmax cross-entropy against the label

A bidirectional network has two of them: that of the last character, and that of the first, where it has come from the
end. With two labels one logit is enough, and the loss is the binary cross-entropy of its sigmoid.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes
from rnncli.engine.clamping import Clamp
from rnncli.engine.layers import Dropout, dense, dense_backward, dense_backward_input
from rnncli.engine.losses import LOSSES
from rnncli.models.base import PairModel, forget_unknown, initialise_dense
from rnncli.models.config import NetworkConfig
from rnncli.models.output import log_softmax
from rnncli.models.score import Score
from rnncli.models.windows import FinalStates


class Classifier(PairModel):
    """Parameters are those of the network, then ``output.W`` (directions · H, K) and ``output.b`` (K,) for K labels;
    for two labels K is 1."""

    kind = task = "classify"
    noun, unit = "a classifier", "label"
    target_key, target_type = "labels", Labels

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary, target: Any) -> Shapes:
        network = config.recurrent(len(vocabulary))
        logits = len(target) if len(target) > 2 else 1
        return {**network.shapes(), "output.W": (network.output_size, logits), "output.b": (logits,)}

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters, rng)
        forget_unknown(self, self.network, self.parameters)
        initialise_dense(self.parameters, "output", rng)

    def loss_and_gradients(
        self,
        text: Padded,
        target: Padded,
        gradients: Parameters,
        dropout: Dropout | None,
        loss: str,
        class_weights: Array | None = None,
    ) -> float:
        """As for every model of pairs. With ``class_weights`` (K,) the loss is the mean over the texts, each with the
        weight of its label: Σ w_y l / Σ w_y."""
        W, b = self.parameters["output.W"], self.parameters["output.b"]
        if dropout is not None and self.vocabulary.unknown:
            text = Padded(dropout.characters(text.ids, len(self.vocabulary) - 1), text.lengths)
        final = FinalStates.read(self.network, self.parameters, text, self._workspace, dropout)
        logits, labels = dense(final.hidden, W, b), target.ids[0]
        weights = None if class_weights is None else class_weights[labels].astype(logits.dtype)
        if len(self.target) == 2:
            of_logits = None if weights is None else weights[:, None]
            value, d_logits = LOSSES[loss].sigmoid(logits, labels[:, None], of_logits)
        else:
            value, d_logits = LOSSES[loss].softmax(logits, labels, weights)
        dense_backward(final.hidden, d_logits, gradients["output.W"], gradients["output.b"])
        final.backward(dense_backward_input(d_logits, W), gradients)
        return value

    def log_probabilities(self, text: Padded, clamps: Sequence[Clamp] = ()) -> Array:
        """Logarithms (nats) of the probability of each label, (B, K); ``clamps`` hold units."""
        hidden = FinalStates.read(self.network, self.parameters, text, self._workspace, clamps=clamps).hidden
        logits = dense(hidden, self.parameters["output.W"], self.parameters["output.b"])
        if len(self.target) == 2:  # σ(l) is the softmax of 0 and l
            logits = np.concatenate((np.zeros_like(logits), logits), axis=1)
        return log_softmax(logits)

    def score(self, text: Padded, target: Padded) -> Score:
        scores, labels = self.log_probabilities(text), target.ids[0]
        nats = -np.take_along_axis(scores, labels[:, None], axis=1)
        return Score(float(nats.sum(dtype=np.float64)), len(labels), int((scores.argmax(1) == labels).sum()))

    def losses(self, text: Padded, target: Padded, clamps: Sequence[Clamp] = ()) -> Array:
        """The cross-entropy (B,) in nats of each label; ``clamps`` hold units."""
        return -np.take_along_axis(self.log_probabilities(text, clamps), target.ids[0][:, None], axis=1)[:, 0]

    def symbols(self, texts: Ids, targets: Ids) -> int:
        return len(texts)
