"""Kinds of characters, in any script."""

from unicodedata import category, normalize

VOWELS = frozenset("aeiouæœøı" + "αεηιουω" + "аеёиоуыэюяіїєѐѝ")
"""Latin, Greek and Cyrillic; accented Latin and Greek letters count as their base."""


def is_word(c: str) -> bool:
    """Part of a word or an identifier: a letter, digit, combining mark or underscore."""
    return c.isalnum() or c == "_" or category(c)[0] == "M"


def is_cased(c: str) -> bool:
    """A letter of a script with capitals: Latin, Greek, Cyrillic …, those that write apostrophes inside words."""
    return c.lower() != c.upper()


def is_punctuation(c: str) -> bool:
    """Punctuation and symbols, as in ``string.punctuation``, of any script."""
    return category(c)[0] in "PS"


def is_vowel(c: str) -> bool:
    """A letter that writes a vowel. A jamo of Hangul may be one; a syllable has one always, and counts as none."""
    c = c.lower()
    base = c if c in "йў" else normalize("NFD", c)[0]
    return base in VOWELS or "ㅏ" <= c <= "ㅣ" or "\u1161" <= c <= "\u1175"
