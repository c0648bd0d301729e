"""Pairs as integers: texts and their targets, cut into a part to train on and one to validate on."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.columns import CHARACTERS, LAYOUTS, Line, read_lines, with_boundaries
from rnncli.datasets.disk_ids import IdsWriter
from rnncli.datasets.labels import Labels
from rnncli.datasets.pair_counts import Alphabet, Counts
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import IN_MEMORY
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from rnncli.names import listed, plural

MAX_LISTED = 4
"""Labels that are named with their counts."""

MAX_PADDED = 1 << 14
"""Characters that are read side by side, padding included: each takes some kilobytes until its gradient is known."""

TOGETHER = 1 << 18
"""Characters of lines that are translated at once."""

VALIDATION_FRACTION = 0.1
MIN_FOR_VALIDATION = 100
"""Smaller sets are learnt whole, unless the user asks otherwise."""

MAX_BATCH, MIN_STEPS_PER_EPOCH = 32, 4
"""The default batch."""


@dataclass(frozen=True)
class Pairs:
    """Texts and their targets as ids, one for one."""

    texts: Ragged
    targets: Ragged

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, which: NDArray[np.intp]) -> "Pairs":
        """These of the pairs, in this order."""
        return Pairs(self.texts.take(which), self.targets.take(which))

    def padded(self, which: NDArray[np.intp]) -> tuple[Padded, Padded]:
        """The texts and the targets of these pairs, side by side."""
        return self.texts.padded(which), self.targets.padded(which)

    def by_length(self, which: NDArray[np.intp]) -> NDArray[np.intp]:
        """These of the pairs, shortest first."""
        return which[np.lexsort((self.targets.lengths[which], self.texts.lengths[which]))]

    def micro_batches(self, which: NDArray[np.intp], size: int, window: int) -> Iterator[NDArray[np.intp]]:
        """``which`` in parts of at most ``size`` pairs and, with their padding, ``MAX_PADDED`` characters; of longer
        texts only a ``window`` is in memory at once. A pair alone may have more."""
        lengths = np.minimum(np.maximum(self.texts.lengths[which], self.targets.lengths[which]), window)
        start = 0
        while start < len(which):
            longest = np.maximum.accumulate(lengths[start : start + size])
            fitting = int(np.count_nonzero(longest * np.arange(1, len(longest) + 1) <= MAX_PADDED))
            stop = start + max(1, fitting)
            yield which[start:stop]
            start = stop


@dataclass(frozen=True)
class PairDataset:
    """Pairs to train on and to validate on, and the alphabets of their columns."""

    spec: DataSpec
    vocabulary: Vocabulary
    target: Alphabet
    training: Pairs
    validation: Pairs
    warnings: tuple[str, ...] = ()

    unit: ClassVar[str] = "line"

    @property
    def alphabets(self) -> tuple[Vocabulary, Alphabet]:
        """That of the text and that of the target."""
        return self.vocabulary, self.target

    @property
    def characters(self) -> int:
        """Those of the longer column."""
        return int(max(self.training.texts.lengths.sum(), self.training.targets.lengths.sum()))

    @property
    def has_validation(self) -> bool:
        """Whether there is a pair."""
        return len(self.validation) > 0

    def characters_per_step(self, batch_size: int, seq_length: int) -> float:
        """Those of ``batch_size`` pairs; they are read whole, whatever ``seq_length``."""
        return batch_size * self.characters / len(self.training)

    def default_batch(self, least: int = 1) -> dict[str, int]:
        """Batch size by the number of pairs."""
        return {"batch_size": max(1, min(max(MAX_BATCH, least), len(self.training) // MIN_STEPS_PER_EPOCH))}

    def describe(self) -> str:
        """2,700 lines of label and text, 24 characters, 2 labels, and 300 lines for validation"""
        layout, characters = LAYOUTS[self.spec.task], len(self.vocabulary.characters)
        if layout.target == CHARACTERS:
            distinct = f"{characters:,} source and {len(self.target):,} target characters"
        else:
            distinct = f"{plural(characters, 'character')}, {plural(len(self.target), layout.target)}{self._counts()}"
        held_out = f", and {plural(len(self.validation), self.unit)} for validation" if len(self.validation) else ""
        return f"{plural(len(self.training), self.unit)} of {' and '.join(layout.columns)}, {distinct}{held_out}"

    @property
    def label_counts(self) -> NDArray[np.intp]:
        """How many lines to train on have each of K labels, (K,)."""
        return np.bincount(self.training.targets.first_symbols, minlength=len(self.target))

    def _counts(self) -> str:
        """The most frequent labels, and how many lines have them."""
        if not isinstance(self.target, Labels):
            return ""
        counts = self.label_counts
        order = np.argsort(-counts, kind="stable")
        return f" ({listed([f'{self.target.symbols[i]} {counts[i]:,}' for i in order], MAX_LISTED)})"

    def describe_batch(self, batch_size: int, seq_length: int) -> str:
        """32 lines"""
        return plural(batch_size, self.unit)

    def text_ids(self, part: Pairs, limit: int) -> NDArray[Any]:
        """The first ``limit`` ids of the column of texts, one behind the other."""
        return part.texts.first(limit)


def read_pairs(
    spec: DataSpec,
    sources: Sources,
    alphabets: tuple[Vocabulary, Alphabet] | None = None,
    min_count: int = 1,
    extend: bool = False,
) -> PairDataset:
    """Read the pairs of a task, twice where ``alphabets`` are not given or may be extended: once to count, once to
    translate them.

    Where a fraction is held out it is drawn by the seed of ``spec``, and from every label alike. ``alphabets`` are
    those of a model to go on with. InputError, naming file and line, for what cannot be read, for labels that are
    all the same, and if the files change while they are read.
    """
    other, digest, warnings = spec.open_validation(), spec.sha256, list[str]()
    if alphabets is None or extend:
        counts = Counts(spec.task)
        for line in read_lines(sources, spec.task, spec.max_length):
            counts.add(line)
        digest = sources.read_digest
        if not counts.lines:
            raise InputError(f"{', '.join(sources.names)}: no line has at most {spec.max_length:,} characters")
        warnings += counts.warnings()
        if other is not None:
            learnt = set(counts.targets)
            for line in read_lines(other, spec.task, spec.max_length):
                counts.add(line)
            if unlearnt := sorted(set(counts.targets) - learnt):
                names = listed(list(map(repr, unlearnt)))
                warnings.append(f"{counts.layout.target}s of the validation file alone, which are not learnt: {names}")
        alphabets = counts.extended(*alphabets) if alphabets else counts.alphabets(sources, min_count)
    pairs = encode_lines(read_lines(sources, spec.task, spec.max_length), spec.task, *alphabets)
    if digest and sources.read_digest != digest:
        raise InputError(f"{', '.join(sources.names)} changed while it was read; start again")
    warnings = [*sources.warnings, *warnings]
    vocabulary, target = alphabets
    if other is not None:
        training = pairs
        validation = encode_lines(read_lines(other, spec.task, spec.max_length), spec.task, *alphabets)
        warnings += other.warnings
    else:
        groups = pairs.targets.first_symbols if isinstance(target, Labels) else np.zeros(len(pairs), np.intp)
        chosen = _held_out(groups, spec.fraction, spec.seed)
        training, validation = pairs.take(np.flatnonzero(~chosen)), pairs.take(np.flatnonzero(chosen))
    spec = replace(
        spec,
        files=tuple(sources.names),
        sha256=sources.read_digest,
        training=len(training),
        held_out=len(validation),
    )
    return PairDataset(spec, vocabulary, target, training, validation, tuple(warnings))


def read_texts(sources: Sources, task: str, vocabulary: Vocabulary, limit: int) -> NDArray[Any]:
    """The ids (N,) of the column of texts, one behind the other, of at most ``limit`` characters."""
    texts, total = [], 0
    for line in read_lines(sources, task):
        texts.append(with_boundaries(line, task)[0])
        total += len(texts[-1])
        if total >= limit:
            break
    return vocabulary.encode("".join(texts)[:limit])


def encode_lines(lines: Iterator[Line], task: str, vocabulary: Vocabulary, target: Alphabet) -> Pairs:
    """The ids of all lines, some hundred thousand characters at a time."""
    columns = _Column(vocabulary), _Column(target)
    waiting: list[Line] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line.text) + len(line.target)
        if size > TOGETHER:
            _append(waiting, task, columns)
            waiting, size = [], 0
    _append(waiting, task, columns)
    texts, targets = (column.finish() for column in columns)
    return Pairs(texts, targets)


def _append(lines: list[Line], task: str, columns: "tuple[_Column, _Column]") -> None:
    try:
        for column, texts in zip(
            columns, zip(*(with_boundaries(line, task) for line in lines), strict=True), strict=False
        ):
            column.append(texts)
    except InputError:
        for line in lines:  # which of them was it?
            try:
                columns[0].alphabet.encode(line.text)
                columns[1].alphabet.encode(line.target)
            except InputError as error:
                raise InputError(f"{line.place}: {error}") from None
        raise


class _Column:
    """The ids of a column as they are read: in memory, and of long ones in a file."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self._ids, self._lengths = IdsWriter(np.dtype(alphabet.dtype), IN_MEMORY), array("q")

    def append(self, texts: Sequence[str]) -> None:
        if isinstance(self.alphabet, Labels):
            self._ids.append(np.concatenate([self.alphabet.encode(name) for name in texts]))
            self._lengths.extend([1] * len(texts))
        else:
            self._ids.append(self.alphabet.encode("".join(texts)))
            self._lengths.extend(map(len, texts))

    def finish(self) -> Ragged:
        return Ragged.of(self._ids.finish(), np.array(self._lengths, np.intp))


def _held_out(groups: NDArray[Any], fraction: float | None, seed: int) -> NDArray[np.bool_]:
    """Which pairs (N,) are for validation: of each group the same share, and at least one of each stays to train on."""
    if fraction is None:
        fraction = VALIDATION_FRACTION if len(groups) >= MIN_FOR_VALIDATION else 0.0
    order = np.lexsort((np.random.default_rng([seed, 2]).random(len(groups)), groups))
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    wanted = np.minimum(np.rint(sizes * fraction), sizes - 1)
    chosen = np.zeros(len(groups), bool)
    chosen[order] = np.arange(len(groups)) - np.repeat(starts, sizes) < np.repeat(wanted, sizes)
    return chosen
