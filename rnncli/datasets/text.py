"""Running text as integers, cut into a part to train on and one to validate on, and into streams."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import IdsWriter, in_memory
from rnncli.datasets.records import has_records
from rnncli.datasets.shuffle import looks_sorted, shuffled
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import NO_SHUFFLE, DataSpec
from rnncli.datasets.unknown import UnknownCharacters
from rnncli.datasets.vocabulary import BYTES, CHARACTERS, Vocabulary, code_points
from rnncli.errors import InputError
from rnncli.names import command_line, listed, plural

VALIDATION_FRACTION = 0.1
MAX_VALIDATION = 500_000
"""By default the last tenth of a text is held out, but no more characters than a loss needs to be exact."""

MIN_VALIDATION = 100
"""Texts of which the last tenth would be shorter than this are learnt whole."""

IN_MEMORY = 1 << 25
"""Texts of more characters than this are kept in a file."""

CHUNK = 1 << 20
"""Characters that are looked through at once."""

MAX_WINDOW, MAX_STREAMS, WINDOWS_PER_STREAM = 64, 32, 8
"""The default batch: as many streams as leave each at least some windows of its own."""


@dataclass(frozen=True)
class TextDataset:
    """A text and its vocabulary. ``training`` (N,) and ``validation`` (M,) are ids, M may be 0: arrays, or of a long
    text :class:`DiskIds`."""

    spec: DataSpec
    vocabulary: Vocabulary
    training: Any
    validation: Any
    warnings: tuple[str, ...] = ()

    unit: ClassVar[str] = "character"

    @property
    def alphabets(self) -> tuple[Vocabulary]:
        """The vocabulary alone."""
        return (self.vocabulary,)

    @property
    def characters(self) -> int:
        """N."""
        return len(self.training)

    @property
    def has_validation(self) -> bool:
        """Whether there is a character to predict."""
        return len(self.validation) > 1

    def characters_per_step(self, batch_size: int, seq_length: int) -> float:
        """A window of every stream."""
        return batch_size * seq_length

    def default_batch(self, least: int = 1) -> dict[str, int]:
        """Batch size and window by the size of the text."""
        seq_length = max(1, min(MAX_WINDOW, len(self.training) - 1))
        streams = len(self.training) // (WINDOWS_PER_STREAM * seq_length)
        return {"batch_size": max(1, min(max(MAX_STREAMS, least), streams)), "seq_length": seq_length}

    def describe(self) -> str:
        """5,000 characters, 65 distinct, and 500 for validation"""
        held_out = f", and {len(self.validation):,} for validation" if len(self.validation) else ""
        return f"{plural(len(self.training), 'character')}, {len(self.vocabulary)} distinct{held_out}"

    def describe_batch(self, batch_size: int, seq_length: int) -> str:
        """32 streams × 64 characters"""
        window = min(seq_length, (len(self.training) - 1) // batch_size)
        return f"{plural(batch_size, 'stream')} × {plural(window, 'character')}"

    def unread(self) -> NDArray[np.intp]:
        """The ids (n,) that are never read in training: those of characters that occur only in what is held out, or at
        the very end of the text."""
        seen, last = np.zeros(len(self.vocabulary), bool), len(self.training) - 1
        for start in range(0, last, CHUNK):
            seen[in_memory(self.training[start : min(start + CHUNK, last)])] = True
            if seen.all():
                break
        return np.flatnonzero(~seen)

    def text_ids(self, part: Any, limit: int) -> NDArray[Any]:
        """The first ``limit`` ids of a part, in memory."""
        return part[np.arange(min(len(part), limit))]


@dataclass(frozen=True)
class Streams:
    """A text cut into B contiguous streams, read side by side in windows of T characters.

    Stream b is ``ids[b · n : b · n + n + 1]``, with n inputs and n targets, each target the next input; up to B − 1
    characters at the end are left over.
    """

    ids: Any
    count: int
    window: int

    @property
    def length(self) -> int:
        """n, the characters to predict in each stream."""
        return (len(self.ids) - 1) // self.count

    @property
    def windows(self) -> int:
        """Windows in an epoch; the last one may be shorter than the others."""
        return -(-self.length // self.window)

    def batch(self, index: int, shard: slice = slice(None)) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """One batch: the inputs of window ``index`` and the characters after them as targets, each (T, B) and
        C-contiguous; ``shard`` is of the streams."""
        start = index * self.window
        stop = min(start + self.window, self.length)
        starts = np.arange(self.count)[shard] * self.length
        window = self.ids[starts + np.arange(start, stop + 1)[:, None]].astype(np.intp)
        return window[:-1], window[1:]


def read_text(
    spec: DataSpec,
    sources: Sources,
    vocabulary: Vocabulary | None = None,
    min_count: int = 1,
    extend: bool = False,
) -> TextDataset:
    """Read a text, twice where its ``vocabulary`` is not given or may be extended: once to count its characters and
    those of a validation file, once to translate them.

    InputError if there are fewer than two characters, and if the text changes while it is read.
    """
    digest, other, advice = spec.sha256, spec.open_validation(), []
    if vocabulary is None or (extend and not vocabulary.unknown):
        counts, first_chunk = _count(sources)
        digest = sources.read_digest
        _require_two(int(counts.sum()), sources)
        counts = counts + _count(other)[0] if other else counts
        if vocabulary is None:
            vocabulary = _vocabulary(counts, sources, min_count)
        else:
            vocabulary = vocabulary.extended("".join(map(chr, np.flatnonzero(counts))))
        if spec.shuffle == NO_SHUFFLE and looks_sorted(first_chunk):
            shuffle = command_line("train", *sources.names, options=["--shuffle", "lines"])
            advice.append(f"the lines are sorted, so that what is held out is unlike the rest; try: {shuffle}")
        records = [name for name in sources.names if has_records(name)]
        if records and not spec.columns:
            advice.append(f"{listed(records)} is read as it stands; --column NAME reads a field of its records")
    documents: list[int] = []
    try:
        ids = read_ids(sources, vocabulary, in_memory=IN_MEMORY, documents=documents)
    except InputError:
        if not digest or digest == spec.sha256:
            raise
        sources.read_digest = "changed"  # characters that were not there when they were counted
    if digest and sources.read_digest != digest:
        raise InputError(f"{', '.join(sources.names)} changed while it was read; start again")
    _require_two(len(ids), sources)
    if spec.shuffle != NO_SHUFFLE:
        ids = shuffled(ids, documents, spec.shuffle, vocabulary, spec.seed, IN_MEMORY)
    warnings = [*sources.warnings, *advice]
    if other is not None:
        training, validation = ids, read_ids(other, vocabulary, in_memory=IN_MEMORY)
        warnings += other.warnings
        if len(validation) < 2:
            raise InputError(f"{', '.join(other.names)} holds fewer than two characters, too few to validate on")
    else:
        training, validation = train_validation_split(ids, spec.fraction, spec.split_streams)
    spec = replace(
        spec,
        files=tuple(sources.names),
        sha256=sources.read_digest,
        training=len(training),
        held_out=len(validation),
    )
    return TextDataset(spec, vocabulary, training, validation, tuple(warnings))


def _vocabulary(counts: NDArray[np.int64], sources: Sources, min_count: int) -> Vocabulary:
    symbols = BYTES if sources.reading.encoding == BYTES else CHARACTERS
    vocabulary = Vocabulary.from_counts(counts, symbols, min_count, sources.reading.normalize)
    if not vocabulary.characters:
        raise InputError(f"no character occurs {min_count} times; use a smaller --min-count")
    return vocabulary


def _count(sources: Sources) -> tuple[NDArray[np.int64], str]:
    """How often each code point occurs, and the first chunk of the text."""
    counts, first_chunk = np.zeros(sys.maxunicode + 1, np.int64), ""
    for chunk in sources.chunks():
        in_chunk = np.bincount(code_points(chunk))
        counts[: len(in_chunk)] += in_chunk
        first_chunk = first_chunk or chunk
    return counts, first_chunk


def _require_two(total: int, sources: Sources) -> None:
    if total < 2:
        names = ", ".join(sources.names)
        raise InputError(f"{names} holds {total or 'no'} character{'s'[: total != 1]}; training needs at least two")


def read_ids(
    sources: Sources,
    vocabulary: Vocabulary,
    limit: int | None = None,
    in_memory: int = sys.maxsize,
    documents: list[int] | None = None,
    unknown: UnknownCharacters | None = None,
) -> Any:
    """The ids (N,) of a text, or of its first ``limit`` characters, in a vocabulary that is given. More than
    ``in_memory`` of them are :class:`DiskIds`, fewer an array. ``documents`` receives the place behind each source.

    Characters without an id are counted in ``unknown``; InputError where it is not given.
    """
    ids = IdsWriter(vocabulary.dtype, in_memory)
    before = [0] * len(sources.names)  # characters of each source so far
    ends = [0] * len(sources.names)
    for number, chunk in sources.numbered_chunks(end_lines="\n" in vocabulary.characters):
        if limit is not None:
            chunk = chunk[: limit - len(ids)]
        if unknown is not None:
            ids.append(unknown.encode(chunk, vocabulary))
        else:
            ids.append(vocabulary.encode(chunk, sources.names[number], before[number]))
        before[number] += len(chunk)
        ends[number] = len(ids)
        if len(ids) == limit:
            break
    if documents is not None:
        documents.extend(end for end in ends if end)
    return ids.finish()


def train_validation_split(ids: Any, fraction: float | None, streams: int = 0) -> tuple[Any, Any]:
    """The train/validation split of ``ids`` (N,): the end of the text is held out, or with ``streams`` the end of each
    of them, one after the other, as char-rnn does; up to ``streams`` − 1 characters are then left over. InputError
    where the streams are too short to hold anything out."""
    total = len(ids)
    if not streams:
        cut = total - held_out(total, fraction)
        return ids[:cut], ids[cut:]
    length = total // streams
    cut = length - held_out(total, fraction) // streams
    if not 1 < cut < length:
        raise InputError(
            f"{total} characters in {streams} streams have no tails to hold out; use a smaller --batch-size"
        )
    starts = range(0, streams * length, length)
    return _concatenated(ids, starts, 0, cut), _concatenated(ids, starts, cut, length)


def _concatenated(ids: Any, starts: Iterable[int], first: int, last: int) -> Any:
    """What lies from ``first`` to ``last`` behind each of these places, one after the other."""
    writer = IdsWriter(ids.dtype, IN_MEMORY)
    for start in starts:
        writer.append(in_memory(ids[start + first : start + last]))
    return writer.finish()


def held_out(total: int, fraction: float | None) -> int:
    """How many of ``total`` characters at the end are for validation; at least two stay for training."""
    if fraction is None:
        tenth = min(int(total * VALIDATION_FRACTION), MAX_VALIDATION)
        return tenth if tenth >= MIN_VALIDATION else 0
    return min(int(total * fraction), total - 2)
