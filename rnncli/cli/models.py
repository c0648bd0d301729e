"""Opening the model that a command is about."""

from typing import TYPE_CHECKING, Any

from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.checkpoint import Checkpoint

KINDS = {
    "generate": ("a language model", "sample"),
    "classify": ("a classifier", "predict"),
    "tag": ("a tagger", "predict"),
    "translate": ("a translator", "predict"),
}
"""What the model of a task is called, and the command that uses it."""


def load_for(command: str, path: str) -> "Checkpoint":
    """The model file for ``command``, sample or predict; InputError, with the right command, for other kinds."""
    from rnncli import checkpoint

    loaded = checkpoint.load(path)
    kind, right = KINDS[loaded.model.task]
    if right != command:
        raise InputError(f"{path} is {kind}, which has nothing to {command}; use rnncli {right} {path}")
    return loaded


def language_model(path: str) -> Any:
    """The language model in a file."""
    return load_for("sample", path).model
