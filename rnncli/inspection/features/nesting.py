"""Which quotes and brackets are open at each character of a text, be it prose, a play or code.

A reader goes through the text once, with a stack of what is open. It never looks ahead: what a straight mark or #
was is known at the next character, and the stack changes there. The rules:

- A straight mark closes the quotes that one like it opened, and else opens some where that can be: not behind a letter
  or a stop, unless a letter follows. Behind a backslash inside quotes it does neither.
- Between letters, and before what is left of a clipped word ('tis), a single mark is an apostrophe.
- A blank line, the end of a paragraph, closes quotes; triple ones last until a line is indented less than their first.
- A bracket ends with a line that is indented less than its own. It outlives a blank line only if the next one is
  indented more, or begins with its partner.
- What opens inside quotes or a comment (lines from # on) closes with them; what was open before stays so inside.
"""

import re
from typing import Literal, NamedTuple

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.inspection.features.characters import is_cased, is_word

QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "„": "“”", "‚": "‘’", "«": "»", "»": "«", "‹": "›", "›": "‹"}
QUOTES |= {"「": "」", "『": "』"}
"""The marks that close a quote by the one that opens it: English, German, French, Japanese and Korean."""

BRACKETS = dict(zip("([{（［｛【〔〈《", ")]}）］｝】〕〉》", strict=True))

_CLIPPED = (
    "tis twas twere twill twould t d s m ll re ve em twixt tween gainst gan neath mid mong mongst bout bove fore pon "
    "round scape scaped cause coz cept larum longs sdeath sblood swounds zounds n til till 00 00s"
)
CLIPPED = frozenset(_CLIPPED.split())
"""What an apostrophe begins, as in 'tis; 0 stands for any digit, as in the '90s."""

STRING_PREFIXES = frozenset(["r", "b", "f", "u", "br", "rb", "fr", "rf"])
"""What may stand before the marks of a string in Python."""

_MARKS = frozenset("".join([*QUOTES, *QUOTES.values()]))
_SIGNS = _MARKS | {*BRACKETS, *BRACKETS.values(), "\\", "#", "\n"}
_STOPS = frozenset(".,;:!?…-–—)]}>\"'”’»。，！？")
_BEGINNINGS = frozenset(word[:n] for word in CLIPPED for n in range(1, len(word) + 1))
_SMILEY = re.compile(r"(?:^|\s)[:;]-?[()]$")
_TAB = 8

Kind = Literal["quote", "triple quote", "bracket", "comment"]


class _Frame(NamedTuple):
    """What is open: any of ``closers`` closes it; ``indent`` is that of its first line. ``quotes`` and ``brackets`` are
    the numbers open with it."""

    kind: Kind
    closers: str
    indent: int
    quotes: int
    brackets: int
    in_line: bool = False
    """Whether the end of the line closes it."""


_BOTTOM = _Frame("comment", "", -1, 0, 0)


def indentation(text: str) -> Array:
    """The width (N,) of the blanks with which the line begins, as far as read; a tab reaches to a multiple of 8."""
    found, width, inside = [], 0, True
    for c in text:
        if c == "\n":
            width, inside = 0, True
        elif inside and c in " \t":
            width += _TAB - width % _TAB if c == "\t" else 1
        else:
            inside = False
        found.append(width)
    return np.array(found, np.float32)


