"""A part of a text, for one of many readers of which none needs to hold the whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import IdsWriter, in_memory
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import NO_SHUFFLE, DataSpec
from rnncli.datasets.text import IN_MEMORY, TextDataset, read_text
from rnncli.datasets.vocabulary import Vocabulary


@dataclass(frozen=True)
class Stretch:
    """Of ids (N,), N = ``total``, those from ``start`` on that are ``held``, an array or on disk. It has the length of
    the whole, and is read at places of the whole."""

    total: int
    start: int
    held: Any

    @classmethod
    def of(cls, ids: Any, part: range) -> "Stretch":
        """This part of ``ids`` (N,), in memory, so that it can be sent to another machine."""
        return cls(len(ids), part.start, in_memory(ids[part.start : part.stop]))

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, places: NDArray[np.intp]) -> NDArray[Any]:
        found: NDArray[Any] = self.held[places - self.start]
        return found


def cut(dataset: TextDataset, training: range, validation: range) -> TextDataset:
    """The same with a stretch of each part only."""
    parts = Stretch.of(dataset.training, training), Stretch.of(dataset.validation, validation)
    return replace(dataset, training=parts[0], validation=parts[1])


def read_stretches(
    spec: DataSpec, sources: Sources, vocabulary: Vocabulary, training: range, validation: range
) -> TextDataset:
    """Read a text of which the ``spec`` has the sizes, and keep a stretch of each part. The dataset's own spec has what
    was found. A text that is shuffled, or of which the tails of streams are held out, is read as a whole."""
    if spec.shuffle != NO_SHUFFLE or spec.split_streams:
        return cut(read_text(spec, sources, vocabulary), training, validation)
    other = spec.open_validation()
    behind = 0 if other else spec.training
    first, *rest = _kept(sources, vocabulary, [training] if other else [training, _moved(validation, behind)])
    second = _kept(other, vocabulary, [validation])[0] if other else rest[0]
    found = replace(
        spec,
        files=tuple(sources.names),
        sha256=sources.read_digest,
        training=first.total - (0 if other else spec.held_out),
        held_out=second.total - behind,
    )
    parts = Stretch(found.training, first.start, first.held), Stretch(found.held_out, validation.start, second.held)
    return TextDataset(found, vocabulary, *parts)


def _moved(part: range, distance: int) -> range:
    return range(part.start + distance, part.stop + distance)


def _kept(sources: Sources, vocabulary: Vocabulary, parts: Sequence[range]) -> list[Stretch]:
    """These parts of the text."""
    writers = [IdsWriter(vocabulary.dtype, IN_MEMORY) for _ in parts]
    place = 0
    for number, chunk in sources.numbered_chunks(end_lines="\n" in vocabulary.characters):
        for part, writer in zip(parts, writers, strict=True):
            first, last = (min(max(0, edge - place), len(chunk)) for edge in (part.start, part.stop))
            if first < last:
                writer.append(vocabulary.encode(chunk[first:last], sources.names[number]))
        place += len(chunk)
    return [Stretch(place, part.start, writer.finish()) for part, writer in zip(parts, writers, strict=True)]
