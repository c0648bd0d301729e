"""What a network is made of, as it stands in the model file."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.cells import CELLS
from rnncli.engine.network import RecurrentNetwork
from rnncli.engine.parameters import Shapes

LARGEST = 1 << 20
"""No size in a model file is larger than this."""


@dataclass(frozen=True)
class NetworkConfig:
    """The choices that fix the names and shapes of all parameters, given a vocabulary."""

    cell: str = "gru"
    layers: int = 1
    hidden_size: int = 256
    embedding_size: int = 0
    dropout: float = 0.0
    activation: str = "tanh"

    def network(self, vocabulary_size: int) -> RecurrentNetwork:
        """The network of this configuration over V characters."""
        return RecurrentNetwork(
            CELLS[self.cell](self.activation),
            vocabulary_size,
            self.hidden_size,
            self.layers,
            self.embedding_size,
            self.dropout,
        )

    def shapes(self, vocabulary_size: int) -> Shapes:
        """Names and shapes of the parameters of :meth:`network`."""
        return self.network(vocabulary_size).shapes()

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "NetworkConfig":
        """The inverse of :meth:`to_json`; ValueError where the data is not a configuration."""
        if set(data) != {field.name for field in fields(cls)}:
            raise ValueError("the network's configuration is malformed")
        config = cls(**data)
        sizes = {"layers": config.layers, "hidden_size": config.hidden_size}
        for name, size in [*sizes.items(), ("embedding_size", config.embedding_size)]:
            if type(size) is not int or not (name in sizes) <= size <= LARGEST:
                raise ValueError(f"{name} is {size!r}")
        if config.cell not in CELLS or config.activation not in ACTIVATIONS:
            raise ValueError(f"cell {config.cell!r} with activation {config.activation!r} is not known")
        if type(config.dropout) not in (int, float) or not 0 <= config.dropout < 1:
            raise ValueError(f"dropout is {config.dropout!r}")
        return config
