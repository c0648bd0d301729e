"""All models by their task."""

from typing import Any

from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.language_model import LanguageModel
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator

MODELS: dict[str, type[Model]] = {model.task: model for model in (LanguageModel, Classifier, Tagger, Translator)}


def from_json(data: dict[str, Any]) -> Model:
    """The model of a :meth:`Model.to_json`, all parameters 0; ValueError or KeyError where the data is malformed."""
    model = MODELS[data["task"]]
    return model(*model.parts_from_json(data))
