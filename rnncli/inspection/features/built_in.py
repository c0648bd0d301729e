"""What a unit may track: properties of each place in a text, as numbers.

A feature depends on the text up to and including a character, so that a network that has read it could compute it. What
an apostrophe or a stop was is known at the next character, and counts from there.

- A word is a run of letters, digits, combining marks and underscores; an apostrophe between letters does not end it.
- A sentence ends with a stop and the closing marks behind it, unless something other than a blank follows at once
  (3.14, a.b) or the next word is in lower case ("Go!" he said). A blank line ends it too, the end of a line does not.
"""

import re
import warnings
from collections.abc import Callable
from itertools import accumulate

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.features.characters import is_cased, is_punctuation, is_vowel, is_word
from rnncli.inspection.features.nesting import indentation, nesting

STOPS, WIDE_STOPS = frozenset(".!?…"), frozenset("。！？｡।؟")
"""What may end a sentence, and what always does."""

_CLOSING = frozenset("\"'”’»«“‘」』)]）］")


def _flags(text: str, test: Callable[[str], bool]) -> Array:
    known = {c: test(c) for c in set(text)}
    return np.array([known[c] for c in text], np.float32)


def _position_in_line(text: str) -> Array:
    """The number of characters since the last line ended."""
    return np.array(list(accumulate(text, lambda n, c: 0 if c == "\n" else n + 1, initial=0))[1:], np.float32)


def _position_in_word(text: str) -> Array:
    """The number of characters of this word so far, an apostrophe among them; 0 outside."""
    found: list[int] = []
    n = 0
    for i, (c, is_inside) in enumerate(zip(text, _flags(text, is_word), strict=True)):
        if n == 0 and i > 1 and text[i - 1] in "'’" and is_cased(c) and is_cased(text[i - 2]):
            n = found[i - 2] + 1
        n = n + 1 if is_inside else 0
        found.append(n)
    return np.array(found, np.float32)


def _position_in_sentence(text: str) -> Array:
    """The number of characters since the last sentence ended."""
    found: list[int] = []
    n = 0
    stop: int | None = None  # characters since the stop of which it is not known yet whether it ends the sentence
    is_wide = is_blank_line = False
    for c in text:
        n += 1
        if c in STOPS or c in WIDE_STOPS:
            stop, is_wide = 0, c in WIDE_STOPS
        elif c == "\n" and is_blank_line:
            n, stop = 0, None
        elif stop is not None and c.isspace():
            stop += 1
        elif stop is not None and (stop or c not in _CLOSING):
            if is_wide or (stop and not c.islower()):
                n = stop + 1
            stop = None
        is_blank_line = c == "\n" or (is_blank_line and c.isspace())
        found.append(n if stop is None else stop)
    return np.array(found, np.float32)


def _run(text: str) -> Array:
    """The length so far of the run of the same character."""
    found: list[int] = []
    for n, c in enumerate(text):
        found.append(found[-1] + 1 if n and text[n - 1] == c else 1)
    return np.array(found, np.float32)


FEATURES: dict[str, Callable[[str], Array]] = {
    "inside quotes": lambda text: (nesting(text)[0] > 0).astype(np.float32),
    "inside brackets": lambda text: (nesting(text)[1] > 0).astype(np.float32),
    "bracket depth": lambda text: nesting(text)[1],
    "indentation": indentation,
    "position in line": _position_in_line,
    "position in word": _position_in_word,
    "position in sentence": _position_in_sentence,
    "run of a character": _run,
    "line begins": lambda text: _flags("\n" + text, lambda c: c == "\n")[: len(text)],
    "word begins": lambda text: (_position_in_word(text) == 1).astype(np.float32),
    "space": lambda text: _flags(text, str.isspace),
    "punctuation": lambda text: _flags(text, is_punctuation),
    "upper case": lambda text: _flags(text, str.isupper),
    "digit": lambda text: _flags(text, str.isdigit),
    "vowel": lambda text: _flags(text, is_vowel),
}
"""Built-in features by name; each takes a text of N characters and gives (N,) numbers."""


def feature(name: str, text: str) -> Array:
    """The built-in feature of this name, or 1 inside each match of ``name`` as a regular expression and 0 elsewhere."""
    if name in FEATURES:
        return FEATURES[name](text)
    try:
        with warnings.catch_warnings(action="ignore"):  # deprecations of syntax in the user's expression
            pattern = re.compile(name, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(
            f"{name!r} is neither a regular expression ({error}) nor one of {', '.join(FEATURES)}"
        ) from None
    inside = np.zeros(len(text), np.float32)
    for match in pattern.finditer(text):
        inside[match.start() : match.end()] = 1
    return inside


def is_yes_or_no(values: Array) -> bool:
    """Whether a feature is binary, true or false at each place."""
    return bool(np.isin(values, (0, 1)).all())