def nesting(text: str) -> tuple[Array, Array]:
    """The numbers of quotes and of brackets, each (N,), that are open at each of the N characters of ``text``.

    The marks of a quote are outside of it; an opening bracket is inside of its pair, and a closing one outside.
    """
    reader = _Reader(text)
    counts = [reader.step(i, c) for i, c in enumerate(text)]
    quotes, brackets = np.array(counts, np.float32).reshape(-1, 2).T
    return quotes, brackets


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.indents = indentation(text)
        self.stack = [_BOTTOM]
        self.opening: int | None = None
        """Where the mark stands of which it is not known yet whether it opens quotes or a comment."""
        self.opened = self.emptied = -2
        """Where quotes opened last, and where some closed that hold nothing: a third mark makes them triple quotes."""
        self.closed: list[_Frame] = []
        """What the mark before this character closed, unless it is an apostrophe."""
        self.is_blank = self.after_blank = True
        """Whether this line is blank so far, and whether the one before was."""
        self.is_escaped = False
        self.is_settled = False
        """Whether a character that is no sign changes nothing; ``counts`` are then those of the one before."""
        self.counts = 0, 0

    def step(self, i: int, c: str) -> tuple[int, int]:
        """Read the character ``c`` at ``i``; returns the numbers of quotes and brackets open there."""
        if self.is_settled and c not in _SIGNS:
            return self.counts
        if self.opening is not None:
            self._decide(self.opening, i, c)
        if self.closed:
            self.stack += self.closed if is_cased(c) else []
            self.closed = []
        if self.is_blank or c == "\n":
            self._follow_line(i, c)
        before = self.stack[-1].quotes
        if self.is_escaped:
            self.is_escaped = False
        elif c in _SIGNS and c != "\n":
            self._read(i, c)
        self.is_settled = self.opening is None and not (self.closed or self.is_blank or self.is_escaped)
        top = self.stack[-1]
        self.counts = top.quotes, top.brackets
        return min(before, top.quotes), top.brackets

    def _read(self, i: int, c: str) -> None:
        if c == "\\":
            self.is_escaped = self.stack[-1].quotes > 0
        elif c in _MARKS:
            self._read_mark(i, c)
        elif c == "#":
            if all(frame.kind == "bracket" for frame in self.stack[1:]):
                self.opening = i
        elif not _SMILEY.search(self.text[max(0, i - 3) : i + 1]):
            if c in BRACKETS:
                self._push("bracket", BRACKETS[c], i)
            elif level := self._find(c, ("bracket",)):
                self._pop(level)

    def _push(self, kind: Kind, closers: str, i: int, in_line: bool = False) -> None:
        top, is_quote = self.stack[-1], kind in ("quote", "triple quote")
        counts = top.quotes + is_quote, top.brackets + (kind == "bracket")
        self.stack.append(_Frame(kind, closers, int(self.indents[i]), *counts, in_line))

    def _pop(self, level: int) -> list[_Frame]:
        """Close what is open from ``level`` of the stack upwards."""
        closed, self.stack = self.stack[level:], self.stack[:level]
        return closed

    def _find(self, closer: str, within: tuple[Kind, ...]) -> int:
        """The highest level of the stack that ``closer`` closes with only kinds ``within`` above it; 0 for none."""
        for level in range(len(self.stack) - 1, 0, -1):
            frame = self.stack[level]
            if frame.kind not in within:
                break
            if closer in frame.closers:
                return level
        return 0

    def _read_mark(self, i: int, c: str) -> None:
        inner = next(frame for frame in reversed(self.stack) if frame.kind != "bracket")
        if inner.kind == "triple quote":
            if c == inner.closers and self.text[i - 2 : i] == c + c and i - 2 > self.opened:
                self._pop(self.stack.index(inner))
        elif level := self._find(c, ("bracket", "quote")):
            self.emptied = i if self.opened == i - 1 else -2
            closed = self._pop(level)
            self.closed = closed if c in "'’" and is_cased(self.text[i - 1]) else []
        elif self.emptied == i - 1 and self.text[i - 1] == c and not self.stack[-1].quotes:
            self._push("triple quote", c, i)
            self.opened = i
        elif c in "\"'‘":
            self.opening = i
        elif c in QUOTES:
            self._push("quote", QUOTES[c], i)

    def _decide(self, at: int, i: int, c: str) -> None:
        """Whether the sign ``at`` opens quotes or a comment, as far as the character ``c`` at ``i`` tells."""
        sign, goes_on = self.text[at], is_word(c)
        if i > at + 1 or _may_open(self.text[max(0, at - 3) : at], sign, c):
            word = re.sub(r"\d", "0", self.text[at + 1 : i + goes_on].lower()) if sign in "'‘" else ""
            if goes_on and word in _BEGINNINGS:
                return
            if sign == "#":
                self._push("comment", "", i)
            elif goes_on or word not in CLIPPED:
                self._push("quote", QUOTES[sign], i, in_line=c.isspace())
                self.opened = at
        self.opening = None

    def _follow_line(self, i: int, c: str) -> None:
        """Close what does not outlive a line, or a blank one, or the first character ``c`` of the next."""
        if c == "\n":
            over = [f.in_line or (self.is_blank and f.kind == "quote") for f in self.stack]
            self.after_blank, self.is_blank = self.is_blank, True
        elif not c.isspace():
            over = [self._ends(frame, int(self.indents[i]), c) for frame in self.stack]
            self.is_blank = False
        else:
            return
        if any(over[1:]):
            self._pop(over.index(True, 1))

    def _ends(self, frame: _Frame, indent: int, c: str) -> bool:
        """Whether a line of this ``indent`` that begins with ``c`` closes ``frame``."""
        match frame.kind:
            case "comment":
                return c != "#"
            case "triple quote":
                return indent < frame.indent
            case "bracket":
                return indent < frame.indent or (self.after_blank and indent == frame.indent and c not in frame.closers)
        return False


def _may_open(before: str, sign: str, c: str) -> bool:
    """Whether ``sign``, between the characters ``before`` it and ``c``, can open quotes or a comment."""
    last = before[-1:]
    if sign == "#":
        return (not last or last.isspace()) and c.isspace()
    if sign == "‘":
        return True
    if last and is_word(last):
        word = re.sub(r".*\W", "", before, flags=re.DOTALL).lower()
        may_be_apostrophe = sign == "'" and (is_cased(last) or not last.isalpha())
        return (word in STRING_PREFIXES and c != "\n") or (is_word(c) and not may_be_apostrophe)
    if sign == '"' and last and last in ",:":  # JSON without blanks
        return not c.isspace()
    return is_word(c) or (c != "\n" and last not in _STOPS)
