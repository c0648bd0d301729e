"""Pairs as integers: texts and their targets, cut into a part to train on and one to validate on."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.columns import BOUNDARY, CHARACTERS, LABELS, LAYOUTS, Columns, add_boundaries, read_columns
from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Ragged
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.vocabulary import Vocabulary, code_points
from rnncli.errors import InputError
from rnncli.names import plural

Alphabet = Vocabulary | Labels

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
        return max(len(self.training.texts.ids), len(self.training.targets.ids))

    @property
    def has_validation(self) -> bool:
        """Whether there is a pair."""
        return len(self.validation) > 0

    def characters_per_step(self, batch_size: int, seq_length: int) -> float:
        """Those of ``batch_size`` pairs; they are read whole, whatever ``seq_length``."""
        return batch_size * self.characters / len(self.training)

    def default_batch(self) -> dict[str, int]:
        """Batch size by the number of pairs."""
        return {"batch_size": max(1, min(MAX_BATCH, len(self.training) // MIN_STEPS_PER_EPOCH))}

    def describe(self) -> str:
        """2,700 lines of label and text, 24 characters, 2 labels, and 300 lines for validation"""
        layout, characters = LAYOUTS[self.spec.task], len(self.vocabulary.characters)
        if layout.target == CHARACTERS:
            distinct = f"{characters:,} source and {len(self.target):,} target characters"
        else:
            distinct = f"{plural(characters, 'character')}, {plural(len(self.target), layout.target)}"
        held_out = f", and {plural(len(self.validation), self.unit)} for validation" if len(self.validation) else ""
        return f"{plural(len(self.training), self.unit)} of {' and '.join(layout.columns)}, {distinct}{held_out}"

    def describe_batch(self, batch_size: int, seq_length: int) -> str:
        """32 lines"""
        return plural(batch_size, self.unit)

    def text_ids(self, part: Pairs, limit: int) -> NDArray[Any]:
        """The first ``limit`` ids of the column of texts, one behind the other."""
        return part.texts.ids[:limit]


def read_pairs(
    spec: DataSpec,
    sources: Sources,
    alphabets: tuple[Vocabulary, Alphabet] | None = None,
    min_count: int = 1,
) -> PairDataset:
    """Read the pairs of a task.

    Where a fraction is held out it is drawn by the seed of ``spec``, and from every label alike. ``alphabets`` are
    those of a model to go on with. InputError, naming file and line, for what cannot be read, and for labels that are
    all the same.
    """
    columns = read_columns(sources, spec.task)
    texts, targets = add_boundaries(columns, spec.task)
    vocabulary, target = alphabets or _alphabets(texts, targets, spec.task, min_count)
    written = vocabulary if LAYOUTS[spec.task].written == "text" else target
    if not vocabulary.characters.strip(BOUNDARY) or "".join(written.symbols) == BOUNDARY:
        raise InputError(f"no character occurs {min_count} times; use a smaller --min-count")
    if isinstance(target, Labels) and len(target) < 2:
        raise InputError(
            f"{', '.join(sources.names)}: all {len(texts)} lines have the label {targets[0]!r}; it takes two or more"
        )
    pairs, warnings = _encode(columns, texts, targets, vocabulary, target), sources.warnings
    if other := spec.open_validation():
        more = read_columns(other, spec.task)
        training, validation = pairs, _encode(more, *add_boundaries(more, spec.task), vocabulary, target)
        warnings = [*warnings, *other.warnings]
    else:
        groups = pairs.targets.ids if isinstance(target, Labels) else np.zeros(len(pairs), np.intp)
        chosen = _held_out(groups, spec.fraction, spec.seed)
        training, validation = pairs.take(np.flatnonzero(~chosen)), pairs.take(np.flatnonzero(chosen))
    spec = replace(
        spec,
        files=tuple(sources.names),
        sha256=columns.sha256,
        training=len(training),
        held_out=len(validation),
    )
    return PairDataset(spec, vocabulary, target, training, validation, tuple(warnings))


def encode_columns(sources: Sources, task: str, vocabulary: Vocabulary, limit: int | None = None) -> NDArray[Any]:
    """The ids (N,) of the column of texts, one behind the other, of at most ``limit`` characters."""
    return vocabulary.encode("".join(add_boundaries(read_columns(sources, task), task)[0])[:limit])


def _alphabets(texts: list[str], targets: list[str], task: str, min_count: int) -> tuple[Vocabulary, Alphabet]:
    """Alphabets of two columns. What is only read may later hold anything, so it has a symbol for the unknown."""
    layout, vocabulary = LAYOUTS[task], _vocabulary(texts, min_count)
    if layout.written != "text":
        vocabulary = Vocabulary(vocabulary.characters, unknown=True)
    if layout.target == LABELS:
        return vocabulary, Labels(tuple(sorted(set(targets))))
    return vocabulary, _vocabulary(targets, min_count if layout.target == CHARACTERS else 1)


def _vocabulary(texts: list[str], min_count: int) -> Vocabulary:
    counts = np.bincount(code_points("".join(texts)), minlength=ord(BOUNDARY) + 1)
    if counts[ord(BOUNDARY)]:  # it says where a text ends, however few there are
        counts[ord(BOUNDARY)] = max(counts[ord(BOUNDARY)], min_count)
    return Vocabulary.from_counts(counts, "utf-8", min_count)


def _encode(columns: Columns, texts: list[str], targets: list[str], vocabulary: Vocabulary, target: Alphabet) -> Pairs:
    def of(alphabet: Alphabet, column: list[str]) -> Ragged:
        try:
            if isinstance(alphabet, Labels):
                return Ragged.of(np.concatenate([alphabet.encode(name) for name in column]), [1] * len(column))
            return Ragged.of(alphabet.encode("".join(column)), [len(text) for text in column])
        except InputError:
            for index, text in enumerate(column):  # which of them was it?
                try:
                    alphabet.encode(text.strip(BOUNDARY))
                except InputError as error:
                    raise InputError(f"{columns.place(index)}: {error}") from None
            raise

    return Pairs(of(vocabulary, texts), of(target, targets))


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
