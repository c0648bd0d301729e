"""Grades as tables: the confusion of labels and tags."""

from rich import box
from rich.table import Table
from rich.text import Text

from rnncli.evaluation.metrics import ConfusionMatrix
from rnncli.terminal.words import count, visible

WIDTH = 78
WIDEST_CONFUSION = 24
"""Names up to which the whole table of confusion is drawn."""


def draw_f1(grades: ConfusionMatrix, noun: str) -> Table:
    """Precision, recall and F1 of each name, and how many there are."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(noun)
    for heading in ("Precision", "Recall", "F1", "Number"):
        table.add_column(heading, justify="right")
    shares = zip(grades.names, grades.precision, grades.recall, grades.f1, grades.counts.sum(axis=1), strict=True)
    for name, precision, recall, f1, number in shares:
        table.add_row(Text(visible(name)), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", count(number))
    return table


def draw_confusion(grades: ConfusionMatrix) -> Table:
    """How often each name (a row) was taken for each: a column under its name, or where those are too long under the
    number of its row."""
    title = "A row for what it is, a column for what it was taken for"
    table = Table(title=title, title_justify="left", title_style="dim")
    table.box, table.padding = None, (0, 0, 0, 0)
    table.add_column("", no_wrap=True)
    names = [visible(name) for name in grades.names]
    headings = [f" {name}" for name in names]
    if sum(max(5, len(name) + 1) for name in names) + max(map(len, names)) > WIDTH:
        headings = [str(number) for number in range(1, len(names) + 1)]
        names = [f"{number} {name}" for number, name in zip(headings, names, strict=True)]
    for heading in headings:
        table.add_column(Text(heading), justify="right", min_width=4, no_wrap=True)
    for i, (name, row) in enumerate(zip(names, grades.counts, strict=True)):
        table.add_row(Text(name), *(Text(str(n) if n else "·", "bold" if i == j else "") for j, n in enumerate(row)))
    return table
