"""What a file is that cannot be read as UTF-8 text, by its first bytes, and what to do about it."""

import re
from dataclasses import dataclass

START = 8192
"""Bytes at the start of a file that tell what it is."""


@dataclass(frozen=True)
class FileKind:
    """What a file is, in words, and what its user can do: the rest of a sentence."""

    name: str
    advice: str


_AS_TEXT = "save it as plain text, in UTF-8"
_UNPACK = "unpack it first"

SIGNATURES = (
    (b"%PDF-", FileKind("a PDF document", "extract its text first, as with pdftotext")),
    (b"{\\rtf", FileKind("an RTF document", _AS_TEXT)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind("an old Microsoft Office document", _AS_TEXT)),
    (b"BZh", FileKind("compressed with bzip2", _UNPACK)),
    (b"\xfd7zXZ\0", FileKind("compressed with xz", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", FileKind("compressed with zstd", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", FileKind("a 7z archive", _UNPACK)),
    (b"SQLite format 3\0", FileKind("an SQLite database", "export its text first")),
    (b"PAR1", FileKind("a Parquet table", "export it as .csv or .jsonl")),
    (b"\x89PNG\r\n", FileKind("a picture", "name a file with text")),
    (b"\xff\xd8\xff", FileKind("a picture", "name a file with text")),
    (b"GIF8", FileKind("a picture", "name a file with text")),
    (b"\x7fELF", FileKind("a program", "name a file with text")),
)
"""The first bytes of files that hold no plain text."""

ZIP, IN_ZIP = (
    b"PK\x03\x04",
    (
        (b"meta.npy", FileKind("a model file", "name a file with text")),
        (b"application/vnd.oasis.opendocument", FileKind("an OpenDocument file", _AS_TEXT)),
        (b"application/epub", FileKind("an EPUB book", _AS_TEXT)),
        (b"word/", FileKind("a Word document", _AS_TEXT)),
        (b"xl/", FileKind("an Excel table", "export it as .csv")),
        (b"", FileKind("a zip archive", _UNPACK)),
    ),
)
"""What stands near the start of zip archives that are documents; in any other there is nothing to look for."""

BYTE_ORDER_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def identify(start: bytes, encoding: str = "utf-8") -> FileKind | None:
    """What a file is that begins with these bytes; None where it may be text in this encoding."""
    if start.startswith(ZIP):
        return next(kind for mark, kind in IN_ZIP if mark in start)
    for signature, kind in SIGNATURES:
        if start.startswith(signature):
            return kind
    return _identify_wide(start) if encoding == "utf-8" else None


def _identify_wide(start: bytes) -> FileKind | None:
    """UTF-16 and UTF-32: by the byte order mark, or since every other byte of much of the text is zero."""
    codec = next((codec for mark, codec in BYTE_ORDER_MARKS if start.startswith(mark)), "")
    high, low = start[1::2].count(0), start[0::2].count(0)
    if not codec and max(high, low) > max(3, len(start) / 40) and max(high, low) > 4 * min(high, low):
        codec = "utf-16-le" if high > low else "utf-16-be"
    name = f"{codec[:6].upper()}{' without a byte order mark' if codec[6:] else ''}"
    return FileKind(name, f"read it with --encoding {codec}") if codec else None


CANDIDATES = (
    ("cp949", "Korean", "\uac00-\ud7a3", 0.9),
    ("cp932", "Japanese", "\u3040-\u30ff", 0.3),
    ("euc_jp", "Japanese", "\u3040-\u30ff", 0.3),
    ("gb18030", "Chinese", "\u4e00-\u9fff", 0.7),
    ("big5", "Chinese", "\u4e00-\u9fff", 0.7),
    ("cp1251", "Cyrillic", "\u0430-\u044f", 0.7),
    ("koi8_r", "Cyrillic", "\u0430-\u044f", 0.7),
)
"""Codecs of other languages, and the characters that make up at least this share of what is not ASCII in them."""


WESTERN, WESTERN_SHARE = "\xc0-\xff\xa0\xa1\xab\xb0\xbb\xbf\u2013-\u201e\u2026\u20ac\u0152-\u0178", 0.3
"""What is not ASCII in Western European text, and a share of the bytes that it does not reach."""


def guess_encoding(data: bytes) -> str:
    """What ``data`` that is no UTF-8 may be instead: the name of the codec and of the language; "" for no idea."""
    high = len(re.findall(rb"[\x80-\xff]", data))
    if high < WESTERN_SHARE * len(data):  # letters with accents among those without
        letters = re.findall(f"[{WESTERN}]", data.decode("cp1252", "replace"))
        return "cp1252 (Western European)" if len(letters) >= 0.9 * high else ""
    for codec, language, typical, share in CANDIDATES:
        text = data.decode(codec, "replace")
        foreign = re.sub("[\0-\x7f]", "", text)
        if text.count("\ufffd") <= 1 and len(re.findall(f"[{typical}]", foreign)) >= share * len(foreign):
            return f"{codec} ({language})"
    return ""
