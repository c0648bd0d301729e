"""The language model: predicts the next character from all that came before.

ids → recurrent network → dense → logits → softmax cross-entropy against the next character
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnncli.engine import dense
from rnncli.engine.activations import log_softmax
from rnncli.engine.losses import softmax_cross_entropy
from rnncli.engine.parameters import Parameters, Shapes
from rnncli.engine.stepper import Stepper
from rnncli.engine.types import Array, Ids
from rnncli.engine.workspace import Workspace
from rnncli.models.config import NetworkConfig
from rnncli.text.vocabulary import Vocabulary


class LanguageModel:
    """A recurrent network with a dense layer to V logits, over the characters of ``vocabulary``.

    Parameters are those of the network (:meth:`RecurrentNetwork.shapes`), then ``output.W`` (H, V) and ``output.b``
    (V,). The state (L, S, B, H) is an argument and a result of every method: B texts may be read side by side.
    """

    task = "generate"

    def __init__(
        self, config: NetworkConfig, vocabulary: Vocabulary, dtype: object = np.float32, flat: Array | None = None
    ) -> None:
        self.config, self.vocabulary = config, vocabulary
        self.network = config.network(len(vocabulary))
        self.parameters = Parameters(self.shapes(config, vocabulary), dtype, flat)
        self._workspace = Workspace()

    @staticmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary) -> Shapes:
        """Names and shapes of all parameters."""
        size = len(vocabulary)
        return {**config.shapes(size), "output.W": (config.hidden_size, size), "output.b": (size,)}

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw all parameters anew."""
        self.network.initialise(self.parameters, rng)
        bound = self.config.hidden_size**-0.5
        self.parameters["output.W"][...] = rng.uniform(-bound, bound, self.parameters["output.W"].shape)
        self.parameters["output.b"][...] = 0

    def on(self, flat: Array) -> "LanguageModel":
        """The same model with its parameters in another vector (P,)."""
        return LanguageModel(self.config, self.vocabulary, flat=flat)

    def zero_state(self, streams: int = 1) -> Array:
        """The state of B texts before their first character."""
        return self.network.zero_state(streams, self.parameters.flat.dtype)

    def loss_and_gradients(
        self,
        inputs: Ids,
        targets: Ids,
        state: Array,
        gradients: Parameters,
        masks: Sequence[Array] = (),
    ) -> tuple[float, Array]:
        """Read a window and learn from it: mean loss in nats per character, and the state after the window.

        ``inputs`` and ``targets`` are (T, B). All gradients are written into ``gradients``; none flows into the
        windows before (truncated back-propagation through time). ``masks`` are those of
        :meth:`RecurrentNetwork.masks`.
        """
        T, B = inputs.shape
        W, b = self.parameters["output.W"], self.parameters["output.b"]
        forward = self.network.forward(self.parameters, inputs, state, self._workspace, masks)
        hidden = forward.outputs.reshape(T * B, -1)
        logits = dense.forward(hidden, W, b, out=self._workspace.array("logits", (T * B, len(b)), W.dtype))
        loss, d_logits = softmax_cross_entropy(logits, targets.ravel(), out=logits)
        dense.backward(hidden, d_logits, gradients["output.W"], gradients["output.b"])
        d_hidden = dense.backward_input(d_logits, W, out=self._workspace.array("d_hidden", hidden.shape, W.dtype))
        self.network.backward(
            self.parameters,
            gradients,
            forward,
            d_hidden.reshape(forward.outputs.shape),
            np.zeros_like(state),
            self._workspace,
        )
        return loss, forward.state

    def losses(self, inputs: Ids, targets: Ids, state: Array) -> tuple[Array, Array]:
        """The loss of each character (T, B) in nats, and the state after the window."""
        logits, state = self.logits(inputs, state)
        at_target = np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)
        return -at_target[..., 0], state

    def logits(self, inputs: Ids, state: Array) -> tuple[Array, Array]:
        """Logits (T, B, V) of what follows each character of ``inputs`` (T, B), and the state after the last."""
        forward = self.network.forward(self.parameters, inputs, state, self._workspace)
        hidden = forward.outputs.reshape(inputs.size, -1)
        logits = dense.forward(hidden, self.parameters["output.W"], self.parameters["output.b"])
        return logits.reshape(*inputs.shape, -1), forward.state

    def stepper(self, state: Array) -> Callable[[Ids], Array]:
        """A function that reads one character (B,) for each of B texts, carrying ``state`` (L, S, B, H) on in place,
        and returns the logits (B, V) of the next. They are good until it is called again."""
        stepper = Stepper(self.network, self.parameters, state)
        W, b = self.parameters["output.W"], self.parameters["output.b"]
        logits = np.empty((state.shape[2], len(b)), W.dtype)

        def read(ids: Ids) -> Array:
            np.dot(stepper.step(ids), W, out=logits)
            return np.add(logits, b, out=logits)

        return read

    def to_json(self) -> dict[str, Any]:
        """What fixes the model but for the values of its parameters, for the model file."""
        return {"task": self.task, "network": self.config.to_json(), "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "LanguageModel":
        """The inverse of :meth:`to_json`, all parameters 0; ValueError or KeyError where the data is malformed."""
        return cls(NetworkConfig.from_json(data["network"]), Vocabulary.from_json(data["vocabulary"]))
