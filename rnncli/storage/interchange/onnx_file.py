"""A model as an ONNX graph (https://onnx.ai/onnx/operators/), which ONNX Runtime computes wherever it runs.

    task       inputs                               outputs
    generate   ids (T, B), hidden, cell of an LSTM  logits (T, B, V), new_hidden, new_cell
    classify   ids (T, B), lengths (B,)             logits (B, K)
    tag        ids (T, B), lengths (B,)             logits (T, B, K)

T and B are free. ``ids`` are int64, time first; ``lengths`` int32; ``hidden`` and ``cell`` (L, B, H), 0 before the
first character. A model of labelled texts has one more input, ``label`` (B,), int64: the label of a text that begins,
or −1 to read on from the state. Alphabet and labels are in the metadata of the file, see
:mod:`rnncli.storage.interchange.metadata`. A text is read as a whole; here, a network of two directions reads one of
more than ``rnncli.models.windows.WINDOW`` characters window by window.

ONNX has the gates of a GRU in the order z, r, h and those of an LSTM in the order i, o, f, c.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnncli.engine.activations import LEAKY_SLOPE
from rnncli.engine.arrays import Array, Parameters
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.config import FEED_FORWARD
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel
from rnncli.models.translator import Translator
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.interchange.extras import load_extra
from rnncli.storage.interchange.metadata import metadata_of
from rnncli.storage.interchange.pytorch import has_one_logit

OPSET = 22
"""In which RNN, GRU and LSTM were last changed."""

GATES = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 2, 1, 3]}
"""Where ONNX's gates lie among ours."""

ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "leaky-relu": "LeakyRelu"}

MAX_SIZE = 1 << 31
"""Bytes of a graph with its weights: a limit of protocol buffers."""


def write_onnx(checkpoint: Checkpoint) -> bytes:
    """The content of an .onnx file with the network of a model; InputError where it cannot be expressed."""
    model = checkpoint.model
    if model.config.cell == FEED_FORWARD:
        raise InputError("a feed-forward network cannot be exported to ONNX, only recurrent ones")
    if isinstance(model, Translator):
        raise InputError("a translator decodes step by step and is no single ONNX graph; export it as .safetensors")
    if 2 * model.parameters.flat.nbytes > MAX_SIZE:  # the biases and the table of labels take more room than here
        raise InputError("an ONNX file holds 2 GB at most, and the network is too large; export it as .safetensors")
    return Graph(model).content()


