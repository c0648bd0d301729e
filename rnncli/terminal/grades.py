"""Grades as tables: the confusion of labels and tags."""

from rich import box
from rich.table import Table
from rich.text import Text

from rnncli.grading import Confusion
from rnncli.terminal.words import count, visible

WIDEST_CONFUSION = 24
"""Names up to which the whole table of confusion is drawn."""


def draw_f1(grades: Confusion, noun: str) -> Table:
    """Precision, recall and F1 of each name, and how many there are."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(noun)
    for heading in ("Precision", "Recall", "F1", "Number"):
        table.add_column(heading, justify="right")
    shares = zip(grades.names, grades.precision, grades.recall, grades.f1, grades.counts.sum(axis=1), strict=True)
    for name, precision, recall, f1, number in shares:
        table.add_row(Text(visible(name)), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", count(number))
    return table


def draw_confusion(grades: Confusion) -> Table:
    """How often each name (a row) was taken for each (a column, under the first letters of the name)."""
    table = Table(
        title="A row for what it is, a column for what it was taken for", title_justify="left", title_style="dim"
    )
    table.box, table.padding = box.SIMPLE_HEAD, (0, 0, 0, 0)
    table.add_column("")
    for name in grades.names:
        table.add_column(Text(visible(name)[:3]), justify="right", min_width=4)
    for i, (name, row) in enumerate(zip(grades.names, grades.counts, strict=True)):
        table.add_row(
            Text(visible(name)), *(Text(str(n) if n else "·", "bold" if i == j else "") for j, n in enumerate(row))
        )
    return table
