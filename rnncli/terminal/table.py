"""Tables that keep every number and every word whole on a screen of any width.

A table that is too wide breaks its headings, then the texts in its cells, at blanks. Where that is not enough, each row
becomes a record: a line for each column, with its heading before the value. What is too long for a word, as in a text
without blanks, may be broken anywhere.
"""

import re
from collections.abc import Iterable, Sequence

from rich.cells import chop_cells, set_cell_size
from rich.text import Text

from rnncli.terminal.words import width_of, wrap_words

MIN_TEXT, MIN_VALUE = 16, 14
"""No column of text in a table, and no value of a fact or a record beside its name, becomes narrower than this."""

MAX_WORD = 60
"""Columns; what is longer between two blanks is no word."""

HEADING = "bold"

BREAK = re.compile(r"(?<!^\S)(?<!  \S) ")
"""Where a cell may be broken: at a blank, but not within a list such as "e 0.35  a 0.20", between a character and its
number."""


def draw_rows(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int, head: bool = True
) -> Text:
    """Rows of values under ``headings``, those of ``numeric`` columns to the right, or records. Without ``head`` the
    headings are left out, but for those in records."""
    shown = headings if head else [""] * len(headings)
    for gap in (2, 1):
        if (widths := _fit(shown, rows, numeric, width - gap * (len(headings) - 1))) is not None:
            return _table(shown, rows, numeric, widths, " " * gap)
    return _records(headings, rows, width)


def draw_facts(facts: Iterable[tuple[str, str]], width: int) -> Text:
    """A name and a value on each line; a value that is too long continues beneath itself, or starts beneath its name
    where names are long."""
    facts = list(facts)
    margin = max((width_of(name) for name, _ in facts), default=0) + 2
    beneath = width - margin < MIN_VALUE
    text = Text()
    for name, value in facts:
        text.append(f"{name}\n  " if beneath else set_cell_size(name, margin), "dim")
        lines = _folded(value, width - (2 if beneath else margin))
        text.append(("\n" + " " * (2 if beneath else margin)).join(lines) + "\n")
    text.rstrip()
    return text


def _fit(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], room: int
) -> list[int] | None:
    """A width for each column, ``room`` together at most; None where that would break a word or a number."""
    cells = [max((width_of(row[n]) for row in rows), default=0) for n in range(len(headings))]
    whole = [max(cell, width_of(heading)) for cell, heading in zip(cells, headings, strict=True)]
    if sum(whole) <= room:
        return whole
    widths = [max(cell, _longest_word(heading)) for cell, heading in zip(cells, headings, strict=True)]
    least = [
        known if is_number else min(known, max(MIN_TEXT, *(min(_longest_word(text), MAX_WORD) for text in column)))
        for known, is_number, column in zip(widths, numeric, zip(headings, *rows, strict=True), strict=True)
    ]
    if sum(least) > room:
        return None
    while sum(widths) > room:  # the widest of the columns that can give way
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=lambda n: widths[n])
        widths[widest] -= 1
    return widths


def _longest_word(text: str) -> int:
    return max(map(width_of, BREAK.split(text)))


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], widths: Sequence[int], gap: str
) -> Text:
    text = Text()
    if any(headings):
        for line in _lines(headings, numeric, widths, gap):
            text.append(line + "\n", HEADING)
        text.append("─" * (sum(widths) + len(gap) * (len(widths) - 1)) + "\n")
    for row in rows:
        for line in _lines(row, numeric, widths, gap):
            text.append(line + "\n")
    text.rstrip()
    return text


def _lines(row: Sequence[str], numeric: Sequence[bool], widths: Sequence[int], gap: str) -> list[str]:
    """The lines of one row, as many as its highest cell has."""
    cells = [_folded(value, width) for value, width in zip(row, widths, strict=True)]
    lines = []
    for n in range(max(map(len, cells))):
        parts = [cell[n] if n < len(cell) else "" for cell in cells]
        padded = [
            " " * (width - width_of(part)) + part if is_number else set_cell_size(part, width)
            for part, width, is_number in zip(parts, widths, numeric, strict=True)
        ]
        lines.append(gap.join(padded).rstrip())
    return lines


def _records(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Text:
    return Text("\n\n").join(draw_facts(zip(headings, row, strict=True), width) for row in rows)


def _folded(text: str, width: int) -> list[str]:
    """Broken at blanks, and within a word that is longer than a line, as a text without blanks is."""
    lines = wrap_words(BREAK.split(text), width)
    return [part for line in lines for part in (chop_cells(line, width) if width_of(line) > width else [line])]
