"""What a view looks at: a model, and a text that it has not learnt from.

Without a text of the user's it is the part of the training corpus that was held out, where that file still is as it
was.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.pairs import read_columns, read_pairs, texts_and_partners
from rnncli.datasets.sources import Sources, open_sources
from rnncli.datasets.text import IN_MEMORY, fraction_of, read_ids, split
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.storage.checkpoint import Checkpoint

MOST = 10_000_000
"""Characters of a text that are looked at, at most."""


@dataclass(frozen=True)
class Probe:
    """A ``model`` with the name of its file, and ``ids`` (N,) of a text, of which ``source`` says in words what it is.

    ``record`` is what the file says of its training.
    """

    model: Model
    path: str
    record: dict[str, Any]
    ids: NDArray[Any]
    source: str

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """The characters from ``start`` to ``stop``."""
        return self.model.vocabulary.decode(map(int, self.ids[start:stop]))

    def first(self, characters: int) -> "Probe":
        """The same with so many characters at most, and ``source`` says so."""
        if len(self.ids) <= characters:
            return self
        source = f"{self.source}, the first {characters:,} characters"
        return Probe(self.model, self.path, self.record, self.ids[:characters], source)


def make_probe(path: str, checkpoint: Checkpoint, files: list[str], prime: str = "") -> Probe:
    """The subject for what the user typed: texts in ``files``, or a ``prime``, or the held-out part; the first ``MOST``
    characters of it. InputError where there is nothing to look at."""
    model, record = checkpoint.model, checkpoint.record
    if prime:
        return _checked(Probe(model, path, record, model.vocabulary.encode(prime, "the prime"), "the prime"))
    if files:
        sources = open_sources(files, model.vocabulary.encoding)
        ids = _ids(model, sources)
        return _checked(Probe(model, path, record, ids, ", ".join(sources.names)))
    return _checked(_held_out(model, path, record))


def training_ids(subject: Probe) -> NDArray[Any] | None:
    """The ids (N,) that the model learnt from, where its running text still is as it was; None elsewhere."""
    corpus, model = subject.record.get("corpus", {}), subject.model
    sources = _as_it_was(model, subject.path, corpus)
    if sources is None or model.task != "generate" or model.partner is not None:
        return None
    if corpus["tails"]:
        return split(read_ids(sources, model.vocabulary), fraction_of(corpus["held_out"]), corpus["tails"])[0][:MOST]
    return read_ids(sources, model.vocabulary, min(corpus["training"], MOST))


def _checked(subject: Probe) -> Probe:
    if len(subject.ids) < 2:
        raise InputError(
            f"{subject.source} holds fewer than two characters, too few to look at; name others with --text"
        )
    return subject


def _ids(model: Model, sources: Sources) -> NDArray[Any]:
    if model.task != "generate" or model.partner is not None:
        columns = read_columns(sources, model.task)
        return model.vocabulary.encode("".join(texts_and_partners(columns, model.task)[0])[:MOST])
    return read_ids(sources, model.vocabulary, MOST)


def _as_it_was(model: Model, path: str, corpus: dict[str, Any]) -> Sources | None:
    """The files that the model was trained on, by the names in its record, seen from here or from beside the model;
    None if they are gone or their bytes have changed."""
    for folder in (Path(), Path(path).parent):
        names = [str(folder / name) for name in corpus.get("names", [])]
        if names and all(Path(name).is_file() for name in names):
            sources = open_sources(names, model.vocabulary.encoding)
            if sources.digest() == corpus.get("sha256"):
                return sources
    return None


def _held_out(model: Model, path: str, record: dict[str, Any]) -> Probe:
    corpus = record.get("corpus", {})
    names, asked = ", ".join(corpus.get("names", [])), corpus.get("held_out")
    fraction = fraction_of(asked)
    if asked is not None and fraction is None:
        if not Path(asked).is_file():
            raise InputError(f"{path}: {asked}, which was held out, is not here any more; name a text with --text")
        return Probe(model, path, record, _ids(model, open_sources([asked], model.vocabulary.encoding)), asked)
    sources = _as_it_was(model, path, corpus)
    if sources is None:
        where = f"{names} is not here any more as it was" if names else "the file does not say what it was trained on"
        raise InputError(f"{path}: {where}; name a text to look at with --text")
    what = (
        f"the held-out part of {names}" if corpus["validation"] else f"{names}, which was learnt (nothing was held out)"
    )
    if model.task == "generate" and model.partner is None:
        ids = read_ids(sources, model.vocabulary, limit=IN_MEMORY)
        part = split(ids, fraction, corpus["tails"])[1] if corpus["validation"] else ids
        return Probe(model, path, record, part[np.arange(min(len(part), MOST))], what)
    alphabets, seed = (model.vocabulary, model.partner), record["options"]["seed"]
    pairs = read_pairs(sources, model.task, fraction, seed=seed, alphabets=alphabets)
    chosen = pairs.validation if len(pairs.validation) else pairs.training
    return Probe(model, path, record, np.asarray(chosen.texts.ids), what)
