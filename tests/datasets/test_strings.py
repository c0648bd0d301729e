"""Texts that are given as strings are read as files with the same content."""

from pathlib import Path

import pytest

from rnncli.datasets.dataset import open_dataset
from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.datasets.strings import open_strings
from rnncli.errors import InputError
from tests.helpers import ODD_CHARACTERS


@pytest.mark.parametrize("texts", ["one", ["one\r\n", "two", "", "three"], [ODD_CHARACTERS, "é" * 9]])
@pytest.mark.parametrize("encoding", ["utf-8", "bytes"])
def test_texts_are_files(texts: str | list[str], encoding: str, tmp_path: Path) -> None:
    reading, names = Reading(encoding), []
    for i, text in enumerate([texts] if isinstance(texts, str) else texts):
        (tmp_path / f"{i}.txt").write_bytes(text.encode())
        names.append(str(tmp_path / f"{i}.txt"))
    assert "".join(open_strings(texts, reading).chunks()) == "".join(open_sources(names, reading).chunks())


def test_pairs_are_the_lines_of_a_tsv(tmp_path: Path) -> None:
    pairs = [("ab", "xy"), ("b a", "zyx"), ("c", "漢")]
    (tmp_path / "a.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs))
    spec = DataSpec(task="translate", format=PAIRS)
    given, read = (
        open_dataset(spec, s) for s in (open_strings(pairs, Reading()), open_sources([str(tmp_path / "a.tsv")]))
    )
    assert given.alphabets == read.alphabets
    assert given.spec.sha256 == read.spec.sha256
    assert given.spec.files == ("texts.tsv",)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "texts is empty"),
        (["a", ("b", "c")], r"texts\[1\] is of type tuple"),
        ([("b", "c"), "bc"], r"texts\[1\] is not a pair"),
        ([("b", "c", "d")], r"texts\[0\] is not a pair"),
        ([("b", 1)], r"texts\[0\]\[1\] is of type int"),
        ([("b", "c\td")], r"texts\[0\]\[1\] has a tab"),
        ([("b\n", "c")], r"texts\[0\]\[0\] has a tab or a line end"),
        (["ab\ud800"], r"texts\[0\] is not valid Unicode at character 2"),
    ],
)
def test_what_cannot_be_read_is_named(texts: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_strings(texts, Reading())  # type: ignore[arg-type]


@pytest.mark.parametrize("reading", [Reading("latin-1"), Reading(columns=("a",))])
def test_what_is_for_files_is_refused(reading: Reading) -> None:
    with pytest.raises(InputError, match=r"for .*files"):
        open_strings("abc", reading)
