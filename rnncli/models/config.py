"""What a network is made of, as it stands in the model file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace
from rnncli.engine.cells import CELLS
from rnncli.engine.clamping import Clamp
from rnncli.engine.feedforward import FeedForwardNetwork
from rnncli.engine.layers import Dropout
from rnncli.engine.network import RecurrentNetwork
from rnncli.names import MAX_FORGET_BIAS, plural


class Network(Protocol):
    """What a model needs of a network, recurrent or not; what ``forward`` returns has ``outputs`` (T, B, D) and the new
    ``state``, and is for ``backward`` alone otherwise."""

    names: list[str]
    output_size: int

    def shapes(self) -> Shapes: ...
    def initialise(self, parameters: Parameters, rng: np.random.Generator) -> None: ...
    def zero_state(self, streams: int, dtype: np.dtype) -> Array: ...
    def stepper(self, parameters: Parameters, state: Array, clamps: Sequence[Clamp] = ()) -> Any: ...
    def forward(
        self,
        parameters: Parameters,
        ids: Ids,
        state: Array,
        workspace: Workspace,
        dropout: Dropout | None = None,
        *,
        clamps: Sequence[Clamp] = (),
    ) -> Any: ...
    def backward(
        self,
        parameters: Parameters,
        gradients: Parameters,
        forward: Any,
        d_outputs: Array,
        d_state: Array | None,
        workspace: Workspace,
    ) -> Array: ...


LARGEST = 1 << 20
"""No size in a model file is larger than this."""

FEED_FORWARD = "mlp"
LATER = {"bidirectional", "context", "forget_bias"}
"""Choices that the first model files did not have."""


@dataclass(frozen=True)
class NetworkConfig:
    """The choices that fix the names and shapes of all parameters, given the alphabets.

    ``cell`` is one of CELLS, or mlp for a feed-forward network over the last ``context`` characters, which may have no
    layer at all. ``activation`` is that of rnn and mlp; only recurrent networks may be ``bidirectional``.
    ``forget_bias`` is where the bias of an LSTM's forget gate begins; training changes it.
    """

    cell: str = "gru"
    layers: int = 1
    hidden_size: int = 256
    embedding_size: int = 0
    dropout: float = 0.0
    activation: str = "tanh"
    bidirectional: bool = False
    context: int = 0
    forget_bias: float = 1.0

    def network(self, vocabulary_size: int) -> Network:
        """The network of this configuration over V characters."""
        sizes = vocabulary_size, self.hidden_size, self.layers, self.embedding_size
        if self.cell == FEED_FORWARD:
            return FeedForwardNetwork(self.activation, self.context, *sizes)
        return self.recurrent(vocabulary_size)

    def recurrent(self, vocabulary_size: int) -> RecurrentNetwork:
        """The same, where a feed-forward network makes no sense."""
        sizes = vocabulary_size, self.hidden_size, self.layers, self.embedding_size
        return RecurrentNetwork(CELLS[self.cell](self.activation), *sizes, self.bidirectional, self.forget_bias)

    def describe(self) -> str:
        """GRU in both directions, 2 layers of 128 units"""
        kind = self.cell.upper() + (" in both directions" if self.bidirectional else "")
        if self.cell == FEED_FORWARD:
            what = "feed-forward network" if self.layers else "single-layer perceptron"
            kind = f"{what} of the last {plural(self.context, 'character')}"
        if not self.layers:
            return kind
        if self.cell in ("rnn", FEED_FORWARD):
            kind += f", {self.activation}"
        if self.forget_bias != NetworkConfig.forget_bias:
            kind += f", initial forget bias {self.forget_bias:g}"
        return f"{kind}, {plural(self.layers, 'layer')} of {plural(self.hidden_size, 'unit')}"

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "NetworkConfig":
        """The inverse of :meth:`to_json`; ValueError where the data is not a configuration. What an older file lacks
        has its default."""
        names = {field.name for field in fields(cls)}
        if not names - LATER <= set(data) <= names:
            raise ValueError("the network's configuration is malformed")
        config = cls(**data)
        feed_forward = config.cell == FEED_FORWARD
        smallest = {"layers": 0 if feed_forward else 1, "hidden_size": 1, "embedding_size": 0, "context": feed_forward}
        for name, low in smallest.items():
            size = getattr(config, name)
            if type(size) is not int or not low <= size <= (LARGEST if feed_forward or name != "context" else 0):
                raise ValueError(f"{name} is {size!r}")
        if config.cell not in {*CELLS, FEED_FORWARD} or config.activation not in ACTIVATIONS:
            raise ValueError(f"cell {config.cell!r} with activation {config.activation!r} is not known")
        if type(config.bidirectional) is not bool or (config.bidirectional and feed_forward):
            raise ValueError(f"bidirectional is {config.bidirectional!r}")
        if type(config.dropout) not in (int, float) or not 0 <= config.dropout < 1:
            raise ValueError(f"dropout is {config.dropout!r}")
        if type(config.forget_bias) not in (int, float) or not abs(config.forget_bias) <= MAX_FORGET_BIAS:
            raise ValueError(f"forget_bias is {config.forget_bias!r}")
        return config
