"""What all networks with a purpose have in common: alphabets, a configuration, and parameters in one vector."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Parameters, Shapes, Workspace
from rnncli.engine.layers import Dropout
from rnncli.engine.network import RecurrentNetwork
from rnncli.models.config import NetworkConfig
from rnncli.models.score import Score


class Model(ABC):
    """``vocabulary`` is that of the text; ``partner`` is the alphabet of what a text is paired with, see
    :mod:`rnncli.datasets.pairs`, and None for running text. Together with ``config`` they fix all shapes."""

    task: ClassVar[str]
    partner_key: ClassVar[str]
    """What the partner is called in the model file."""
    partner_type: ClassVar[type[Labels] | type[Vocabulary]]
    partner_needed: ClassVar[bool] = True

    def __init__(
        self,
        config: NetworkConfig,
        vocabulary: Vocabulary,
        partner: Any = None,
        dtype: object = np.float32,
        flat: Array | None = None,
    ) -> None:
        self.config, self.vocabulary, self.partner = config, vocabulary, partner
        self.network = self.reader(config, vocabulary)
        self.parameters = Parameters(self.shapes(config, vocabulary, partner), dtype, flat)
        self._workspace = Workspace()

    @staticmethod
    def reader(config: NetworkConfig, vocabulary: Vocabulary) -> Any:
        """The network that reads the text."""
        return config.recurrent(len(vocabulary))

    @staticmethod
    @abstractmethod
    def shapes(config: NetworkConfig, vocabulary: Vocabulary, partner: Any = None) -> Shapes:
        """Names and shapes of all parameters."""

    @abstractmethod
    def initialise(self, rng: np.random.Generator) -> None:
        """Draw all parameters anew."""

    def on(self, flat: Array) -> Self:
        """The same model with its parameters in another vector (P,)."""
        return type(self)(self.config, self.vocabulary, self.partner, flat=flat)

    def to_json(self) -> dict[str, Any]:
        """What fixes the model but for the values of its parameters, for the model file."""
        partner = {} if self.partner is None else {self.partner_key: self.partner.to_json()}
        data = {"task": self.task, "network": self.config.to_json(), "vocabulary": self.vocabulary.to_json()}
        return data | partner

    @classmethod
    def parts_from_json(cls, data: dict[str, Any]) -> tuple[NetworkConfig, Vocabulary, Any]:
        """What :meth:`to_json` wrote, as arguments for the model; ValueError or KeyError where it is malformed."""
        partner = data[cls.partner_key] if cls.partner_needed else data.get(cls.partner_key)
        return (
            NetworkConfig.from_json(data["network"]),
            Vocabulary.from_json(data["vocabulary"]),
            None if partner is None else cls.partner_type.from_json(partner),
        )

    @abstractmethod
    def learn(self, text: Padded, partner: Padded, gradients: Parameters, dropout: Dropout | None, loss: str) -> float:
        """The mean loss per predicted symbol, in nats for the cross-entropy; writes all gradients."""

    @abstractmethod
    def score(self, text: Padded, partner: Padded) -> Score:
        """The cross-entropy of these pairs, summed."""

    @abstractmethod
    def symbols(self, text: Padded, partner: Padded) -> int:
        """How many symbols are predicted for these pairs."""


def forget_unknown(model: Model, network: RecurrentNetwork, parameters: Parameters) -> None:
    """A symbol for characters that were never seen says nothing: its rows are zero, and no training changes that."""
    if model.vocabulary.unknown:
        for rows in network.character_rows(parameters):
            rows[..., -1, :] = 0


def initialise_dense(parameters: Parameters, name: str, rng: np.random.Generator) -> None:
    """A dense layer ``name.W`` (D, M), uniform in ±1/√D, and ``name.b`` 0."""
    W = parameters[f"{name}.W"]
    bound = len(W) ** -0.5
    W[...] = rng.uniform(-bound, bound, W.shape)
    parameters[f"{name}.b"][...] = 0
