"""A command line of ``rnncli sweep``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnncli.cli.sweep.options import FIXED
from rnncli.training.sweep.space import SWEPT, Domain

DEFAULT_TIME = 60.0
"""Seconds of a trial."""


@dataclass(frozen=True)
class SweepRequest:
    """``given`` are the options of ``rnncli train`` that all trials have, ``chosen`` the domains of the others."""

    files: list[str]
    trials: int
    output: str
    storage: str
    html: str | None
    force: bool
    json: bool
    quiet: bool
    given: dict[str, Any]
    chosen: dict[str, Domain]

    @classmethod
    def of(cls, values: Mapping[str, Any], length: Mapping[str, Any]) -> "SweepRequest":
        """That of the ``values`` of the command, and the ``length`` of a trial, if one was given."""
        own = {name: values[name] for name in cls.__annotations__ if name in values}
        given = {name: values[name] for name in FIXED if values[name] not in (None, (), [])}
        chosen = {name: values[name] for name in SWEPT if values[name] is not None}
        return cls(**own, given=given | (dict(length) or {"time": DEFAULT_TIME}), chosen=chosen)
