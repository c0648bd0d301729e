"""What a file of weights says of the model beside them: one JSON object, under the key ``rnncli``.

It holds what the model file says of task, network and alphabets, and the version of that format.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from rnncli.engine.arrays import Array
from rnncli.models.base import Model
from rnncli.models.config import NetworkConfig
from rnncli.models.registry import model_class
from rnncli.storage.checkpoint import FORMAT_VERSION
from rnncli.storage.npz import parse_json

KEY = "rnncli"


def metadata_of(model: Model) -> dict[str, str]:
    """The metadata of ``model``, as the formats take them: strings by name."""
    return {KEY: json.dumps({"version": FORMAT_VERSION, **model.to_json()}, allow_nan=False)}


def model_from(metadata: str, arrays: Mapping[str, Array]) -> Model:
    """The model that ``metadata`` describe, all parameters 0; ValueError, KeyError or TypeError where they are
    malformed, or describe a larger one than ``arrays`` could be the parameters of."""
    meta: dict[str, Any] = parse_json(metadata.encode())
    if meta["version"] != FORMAT_VERSION:
        raise ValueError(f"it has format version {meta['version']!r:.20}, this rnncli reads {FORMAT_VERSION}")
    kind = model_class(meta)
    config, alphabets = NetworkConfig.from_json(meta["network"]), kind.alphabets_from_json(meta)
    size = sum(values.size for values in arrays.values())
    # The layers are counted first: to list the shapes of a million takes a gigabyte.
    if config.layers > len(arrays) or sum(map(math.prod, kind.shapes(config, *alphabets).values())) > size:
        raise ValueError("it is too small for the network that it names")
    return kind(config, *alphabets)
