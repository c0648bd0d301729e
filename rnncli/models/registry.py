"""All models by their kind."""

import math
from collections.abc import Sequence
from typing import Any

from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator

MODELS: dict[str, type[Model]] = {
    model.kind: model for model in (LanguageModel, LabelledLanguageModel, Classifier, Tagger, Translator)
}


def model_class(data: dict[str, Any]) -> type[Model]:
    """The class of a :meth:`Model.to_json`; ValueError for an unknown task. A language model that has labels is one of
    labelled texts."""
    task = data["task"]
    labelled = LabelledLanguageModel
    kind = labelled.kind if task == labelled.task and labelled.target_key in data else task
    if not isinstance(kind, str) or kind not in MODELS:
        raise ValueError(f"its task is {task!r:.40}")
    return MODELS[kind]


def parse(data: dict[str, Any]) -> tuple[type[Model], NetworkConfig, tuple[Any, ...]]:
    """The class, configuration and alphabets of a :meth:`Model.to_json`; ValueError, KeyError or TypeError where the
    data is malformed or no such model can exist."""
    kind, config = model_class(data), NetworkConfig.from_json(data["network"])
    if config.bidirectional and issubclass(kind, NextCharacterModel):
        raise ValueError("a language model in both directions would see the future")
    if config.cell == FEED_FORWARD and kind is not LanguageModel:
        raise ValueError(f"a feed-forward network cannot be {kind.noun}")
    return kind, config, kind.alphabets_from_json(data)


def allocate(kind: type[Model], config: NetworkConfig, alphabets: Sequence[Any], arrays: int, numbers: int) -> Model:
    """A model, all parameters 0, for a file that is not trusted and holds this number of ``arrays``, with ``numbers``
    in all; ValueError where that is too small for it, before memory is used for what the file does not hold."""
    # The layers are counted first: to list the shapes of a million takes a gigabyte.
    if config.layers > arrays or sum(map(math.prod, kind.shapes(config, *alphabets).values())) > numbers:
        raise ValueError("it is too small for the network that it names")
    return kind(config, *alphabets)


def from_json(data: dict[str, Any]) -> Model:
    """The model of a :meth:`Model.to_json`, all parameters 0; ValueError, KeyError or TypeError as in :func:`parse`."""
    kind, config, alphabets = parse(data)
    return kind(config, *alphabets)
