"""The labelled language model: writes texts of a label (one to many).

label → embedding → first state;  ids → recurrent network → dense → logits → softmax cross-entropy against the next

It is a language model whose first state is learnt for each label, and whose texts stand between two boundaries, so that
it also learns where a text ends.
"""

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes
from rnncli.engine.layers import Dropout, embed, embed_backward
from rnncli.errors import InputError
from rnncli.models.base import PairModel, initialise_dense
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW, loss_over_windows


class LabelledLanguageModel(NextCharacterModel, PairModel):
    """Parameters are those of a language model, then ``label.W`` (K, L · S · H) for K labels."""

    kind = "generate-labelled"
    noun = "a language model of labelled texts"
    target_key, target_type = "labels", Labels

    @property
    def eos(self) -> int:
        return int(self.vocabulary.encode(BOUNDARY)[0])

    def with_boundary(self, text: str) -> str:
        return BOUNDARY + text

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary, labels: Labels) -> Shapes:
        network, size = config.recurrent(len(vocabulary)), len(vocabulary)
        return {
            **network.shapes(),
            "output.W": (network.output_size, size),
            "output.b": (size,),
            "label.W": (len(labels), network.state_size),
        }

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters, rng)
        initialise_dense(self.parameters, "output", rng)
        W = self.parameters["label.W"]
        W[...] = 0.1 * rng.standard_normal(W.shape)

    def initial_state(self, streams: int = 1, label: str | None = None) -> Array:
        if label is None:
            raise InputError(
                f"the model was trained on labelled texts; name a label with --label: {self.target.listed()}"
            )
        return self.first_state(np.repeat(self.target.encode(label), streams))

    def first_state(self, labels: Ids) -> Array:
        """The state (L, S, B, H) of B texts before their first character, by their labels (B,)."""
        return self.network.unflatten_state(embed(labels, self.parameters["label.W"]))

    def loss_and_gradients(
        self, text: Padded, target: Padded, gradients: Parameters, dropout: Dropout | None, loss: str
    ) -> float:
        inputs, targets, labels = text.without_last(), text.without_first(), target.ids[0]

        def step(text: Padded, target: Padded, state: Array, gradients: Parameters) -> tuple[float, Array, Array]:
            forward = self.network.forward(self.parameters, text.ids, state, self._workspace, dropout, text.lengths)
            value, d_hidden = self._output_loss(forward.outputs, target.ids, target.lengths, gradients, loss)
            d_state = self.network.backward(self.parameters, gradients, forward, d_hidden, None, self._workspace)
            return value, forward.state, d_state

        state = self.first_state(labels)
        value, d_state = loss_over_windows(self.network, inputs, targets, state, gradients, step)
        embed_backward(labels, self.network.flatten_state(d_state), gradients["label.W"])
        return value

    def score(self, text: Padded, target: Padded) -> Score:
        inputs, targets = text.without_last(), text.without_first()
        total, state = Score(0.0, 0, 0), self.first_state(target.ids[0])
        for read, expected in zip(inputs.windows(WINDOW), targets.windows(WINDOW), strict=True):
            forward = self.forward(read.ids, state)
            total += Score.of_padded(*self.losses_of(forward, expected.ids), expected)
            state = forward.state
        return total

    def symbols(self, texts: Ids, targets: Ids) -> int:
        return int(texts.sum()) - len(texts)
