"""rnncli sample --novelty and --sources: how much of a text is copied, and from which file and line."""

import sys
from collections.abc import Sequence

from rnncli.inference.copies import Source, copied_lengths
from rnncli.inference.novelty import NGRAM_LENGTH, Novelty
from rnncli.names import plural
from rnncli.results import ColouredText, Table
from rnncli.terminal.console import Messages, say
from rnncli.terminal.screen import screen
from rnncli.terminal.view_result import draw_coloured_text, draw_table

SCALE = 3 * NGRAM_LENGTH
"""Characters of a copy that has the full colour."""

LISTED, SHOWN = 10, 40
"""Copies in the table, and characters of each."""


def show_novelty(found: Novelty) -> None:
    """A sentence on standard error."""
    say(
        f"novelty: {found.copied:.1%} of its {NGRAM_LENGTH}-character sequences occur in the training text; the "
        f"longest copied one has {plural(len(found.longest), 'character')}: {found.longest!r}"
    )


def show_sources(prime: str, text: str, sources: Sequence[Source], in_colour: bool) -> None:
    """A table of the longest copies on standard error, and before it ``in_colour`` the prime and the text on standard
    output, each character coloured by the length of the copy that it lies in."""
    lengths = copied_lengths(sources, len(text))
    if in_colour and prime + text:
        output = screen(sys.stdout)
        values = [0] * len(prime) + lengths
        block = ColouredText("", prime + text, values, SCALE, "characters copied", signed=False)
        output.print(draw_coloured_text(block, output.width, output.color_system is not None))
    if not sources:
        say(f"sources: no run of {NGRAM_LENGTH} characters appears in the training text")
        return
    copied = sum(map(bool, lengths)) / len(text)
    say(
        f"sources: {copied:.1%} of the text is copied from the training text, {NGRAM_LENGTH} characters or more at once"
    )
    if sys.stderr is not None:
        notes = screen(Messages(sys.stderr))
        for part in draw_table(_longest(text, sources), notes.width):
            notes.print(part)


def _longest(text: str, sources: Sequence[Source]) -> Table:
    """Of copies that are alike the first."""
    different: dict[str, Source] = {}
    for source in sorted(sources, key=lambda source: -source.length):
        different.setdefault(text[source.start : source.start + source.length], source)
    rows = [
        (source.length, f"{source.file}:{source.line}", copy if len(copy) <= SHOWN else f"{copy[: SHOWN - 1]}…")
        for copy, source in list(different.items())[:LISTED]
    ]
    return Table("", ("length", "file:line", "copy"), rows)
