"""Pairs: lines of two columns with a tab between them, for every task that is more than running text.

    classify, generate     label<TAB>text
    tag                    text<TAB>tags, a tag for each character
    translate              source<TAB>target

In each of them one column is the *text* and the other its *target*: what is predicted from it, or for ``generate`` the
label that it is written from. Texts that a network writes stand between two boundaries, which tell it where to begin
and when to stop.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rnncli.datasets.normal_form import NONE
from rnncli.datasets.sources import Sources
from rnncli.errors import InputError

MAX_LENGTH = 100_000
"""Characters of a column of a line, at most: longer ones are neither learnt nor answered."""

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


HEADINGS = {
    *("label", "labels", "class", "category", "target", "tag", "tags", "text", "texts", "source", "sentence", "word"),
    *("input", "output", "name", "language", "sentiment", "review", "document", "id", "title", "token", "y", "x"),
}
"""Words of a first line that are no label and no text, but the names of columns."""


@dataclass(frozen=True)
class Line:
    """A line: its ``text`` and ``target``, and the file and number where it stands. Those that a network writes are
    without boundaries."""

    text: str
    target: str
    file: str
    number: int

    @property
    def place(self) -> str:
        """For a message."""
        return f"{self.file}, line {self.number}"


def with_boundaries(line: Line, task: str) -> tuple[str, str]:
    """Text and target of a line, with boundaries around the one that is written."""
    written = LAYOUTS[task].written
    text = BOUNDARY + line.text + BOUNDARY if written == "text" else line.text
    return text, BOUNDARY + line.target + BOUNDARY if written == "target" else line.target


def read_lines(sources: Sources, task: str, max_length: int = MAX_LENGTH) -> Iterator[Line]:
    """All lines but those with more than ``max_length`` characters in a column; what is noticed is noted in the
    ``notices`` of ``sources``. InputError, naming file and line, for one that has not the layout of ``task``, and where
    there is none."""
    layout, notices, empty = LAYOUTS[task], sources.notices, True
    notices.too_long = notices.stripped = 0  # of this reading, of which there may be two
    notices.max_length = max_length
    sources.hint = "re-encode it"  # lines of bytes are no lines
    for file, number, fields in sources.rows():
        first, empty = empty, False
        if layout.target == LABELS and len(fields) == 2 and fields[0] != (label := fields[0].strip()):
            notices.stripped += 1
            fields = [label, fields[1]]
        if fault := _fault(fields, layout, sources.reading.normalize):
            raise InputError(f"{file}, line {number}: {fault}")
        line = Line(fields[layout.text], fields[layout.target_column], file, number)
        if first and {field.strip().casefold() for field in fields} <= HEADINGS:
            notices.heading = f"{line.place} ({', '.join(fields)})"
        if max(map(len, fields)) > max_length:
            notices.first_too_long = notices.first_too_long if notices.too_long else line.place
            notices.too_long += 1
            continue
        yield line
    if empty:
        raise InputError(f"{', '.join(sources.names)} is empty; each line should be {layout}")


def _fault(fields: Sequence[str], layout: Layout, form: str) -> str:
    if fields == [""]:
        return f"the line is empty; each should be {layout}"
    if len(fields) != 2:
        tabs = f"{len(fields) - 1 or 'no'} tab{'s'[: len(fields) > 2]} where one is expected, as in {layout}"
        ends = any("\r" in field for field in fields)
        return tabs + r"; lines end in CR alone, convert them with tr '\r' '\n'" * ends
    for name, value in zip(layout.columns, fields, strict=True):
        if not value:
            return f"the {name} is empty"
    if layout.target == TAGS and len(fields[0]) != len(fields[1]):
        normal = f" in {form.upper()} (see --normalize)" if form != NONE and not fields[0].isascii() else ""
        return f"the text has {len(fields[0])} characters{normal} and {len(fields[1])} tags; each character needs one"
    return ""


def guess_task(sources: Sources) -> str | None:
    """What the lines of a .tsv look like: classify where labels repeat, tag where both columns are always of equal
    length, translate where hardly anything repeats; None where it is not safe to say, or the lines are no pairs."""
    sources.hint = "re-encode it"
    lines = pairs = 0
    different, equal = set(), True
    for _, _, fields in sources.rows():
        lines += fields != [""]
        if len(fields) == 2:
            pairs += 1
            different.add(hash(fields[0]))
            equal = equal and len(fields[0]) == len(fields[1])
    if pairs < 2 or 2 * pairs < lines:
        return None
    if equal:
        return "tag"
    if 2 * len(different) <= pairs:
        return "classify"
    return "translate" if 10 * len(different) >= 9 * pairs else None
