"""Packages that only some formats need: imported where they are used, never required."""

import importlib
from typing import Any

from rnncli.errors import InputError

INSTALL = {
    "safetensors": "pip install 'rnncli[safetensors]'",
    "onnx": "pip install 'rnncli[onnx]'",
    "torch": "pip install torch",
}
"""How to get each package."""


def load_extra(module: str, needed_for: str) -> Any:
    """The ``module`` of an optional package; InputError, saying how to install it, where it is missing."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"{needed_for} needs the package {package}: {INSTALL[package]}") from None
