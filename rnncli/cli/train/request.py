"""What the user asked ``rnncli train`` for."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Request:
    """The command line of ``rnncli train``. The dictionaries hold the options that were given, by name."""

    files: list[str]
    output: str
    task: str | None
    network: dict[str, Any]
    learning: dict[str, Any]
    length: dict[str, Any]
    encoding: str
    min_count: int
    validation: str | None
    validation_split: str | None
    save_every: int | None
    init_from: str | None
    resume: bool
    force: bool
    dry_run: bool
    json: bool
    quiet: bool
