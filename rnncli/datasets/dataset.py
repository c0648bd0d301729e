"""Opening the data of a specification, the first time and ever after: one place that reads, one that splits."""

from pathlib import Path
from typing import Any, Protocol

from rnncli.datasets.columns import LAYOUTS, guess_task
from rnncli.datasets.normal_form import NONE
from rnncli.datasets.pairs import read_pairs, read_texts
from rnncli.datasets.records import has_records, suffix
from rnncli.datasets.sources import STDIN, STDIN_NAME, Sources
from rnncli.datasets.spec import NO_SHUFFLE, PAIRS, TEXT, DataSpec
from rnncli.datasets.text import read_ids, read_text
from rnncli.datasets.unknown import UnknownCharacters
from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.errors import DataChangedError, InputError
from rnncli.names import listed, plural

Alphabets = tuple[Any, ...]
"""The vocabulary of the text, followed for pairs by the vocabulary or the labels of the target."""


class Dataset(Protocol):
    """What there is to learn, cut into a part for training and one for validation.

    ``training`` and ``validation`` have a length in units; what they are besides is for the batches of their format.
    ``warnings`` are what the user should know of the files.
    """

    @property
    def spec(self) -> DataSpec: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def warnings(self) -> tuple[str, ...]: ...

    @property
    def unit(self) -> str:
        """What is counted: character or line."""

    @property
    def training(self) -> Any: ...

    @property
    def validation(self) -> Any: ...

    @property
    def alphabets(self) -> Alphabets:
        """Those that fix the model."""

    @property
    def characters(self) -> int:
        """Characters to learn from; of pairs those of the longer column."""

    @property
    def has_validation(self) -> bool:
        """Whether enough is held out to measure a loss on."""

    def characters_per_step(self, batch_size: int, seq_length: int) -> float:
        """Characters that a step reads, on average."""

    def default_batch(self, least: int = 1) -> dict[str, int]:
        """Batch size, and for running text the length of a window, that suit the size of the data; at least ``least``
        streams or pairs, where there are as many to share."""

    def describe(self) -> str:
        """The sizes in words."""

    def describe_batch(self, batch_size: int, seq_length: int) -> str:
        """What a step reads, in words."""

    def text_ids(self, part: Any, limit: int) -> Any:
        """The ids (N,) of the text in ``part``, training or validation, as one array of at most ``limit``."""


def open_dataset(
    spec: DataSpec, sources: Sources, alphabets: Alphabets | None = None, min_count: int = 1, extend: bool = False
) -> Dataset:
    """Read ``sources``, the files of ``spec``, and split them; the dataset's own spec has their digest and sizes.

    ``alphabets`` are those of a model to go on with; with ``extend`` symbols that they lack are added to those without
    an unknown symbol. Without them, characters that occur less than ``min_count`` times become one unknown symbol.
    InputError for what cannot be read, learnt or split, DataChangedError where ``spec`` has the digest of other bytes.
    """
    _check(spec, sources)
    if spec.format == TEXT:
        return read_text(spec, sources, None if alphabets is None else alphabets[0], min_count, extend)
    return read_pairs(spec, sources, alphabets, min_count, extend)


def find_dataset(spec: DataSpec, folder: Path, alphabets: Alphabets) -> Dataset | None:
    """The data that a model in ``folder`` learnt from, where its files were neither moved nor modified."""
    found = spec.find(folder)
    return None if found is None else open_dataset(*found, alphabets)


def read_text_ids(
    spec: DataSpec, sources: Sources, vocabulary: Vocabulary, limit: int, unknown: UnknownCharacters | None = None
) -> Any:
    """The first ``limit`` ids (N,) of the text in other files of the format of ``spec``, of pairs of the column of the
    text. Characters without an id are counted in ``unknown``; InputError where it is not given."""
    if spec.format == TEXT:
        return read_ids(sources, vocabulary, limit, unknown=unknown)
    return read_texts(sources, spec.task, vocabulary, limit)


def infer_format(sources: Sources, task: str | None) -> tuple[str, str]:
    """Task and format of files for which the user gave this ``task``, or none: ``.tsv`` files are pairs. InputError
    where their lines could be several things."""
    columns = len(sources.reading.columns) == 2 or all(suffix(name) == ".tsv" for name in sources.names)
    if task is not None:
        return task, PAIRS if columns or task != "generate" else TEXT
    if not columns:
        return "generate", TEXT
    guess = guess_task(sources)
    if guess is None:
        raise InputError(
            f"{', '.join(sources.names)} may be several things; say --task classify, tag, translate or generate, or "
            "pipe it into rnncli train - to learn it as running text"
        )
    return guess, PAIRS


def _check(spec: DataSpec, sources: Sources) -> None:
    if spec.sha256 and sources.digest() != spec.sha256:
        raise DataChangedError(
            f"{', '.join(sources.names)} is not the text that the model was trained on (its bytes differ)"
        )
    if spec.validation_file == STDIN and STDIN_NAME in sources.names:
        raise InputError("standard input cannot be both the text and the validation; put one of them into a file")
    if spec.split_streams and spec.format == PAIRS:
        raise InputError("--validation-split tails is for running text; of pairs, lines are drawn by --seed")
    if spec.split_streams and spec.validation_file:
        raise InputError("--validation-split tails takes a fraction of every stream, and no file")
    if spec.shuffle != NO_SHUFFLE and spec.format == PAIRS:
        raise InputError("--shuffle is for running text; pairs are in random order each epoch")
    if spec.encoding == BYTES and spec.format == PAIRS:
        raise InputError("--encoding bytes is for running text; pairs are lines of characters")
    if spec.encoding == BYTES and (spec.normalize != NONE or spec.columns):
        raise InputError("--encoding bytes learns bytes as they are; leave out --normalize and --column")
    if spec.columns and len(spec.columns) != (2 if spec.format == PAIRS else 1):
        expected = f"two, {' and '.join(LAYOUTS[spec.task].columns)}" if spec.format == PAIRS else "one, the text"
        raise InputError(f"--column is given {plural(len(spec.columns), 'time')}; --task {spec.task} takes {expected}")
    if spec.columns and not any(map(has_records, sources.names)):
        raise InputError(f"--column names a field of .csv and .jsonl files; {listed(sources.names)} has none")
