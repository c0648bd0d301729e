"""Bytes to text: normal forms, gzipped files, and files that are something else."""

import gzip
import io
import unicodedata
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets.normal_form import normalised
from rnncli.datasets.reading import Reading, canonical_encoding
from rnncli.datasets.sources import open_sources
from rnncli.errors import InputError

KOREAN = "강아지가 밥을 먹고 고양이는 잠을 잔다.\n" * 20
MIXED = "e\u0301e\u0323\u0301 각한글 \u1112\u1161\u11ab\u1100\u1161 Å ｶﾞ ﬁ x\u0345\u0301"
MIXED += " \u0958\u09c7\u09be漢\u0300か\u3099🙂\n"
"""Marks in and out of order, jamo, a compatibility ligature, characters that compose and others that never do."""


@pytest.mark.parametrize("form", ["nfc", "nfkc"])
@pytest.mark.parametrize("seed", range(20))
def test_a_text_in_chunks_has_the_normal_form_of_the_whole(form: str, seed: int) -> None:
    """Wherever it is cut; unicodedata is given the text in one piece."""
    rng = np.random.default_rng(seed)
    text = "".join(MIXED[i] for i in rng.integers(len(MIXED), size=400))
    cuts = [0, *sorted(rng.integers(len(text), size=rng.integers(1, 60)).tolist()), len(text)]
    parts = list(normalised((text[a:b] for a, b in pairwise(cuts)), form))
    assert "".join(raw for raw, _ in parts) == text
    assert "".join(normal for _, normal in parts) == unicodedata.normalize(form.upper(), text)


def test_a_long_text_is_not_held_back_to_its_end() -> None:
    """Chinese without a blank, Korean, Latin: something comes out of each chunk, so that memory stays bounded."""
    for text in ("漢字" * 500, "가나다" * 500, "abc" * 500):
        parts = normalised((text[i : i + 100] for i in range(0, len(text), 100)), "nfc")
        assert max(len(raw) for raw, _ in parts) <= 200


