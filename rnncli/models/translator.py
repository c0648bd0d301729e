"""The translator: a text becomes another text (many to many, free; Cho et al. 2014, "Learning phrase representations
using RNN encoder–decoder"; Sutskever, Vinyals and Le 2014, "Sequence to sequence learning with neural networks").

ids → encoder → its last hidden states → dense → first state of the decoder
target → decoder → dense → logits → softmax cross-entropy against the next character of the target

The target stands between two boundaries. In training, the decoder reads the true target (teacher forcing).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace
from rnncli.engine.layers import Dropout, dense, dense_backward, dense_backward_input
from rnncli.engine.network import RecurrentNetwork
from rnncli.models import output
from rnncli.models.base import PairModel, forget_unknown, initialise_dense
from rnncli.models.config import NetworkConfig
from rnncli.models.score import Score
from rnncli.models.windows import WINDOW, FinalStates, loss_over_windows


class Translator(PairModel):
    """Parameters are those of the ``encoder``, ``bridge.W`` (directions · H, L · S · H) and ``bridge.b``, those of the
    ``decoder``, then ``output.W`` (H, M) and ``output.b`` (M,) for M characters of the target."""

    kind = task = "translate"
    noun = "a translator"
    target_key, target_type = "target_vocabulary", Vocabulary

    def __init__(self, *parts: Any, **settings: Any) -> None:
        super().__init__(*parts, **settings)
        self.decoder = self.writer(self.config, self.target)
        self._of_encoder, self._of_decoder = Workspace(), Workspace()

    @property
    def reader_parameters(self) -> Parameters:
        return self.parameters.scope("encoder")

    @staticmethod
    def writer(config: NetworkConfig, target: Vocabulary) -> RecurrentNetwork:
        """The decoder, which cannot be bidirectional: it would see the future."""
        return replace(config, bidirectional=False).recurrent(len(target))

    @classmethod
    def shapes(cls, config: NetworkConfig, vocabulary: Vocabulary, target: Any) -> Shapes:
        encoder, decoder = cls.reader(config, vocabulary), cls.writer(config, target)
        return {
            **{f"encoder.{name}": shape for name, shape in encoder.shapes().items()},
            "bridge.W": (encoder.output_size, decoder.state_size),
            "bridge.b": (decoder.state_size,),
            **{f"decoder.{name}": shape for name, shape in decoder.shapes().items()},
            "output.W": (decoder.output_size, len(target)),
            "output.b": (len(target),),
        }

    def initialise(self, rng: np.random.Generator) -> None:
        self.network.initialise(self.parameters.scope("encoder"), rng)
        forget_unknown(self, self.network, self.parameters.scope("encoder"))
        initialise_dense(self.parameters, "bridge", rng)
        self.decoder.initialise(self.parameters.scope("decoder"), rng)
        initialise_dense(self.parameters, "output", rng)

    def loss_and_gradients(
        self, text: Padded, target: Padded, gradients: Parameters, dropout: Dropout | None, loss: str
    ) -> float:
        encoded, state = self._encode(text, dropout)
        decoder, last = self.parameters.scope("decoder"), self.parameters.scope("output")

        def step(text: Padded, target: Padded, state: Array, gradients: Parameters) -> tuple[float, Array, Array]:
            decoded = self.decoder.forward(decoder, text.ids, state, self._of_decoder, dropout, text.lengths)
            value, d_decoded = output.loss_and_gradients(
                decoded.outputs, target.ids, target.lengths, last, gradients.scope("output"), loss, self._of_decoder
            )
            d_decoder = gradients.scope("decoder")
            return (
                value,
                decoded.state,
                self.decoder.backward(decoder, d_decoder, decoded, d_decoded, None, self._of_decoder),
            )

        inputs, targets = target.without_last(), target.without_first()
        value, d_state = loss_over_windows(self.decoder, inputs, targets, state, gradients, step)
        d_rows = self.decoder.flatten_state(d_state)
        dense_backward(encoded.hidden, d_rows, gradients["bridge.W"], gradients["bridge.b"])
        encoded.backward(dense_backward_input(d_rows, self.parameters["bridge.W"]), gradients.scope("encoder"))
        return value

    def first_state(self, text: Padded) -> Array:
        """The decoder's state (L, S, B, H) after the encoder has read B texts."""
        return self._encode(text)[1]

    def stepper(self, state: Array) -> Callable[[Ids], Array]:
        """A function that reads one character (B,) of each of B targets, carrying the decoder's ``state`` on in place,
        and returns the logits (B, M) of the next. They are good until it is called again."""
        decoder = self.decoder.stepper(self.parameters.scope("decoder"), state)
        return output.stepper(decoder, self.parameters, state.shape[2])

    def text_decoder(self, streams: int) -> output.TextDecoder:
        """What writes ``streams`` targets."""
        state = self.decoder.zero_state(streams, self.parameters.flat.dtype)
        return output.TextDecoder(self.target, state, self.stepper(state), int(self.target.encode(BOUNDARY)[0]))

    def score(self, text: Padded, target: Padded) -> Score:
        inputs, targets = target.without_last(), target.without_first()
        decoder, last = self.parameters.scope("decoder"), self.parameters.scope("output")
        total, state = Score(0.0, 0, 0), self.first_state(text)
        for read, expected in zip(inputs.windows(WINDOW), targets.windows(WINDOW), strict=True):
            decoded = self.decoder.forward(decoder, read.ids, state, self._of_decoder)
            total += Score.of_padded(*output.losses(decoded.outputs, expected.ids, last), expected)
            state = decoded.state
        return total

    def symbols(self, texts: Ids, targets: Ids) -> int:
        return int(targets.sum()) - len(targets)

    def _encode(self, text: Padded, dropout: Dropout | None = None) -> tuple[FinalStates, Array]:
        """What the encoder has read, and the decoder's first state."""
        encoder = self.parameters.scope("encoder")
        encoded = FinalStates.read(self.network, encoder, text, self._of_encoder, dropout)
        rows = dense(encoded.hidden, self.parameters["bridge.W"], self.parameters["bridge.b"])
        return encoded, self.decoder.unflatten_state(rows)
