"""What a unit may track: properties of each place in a text, as numbers.

A feature depends on the text up to and including a character, so that a network that has read it could compute it.
"""

import re
import warnings
from collections.abc import Callable
from itertools import accumulate

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError

OPENING, CLOSING = "([{", ")]}"


def _flags(text: str, test: Callable[[str], bool]) -> Array:
    return np.array([test(c) for c in text], np.float32)


def _position(text: str, ends: Callable[[str], bool]) -> Array:
    """The number of characters since the last one for which ``ends`` is true."""
    return np.array(list(accumulate(text, lambda n, c: 0 if ends(c) else n + 1, initial=0))[1:], np.float32)


def _after(text: str, test: Callable[[str], bool]) -> Array:
    """Whether the character before passes the test; the text counts as preceded by a line end."""
    return np.array([test(c) for c in ("\n" + text)[: len(text)]], np.float32)


def _in_quotes(text: str) -> Array:
    """Between an odd and an even quotation mark of a line, without the marks themselves."""
    is_open = accumulate(text, lambda n, c: 0 if c == "\n" else n ^ (c == '"'), initial=0)
    return np.array([n and c != '"' for n, c in zip(list(is_open)[1:], text, strict=True)], np.float32)


def _depth(text: str) -> Array:
    """Open brackets of all kinds; never below zero."""
    change = {**dict.fromkeys(OPENING, 1), **dict.fromkeys(CLOSING, -1)}
    return np.array(list(accumulate(text, lambda n, c: max(0, n + change.get(c, 0)), initial=0))[1:], np.float32)


def _indentation(text: str) -> Array:
    """Blanks at the beginning of the line so far."""
    found, blanks, inside = [], 0, True
    for c in text:
        if c == "\n":
            blanks, inside = 0, True
        elif c in " \t" and inside:
            blanks += 1
        else:
            inside = False
        found.append(blanks)
    return np.array(found, np.float32)


def _run(text: str) -> Array:
    """The length so far of the run of the same character."""
    found: list[int] = []
    for n, c in enumerate(text):
        found.append(found[-1] + 1 if n and text[n - 1] == c else 1)
    return np.array(found, np.float32)


FEATURES: dict[str, Callable[[str], Array]] = {
    "inside quotes": _in_quotes,
    "inside brackets": lambda text: (_depth(text) > 0).astype(np.float32),
    "bracket depth": _depth,
    "indentation": _indentation,
    "position in line": lambda text: _position(text, lambda c: c == "\n"),
    "position in word": lambda text: _position(text, lambda c: not c.isalnum()),
    "position in sentence": lambda text: _position(text, lambda c: c in ".!?\n"),
    "run of a character": _run,
    "line begins": lambda text: _after(text, lambda c: c == "\n"),
    "word begins": lambda text: _after(text, lambda c: not c.isalnum()) * _flags(text, str.isalnum),
    "space": lambda text: _flags(text, str.isspace),
    "punctuation": lambda text: _flags(text, lambda c: not c.isalnum() and not c.isspace()),
    "upper case": lambda text: _flags(text, str.isupper),
    "digit": lambda text: _flags(text, str.isdigit),
    "vowel": lambda text: _flags(text, lambda c: c.lower() in "aeiou"),
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
            f"--feature {name!r} is neither a regular expression ({error}) nor one of {', '.join(FEATURES)}"
        ) from None
    inside = np.zeros(len(text), np.float32)
    for match in pattern.finditer(text):
        inside[match.start() : match.end()] = 1
    return inside


def is_yes_or_no(values: Array) -> bool:
    """Whether a feature is binary, true or false at each place."""
    return bool(np.isin(values, (0, 1)).all())
