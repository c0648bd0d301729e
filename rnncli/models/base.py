"""What all networks with a purpose have in common: alphabets, a configuration, and parameters in one vector."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.spec import PAIRS
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array, Ids, Parameters, Shapes, Workspace
from rnncli.engine.layers import Dropout
from rnncli.engine.network import RecurrentNetwork
from rnncli.errors import InputError
from rnncli.models.config import NetworkConfig
from rnncli.models.score import Score


class Model(ABC):
    """``config`` and ``alphabets`` together fix the names and shapes of all parameters, which lie in one vector.

    The first of the alphabets is the ``vocabulary`` of the text; a model of pairs has a second one.
    """

    kind: ClassVar[str]
    """Its name in :data:`rnncli.models.registry.MODELS`."""
    task: ClassVar[str]
    """What users ask for with ``--task``."""
    noun: ClassVar[str]
    """What it is called in a sentence."""
    unit: ClassVar[str] = "character"
    """What a loss is counted per."""
    data_format: ClassVar[str] = PAIRS
    """The format of the data that it learns: running text or pairs."""

    def __init__(
        self, config: NetworkConfig, *alphabets: Any, dtype: object = np.float32, flat: Array | None = None
    ) -> None:
        self.config, self.alphabets = config, alphabets
        self.vocabulary: Vocabulary = alphabets[0]
        self.network = self.reader(config, self.vocabulary)
        self.parameters = Parameters(self.shapes(config, *alphabets), dtype, flat)
        self._workspace = Workspace()

    @staticmethod
    def reader(config: NetworkConfig, vocabulary: Vocabulary) -> Any:
        """The network that reads the text."""
        return config.recurrent(len(vocabulary))

    @staticmethod
    @abstractmethod
    def shapes(config: NetworkConfig, *alphabets: Any) -> Shapes:
        """Names and shapes of all parameters."""

    @abstractmethod
    def initialise(self, rng: np.random.Generator) -> None:
        """Draw all parameters anew."""

    @property
    def reader_parameters(self) -> Parameters:
        """The parameters of :meth:`reader`."""
        return self.parameters

    def initial_state(self, streams: int = 1, label: str | None = None) -> Array:
        """The state (L, S, B, H) of the reader before the first character of B texts. InputError for a ``label`` that
        the model does not know, and where it needs one or has no use for it."""
        if label is not None:
            raise InputError(f"--label does not apply to {self.noun}")
        return self.network.zero_state(streams, self.parameters.flat.dtype)

    def with_boundary(self, text: str) -> str:
        """The beginning of a text as the model knows it: behind a boundary, if its texts are written between two."""
        return text

    def on(self, flat: Array) -> Self:
        """The same model with its parameters in another vector (P,)."""
        return type(self)(self.config, *self.alphabets, flat=flat)

    def to_json(self) -> dict[str, Any]:
        """What fixes the model but for the values of its parameters, for the model file."""
        return {"task": self.task, "network": self.config.to_json(), "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def alphabets_from_json(cls, data: dict[str, Any]) -> tuple[Any, ...]:
        """The alphabets of a :meth:`to_json`; ValueError or KeyError where they are malformed."""
        return (Vocabulary.from_json(data["vocabulary"]),)


class PairModel(Model):
    """A model of pairs; ``target`` is the alphabet of the second column, see :mod:`rnncli.datasets.columns`."""

    target_key: ClassVar[str]
    """What the target is called in the model file."""
    target_type: ClassVar[type[Labels] | type[Vocabulary]]

    @property
    def target(self) -> Any:
        """The second alphabet."""
        return self.alphabets[1]

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {self.target_key: self.target.to_json()}

    @classmethod
    def alphabets_from_json(cls, data: dict[str, Any]) -> tuple[Any, ...]:
        return *super().alphabets_from_json(data), cls.target_type.from_json(data[cls.target_key])

    @abstractmethod
    def loss_and_gradients(
        self, text: Padded, target: Padded, gradients: Parameters, dropout: Dropout | None, loss: str
    ) -> float:
        """The mean loss per predicted symbol, in nats for the cross-entropy; writes all gradients."""

    @abstractmethod
    def score(self, text: Padded, target: Padded) -> Score:
        """The cross-entropy of these pairs, summed."""

    @abstractmethod
    def symbols(self, texts: Ids, targets: Ids) -> int:
        """How many symbols are predicted for pairs whose texts and targets have these lengths (B,)."""


def forget_unknown(model: Model, network: RecurrentNetwork, parameters: Parameters) -> None:
    """A symbol for characters that were never seen says nothing: its rows are zero, and no training changes that."""
    if model.vocabulary.unknown:
        for rows in network.input_embeddings(parameters):
            rows[..., -1, :] = 0


def initialise_dense(parameters: Parameters, name: str, rng: np.random.Generator) -> None:
    """A dense layer ``name.W`` (D, M), uniform in ±1/√D, and ``name.b`` 0."""
    W = parameters[f"{name}.W"]
    bound = len(W) ** -0.5
    W[...] = rng.uniform(-bound, bound, W.shape)
    parameters[f"{name}.b"][...] = 0