def test_a_changed_text_is_told_once_with_its_sizes(tmp_path: Path) -> None:
    texts = {"a.txt": "e\u0301\n", "b.txt": "plain\n", "c.txt": "o\u0308o\u0308\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    sources = open_sources([str(tmp_path / name) for name in texts], Reading(normalize="nfc"))
    for _ in range(2):
        assert "".join(sources.chunks()) == "é\nplain\nöö\n"
    (warning,) = sources.warnings
    assert "a.txt" in warning and "c.txt" in warning and "b.txt" not in warning
    assert "NFC, 8 characters to 5" in warning
    as_it_is = open_sources([str(tmp_path / name) for name in texts])
    assert "".join(as_it_is.chunks()) == "".join(texts.values())
    assert as_it_is.warnings == []


@pytest.mark.parametrize("name", ["text.gz", "text.txt"])
def test_a_gzipped_file_is_read_whatever_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(gzip.compress(KOREAN.encode()))
    sources = open_sources([str(tmp_path / name)])
    assert "".join(sources.chunks()) == KOREAN
    (tmp_path / "plain").write_text(KOREAN, "utf-8")
    assert sources.digest() == open_sources([str(tmp_path / "plain")]).digest()


def test_gzipped_standard_input_and_gzipped_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As bytes it stays what it is."""
    data = gzip.compress(KOREAN.encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert "".join(open_sources(["-"]).chunks()) == KOREAN
    (tmp_path / "a.gz").write_bytes(data)
    assert "".join(open_sources([str(tmp_path / "a.gz")], Reading("bytes")).chunks()).encode("latin-1") == data


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_gzipped_file_is_told(damage: str, tmp_path: Path) -> None:
    data = bytearray(gzip.compress(np.random.default_rng(0).integers(97, 122, 5000, np.uint8).tobytes()))
    if damage == "changed":
        data[len(data) // 2] ^= 255
    (tmp_path / "a.gz").write_bytes(data[: len(data) // 2] if damage == "cut" else data)
    with pytest.raises(InputError, match=r"a\.gz is damaged"):
        list(open_sources([str(tmp_path / "a.gz")]).chunks())


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 50)
    return file.getvalue()


KINDS = {
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 1 0 obj",
    "a Word document": zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
    "an Excel table": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "a zip archive": zipped("a.txt", "b.txt"),
    "a model file": zipped("meta.npy", "l1.W_x.npy"),
    "an RTF document": b"{\\rtf1\\ansi hello}",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0",
    "UTF-16; read it with --encoding utf-16": "hello\n".encode("utf-16"),
    "UTF-32; read it with --encoding utf-32": "hello\n".encode("utf-32"),
    "UTF-16 without a byte order mark; read it with --encoding utf-16-le": "hello world\n".encode("utf-16-le") * 3,
    "UTF-16 without a byte order mark; read it with --encoding utf-16-be": KOREAN.encode("utf-16-be"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_text_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(KINDS[kind])
    with pytest.raises(InputError) as error:
        list(open_sources([str(path)]).chunks())
    assert str(error.value).startswith(f"{path} is {kind}")
    assert "".join(open_sources([str(path)], Reading("bytes")).chunks()).encode("latin-1") == KINDS[kind]


ENCODED = [
    ("cp949", "Korean", KOREAN),
    ("cp932", "Japanese", "これは日本語の文です。カタカナもある。\n" * 20),
    ("euc_jp", "Japanese", "これは日本語の文です。カタカナもある。\n" * 20),
    ("gb18030", "Chinese", "我们今天去北京大学看书，明天在家。\n" * 20),
    ("big5", "Chinese", "我們今天去臺北大學看書，明天在家。\n" * 20),
    ("cp1251", "Cyrillic", "Привет, мир! Как дела сегодня?\n" * 20),
    ("koi8_r", "Cyrillic", "Привет, мир! Как дела сегодня?\n" * 20),
    ("cp1252", "Western European", "L’été à la plage, déjà vu: «ça va» – naïve œuvre\n" * 20),
    ("cp1252", "Western European", "häßlich"),
]


@pytest.mark.parametrize(("codec", "language", "text"), ENCODED)
def test_another_encoding_is_recognised_and_can_be_read(codec: str, language: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(text.encode(codec))
    with pytest.raises(InputError) as error:
        list(open_sources([str(path)]).chunks())
    assert f"it looks like {codec} ({language}): read it with --encoding {codec}" in str(error.value)
    found = canonical_encoding(codec)
    assert found is not None
    assert "".join(open_sources([str(path)], Reading(found)).chunks()) == text


def test_bytes_that_could_be_anything_get_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "random"
    path.write_bytes(np.random.default_rng(0).integers(1, 256, 4000, np.uint8).tobytes())
    with pytest.raises(InputError) as error:
        list(open_sources([str(path)]).chunks())
    assert "it looks like" not in str(error.value)


def test_the_wrong_encoding_is_named_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("가나\n".encode("cp949") + b"\xff\n")
    with pytest.raises(InputError, match="is not valid cp949 at byte 5"):
        list(open_sources([str(path)], Reading("cp949")).chunks())


def test_an_encoding_has_one_name_and_is_of_text() -> None:
    assert canonical_encoding("UTF8") == canonical_encoding("utf-8") == "utf-8"
    assert canonical_encoding("latin-1") == canonical_encoding("ISO-8859-1") == "iso8859-1"
    assert canonical_encoding("bytes") == "bytes"
    for name in ("rot13", "base64", "zip", "none", "", "a b", "\0"):
        assert canonical_encoding(name) is None


def test_a_folder_tells_what_it_leaves_out_and_why_once(tmp_path: Path) -> None:
    files = {
        "a.pdf": KINDS["a PDF document"],
        "b.pdf": KINDS["a PDF document"],
        "c.txt": KOREAN.encode("cp949"),
        "d.txt.gz": gzip.compress(b"text\n"),
        "e.txt": b"\xef\xbb\xbfmore\n",
        "f.txt": b"\xef\xbb\xbfand more\n",
        "g.bin": b"\0\1\2",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    sources = open_sources([str(tmp_path)])
    assert "".join(sources.chunks()) == "text\nmore\nand more\n"
    left_out, marks = sources.warnings
    assert left_out.startswith(f"left out 4 files of {tmp_path}")
    assert "a.pdf, b.pdf: a PDF document; c.txt: cp949 (Korean); g.bin: binary data" in left_out
    assert "e.txt" in marks and "f.txt" in marks


def test_lines_that_end_in_cr_alone_are_told(tmp_path: Path) -> None:
    (tmp_path / "mac.txt").write_bytes(b"one\rtwo\rthree\r")
    sources = open_sources([str(tmp_path / "mac.txt")])
    assert "".join(sources.chunks()) == "one\rtwo\rthree\r"
    (warning,) = sources.warnings
    assert "mac.txt" in warning and "CR alone" in warning


def test_a_text_is_not_glued_to_the_next(tmp_path: Path) -> None:
    """Which would make a word of two; the same file twice as well. Bytes stay bytes."""
    for name, text in {"a": "one", "b": "", "c": "two\n", "d": "three"}.items():
        (tmp_path / name).write_text(text)
    names = [str(tmp_path / name) for name in "abcdd"]
    assert "".join(open_sources(names).chunks()) == "one\ntwo\nthree\nthree"
    assert "".join(open_sources(names, Reading("bytes")).chunks()) == "onetwo\nthreethree"
