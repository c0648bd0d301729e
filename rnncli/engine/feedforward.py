"""A feed-forward network: the last N characters in, the activations of the top layer out.

With L layers of H units it is the multi-layer perceptron (Rumelhart, Hinton and Williams 1986, "Learning
representations by back-propagating errors"), used as a language model by Bengio et al. 2003, "A neural probabilistic
language model". With L = 0 its outputs are the characters themselves, and the output layer makes it a
single-layer perceptron (Rosenblatt 1958).

    x  = the last N characters, one-hot or embedded, side by side, the newest first
    y₁ = φ(x W₁ + b₁)        y₂ = φ(y₁ W₂ + b₂)        …

It has the interface of :class:`rnncli.engine.network.RecurrentNetwork`; its state from window to window is the last
N − 1 characters. So the training loop, the model file and the commands need not know which of the two they have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace, may_overflow
from rnncli.engine.clamping import Clamp, clamps_of, hold
from rnncli.engine.layers import Dropout, dense, dense_backward, dense_backward_input, embed, embed_backward


@dataclass(frozen=True)
class FeedForwardPass:
    """What a forward pass returns: ``outputs`` (T, B, ·) after dropout, ``state`` (1, 1, B, N − 1) with the characters
    that the next window begins with; the rest is for the backward pass: the characters ``context`` (N, T · B)
    that each position sees, the ``inputs`` of the layers, their ``hidden`` activations (T, B, H) by name, and the
    dropout ``masks``."""

    outputs: Array
    state: Array
    context: Ids
    inputs: list[Array | None]
    hidden: dict[str, Array]
    masks: list[Array]

    def activation(self, name: str) -> Array:
        """The activations (T, B, H) of a layer: l1.hidden, …"""
        return self.hidden[name.removesuffix(".hidden")]


class FeedForwardNetwork:
    """``layers`` of ``hidden_size`` units over the last ``context`` characters, each of 0 … ``vocabulary_size`` − 1.

    The context before the beginning of a text is filled with a symbol of its own, V. ``names`` are those of the layers:
    l1, l2, ….
    """

    def __init__(
        self,
        activation: str,
        context: int,
        vocabulary_size: int,
        hidden_size: int,
        layers: int = 1,
        embedding_size: int = 0,
    ) -> None:
        self.activation, self.context, self.layers = ACTIVATIONS[activation], context, layers
        self.vocabulary_size, self.hidden_size, self.embedding_size = vocabulary_size, hidden_size, embedding_size
        self.symbols = vocabulary_size + 1
        self.names = [f"l{k + 1}" for k in range(layers)]
        self.output_size = hidden_size if layers else context * (embedding_size or self.symbols)

    def shapes(self) -> Shapes:
        """Names and shapes: ``embedding.W`` (V + 1, E) if there is one; ``l1.W_x`` (N · E, H), or (N, V + 1, H) for
        one-hot characters, ``l1.b`` (H,); above ``l2.W_x`` (H, H), ``l2.b`` (H,), …"""
        shapes: dict[str, tuple[int, ...]] = {}
        below: tuple[int, ...] = (self.context, self.symbols)
        if self.embedding_size:
            shapes["embedding.W"] = (self.symbols, self.embedding_size)
            below = (self.context * self.embedding_size,)
        for name in self.names:
            shapes[f"{name}.W_x"] = (*below, self.hidden_size)
            shapes[f"{name}.b"] = (self.hidden_size,)
            below = (self.hidden_size,)
        return shapes

    def initialise(self, parameters: Parameters, rng: np.random.Generator) -> None:
        """Uniform in ±√(3 / inputs), of variance one over the number of nonzero inputs (LeCun et al. 1998, "Efficient
        backprop"); biases are 0, embeddings standard normal."""
        for name, shape in self.shapes().items():
            if name == "embedding.W":
                parameters[name][...] = rng.standard_normal(shape)
            else:
                bound = 0.0 if name.endswith(".b") else (3 / shape[0]) ** 0.5
                parameters[name][...] = rng.uniform(-bound, bound, shape)

    def input_embeddings(self, parameters: Parameters) -> list[Array]:
        """The matrices (…, V + 1, ·) with a row for each character: the embedding, or the weights of one-hot input. A
        perceptron whose characters go into the output layer has none."""
        names = ["embedding.W"] if self.embedding_size else [f"{name}.W_x" for name in self.names[:1]]
        return [parameters[name] for name in names]

    def zero_state(self, streams: int, dtype: np.dtype) -> Array:
        """The state (1, 1, B, N − 1) of B streams before their first character: ids, held as numbers of ``dtype``."""
        return np.full((1, 1, streams, self.context - 1), self.vocabulary_size, dtype)

    def stepper(self, parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()) -> "FeedForwardStepper":
        """One character at a time; ``state`` is updated in place."""
        return FeedForwardStepper(self, parameters, state, clamps)

    @may_overflow
    def forward(
        self,
        parameters: Parameters,
        ids: Ids,
        state: Array,
        workspace: Workspace,
        dropout: Dropout | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> FeedForwardPass:
        """Read ``ids`` (T, B) after the characters of ``state``, with ``dropout`` while training and ``clamps`` for
        experiments."""
        T, B = ids.shape
        text = np.concatenate((state[0, 0].T.astype(np.intp), ids))  # (N − 1 + T, B)
        last = self.context - 1
        context = np.stack([text[last - n : last - n + T].ravel() for n in range(self.context)])
        x = self._first_input(parameters, context)
        inputs: list[Array | None] = []
        hidden: dict[str, Array] = {}
        masks: list[Array] = []
        for name in self.names:
            weights = parameters.scope(name)
            inputs.append(x)
            y = workspace.scope(name).array("y", (T * B, self.hidden_size), state.dtype)
            if x is None:
                y[...] = weights["b"]
                for W, own_ids in zip(weights["W_x"], context, strict=True):
                    y += embed(own_ids, W)
            else:
                dense(x, weights["W_x"], weights["b"], out=y)
            x = self.activation.function(y, out=y)
            for _, unit, value in clamps_of(name, ("hidden",), clamps):
                hold(x, unit, np.ravel(value))
            hidden[name] = x.reshape(T, B, -1)
            if dropout is not None:
                masks.append(dropout.mask(T, self.hidden_size, state.dtype).reshape(x.shape))
                x = x * masks[-1]
        assert x is not None
        new_state = text[T:].T[None, None].astype(state.dtype)
        return FeedForwardPass(x.reshape(T, B, -1), new_state, context, inputs, hidden, masks)

    def _first_input(self, parameters: Parameters, context: Ids) -> Array | None:
        """x (T · B, ·); None for the one-hot input of a layer, which gathers rows instead."""
        if self.embedding_size:
            rows = embed(context.ravel(), parameters["embedding.W"])
            return np.ascontiguousarray(rows.reshape(self.context, -1, self.embedding_size).swapaxes(0, 1)).reshape(
                context.shape[1], -1
            )
        if self.layers:
            return None
        one_hot = context.T[..., None] == np.arange(self.symbols)
        return one_hot.reshape(context.shape[1], -1).astype(parameters.flat.dtype)

    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        forward: FeedForwardPass,
        d_outputs: Array,
        d_state: Array | None,
        workspace: Workspace,
    ) -> Array:
        """Write the gradients of all parameters. ``d_outputs`` (T, B, ·) is overwritten; characters have no gradient,
        so ``d_state`` is ignored and zeros are returned."""
        d_y = d_outputs.reshape(-1, self.output_size)
        for k, name in reversed(list(enumerate(self.names))):
            weights, d_weights, x = parameters.scope(name), gradients.scope(name), forward.inputs[k]
            if forward.masks:
                d_y *= forward.masks[k]
            y = forward.hidden[name].reshape(d_y.shape)
            d_a = d_y * self.activation.derivative(y)
            if x is None:
                np.sum(d_a, axis=0, out=d_weights["b"])
                for d_W, ids in zip(d_weights["W_x"], forward.context, strict=True):
                    embed_backward(ids, d_a, d_W)
            else:
                dense_backward(x, d_a, d_weights["W_x"], d_weights["b"])
                d_y = dense_backward_input(d_a, weights["W_x"])
        if self.embedding_size:
            d_rows = d_y.reshape(-1, self.context, self.embedding_size).swapaxes(0, 1)
            embed_backward(forward.context.ravel(), d_rows.reshape(-1, self.embedding_size), gradients["embedding.W"])
        return np.zeros_like(forward.state)


class FeedForwardStepper:
    """A network that reads B texts side by side; ``state`` (1, 1, B, N − 1) is updated in place."""

    def __init__(
        self, network: FeedForwardNetwork, parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()
    ) -> None:
        self._network, self._parameters, self._state, self._clamps = network, parameters, state, clamps
        self._workspace = Workspace()

    def step(self, ids: Ids) -> Array:
        """Read ``ids`` (B,); returns the outputs (B, ·) of the top layer, valid until the next step."""
        forward = self._network.forward(self._parameters, ids[None], self._state, self._workspace, clamps=self._clamps)
        self._state[...] = forward.state
        return forward.outputs[0]
