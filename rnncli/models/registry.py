"""All models by their kind."""

from typing import Any

from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.config import NetworkConfig
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel
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


def from_json(data: dict[str, Any]) -> Model:
    """The model of a :meth:`Model.to_json`, all parameters 0; ValueError or KeyError where the data is malformed."""
    kind = model_class(data)
    return kind(NetworkConfig.from_json(data["network"]), *kind.alphabets_from_json(data))
