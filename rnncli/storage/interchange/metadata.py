"""What a file of weights says of the model beside them: one JSON object, under the key ``rnncli``.

It holds what the model file says of task, network and alphabets, and the version of that format.
"""

import json
from typing import Any

from rnncli.models.base import Model
from rnncli.models.config import NetworkConfig
from rnncli.models.registry import parse
from rnncli.storage.checkpoint import FORMAT_VERSION, READABLE
from rnncli.storage.npz import parse_json

KEY = "rnncli"

EXPORTED = tuple(version for version in READABLE if version >= 6)
"""Earlier versions were in model files only."""


def metadata_of(model: Model) -> dict[str, str]:
    """The metadata of ``model``, as the formats take them: strings by name."""
    return {KEY: json.dumps({"version": FORMAT_VERSION, **model.to_json()}, allow_nan=False)}


def parse_metadata(metadata: str) -> tuple[type[Model], NetworkConfig, tuple[Any, ...]]:
    """The kind, configuration and alphabets of a model; ValueError, KeyError or TypeError where they are malformed."""
    meta: dict[str, Any] = parse_json(metadata.encode())
    if meta["version"] not in EXPORTED:
        versions = " and ".join(map(str, EXPORTED))
        raise ValueError(f"it has format version {meta['version']!r:.20}, this rnncli reads {versions}")
    return parse(meta)
