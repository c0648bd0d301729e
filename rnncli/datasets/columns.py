"""Pairs: lines of two columns with a tab between them, for every task that is more than running text.

    classify, generate     label<TAB>text
    tag                    text<TAB>tags, a tag for each character
    translate              source<TAB>target

In each of them one column is the *text* and the other its *target*: what is predicted from it, or for ``generate`` the
label that it is written from. Texts that a network writes stand between two boundaries, which tell it where to begin
and when to stop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnncli.datasets.sources import Sources
from rnncli.errors import InputError

BOUNDARY = "\n"
"""What stands before and behind a text that is to be written: begin and end of sequence (BOS and EOS) in one.
Its id is the ``eos`` of a model."""

LABELS, TAGS, CHARACTERS = "label", "tag", "character"
"""What a target is made of: one label, a tag for each character of the text, or characters of its own."""


@dataclass(frozen=True)
class Layout:
    """The lines of a task: the names of their ``columns``, which of them (0 or 1) is the ``text``, and what the other
    one, the ``target``, is made of. The one that a network writes is ``written``: text, target, or neither."""

    columns: tuple[str, str]
    text: int
    target: str
    written: str = ""

    def __str__(self) -> str:
        return "<TAB>".join(self.columns)

    @property
    def target_column(self) -> int:
        """0 or 1."""
        return 1 - self.text


LAYOUTS = {
    "classify": Layout(("label", "text"), 1, LABELS),
    "generate": Layout(("label", "text"), 1, LABELS, written="text"),
    "tag": Layout(("text", "tags"), 0, TAGS),
    "translate": Layout(("source", "target"), 0, CHARACTERS, written="target"),
}
"""By the task."""


@dataclass(frozen=True)
class Columns:
    """The texts and the targets of some files, and where each line stands."""

    texts: list[str]
    targets: list[str]
    place: Callable[[int], str]
    sha256: str


def read_columns(sources: Sources, task: str) -> Columns:
    """The columns of all lines; InputError, naming file and line, for a line that has not the layout of ``task``."""
    layout = LAYOUTS[task]
    lines: list[list[str]] = []
    begins: list[tuple[int, str]] = []
    sources.hint = "re-encode it"  # lines of bytes are no lines
    for name, text in sources.whole_texts():
        begins.append((len(lines), name))
        of_file = text.rstrip("\r\n").split("\n") if text.strip("\r\n") else []
        for number, line in enumerate(of_file, start=1):
            fields = line.removesuffix("\r").split("\t")
            if fault := _fault(fields, layout):
                raise InputError(f"{name}, line {number}: {fault}")
            lines.append(fields)
    if not lines:
        raise InputError(f"{', '.join(sources.names)} is empty; each line should be {layout}")

    def place(index: int) -> str:
        begin, name = [b for b in begins if b[0] <= index][-1]
        return f"{name}, line {index - begin + 1}"

    texts, targets = ([fields[column] for fields in lines] for column in (layout.text, layout.target_column))
    return Columns(texts, targets, place, sources.read_digest)


def _fault(fields: Sequence[str], layout: Layout) -> str:
    if fields == [""]:
        return f"the line is empty; each should be {layout}"
    if len(fields) != 2:
        return f"{len(fields) - 1 or 'no'} tab{'s'[: len(fields) > 2]} where one is expected, as in {layout}"
    for name, value in zip(layout.columns, fields, strict=True):
        if not value:
            return f"the {name} is empty"
    if layout.target == TAGS and len(fields[0]) != len(fields[1]):
        return f"the text has {len(fields[0])} characters and {len(fields[1])} tags; each character needs one"
    return ""


def add_boundaries(columns: Columns, task: str) -> tuple[list[str], list[str]]:
    """Texts and targets, with boundaries around the one that is written."""
    written, texts, targets = LAYOUTS[task].written, columns.texts, columns.targets
    if written == "text":
        texts = [BOUNDARY + text + BOUNDARY for text in texts]
    if written == "target":
        targets = [BOUNDARY + target + BOUNDARY for target in targets]
    return texts, targets


def guess_task(sources: Sources) -> str | None:
    """What the lines of a .tsv look like: classify where labels repeat, tag where both columns are always of equal
    length, translate where hardly anything repeats; None where it is not safe to say, or the lines are no pairs."""
    sources.hint = "re-encode it"
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
