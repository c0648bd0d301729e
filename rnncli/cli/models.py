"""Opening the model that a command is about."""

from typing import TYPE_CHECKING, Any

from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.storage.checkpoint import Checkpoint

KINDS = {
    "generate": ("a language model", "sample"),
    "classify": ("a classifier", "predict"),
    "tag": ("a tagger", "predict"),
    "translate": ("a translator", "predict"),
}
"""What the model of a task is called, and the command that uses it."""


def load_for(command: str, path: str) -> "Checkpoint":
    """The model file for ``command``, sample or predict; InputError, with the right command, for other kinds."""
    from rnncli.storage import checkpoint

    loaded = checkpoint.load(path)
    kind, right = KINDS[loaded.model.task]
    if right != command:
        raise InputError(f"{path} is {kind}, which has nothing to {command}; use rnncli {right} {path}")
    return loaded


def learnt_ids(path: str, loaded: "Checkpoint", otherwise: str) -> Any:
    """The ids (N,) of the running text that the model in the file ``path`` has learnt; InputError, which says what to
    do ``otherwise``, where that text is not here as it was."""
    import numpy as np

    from rnncli.inspection.probe import Probe, training_ids

    learnt = training_ids(Probe(loaded.model, path, loaded.record, np.empty(0, np.intp), ""))
    if learnt is None:
        names = ", ".join(loaded.record.get("corpus", {}).get("names", [])) or "the text that it has learnt"
        raise InputError(f"{path}: {names} is not here as it was; {otherwise}")
    return learnt


def ngram_nats(path: str, loaded: "Checkpoint", train: list[str], ids: Any, order: int) -> float:
    """The mean loss in nats of ``ids`` (N,), all but the first, under an n-gram model of the texts ``train``, or where
    none is named of what the model in the file ``path`` has learnt; InputError where there is nothing to learn from."""
    import numpy as np

    from rnncli.datasets.sources import open_sources
    from rnncli.datasets.text import read_ids
    from rnncli.evaluation.ngram import probabilities

    vocabulary = loaded.model.vocabulary
    if train:
        learnt = read_ids(open_sources(train, vocabulary.encoding), vocabulary)
        if not len(learnt):
            raise InputError(f"{', '.join(train)} holds no characters for the n-gram model to count")
    else:
        learnt = learnt_ids(path, loaded, "name a text for the n-gram model with --train")
    return float(-np.log(probabilities(learnt, ids, len(vocabulary), order)[1:]).mean())