class Graph:
    """The nodes and initialisers of a graph while it is built; a value is known by its name."""

    def __init__(self, model: Model) -> None:
        self.onnx, self.model = load_extra("onnx", "an .onnx file"), model
        self.nodes: list[Any] = []
        self.initialisers: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def content(self) -> bytes:
        """The graph of the model, checked and serialised."""
        onnx, writes = self.onnx, isinstance(self.model, LanguageModel | LabelledLanguageModel)
        ids = self.input("ids", "INT64", ("T", "B"))
        x, lengths, states = self.embedded(ids), "", [""] * len(self.model.network.cell.states)
        if writes:
            states = self.first_states()
        else:
            lengths = self.input("lengths", "INT32", ("B",))
        outputs, last_states = self.layers(x, states, lengths)
        self.logits(outputs, last_states[0])
        if writes:
            for name, state in zip(self.state_names(), last_states, strict=True):
                self.output(f"new_{name}", state, self.state_shape())
        graph = onnx.helper.make_graph(self.nodes, "rnncli", self.inputs, self.outputs, self.initialisers)
        opset = [onnx.helper.make_opsetid("", OPSET)]
        made = onnx.helper.make_model(
            graph,
            opset_imports=opset,
            ir_version=onnx.helper.find_min_ir_version_for(opset),
            producer_name="rnncli",
        )
        onnx.helper.set_model_props(made, metadata_of(self.model))
        onnx.checker.check_model(made, full_check=True)
        serialised: bytes = made.SerializeToString()
        return serialised

    def embedded(self, ids: str) -> str:
        """The input vectors (T, B, D) of the lowest layer."""
        network = self.model.network
        if network.embedding_size:
            return self.node("Gather", self.constant("embedding", self.model.parameters["embedding.W"]), ids)
        depth = self.constant("vocabulary_size", np.array(network.vocabulary_size))
        return self.node("OneHot", ids, depth, self.constant("off_on", np.array([0, 1], np.float32)))

    def first_states(self) -> list[str]:
        """The states (L, B, H) before the first character: the inputs, and where a text of a label begins also the
        state that is learnt for it."""
        given = [self.input(name, "FLOAT", self.state_shape()) for name in self.state_names()]
        if not isinstance(self.model, LabelledLanguageModel):
            return given
        of_labels = self.model.first_state(np.arange(len(self.model.target)))  # (L, S, K, H)
        table = np.concatenate((of_labels, np.zeros_like(of_labels[:, :, :1])), axis=2)  # the last, −1, adds nothing
        label = self.input("label", "INT64", ("B",))
        return [
            self.node("Add", state, self.node("Gather", self.constant(f"label_{s}", table[:, s]), label, axis=1))
            for s, state in enumerate(given)
        ]

    def layers(self, x: str, states: Sequence[str], lengths: str) -> tuple[str, list[str]]:
        """The outputs (T, B, directions · H) of the top layer, and the last states: of all layers (L · directions, B,
        H) where there are first ``states``, else of the top layer (directions, B, H)."""
        network, last = self.model.network, []
        for k, layer in enumerate(network.layers):
            first = states
            if states[0]:
                rows = self.constant(f"layer_{k + 1}", k * network.directions + np.arange(network.directions))
                first = [self.node("Gather", state, rows, axis=0) for state in states]
            weights = [self.model.parameters.scope(name) for name in layer.names]
            x, *of_layer = self.layer(x, weights, first, lengths)
            last.append(of_layer)
        if states[0] and len(last) > 1:
            return x, [self.node("Concat", *of_all, axis=0) for of_all in zip(*last, strict=True)]
        return x, last[-1]

    def layer(self, x: str, weights: Sequence[Parameters], first: Sequence[str], lengths: str) -> list[str]:
        """The outputs (T, B, directions · H) of a layer and its last states (directions, B, H); ``weights`` are those
        of each direction."""
        network, config = self.model.network, self.model.config
        directions = len(weights)
        W, R, B = (np.stack(parts) for parts in zip(*(onnx_layout(one, config.cell) for one in weights), strict=True))
        attributes: dict[str, Any] = {
            "hidden_size": config.hidden_size,
            "direction": "bidirectional" if directions == 2 else "forward",
        }
        if config.cell == "gru":
            attributes["linear_before_reset"] = 1
        if config.cell == "rnn":
            attributes["activations"] = [ACTIVATIONS[config.activation]] * directions
            if config.activation == "leaky-relu":
                attributes["activation_alpha"] = [LEAKY_SLOPE] * directions
        constants = [self.constant(name, values) for name, values in (("W", W), ("R", R), ("B", B))]
        hidden, *last = self.nodes_of(
            config.cell.upper(), [x, *constants, lengths, *first], 1 + len(network.cell.states), attributes
        )
        by_stream = self.node("Transpose", hidden, perm=[0, 2, 1, 3])  # from (T, directions, B, H)
        return [self.node("Reshape", by_stream, self.constant("side_by_side", np.array([0, 0, -1]))), *last]

    def logits(self, outputs: str, last_hidden: str) -> None:
        """The last layer: logits of each step, or of a classifier those of the last states."""
        W, b = self.model.parameters["output.W"], self.model.parameters["output.b"]
        shape: tuple[str | int, ...] = ("T", "B", len(b))
        if self.model.kind == "classify":
            if has_one_logit(self.model):
                W, b = (np.concatenate((np.zeros_like(values), values), axis=-1) for values in (W, b))
            by_stream = self.node("Transpose", last_hidden, perm=[1, 0, 2])  # from (directions, B, H)
            outputs = self.node("Reshape", by_stream, self.constant("side_by_side", np.array([0, -1])))
            shape = ("B", len(b))
        product = self.node("MatMul", outputs, self.constant("output_W", W))
        self.output("logits", self.node("Add", product, self.constant("output_b", b)), shape)

    def state_names(self) -> tuple[str, ...]:
        """hidden, and cell of an LSTM."""
        names: tuple[str, ...] = self.model.network.cell.states
        return names

    def state_shape(self) -> tuple[str | int, ...]:
        return len(self.model.network.names), "B", self.model.network.hidden_size

    def input(self, name: str, dtype: str, shape: Sequence[str | int]) -> str:
        """An input of the graph."""
        self.inputs.append(self._described(name, dtype, shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[str | int]) -> None:
        """Give ``value`` out under this name."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name]))
        self.outputs.append(self._described(name, "FLOAT", shape))

    def constant(self, name: str, values: Array) -> str:
        """An initialiser; ``name`` says what it is, and gets a number."""
        name = f"{name}_{len(self.initialisers)}"
        self.initialisers.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        return self.nodes_of(operator, inputs, 1, attributes)[0]

    def nodes_of(self, operator: str, inputs: Sequence[str], outputs: int, attributes: dict[str, Any]) -> list[str]:
        """A node and the names of its ``outputs``."""
        names = [f"{operator.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, names, **attributes))
        return names

    def _described(self, name: str, dtype: str, shape: Sequence[str | int]) -> Any:
        return self.onnx.helper.make_tensor_value_info(name, getattr(self.onnx.TensorProto, dtype), shape)


def onnx_layout(weights: Parameters, cell: str) -> tuple[Array, Array, Array]:
    """W (G · H, D), R (G · H, H) and B (2 · G · H,) of one direction, as ONNX has them: one gate below the other, and
    two biases."""
    order = GATES[cell]
    W, R = (weights[name][order].swapaxes(1, 2).reshape(-1, weights[name].shape[1]) for name in ("W_x", "W_h"))
    recurrent = np.zeros_like(weights["b"])
    if cell == "gru":
        recurrent[2] = weights["b_hn"]
    return W, R, np.concatenate((weights["b"][order].ravel(), recurrent.ravel()))
