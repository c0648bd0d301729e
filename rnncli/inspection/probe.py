"""What a view looks at: a model, and a text that it was not trained on.

Where the user names no text, it is the held-out part of the training data, provided that those files are unchanged.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.dataset import read_text_ids
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.unknown import UnknownCharacters
from rnncli.errors import InputError
from rnncli.evaluation.windows import BURN_IN
from rnncli.models.base import Model
from rnncli.storage.checkpoint import Checkpoint

MAX_CHARACTERS = 10_000_000
"""Characters of a text that are looked at."""


@dataclass(frozen=True)
class Probe:
    """A checkpoint, and ``ids`` (N,) of a text; ``source`` says in words which. Both are empty without a text."""

    checkpoint: Checkpoint
    ids: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.intp))
    source: str = ""
    notices: tuple[str, ...] = ()
    """What the user should know of the text."""

    @property
    def model(self) -> Model:
        """The model of the checkpoint."""
        return self.checkpoint.model

    @property
    def path(self) -> str:
        """The file that the model was loaded from."""
        return self.checkpoint.path

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """The characters from ``start`` to ``stop``."""
        return self.model.vocabulary.decode(map(int, self.ids[start:stop]))

    def untrained(self) -> "Probe":
        """The same text for a network of this shape that has learnt nothing."""
        model = type(self.model)(self.model.config, *self.model.alphabets)
        model.initialise(np.random.default_rng(0))
        return replace(self, checkpoint=replace(self.checkpoint, model=model))

    def first(self, characters: int) -> "Probe":
        """The same with this many characters at most, and ``source`` says so."""
        if len(self.ids) <= characters:
            return self
        source = f"{self.source}, the first {characters:,} characters"
        return replace(self, ids=self.ids[:characters], source=source)

    def around(self, at: int | None, characters: int) -> "Excerpt":
        """This many characters at most with number ``at`` in their middle, if None those of the beginning; InputError
        where the text has no such character."""
        if at is None:
            return Excerpt(self.first(characters), 0, 0)
        count = len(self.ids)
        if not 0 <= at < count:
            raise InputError(f"{self.source} has no character {at:,}; its characters are 0 to {count - 1:,}")
        start = max(0, min(at - characters // 2, count - characters))
        stop, burn_in = min(start + characters, count), min(start, BURN_IN)
        source = f"{self.source}, characters {start:,} to {stop - 1:,}"
        return Excerpt(replace(self, ids=self.ids[start - burn_in : stop], source=source), start, burn_in)


@dataclass(frozen=True)
class Excerpt:
    """A part of a text that begins with number ``start`` of its characters. In its ``probe`` others come first,
    ``burn_in`` of them, which are read to arrive at a state."""

    probe: Probe
    start: int
    burn_in: int


def make_probe(checkpoint: Checkpoint, files: list[str], prime: str = "", encoding: str | None = None) -> Probe:
    """The probe for what the user typed: texts in ``files`` of this ``encoding``, or a ``prime``, or the held-out part;
    the first ``MAX_CHARACTERS`` of it. InputError where there is nothing to look at."""
    model = checkpoint.model
    if prime:
        probe = Probe(checkpoint, model.vocabulary.encode(prime, "the prime"), "the prime")
    elif files:
        sources = open_sources(files, checkpoint.reading(encoding))
        spec = DataSpec(task=model.task, format=model.data_format)
        unknown = UnknownCharacters()
        ids = read_text_ids(spec, sources, model.vocabulary, MAX_CHARACTERS, unknown)
        notices = [*sources.warnings, *([unknown.told(model.vocabulary)] if unknown.number else [])]
        probe = Probe(checkpoint, ids, ", ".join(sources.names), tuple(notices))
    else:
        probe = _held_out(checkpoint)
    if len(probe.ids) < 2:
        raise InputError(
            f"{probe.source} holds fewer than two characters that the model knows; name a text with --text"
        )
    return probe


def _held_out(checkpoint: Checkpoint) -> Probe:
    spec = checkpoint.data
    if spec.validation_file is not None:
        file = spec.find_validation(Path(checkpoint.path).parent)
        if file is None:
            raise InputError(
                f"{checkpoint.path}: {spec.validation_file}, which was held out, was moved; name a text with --text"
            )
        sources = open_sources([file], spec.reading)
        return Probe(checkpoint, read_text_ids(spec, sources, checkpoint.model.vocabulary, MAX_CHARACTERS), file)
    dataset = checkpoint.dataset()
    if dataset is None:
        raise InputError(f"{checkpoint.path}: {spec.names} was moved or modified; name a text to look at with --text")
    if spec.held_out:
        part, source = dataset.validation, f"the held-out part of {spec.names}"
    else:
        part, source = dataset.training, f"{spec.names}, the training text (nothing was held out)"
    return Probe(checkpoint, dataset.text_ids(part, MAX_CHARACTERS), source)
