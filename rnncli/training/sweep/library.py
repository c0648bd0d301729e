"""Optuna, which is optional and is loaded only by a sweep."""

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rnncli.errors import InputError


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna warns of whatever is experimental, which no user of a sweep has chosen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def optuna_library() -> Any:
    """Optuna, silent; InputError, saying how to get it, where it is not installed."""
    try:
        with quiet():
            optuna: Any = importlib.import_module("optuna")
    except ImportError:
        raise InputError("a sweep needs Optuna: pip install 'rnncli[sweep]'") from None
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    return optuna
