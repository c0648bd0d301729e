"""Values between −1 and 1 as coloured cells: blue is negative, orange positive, and the scale never changes.

Without colour the meaning survives in the marks: - = ≡ for negative, + * # for positive, · for nearly zero.
"""

from collections.abc import Iterable

from rich.text import Text

LEVELS = 7
"""Colours on each side of zero."""

MARKS = "≡=-·+*#"


def cells(values: Iterable[float]) -> Text:
    """One mark per value; values beyond ±1 look like ±1."""
    text = Text()
    for value in values:
        text.append(mark(value), colour(value))
    return text


def mark(value: float) -> str:
    """The mark of a value, from three for each sign."""
    return MARKS[round(max(-1.0, min(1.0, value)) * 3) + 3]


def colour(value: float) -> str:
    """The Rich style of a value; the neutral middle has none."""
    level = round(max(-1.0, min(1.0, value)) * LEVELS)
    if level == 0:
        return ""
    share = abs(level) / LEVELS
    full = (255, 140, 0) if level > 0 else (40, 120, 255)
    red, green, blue = (round(part * (0.25 + 0.75 * share)) for part in full)
    return f"black on #{red:02x}{green:02x}{blue:02x}" if share > 0.55 else f"white on #{red:02x}{green:02x}{blue:02x}"
