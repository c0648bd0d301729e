"""From a place in a training text back to its file and line: what joins, shuffles and splits the files is undone."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.columns import read_lines, with_boundaries
from rnncli.datasets.dataset import Dataset
from rnncli.datasets.shuffle import new_order
from rnncli.datasets.sources import Sources, open_sources
from rnncli.datasets.spec import NO_SHUFFLE, TEXT, DataSpec
from rnncli.datasets.text import IN_MEMORY, read_ids
from rnncli.datasets.vocabulary import Vocabulary

Origin = tuple[str, int]
"""A file, and the number of a line in it from 1 on, as grep prints them; of a record the number of its last line."""


def training_text(dataset: Dataset) -> Any:
    """The ids (N,) that a model learnt from, an array or on disk; of pairs the texts, one behind the other."""
    return dataset.training if dataset.spec.format == TEXT else dataset.text_ids(dataset.training, dataset.characters)


def origins(dataset: Dataset, places: Sequence[int]) -> list[Origin]:
    """Where each of the ``places`` in the :func:`training_text` stands; the files are read once more."""
    spec, wanted = dataset.spec, np.asarray(places, np.intp)
    sources = open_sources(spec.files, spec.reading)
    if spec.format == TEXT:
        wanted = _before_split(spec, wanted)
        if spec.shuffle != NO_SHUFFLE:
            wanted = _before_shuffle(spec, sources, dataset.vocabulary, wanted)
        end_lines = "\n" in dataset.vocabulary.characters
        chunks = ((sources.names[n], line, chunk) for n, line, chunk in sources.located_chunks(end_lines))
    else:
        texts = dataset.training.texts
        ends = np.cumsum(texts.lengths)
        which = np.searchsorted(ends, wanted, side="right")
        wanted = texts.starts[which] + wanted - (ends - texts.lengths)[which]
        lines = read_lines(sources, spec.task, spec.max_length)
        chunks = (
            (line.file, line.number, part)
            for line in lines
            for part in with_boundaries(line, spec.task)[0].splitlines(keepends=True)  # as the boundary is a line end
        )
    order = np.argsort(wanted, kind="stable")
    found = dict(zip(order.tolist(), _located(chunks, wanted[order].tolist()), strict=True))
    return [found[n] for n in range(len(wanted))]


def _located(chunks: Iterator[tuple[str, int, str]], places: list[int]) -> Iterator[Origin]:
    """The file and the line of each of the ``places``, which rise, among chunks of which each has the file and the line
    where it begins."""
    waiting = iter(places)
    place, before = next(waiting, None), 0
    for name, line, chunk in chunks:
        while place is not None and place < before + len(chunk):
            yield name, line + chunk.count("\n", 0, place - before)
            place = next(waiting, None)
        if place is None:
            return
        before += len(chunk)


def _before_split(spec: DataSpec, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """The places in the text from which the end of each stream was held out."""
    if not spec.split_streams:
        return places
    training, whole = spec.training // spec.split_streams, (spec.training + spec.held_out) // spec.split_streams
    return places // training * whole + places % training


def _before_shuffle(
    spec: DataSpec, sources: Sources, vocabulary: Vocabulary, places: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The places in the text as it was; a line end that was added belongs to the character before it."""
    documents: list[int] = []
    ids = read_ids(sources, vocabulary, in_memory=IN_MEMORY, documents=documents)
    starts, ends, sizes = new_order(ids, documents, spec.shuffle, vocabulary, spec.seed)
    stops = np.cumsum(sizes)
    which = np.searchsorted(stops, places, side="right")
    return np.minimum(starts[which] + places - (stops - sizes)[which], ends[which] - 1)
