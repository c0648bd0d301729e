"""Metrics as tables: precision, recall and F1 by class, and the confusion matrix."""

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from rnncli.evaluation.metrics import ConfusionMatrix
from rnncli.terminal.words import count, visible

WIDTH = 78
MAX_CLASSES = 24
"""Classes up to which the confusion matrix is drawn."""


def draw_f1(confusion: ConfusionMatrix, noun: str) -> Table:
    """Precision, recall, F1 and support of each class, which is a ``noun``: a label or a tag."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(noun)
    for heading in ("Precision", "Recall", "F1", "Support"):
        table.add_column(heading, justify="right")
    rows = zip(confusion.classes, confusion.precision, confusion.recall, confusion.f1, confusion.support, strict=True)
    for name, precision, recall, f1, support in rows:
        table.add_row(Text(visible(name)), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", count(support))
    return table


def draw_confusion(confusion: ConfusionMatrix) -> Table:
    """The confusion matrix. Where the names of the classes are too long for column headings, a column has the number of
    its row."""
    table = Table(title="Confusion matrix: rows are true, columns predicted", title_justify="left", title_style="dim")
    table.box, table.padding = None, (0, 0, 0, 0)
    table.add_column("", no_wrap=True)
    names = [visible(name) for name in confusion.classes]
    headings = [f" {name}" for name in names]
    if sum(max(5, cell_len(name) + 1) for name in names) + max(map(cell_len, names)) > WIDTH:
        headings = [str(number) for number in range(1, len(names) + 1)]
        names = [f"{number} {name}" for number, name in zip(headings, names, strict=True)]
    for heading in headings:
        table.add_column(Text(heading), justify="right", min_width=4, no_wrap=True)
    for i, (name, row) in enumerate(zip(names, confusion.counts, strict=True)):
        table.add_row(Text(name), *(Text(str(n) if n else "·", "bold" if i == j else "") for j, n in enumerate(row)))
    return table
