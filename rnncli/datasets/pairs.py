"""Pairs: lines of two columns with a tab between them, for every task that is more than running text.

    classify, generate     label<TAB>text
    tag                    text<TAB>tags, a tag for each character
    translate              source<TAB>target

In each of them one column is the *text* and the other its *partner*. Texts that a network writes stand between two line
ends, which tell it where to begin and when to stop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Ragged
from rnncli.datasets.sources import Sources
from rnncli.datasets.vocabulary import Vocabulary, code_points
from rnncli.errors import InputError

COLUMNS = {
    "classify": ("label", "text"),
    "generate": ("label", "text"),
    "tag": ("text", "tags"),
    "translate": ("source", "target"),
}
BOUNDARY = "\n"
"""What stands before and behind a text that is to be written."""

Alphabet = Vocabulary | Labels

VALIDATION_FRACTION = 0.1
FEWEST_FOR_VALIDATION = 100
"""Smaller sets are learnt whole, unless the user asks otherwise."""


@dataclass(frozen=True)
class Columns:
    """The two columns of some files, and where each line stands."""

    first: list[str]
    second: list[str]
    place: Callable[[int], str]
    sha256: str


@dataclass(frozen=True)
class Pairs:
    """Texts and their partners as ids, one for one."""

    texts: Ragged
    partners: Ragged

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, which: NDArray[np.intp]) -> "Pairs":
        """These of the pairs, in this order."""
        return Pairs(self.texts.take(which), self.partners.take(which))


@dataclass(frozen=True)
class PairCorpus:
    """Pairs to learn from and to check on, and the alphabets of their columns."""

    task: str
    training: Pairs
    validation: Pairs
    vocabulary: Vocabulary
    partner: Alphabet
    names: list[str]
    sha256: str
    held_out: str | None = None
    tails = 0
    """What the user asked to hold out."""


def read_columns(sources: Sources, task: str) -> Columns:
    """The columns of all lines; InputError, naming file and line, for a line that is not as ``task`` wants it."""
    first: list[str] = []
    second: list[str] = []
    begins: list[tuple[int, str]] = []
    sources.advice = "re-encode it"  # lines of bytes are no lines
    for name, text in sources.whole_texts():
        begins.append((len(first), name))
        lines = text.rstrip("\r\n").split("\n") if text.strip("\r\n") else []
        for number, line in enumerate(lines, start=1):
            fields = line.removesuffix("\r").split("\t")
            if fault := _fault(fields, task):
                raise InputError(f"{name}, line {number}: {fault}")
            first.append(fields[0])
            second.append(fields[1])
    if not first:
        raise InputError(f"{', '.join(sources.names)} is empty; each line should be {_shape(task)}")

    def place(index: int) -> str:
        begin, name = [b for b in begins if b[0] <= index][-1]
        return f"{name}, line {index - begin + 1}"

    return Columns(first, second, place, sources.read_digest)


def _shape(task: str) -> str:
    return "<TAB>".join(COLUMNS[task])


def _fault(fields: Sequence[str], task: str) -> str:
    if fields == [""]:
        return f"the line is empty; each should be {_shape(task)}"
    if len(fields) != 2:
        return f"{len(fields) - 1 or 'no'} tab{'s'[: len(fields) > 2]} where one is expected, as in {_shape(task)}"
    for name, value in zip(COLUMNS[task], fields, strict=True):
        if not value:
            return f"the {name} is empty"
    if task == "tag" and len(fields[0]) != len(fields[1]):
        return f"the text has {len(fields[0])} characters and {len(fields[1])} tags; each character needs one"
    return ""


def guess_task(sources: Sources) -> str | None:
    """What the lines of a .tsv look like: classify where labels repeat, tag where both columns are always of equal
    length, translate where hardly anything repeats; None where it is not safe to say, or the lines are no pairs."""
    sources.advice = "re-encode it"
    lines = [line.removesuffix("\r") for _, text in sources.whole_texts() for line in text.split("\n") if line]
    fields = [line.split("\t") for line in lines]
    pairs = [pair for pair in fields if len(pair) == 2]
    if len(pairs) < 2 or 2 * len(pairs) < len(fields):
        return None
    if all(len(left) == len(right) for left, right in pairs):
        return "tag"
    different = len({left for left, _ in pairs})
    if 2 * different <= len(pairs):
        return "classify"
    return "translate" if 10 * different >= 9 * len(pairs) else None


def read_pairs(
    sources: Sources,
    task: str,
    validation: "float | Sources | None" = None,
    min_count: int = 1,
    seed: int = 0,
    alphabets: tuple[Vocabulary, Alphabet] | None = None,
) -> PairCorpus:
    """Read the pairs of a task.

    ``validation`` is the fraction to hold out, drawn by ``seed`` and from every label alike, or pairs of their own, or
    None for a choice by size. ``alphabets`` are those of a model to go on with. InputError, naming file and line, for
    what cannot be read, and for labels that are all the same.
    """
    columns = read_columns(sources, task)
    texts, partners = texts_and_partners(columns, task)
    vocabulary, partner = alphabets or _alphabets(texts, partners, task, min_count)
    written = vocabulary if task == "generate" else partner
    if not vocabulary.characters.strip(BOUNDARY) or "".join(written.symbols) == BOUNDARY:
        raise InputError(f"no character occurs {min_count} times; use a smaller --min-count")
    if isinstance(partner, Labels) and len(partner) < 2:
        raise InputError(
            f"{', '.join(sources.names)}: all {len(texts)} lines have the label {partners[0]!r}; it takes two or more"
        )
    pairs = _encode(columns, texts, partners, vocabulary, partner)
    if isinstance(validation, Sources):
        more = read_columns(validation, task)
        parts = pairs, _encode(more, *texts_and_partners(more, task), vocabulary, partner)
    else:
        groups = pairs.partners.ids if isinstance(partner, Labels) else np.zeros(len(pairs), np.intp)
        chosen = _held_out(groups, validation, seed)
        parts = pairs.take(np.flatnonzero(~chosen)), pairs.take(np.flatnonzero(chosen))
    return PairCorpus(task, *parts, vocabulary, partner, sources.names, columns.sha256)


def texts_and_partners(columns: Columns, task: str) -> tuple[list[str], list[str]]:
    """The columns by what they are, with line ends around what is to be written."""
    if COLUMNS[task][0] == "label":
        texts, partners = columns.second, columns.first
    else:
        texts, partners = columns.first, columns.second
    if task == "generate":
        texts = [BOUNDARY + text + BOUNDARY for text in texts]
    if task == "translate":
        partners = [BOUNDARY + target + BOUNDARY for target in partners]
    return texts, partners


def _alphabets(texts: list[str], partners: list[str], task: str, min_count: int) -> tuple[Vocabulary, Alphabet]:
    """Alphabets of two columns. What is only read may later hold anything, so it has a symbol for the unknown."""
    vocabulary = _vocabulary(texts, min_count)
    if task != "generate":
        vocabulary = Vocabulary(vocabulary.characters, unknown=True)
    if COLUMNS[task][0] == "label":
        return vocabulary, Labels(tuple(sorted(set(partners))))
    return vocabulary, _vocabulary(partners, min_count if task == "translate" else 1)


def _vocabulary(texts: list[str], min_count: int) -> Vocabulary:
    counts = np.bincount(code_points("".join(texts)), minlength=ord(BOUNDARY) + 1)
    if counts[ord(BOUNDARY)]:  # it says where a text ends, however few there are
        counts[ord(BOUNDARY)] = max(counts[ord(BOUNDARY)], min_count)
    return Vocabulary.from_counts(counts, "utf-8", min_count)


def _encode(
    columns: Columns, texts: list[str], partners: list[str], vocabulary: Vocabulary, partner: Alphabet
) -> Pairs:
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

    return Pairs(of(vocabulary, texts), of(partner, partners))


def _held_out(groups: NDArray[Any], fraction: float | None, seed: int) -> NDArray[np.bool_]:
    """Which pairs (N,) are for validation: of each group the same share, and at least one of each
    stays to learn from."""
    if fraction is None:
        fraction = VALIDATION_FRACTION if len(groups) >= FEWEST_FOR_VALIDATION else 0.0
    order = np.lexsort((np.random.default_rng([seed, 2]).random(len(groups)), groups))
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    wanted = np.minimum(np.rint(sizes * fraction), sizes - 1)
    chosen = np.zeros(len(groups), bool)
    chosen[order] = np.arange(len(groups)) - np.repeat(starts, sizes) < np.repeat(wanted, sizes)
    return chosen
