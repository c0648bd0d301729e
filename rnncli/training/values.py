"""The values that an option may have: how they are parsed, from the words of a command line or from Python.

It imports nothing heavy, so that the command line declares its options without loading NumPy.
"""

import difflib
import math
import operator
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Values:
    """``parse`` returns the value, and raises ValueError, with what is wrong, for others. ``metavar`` is what a help
    shows for it, "" for what a command line does not parse: flags and lists. ``names`` are all there are, if few."""

    parse: Callable[[Any], Any]
    metavar: str = ""
    names: tuple[str, ...] = ()


def one_of(*names: str) -> Values:
    """One of some names; a misspelt one gets a suggestion."""

    def parse(value: Any) -> str:
        for name in names:
            if value == name:
                return name
        close = difflib.get_close_matches(value.lower(), names, 1) if isinstance(value, str) else []
        hint = f"did you mean {close[0]}?" if close else f"it takes {' or '.join(names)}"
        raise ValueError(f"{value!r} is not known; {hint}")

    return Values(parse, "|".join(names), names)


def int_range(low: int, high: int = 2**53) -> Values:
    """An integer, ``low`` ≤ n ≤ ``high``."""

    def parse(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else operator.index(value)
        except (TypeError, ValueError):
            raise ValueError(f"{value!r} is not an integer") from None
        if isinstance(value, bool):
            raise ValueError(f"{value!r} is not an integer")
        if not low <= number <= high:
            raise ValueError(f"{number} is {'below' if number < low else 'above'} {low if number < low else high}")
        return number

    return Values(parse, "N")


def float_range(low: float, high: float = math.inf, open_low: bool = False, open_high: bool = False) -> Values:
    """A finite number between two bounds, each of them inclusive unless ``open``."""

    def parse(value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
        if not (inside and math.isfinite(number)):
            lower = f" {'above' if open_low else 'of at least'} {low:g}" if math.isfinite(low) else ""
            upper = f" and {'below' if open_high else 'at most'} {high:g}" if math.isfinite(high) else ""
            raise ValueError(f"{value} is not a finite number{lower}{upper}")
        return number

    return Values(parse, "NUMBER")


def binary(count: int) -> Values:
    """``count`` digits that are 0 or 1."""

    def parse(value: Any) -> str:
        if not (isinstance(value, str) and re.fullmatch(f"[01]{{{count}}}", value)):
            raise ValueError(f"{value!r} is not {count} digits of 0 and 1")
        return value

    return Values(parse, "DIGITS")


def short_text(low: int, high: int) -> Values:
    """A text of ``low`` to ``high`` printable characters, composed (NFC): the parts of 한 are none of their own."""

    def parse(value: Any) -> str:
        composed = unicodedata.normalize("NFC", value) if isinstance(value, str) else ""
        if not (low <= len(composed) <= high and composed.isprintable()):
            raise ValueError(f"{value!r} has not {low} to {high} printable characters")
        return composed

    return Values(parse, "TEXT")


def float_list(count: int, number: Values) -> Values:
    """``count`` numbers with commas between them, each as ``number`` parses it."""

    def parse(value: Any) -> tuple[float, ...]:
        words = value.split(",") if isinstance(value, str) else value
        if len(words) != count:
            raise ValueError(f"{value!r} is not {count} numbers with commas between")
        return tuple(number.parse(word) for word in words)

    return Values(parse, f"{number.metavar},…")


def _duration(value: Any) -> float:
    """Seconds: a number, or what a user writes, as 90, 90s, 3m, 1.5h, 1h30m."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"(\d+(\.\d+)?[hms])+|\d+(\.\d+)?", value):
        seconds = sum(float(n) * units[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)([hms]?)", value))
        if seconds > 0:
            return seconds
    raise ValueError(f"{value!r} is not a duration; write 90s, 3m or 1h30m")


USUAL_ENCODINGS = ("utf-8", "bytes", "utf-16", "latin-1", "cp1252", "cp949", "euc_kr", "shift_jis", "gb18030", "big5")


def _encoding_name(value: Any) -> str:
    """The name under which an encoding is recorded: bytes, or that of a codec of Python."""
    from rnncli.datasets.reading import canonical_encoding  # only now: it loads NumPy

    found = canonical_encoding(value) if isinstance(value, str) else None
    if found is None:
        close = difflib.get_close_matches(str(value).lower(), USUAL_ENCODINGS, 1)
        hint = f"did you mean {close[0]}?" if close else f"Python has {', '.join(USUAL_ENCODINGS)} and more"
        raise ValueError(f"{value!r} is no encoding of text; {hint}")
    return found


def _names(value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"{value!r} is not a name or a list of names")
    return names


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither True nor False")
    return value


def _fraction_or_file(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str | os.PathLike):
        return os.fspath(value)
    raise ValueError(f"{value!r} is neither a fraction nor a file")


DURATION = Values(_duration, "TIME")
ENCODING = Values(_encoding_name, "NAME")
FLAG = Values(_flag)
NAMES = Values(_names)
FRACTION_OR_FILE = Values(_fraction_or_file)
