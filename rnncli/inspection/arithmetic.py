"""Every number of one step of learning on a short text: forwards, backwards, and the update of gradient descent.

    the text → sums, gates and states of each cell → logits → probabilities → loss
    ∂loss/∂logits → what arrives in each cell → gradients of the parameters → parameters after the update

The loss is the mean over what is predicted, as in training. Names of numbers are those of
:mod:`rnncli.inspection.activations`; ``l1.forget.z`` is the sum that a gate squashes, ``l1.z`` that of a cell with one
gate and of a layer without recurrence.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnncli.engine.activations import sigmoid
from rnncli.engine.arrays import Array, Ids, Parameters, may_overflow
from rnncli.engine.feedforward import FeedForwardNetwork, FeedForwardPass
from rnncli.engine.layers import dense
from rnncli.engine.losses import LOSSES
from rnncli.engine.optimizers import GradientDescent
from rnncli.engine.padding import reorder
from rnncli.engine.recurrent import CellPass
from rnncli.inspection.bptt import backpropagate_through_time
from rnncli.inspection.examples import Example, example_of
from rnncli.models.base import Model
from rnncli.models.output import require_finite, softmax

RATE = GradientDescent.learning_rate
"""Of the update."""

MAX_PARAMETERS = 20_000
"""Parameters of a model that are written out as data."""

SAVED = {"recurrent_candidate": "candidate.q"}
"""What else a cell computes, by the name in its equations."""

Numbers = dict[str, Array]
"""Arrays (T, ·) by name: a row for each character, in the order of the text."""


@dataclass(frozen=True)
class Reading:
    """What a network computes on a ``text`` of T characters: ``forward`` and ``backward`` numbers, and the states
    (·,) ``before`` the first character. ``backward`` is empty where nothing is predicted."""

    text: str
    forward: Numbers
    before: Numbers
    backward: Numbers = field(default_factory=dict)


@dataclass(frozen=True)
class Arithmetic:
    """``readings`` by the prefix of the network's parameters: of an encoder and a decoder two, else one with none.
    ``logits`` and ``probabilities`` are (N, M) over the alphabet of the ``example``; of the first of them, whose
    ``losses`` (P,) and ``d_logits`` (P, M) there are, the target is known. The parameters as they are, their
    ``gradients``, and ``updated`` by them are empty where there is no target, and so are the losses."""

    example: Example
    readings: dict[str, Reading]
    logits: Array
    probabilities: Array
    losses: list[float]
    d_logits: Array
    loss: float = 0.0
    loss_after: float = 0.0
    gradients: Parameters | None = None
    updated: Parameters | None = None

    def to_json(self, model: Model) -> dict[str, Any]:
        """All numbers: forward and backward ones by name, a list for each character; N predictions; the parameters as
        they are, their gradients, and after the update, where there are at most MAX_PARAMETERS."""

        def named(which: str) -> dict[str, Any]:
            passes: dict[str, Numbers] = {prefix: getattr(one, which) for prefix, one in self.readings.items()}
            return {prefix + name: values.tolist() for prefix, one in passes.items() for name, values in one.items()}

        numbers: dict[str, Any] = {
            "alphabet": list(self.example.alphabet),
            "before": named("before"),
            "forward": named("forward"),
            "backward": named("backward"),
            "targets": self.example.targets.tolist(),
            "logits": self.logits.tolist(),
            "probabilities": self.probabilities.tolist(),
            "logit_gradients": self.d_logits.tolist(),
            "losses": self.losses,
            "loss": self.loss if self.losses else None,
            "loss_after_update": self.loss_after if self.losses else None,
            "learning_rate": RATE,
        }
        if model.parameters.flat.size <= MAX_PARAMETERS and self.gradients is not None and self.updated is not None:
            numbers["parameters"] = {
                name: {
                    "value": values.tolist(),
                    "gradient": self.gradients[name].tolist(),
                    "updated": self.updated[name].tolist(),
                }
                for name, values in model.parameters.items()
            }
        return numbers


@may_overflow
def arithmetic(model: Model, text: str, label: str | None, answer: str | None, loss: str) -> Arithmetic:
    """The step on ``text`` with the training ``loss``, one of LOSSES; for what ``answer`` is see :func:`example_of`.
    NotFiniteError where a number is out of range."""
    example = example_of(model, text, label, answer)
    features = example.features()
    logits = dense(features, model.parameters["output.W"], model.parameters["output.b"])
    if example.is_binary:
        require_finite(logits, "logits")
    probabilities = sigmoid(logits) if example.is_binary else softmax(logits)
    targets = example.targets
    readings = {one.prefix: _forwards(one.network, one.parameters, one.text, one.forward) for one in example.passes}
    if not len(targets):
        return Arithmetic(example, readings, logits, probabilities, [], logits[:0])
    rows = [_loss(loss, example, logits[n : n + 1], targets[n : n + 1])[0] for n in range(len(targets))]
    _, d_logits = _loss(loss, example, logits[: len(targets)], targets)
    d_features = np.zeros_like(features)
    d_features[: len(targets)] = d_logits @ model.parameters["output.W"].T
    for one, d_outputs in example.backwards(d_features):
        readings[one.prefix].backward.update(_backwards(one.network, one.parameters, one.forward, d_outputs))
    gradients = model.parameters.zeros_like()
    mean = example.learn(model, gradients, loss)
    require_finite(gradients.flat, "gradients")
    updated = Parameters(model.parameters.shapes, flat=model.parameters.flat - RATE * gradients.flat)
    after = example.learn(model.on(updated.flat), model.parameters.zeros_like(), loss)
    return Arithmetic(example, readings, logits, probabilities, rows, d_logits, mean, after, gradients, updated)


def _loss(loss: str, example: Example, logits: Array, targets: Ids) -> tuple[float, Array]:
    if example.is_binary:
        return LOSSES[loss].sigmoid(logits, targets[:, None])
    return LOSSES[loss].softmax(logits.copy(), targets)


def _forwards(network: Any, parameters: Parameters, text: str, forward: Any) -> Reading:
    numbers: Numbers = {}
    if isinstance(network, FeedForwardNetwork):
        for name, x in zip(network.names, forward.inputs, strict=True):
            numbers[f"{name}.z"] = _layer_sum(parameters.scope(name), x, forward.context)
            numbers[f"{name}.hidden"] = forward.activation(name)[:, 0]
        return Reading(text, numbers, {})
    before: Numbers = {}
    if network.embedding_size:
        numbers["x"] = parameters["embedding.W"][forward.ids[:, 0]]
    for name in network.names:
        own = forward.passes[name]
        cell, rest = own.cell, dict(zip(own.cell.saved, own.cache.saved, strict=True))
        for gate, of_gate in zip(cell.gates, _cell_sums(own, parameters.scope(name)), strict=True):
            numbers[_sum_name(name, gate, len(cell.gates))] = reorder(of_gate, own.reversal)[:, 0]
            if gate not in cell.states:
                numbers[f"{name}.{gate}"] = own.activation(gate)[:, 0]
        for which, values in rest.items():
            numbers[f"{name}.{SAVED.get(which, which)}"] = reorder(values, own.reversal)[:, 0]
        for state, values in zip(cell.states, own.cache.states, strict=True):
            numbers[f"{name}.{state}"] = own.activation(state)[:, 0]
            before[f"{name}.{state}"] = values[0, 0]
    return Reading(text, {name: values.copy() for name, values in numbers.items()}, before)


def _sum_name(cell: str, gate: str, gates: int) -> str:
    return f"{cell}.z" if gates == 1 else f"{cell}.{gate}.z"


def _layer_sum(weights: Parameters, x: Array | None, context: Ids) -> Array:
    """The arguments (T, H) of the activation function of a feed-forward layer; without ``x`` of one-hot characters."""
    if x is not None:
        return dense(x, weights["W_x"], weights["b"])
    rows: Array = sum((W[ids] for W, ids in zip(weights["W_x"], context, strict=True)), weights["b"])
    return rows


def _cell_sums(own: CellPass, weights: Parameters) -> Array:
    """The arguments (G, T, 1, H) of the gates' activation functions, in the order in which the cell reads:
    x W_x + b + h W_h. The candidate of a GRU sees its recurrent product through the reset gate."""
    W_x, b = weights["W_x"], weights["b"][:, None, None]
    projection = W_x[:, own.x] if own.x.ndim == 2 else own.x @ W_x[:, None]
    recurrent = own.cache.states[0, :-1] @ weights["W_h"][:, None]
    if "b_hn" in weights:
        recurrent[-1] = (recurrent[-1] + weights["b_hn"]) * own.cache.gates[0]
    sums: Array = projection + b + recurrent
    return sums


def _backwards(network: Any, parameters: Parameters, forward: Any, d_outputs: Array) -> Numbers:
    """The gradient of the loss to each state and each sum. ``hidden above`` comes from the output or the layer above,
    ``hidden later`` from the characters that are read after it."""
    numbers: Numbers = {}
    if isinstance(network, FeedForwardNetwork):
        return _backwards_through_layers(network, parameters, forward, d_outputs)
    found = backpropagate_through_time(network, parameters, forward, d_outputs)
    for name in reversed(network.names):
        own, of_cell = forward.passes[name], found[name]
        numbers[f"{name}.hidden above"] = reorder(of_cell.above, own.reversal)[:, 0]
        for index, state in enumerate(own.cell.states):
            future = np.ascontiguousarray(of_cell.states[1:, index])
            numbers[f"{name}.{state} later"] = reorder(future, own.reversal)[:, 0]
        for gate, of_gate in zip(own.cell.gates, of_cell.sums, strict=True):
            numbers[_sum_name(name, gate, len(own.cell.gates))] = reorder(of_gate, own.reversal)[:, 0]
    return numbers


def _backwards_through_layers(
    network: FeedForwardNetwork, parameters: Parameters, forward: FeedForwardPass, d_outputs: Array
) -> Numbers:
    numbers: Numbers = {}
    d_y = d_outputs[:, 0]
    for name in reversed(network.names):
        numbers[f"{name}.hidden above"] = d_y
        numbers[f"{name}.z"] = d_y * network.activation.derivative(forward.hidden[name][:, 0])
        if name != network.names[0]:
            d_y = numbers[f"{name}.z"] @ parameters[f"{name}.W_x"].T
    return numbers
