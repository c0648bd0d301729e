"""Bad input is one clear sentence: exit 2, no traceback, nothing written, in under a second."""

import os
import shutil
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.cli.running import refused, rnncli, succeeded

TRAIN = ("train", "a.txt", "--steps", "1")


@cache
def models() -> Path:
    """A folder with a small model of each kind."""
    folder = Path(mkdtemp(prefix="rnncli-bad-"))
    (folder / "a.txt").write_text("hello, world\n" * 9)
    (folder / "c.tsv").write_text("yes\tab\nno\tba\n" * 9)
    (folder / "t.tsv").write_text("one\t1\ntwo\t2\n")
    quick = ["--steps", "2", "--hidden-size", "3", "-q"]
    succeeded(rnncli("train", folder / "a.txt", "-o", folder / "text.npz", *quick))
    succeeded(rnncli("train", folder / "c.tsv", "-o", folder / "classes.npz", "--task", "classify", *quick))
    succeeded(rnncli("train", folder / "c.tsv", "-o", folder / "labels.npz", "--task", "generate", *quick))
    succeeded(rnncli("train", folder / "t.tsv", "-o", folder / "pairs.npz", "--task", "translate", *quick))
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The models, and files of every bad kind."""
    for file in models().iterdir():
        shutil.copy(file, tmp_path)
    for name, content in {
        "empty.txt": b"",
        "one.txt": b"x",
        "latin.txt": "häßlich".encode("latin-1"),
        "binary.txt": bytes(range(256)),
        "surrogate.txt": b"ab\xed\xa0\x80cd",
        "notes.md": b"notes",
        "no-tab.tsv": b"a\tb\nab\n",
        "two-tabs.tsv": b"a\tb\tc\na\tb\n",
        "no-label.tsv": b"\tb\na\tb\n",
        "no-text.tsv": b"a\t\n",
        "gap.tsv": b"a\tb\n\na\tb\n",
        "one-class.tsv": b"a\tb\na\tc\n",
        "tags.tsv": b"ab\tNN\nabc\tNN\n",
        "unclear.tsv": b"a\tbb\na\tccc\nb\tdd\n",
    }.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG\0\0")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    yield tmp_path


CASES: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    # what is learnt
    "no such file": (("train", "b.txt"), ("b.txt", "does not exist")),
    "a name nearly right": (("train", "a.tx"), ("did you mean a.txt",)),
    "empty": (("train", "empty.txt"), ("empty.txt", "no characters")),
    "one character": (("train", "one.txt"), ("one.txt", "at least two")),
    "a folder without text": (("train", "empty"), ("empty", "no text")),
    "a folder of pictures": (("train", "pictures"), ("pictures", "no text")),
    "no UTF-8": (("train", "latin.txt"), ("latin.txt", "byte 1", "--encoding cp1252")),
    "binary": (("train", "binary.txt"), ("byte 128", "--encoding bytes")),
    "lone surrogates": (("train", "surrogate.txt"), ("byte 2", "--encoding bytes")),
    "a named pipe": (("train", "pipe"), ("pipe", "name it -")),
    "the same standard input twice": (("train", "-", "-"), ("only once",)),
    "standard input for both": (("train", "-", "--validation", "-"), ("both",)),
    "too few for the streams": ((*TRAIN, "--batch-size", "500"), ("500 streams", "--batch-size")),
    "too many workers": ((*TRAIN, "--batch-size", "2", "--workers", "3"), ("--workers 3",)),
    "all characters rare": ((*TRAIN, "--min-count", "9999"), ("--min-count",)),
    # pairs
    "no tab": (("train", "no-tab.tsv", "--task", "classify"), ("no-tab.tsv, line 2", "no tab")),
    "two tabs": (("train", "two-tabs.tsv", "--task", "classify"), ("two-tabs.tsv, line 1", "2 tabs")),
    "no label": (("train", "no-label.tsv", "--task", "classify"), ("line 1", "label is empty")),
    "no text": (("train", "no-text.tsv", "--task", "classify"), ("line 1", "text is empty")),
    "an empty line": (("train", "gap.tsv", "--task", "classify"), ("line 2", "empty")),
    "one class only": (("train", "one-class.tsv", "--task", "classify"), ("two or more",)),
    "unequal tags": (("train", "tags.tsv", "--task", "tag"), ("line 2", "3 characters and 2 tags")),
    "an empty list of pairs": (("train", "empty.txt", "--task", "tag"), ("empty.txt", "text<TAB>tags")),
    "a .tsv of no clear kind": (("train", "unclear.tsv"), ("unclear.tsv", "--task")),
    "pairs of bytes": (("train", "c.tsv", "--task", "classify", "--encoding", "bytes"), ("--encoding bytes",)),
    "windows of pairs": (("train", "c.tsv", "--task", "classify", "--seq-length", "9"), ("--seq-length",)),
    # where it goes
    "a missing folder": ((*TRAIN, "-o", "no/such/m.npz"), ("no/such", "does not exist")),
    "onto a folder": ((*TRAIN, "-o", "empty"), ("empty is a folder",)),
    "onto what is no model": ((*TRAIN, "-o", "notes.md", "--force"), ("notes.md", "not an rnncli model")),
    "onto a model": ((*TRAIN, "-o", "text.npz"), ("text.npz exists", "--force")),
    "to standard output": ((*TRAIN, "-o", "-"), ("standard output",)),
    "resume of nothing": ((*TRAIN, "--resume", "-o", "new.npz"), ("nothing to resume",)),
    "resume of what is no model": (("train", "a.txt", "--resume", "-o", "notes.md"), ("notes.md", "not an .npz")),
    "resume on another text": (("train", "notes.md", "--resume", "-o", "text.npz"), ("notes.md", "bytes differ")),
    "resume with another network": (("train", "a.txt", "--resume", "-o", "text.npz", "--layers", "2"), ("--layers",)),
    "resume at the end": (("train", "a.txt", "--resume", "-o", "text.npz"), ("finished after 2 steps",)),
    "resume and begin": ((*TRAIN, "--resume", "--init-from", "text.npz", "-o", "text.npz"), ("mutually exclusive",)),
    "another task": (("train", "c.tsv", "--task", "tag", "--resume", "-o", "classes.npz"), ("--task tag",)),
    # choices
    "no layers": ((*TRAIN, "--layers", "0"), ("--cell mlp",)),
    "a negative size": ((*TRAIN, "--hidden-size", "-3"), ("-3 is below 1",)),
    "a size of words": ((*TRAIN, "--hidden-size", "many"), ("'many'",)),
    "a cell misspelt": ((*TRAIN, "--cell", "lstn"), ("did you mean lstm",)),
    "a rate of nothing": ((*TRAIN, "--learning-rate", "0"), ("0",)),
    "a rate that is no number": ((*TRAIN, "--learning-rate", "nan"), ("nan",)),
    "a rate without end": ((*TRAIN, "--learning-rate", "inf"), ("inf",)),
    "all dropped": ((*TRAIN, "--dropout", "1"), ("1",)),
    "a time of no kind": (("train", "a.txt", "--time", "soon"), ("soon", "3m")),
    "two lengths": ((*TRAIN, "--epochs", "2"), ("--epochs and --steps",)),
    "held out beyond all": ((*TRAIN, "--validation", "1.5"), ("1.5",)),
    "patience for nothing": ((*TRAIN, "--patience", "2"), ("held out",)),
    "the future": ((*TRAIN, "--bidirectional"), ("future",)),
    "context of a GRU": ((*TRAIN, "--context", "3"), ("--cell mlp",)),
    "activation of an LSTM": ((*TRAIN, "--cell", "lstm", "--activation", "relu"), ("--activation",)),
    "a perceptron of pairs": (("train", "c.tsv", "--task", "tag", "--cell", "mlp"), ("c.tsv, line 1",)),
    # sampling
    "no model": (("sample", "no.npz"), ("no.npz", "does not exist")),
    "a text for a model": (("sample", "a.txt"), ("a.txt", "not an .npz")),
    "a strange prime": (("sample", "text.npz", "--prime", "漢"), ("'漢'", "alphabet")),
    "a temperature below zero": (("sample", "text.npz", "-t", "-1"), ("-1",)),
    "a temperature that is no number": (("sample", "text.npz", "-t", "nan"), ("nan",)),
    "a share above one": (("sample", "text.npz", "--top-p", "1.5"), ("1.5",)),
    "a length below -1": (("sample", "text.npz", "-l", "-2"), ("-2",)),
    "without end, twice": (("sample", "text.npz", "-l", "-1", "--count", "2"), ("never ends",)),
    "a classifier that should write": (("sample", "classes.npz"), ("a classifier", "predict")),
    "no label chosen": (("sample", "labels.npz"), ("--label", "no, yes")),
    "a label misspelt": (("sample", "labels.npz", "--label", "yess"), ("did you mean yes",)),
    "a label for running text": (("sample", "text.npz", "--label", "yes"), ("running text",)),
    "no such unit": (("sample", "text.npz", "--clamp", "1:3=0"), ("1:3", "0 to 2")),
    "a clamp without a value": (("sample", "text.npz", "--clamp", "1:1"), ("L:J=V",)),
    # the rest
    "a language model that should answer": (("predict", "text.npz", "a.txt"), ("a language model", "sample")),
    "a beam of a classifier": (("predict", "classes.npz", "a.txt", "--beam", "3"), ("--beam",)),
    "nothing to answer": (("predict", "pairs.npz", "no.txt"), ("no.txt", "does not exist")),
    "nothing to score": (("score", "text.npz", "one.txt"), ("one.txt", "fewer than two")),
    "no such view": (("inspect", "text.npz", "gate"), ("did you mean gates",)),
    "no such layer": (("inspect", "text.npz", "--layer", "2"), ("no layer 2",)),
    "no such command": (("trian",), ("train",)),
    "no such option": (("train", "a.txt", "--hiden-size", "3"), ("--hidden-size",)),
}


@pytest.mark.parametrize("name", CASES)
def test_one_sentence_and_nothing_written(name: str, place: Path) -> None:
    arguments, words = CASES[name]
    if "pipe" in arguments and not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    before = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    began = time.perf_counter()
    refused(rnncli(*arguments), *words)
    assert time.perf_counter() - began < 1
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == before


def test_they_are_sixty_and_more() -> None:
    assert len(CASES) >= 60


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read and write everything")
def test_what_may_not_be_read_or_written(place: Path) -> None:
    (place / "a.txt").chmod(0)
    refused(rnncli(*TRAIN), "a.txt", "Permission denied")
    place.chmod(0o500)
    refused(rnncli("train", "notes.md", "--steps", 1, "-o", "new.npz"), "new.npz", "Permission denied")
    place.chmod(0o700)


def test_top_k_beyond_the_alphabet_is_all_of_it(place: Path) -> None:
    """With a notice, and the same text as without."""
    result = rnncli("sample", "text.npz", "--top-k", 9999, "--seed", 1, "-l", 20)
    assert succeeded(result) == succeeded(rnncli("sample", "text.npz", "--seed", 1, "-l", 20))
    assert "--top-k 9999 keeps all" in result.stderr


def test_odd_texts_are_fine(place: Path) -> None:
    """NUL, a byte order mark, Windows line ends, a last line without an end: learnt as they are."""
    (place / "odd.txt").write_bytes("\ufeffa\0b\r\nc".encode())
    result = rnncli("train", "odd.txt", "--steps", 1, "-o", "odd.npz")
    succeeded(result)
    assert "byte order mark" in result.stderr
