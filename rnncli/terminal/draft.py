"""A text that is being written, and what may come next."""

from collections.abc import Sequence

from rich.cells import chop_cells, set_cell_size
from rich.text import Text

from rnncli.terminal.words import visible_line, visible_value, width_of, wrapped

KEYS = "1-9 choose, any other character writes it, Enter takes the model's choice, Backspace undoes, Esc ends"

BAR = 30
"""Columns of a bar that stands for certainty."""

MIN_LINES = 3
"""Of the text, however low the terminal is."""


def draw_draft(text: str, candidates: Sequence[tuple[str, float]], note: str, width: int, height: int) -> Text:
    """The end of ``text``, then the ``candidates`` with their probabilities and a bar each, numbered from 1; a ``note``
    and the keys. It fits a terminal of this ``width`` and ``height``."""
    shown = [visible_value(name) for name, _ in candidates]
    column = max(map(width_of, shown), default=0)
    keys = wrapped(KEYS, width - 1)
    below = len(candidates) + keys.count("\n") + 4
    lines = [part for line in text.split("\n") for part in chop_cells(visible_line(line), width - 2) or [""]]
    drawn = Text("\n".join(lines[-max(MIN_LINES, height - below) :]))
    drawn.append(" ", "reverse").append("\n\n")
    for number, (name, (_, probability)) in enumerate(zip(shown, candidates, strict=True), start=1):
        room = min(BAR, width - column - 14)
        drawn.append(f"{number}  {set_cell_size(name, column)}  ").append(f"{probability:6.1%}  ", "dim")
        drawn.append("█" * round(probability * max(room, 0))).append("\n")
    if note:
        drawn.append(f"{set_cell_size(note, min(width_of(note), width - 1))}\n", "dim")
    return drawn.append(keys, "dim")
