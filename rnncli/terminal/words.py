"""Numbers and texts as people read them."""

import re
import unicodedata

OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional embeddings and overrides: a text with them could show a terminal's own words in another order."""

PICTURES = {"\n": "↵", "\t": "→", "\r": "␍"}

COMMAND = re.compile(r"(\w+: +| *)rnncli ")
SHELL_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")
LABEL = re.compile(r" +|(?:\w+ )*\w+:? {2,}|\w+: (?=rnncli )")
"""What stands before a text that is continued under its own beginning."""


def count(number: float) -> str:
    """12,345"""
    return f"{number:,.0f}"


def seconds(duration: float) -> str:
    """4 s, 2 min 05 s, 1 h 12 min"""
    if round(duration) < 60:
        return f"{duration:.1f} s" if duration < 9.95 else f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def visible_lines(text: str) -> str:
    """The text as a terminal shows it, with escapes for control characters other than line ends and tabs, and without
    empty lines around it."""
    return "".join(c if c in "\n\t" else _escaped(c) for c in text).strip("\n")


def visible_line(text: str) -> str:
    """The text as a terminal shows it, on one line: with pictures or escapes for control characters."""
    return "".join(PICTURES.get(c) or _escaped(c) for c in text)


def visible(text: str) -> str:
    """The text with something to see for every character: a blank is a dot, and what takes no column or looks like a
    blank is an escape."""
    return "".join("·" if c == " " else PICTURES.get(c) or (c if c.isprintable() else _escape(c)) for c in text)


def visible_value(text: str) -> str:
    """A label, a character or an excerpt that stands alone: as a terminal shows it, with dots for the blanks around it,
    unless there would be nothing to see."""
    if text.isspace() or not width_of(text):
        return visible(text)
    before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    return "·" * before + visible_line(text.strip(" ")) + "·" * after


def _escaped(character: str) -> str:
    controls = ("Cc", "Cs", "Zl", "Zp")
    is_control = unicodedata.category(character) in controls or character in OVERRIDES
    return _escape(character) if is_control else character


def _escape(character: str) -> str:
    return repr(character)[1:-1]


def width_of(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # only here, since a message without Rich is there sooner

    return cell_len(text)


def wrapped(text: str, width: int | None) -> str:
    """The text with lines of at most ``width`` columns, if any, broken at blanks; a longer word stays whole. A command
    continues after a backslash, so that it can be pasted into a shell."""
    if width is None:
        return text
    alternatives = (part for line in text.split("\n") for part in _alternatives(line, width))
    return "\n".join(part for line in alternatives for part in _broken(line, width))


def _alternatives(line: str, width: int) -> list[str]:
    """Next: this    or: that"""
    return re.sub(r" {4}(or: rnncli )", r"\n  \1", line).split("\n") if width_of(line) > width else [line]


def _broken(line: str, width: int) -> list[str]:
    if width_of(line) <= width:
        return [line]
    found = LABEL.match(line)
    label = found.group() if found and found.end() <= width // 2 else ""
    rest = line[len(label) :]
    end, words = (" \\", SHELL_WORD.findall(rest)) if COMMAND.match(line) else ("", rest.split(" "))
    lines = wrap_words(words, width - len(label) - len(end))
    parts = [f"{label if n == 0 else ' ' * len(label)}{part}" for n, part in enumerate(lines)]
    return [*(part + end for part in parts[:-1]), parts[-1]]


def wrap_words(words: list[str], width: int) -> list[str]:
    """Lines of words, each of ``width`` columns or of one word."""
    lines = [words[0]]
    for word in words[1:]:
        if not lines[-1] and len(lines) > 1:
            lines[-1] = word  # of several blanks where a line is broken none is left
        elif width_of(lines[-1]) + 1 + width_of(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines if lines[-1] or len(lines) == 1 else lines[:-1]
