"""Metrics as tables: precision, recall and F1 by class, and the confusion matrix."""

from rich.cells import set_cell_size
from rich.text import Text

from rnncli.evaluation.metrics import ConfusionMatrix
from rnncli.terminal.table import HEADING, draw_facts, draw_rows
from rnncli.terminal.words import count, visible_value, width_of, wrapped

MAX_CLASSES = 24
"""Classes up to which the confusion matrix is drawn."""

MIN_COLUMN = 4
"""Columns of the screen for each column of the matrix, at least."""


def draw_f1(confusion: ConfusionMatrix, noun: str, width: int) -> Text:
    """Precision, recall, F1 and support of each class, which is a ``noun``: a label or a tag."""
    values = zip(confusion.classes, confusion.precision, confusion.recall, confusion.f1, confusion.support, strict=True)
    rows = [
        (visible_value(name), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", count(support))
        for name, precision, recall, f1, support in values
    ]
    return draw_rows((noun, "Precision", "Recall", "F1", "Support"), rows, (False, True, True, True, True), width)


def draw_confusion(confusion: ConfusionMatrix, width: int) -> Text:
    """The confusion matrix. Where the names of the classes are too long for column headings, a column has the number of
    its row; where the screen is too narrow for the matrix, each class has a list of its predictions."""
    names = [visible_value(name) for name in confusion.classes]
    headings, rows = names, names
    least = max(MIN_COLUMN, len(str(int(confusion.counts.max()))) + 1)
    widths = [max(least, width_of(name) + 1) for name in names]
    if sum(widths) + max(map(width_of, names)) > width:
        headings = [str(number) for number in range(1, len(names) + 1)]
        rows = [f"{number} {name}" for number, name in zip(headings, names, strict=True)]
        widths = [least] * len(names)
    margin = max(map(width_of, rows))
    if sum(widths) + margin > width:
        return _predictions(confusion, names, width)
    text = Text(wrapped("Confusion matrix: rows are true, columns predicted", width) + "\n", "dim")
    text.append(" " * margin)
    for heading, cell in zip(headings, widths, strict=True):
        text.append(" " * (cell - width_of(heading)) + heading, HEADING)
    for i, (name, row) in enumerate(zip(rows, confusion.counts, strict=True)):
        text.append("\n" + set_cell_size(name, margin))
        for j, (n, cell) in enumerate(zip(row, widths, strict=True)):
            text.append((str(n) if n else "·").rjust(cell), HEADING if i == j else "")
    return text


def _predictions(confusion: ConfusionMatrix, names: list[str], width: int) -> Text:
    """The rows of the matrix without zeros, most frequent first."""
    text = Text(wrapped("Predictions of each class", width) + "\n", "dim")
    rows = ([(int(n), name) for n, name in zip(row, names, strict=True) if n] for row in confusion.counts)
    lists = (", ".join(f"{n}×{name}" for n, name in sorted(row, key=lambda pair: -pair[0])) for row in rows)
    return text.append(draw_facts(zip(names, lists, strict=True), width))
