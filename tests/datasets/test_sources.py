"""Text from files, directories and standard input, byte for byte, in whatever chunks it comes."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest

from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import Sources, open_sources
from rnncli.errors import InputError

TEXT = "a é 漢 🙂\r\n\0 \u0301z\n"


class Trickle(io.BytesIO):
    """A file that gives a few bytes at a time, so that characters lie across the chunks."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self.step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step)


def trickling(data: bytes, step: int, encoding: str = "utf-8") -> Sources:
    return Sources(["a file"], [lambda: Trickle(data, step)], Reading(encoding))


def read(*arguments: Any, encoding: str = "utf-8") -> str:
    return "".join(open_sources([str(argument) for argument in arguments], Reading(encoding)).chunks())


@pytest.mark.parametrize("step", range(1, 8))
def test_each_chunk_has_the_number_of_its_first_line(step: int) -> None:
    """Line feeds end lines, as grep counts them."""
    before = ""
    for _, line, chunk in trickling(TEXT.encode() * 3, step).located_chunks():
        assert line == before.count("\n") + 1
        before += chunk
    assert before == TEXT * 3


@pytest.mark.parametrize("step", range(1, 8))
def test_characters_may_lie_across_chunks(step: int) -> None:
    assert "".join(trickling(TEXT.encode(), step).chunks()) == TEXT


@pytest.mark.parametrize("step", [*range(1, 8), 1000])
@pytest.mark.parametrize(
    ("data", "byte"),
    [
        (b"abc\xffdef", 3),
        ("é漢".encode() + b"\x80", 5),
        (b"ab\xe6\xbc", 2),  # the text ends inside a character
        (b"ab\xe6\xbcx", 2),
        (b"\xf0\x9f\x99", 0),
        (b"a\xed\xa0\x80", 1),  # a lone surrogate is no UTF-8
        (b"\xc0\x80", 0),  # nor is a NUL in two bytes
    ],
)
def test_broken_utf_8_is_named_with_file_and_byte(data: bytes, byte: int, step: int) -> None:
    with pytest.raises(InputError) as error:
        list(trickling(data, step).chunks())
    assert f"a file is not valid UTF-8 at byte {byte};" in str(error.value)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_every_byte_is_read_as_bytes(step: int) -> None:
    everything = bytes(range(256))
    text = "".join(trickling(everything * 2, step, "bytes").chunks())
    assert text.encode("latin-1") == everything * 2


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "dos.txt").write_bytes(b"a\r\nb\rc\n")
    assert read(tmp_path / "dos.txt") == "a\r\nb\rc\n"


def test_a_byte_order_mark_is_left_out_and_told_once(tmp_path: Path) -> None:
    path = tmp_path / "mark.txt"
    path.write_bytes(b"\xef\xbb\xbfone\xef\xbb\xbftwo")
    sources = open_sources([str(path)])
    for _ in range(2):
        assert "".join(sources.chunks()) == "one\ufefftwo"  # one within the text is a character
    (warning,) = sources.warnings
    assert "byte order mark" in warning
    assert "mark.txt" in warning


@pytest.mark.parametrize("step", [1, 2])
def test_a_byte_order_mark_may_lie_across_chunks(step: int) -> None:
    assert "".join(trickling(b"\xef\xbb\xbfone", step).chunks()) == "one"


@pytest.mark.parametrize("step", range(1, 7))
def test_a_mark_within_the_text_is_a_character_also_where_a_piece_begins(step: int) -> None:
    assert "".join(trickling(b"abc\xef\xbb\xbfd", step).chunks()) == "abc\ufeffd"


def test_bytes_keep_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "mark").write_bytes(b"\xef\xbb\xbfx")
    assert read(tmp_path / "mark", encoding="bytes").encode("latin-1") == b"\xef\xbb\xbfx"


def test_several_files_read_as_one_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("é")
    (tmp_path / "2").write_bytes(b"\xef\xbb\xbfb")
    assert read(tmp_path / "2", tmp_path / "1", tmp_path / "2") == "b\né\nb"
    names = [str(tmp_path / name) for name in "21"]
    assert open_sources(names).names == names


def test_the_digest_is_that_of_the_bytes_in_order(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b"\xef\xbb\xbfab")
    (tmp_path / "2").write_bytes(b"c\r\n")
    sources = open_sources([str(tmp_path / "1"), str(tmp_path / "2")])
    assert sources.digest() == hashlib.sha256(b"\xef\xbb\xbfabc\r\n").hexdigest()


def test_a_directory_is_read_sorted_by_path_without_hidden_and_binary_files(tmp_path: Path) -> None:
    files = {
        "b.txt": b"B",
        "a/z.txt": b"Z",
        "a/deep/er.md": "É".encode(),
        "c": b"C",
        ".hidden": b"no",
        ".git/config": b"no",
        "__pycache__/x.txt": b"no",
        "picture.png": b"\x89PNG\0",
        "latin.txt": b"caf\xe9 au lait",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    sources = open_sources([str(tmp_path)])
    assert "".join(sources.chunks()) == "É\nZ\nB\nC"
    (warning,) = sources.warnings
    assert "2 files" in warning
    assert str(tmp_path) in warning


def test_a_file_that_ends_inside_a_character_is_no_text_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    assert read(tmp_path) == "a"


def test_text_with_a_character_across_the_looking_limit_is_text(tmp_path: Path) -> None:
    for shift in range(4):
        (tmp_path / "long.txt").write_text("x" * shift + "🙂" * 4000)
        assert len(read(tmp_path)) == 4000 + shift


def test_a_directory_without_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\0\1")
    with pytest.raises(InputError, match="contains no text") as error:
        open_sources([str(tmp_path)])
    assert str(tmp_path) in str(error.value)
    assert read(tmp_path, encoding="bytes") == "\0\1"


def test_a_missing_file_is_named_with_a_neighbour_that_is_like_it(tmp_path: Path) -> None:
    (tmp_path / "shakespeare.txt").write_text("x")
    with pytest.raises(InputError, match=r"shakspeare\.txt does not exist; did you mean .*shakespeare\.txt\?"):
        open_sources([str(tmp_path / "shakspeare.txt")])
    with pytest.raises(InputError, match=r"quite-else does not exist$"):
        open_sources([str(tmp_path / "quite-else")])
    with pytest.raises(InputError, match="does not exist"):
        open_sources([str(tmp_path / "no" / "folder")])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a file nor a directory"):
        open_sources([str(tmp_path / "pipe")])


def test_standard_input_is_a_text_that_can_be_read_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode()), "ascii"))
    (tmp_path / "after").write_text("!")
    sources = open_sources(["-", str(tmp_path / "after")])
    assert ["".join(sources.chunks()) for _ in range(2)] == [TEXT + "!"] * 2
    assert sources.names[0] == "standard input"


def test_standard_input_can_be_named_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"text")))
    with pytest.raises(InputError, match="only once"):
        open_sources(["-", "-"])
