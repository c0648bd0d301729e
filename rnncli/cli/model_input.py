"""What a command gives to a model: the file to open, the text to read first, the units to clamp, the training text."""

import math
import os
from typing import TYPE_CHECKING, Any, NoReturn

from rnncli.datasets.sources import did_you_mean, open_sources, standard_input
from rnncli.datasets.text import read_ids
from rnncli.datasets.unknown import UnknownCharacters
from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.errors import InputError
from rnncli.names import command_line
from rnncli.storage import checkpoint

if TYPE_CHECKING:
    from rnncli.datasets.dataset import Dataset
    from rnncli.engine.clamping import Clamp
    from rnncli.models.base import Model
    from rnncli.models.language_model import NextCharacterModel
    from rnncli.storage.checkpoint import Checkpoint


def command_for(model: "Model") -> str:
    """The command that uses a model: sample for those that write, predict for the others."""
    from rnncli.models.language_model import NextCharacterModel

    return "sample" if isinstance(model, NextCharacterModel) else "predict"


def load_for(command: str, path: str) -> "Checkpoint":
    """Open a model for ``command``, sample or predict; InputError, naming the right command, for other tasks."""
    loaded = checkpoint.load(path)
    right = command_for(loaded.model)
    if right != command:
        raise InputError(f"{path} is {loaded.model.noun}, which cannot {command}; use {command_line(right, path)}")
    return loaded


def check_label(loaded: "Checkpoint", label: str | None) -> None:
    """InputError, naming the file, where a model needs a label, has no use for one, or does not know this one."""
    try:
        loaded.model.initial_state(label=label)
    except InputError as error:
        raise InputError(f"{loaded.path}: {error}") from None


def primed(prime: str, vocabulary: Vocabulary) -> str:
    """The text of ``--prime``, as the vocabulary holds it; - is standard input."""
    if prime != "-":
        return vocabulary.from_user_text(prime)
    data = standard_input().read()
    if vocabulary.encoding == BYTES:
        return data.decode("latin-1")
    return vocabulary.from_user_text(data.decode("utf-8", "replace"))


def parse_clamp(clamp: str, path: str, model: "NextCharacterModel") -> "list[Clamp]":
    """The clamps that ``--clamp L:J=V`` stands for, one for each state of the unit, or ``--clamp FILE=V``, one for each
    cell of the direction in that file; InputError where the model in the file ``path`` has no such unit, the file has
    no direction in its states, or V is not a finite number."""
    from rnncli.inspection.activations import clamps_for, parse_unit, state_names
    from rnncli.storage import direction

    target, _, value = clamp.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            f"--clamp {clamp} is not of the form L:J=V with a number V, as in 1:17=0.9, or FILE=V with a direction"
        )
    if os.path.exists(target):
        return direction.load(target, model, path).held_at(number)
    if target.endswith(".npz"):
        raise InputError(
            f"{target} does not exist; --clamp takes L:J=V, or FILE=V with a direction that "
            f"{command_line('inspect', path, 'probe')} … -o FILE has written{did_you_mean(target)}"
        )
    return clamps_for(model, parse_unit(target, model, path), dict.fromkeys(state_names(model), number))


def require_two(ids: Any, name: str) -> None:
    """InputError where ``ids`` (N,) of the text ``name`` have no character to predict."""
    if len(ids) < 2:
        raise InputError(f"{name} holds fewer than two characters that the model knows, so there is nothing to predict")


def training_ids(loaded: "Checkpoint", hint: str) -> Any:
    """The training text of a model as ids (N,); InputError, ending with the ``hint``, if its files were moved or
    modified."""
    ids = loaded.training_ids()
    return _moved(loaded, hint) if ids is None else ids


def training_data(loaded: "Checkpoint", hint: str) -> "Dataset":
    """What a model learnt from; InputError as of :func:`training_ids`."""
    return loaded.dataset() or _moved(loaded, hint)


def _moved(loaded: "Checkpoint", hint: str) -> NoReturn:
    names = loaded.record.data.names if loaded.record else "its training text"
    raise InputError(f"{loaded.path}: {names} was moved or modified; {hint}")


def baseline_ids(loaded: "Checkpoint", train: list[str], encoding: str | None = None) -> Any:
    """The training text of an n-gram baseline as ids (N,): the files ``train`` in this ``encoding`` or, by default, the
    training text of the model; InputError where there is none."""
    if not train:
        return training_ids(loaded, "name a training text for the n-gram baseline with --train")
    ids = read_ids(open_sources(train, loaded.reading(encoding)), loaded.model.vocabulary, unknown=UnknownCharacters())
    if not len(ids):
        raise InputError(f"{', '.join(train)} holds no characters for the n-gram baseline to learn from")
    return ids
