"""What is told of lines of two columns: labels that look like a mistake, lines that are left out."""

import io
from pathlib import Path

import pytest

from rnncli.datasets import pairs as pairs_module
from rnncli.datasets.disk_ids import DiskIds
from rnncli.datasets.pairs import PairDataset, read_pairs
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.errors import InputError
from tests.datasets.test_pairs import decoded, read
from tests.datasets.test_text import sources_of

MANY = "good\tfine\nbad\tpoor\n" * 20


def test_blanks_around_labels_are_stripped_and_told() -> None:
    dataset = read(MANY + "good \tnice\n good\tok\n\u3000good\tyes\n")
    assert dataset.target.symbols == ("bad", "good")
    (warning,) = dataset.warnings
    assert warning == "stripped blanks around the labels of 3 lines"
    assert read(MANY).warnings == ()


def test_a_label_of_blanks_is_empty() -> None:
    with pytest.raises(InputError, match="text 1, line 41: the label is empty"):
        read(MANY + " \tnice\n")


def test_labels_are_named_with_their_counts() -> None:
    assert "2 labels (good 22, bad 20)" in read(MANY + "good\ta\ngood\tb\n", validation=0.0).describe()
    many = read("".join(f"{label}\tx\n" * (9 - i) for i, label in enumerate("abcdef")), validation=0.0)
    assert "6 labels (a 9, b 8, c 7, d 6 and 2 more)" in many.describe()


def test_a_label_with_one_line_is_told() -> None:
    (warning,) = read(MANY + "wierd\tx\n").warnings
    assert warning == "1 label with a single line: 'wierd'"


def test_labels_that_differ_in_case_alone_are_told_with_their_counts() -> None:
    (warning,) = read(MANY + "Good\tx\n" * 3).warnings
    assert warning == "labels that differ in case alone: 'Good' (3 lines) and 'good' (20 lines)"


@pytest.mark.parametrize(
    ("task", "heading", "line"),
    [
        ("classify", "label\ttext", "x\tab"),
        ("classify", "Sentiment\tReview", "x\tab"),
        ("translate", "source\ttarget", "ab\tba"),
        ("tag", "text\ttags", "abcd\txyxy"),
    ],
)
def test_what_looks_like_a_heading_is_told(task: str, heading: str, line: str) -> None:
    lines = [line, line.replace("x", "y", 1) if task == "classify" else line]
    dataset = read("\n".join([heading, *lines]), task=task)
    (warning,) = dataset.warnings
    assert "text 1, line 1" in warning and "looks like a heading" in warning
    assert len(dataset.training) == 3
    assert read("\n".join(lines), task=task).warnings == ()


def limited(task: str, text: str, max_length: int) -> PairDataset:
    return read_pairs(DataSpec(task=task, format=PAIRS, validation="0", max_length=max_length), sources_of(text))


@pytest.mark.parametrize("task", ["classify", "tag", "translate", "generate"])
def test_lines_beyond_the_longest_are_left_out_and_told(task: str) -> None:
    """By either of their columns; the longest that is allowed stays."""
    lines = {
        "classify": ["x\tabcd", "y\tabcd", "x\tabcde"],
        "generate": ["x\tabcd", "y\tabcd", "x\tabcde"],
        "tag": ["abcd\txyxy", "abc\txyx", "abcde\txyxyx"],
        "translate": ["abcd\tabcd", "a\tabcd", "a\tabcde"],
    }[task]
    dataset = limited(task, "\n".join(lines), 4)
    assert len(decoded(dataset, dataset.training)) == 2
    (warning,) = dataset.warnings
    assert warning == "left out 1 line with more than 4 characters, the first text 1, line 3; --max-length decides"
    assert limited(task, "\n".join(lines), 5).warnings == ()
    with pytest.raises(InputError, match="text 1: no line has at most 2 characters"):
        limited(task, "\n".join(lines), 2)


def test_labels_of_the_validation_file_alone_are_told() -> None:
    dataset = read(MANY, validation=sources_of("good\tx\nmaybe\ty\n"))
    (warning,) = dataset.warnings
    assert warning == "labels of the validation file alone, which are not learnt: 'maybe'"
    assert dataset.target.symbols == ("bad", "good", "maybe")


def test_lines_that_end_in_cr_alone_are_told() -> None:
    with pytest.raises(InputError, match=r"text 1, line 1: 3 tabs where one is expected.*CR alone"):
        read("x\tab\ry\tba\rx\tbb\r")


def test_tags_of_a_text_that_was_normalised_name_the_form() -> None:
    sources = sources_of("e\u0301\txy\n")
    sources.reading = DataSpec(normalize="nfc").reading
    with pytest.raises(InputError, match=r"the text has 1 characters in NFC \(see --normalize\) and 2 tags"):
        read_pairs(DataSpec(task="tag", format=PAIRS, normalize="nfc"), sources)


def test_many_lines_lie_on_disk_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"{'ab'[n % 2]}\t{'xyz'[n % 3] * (n % 50 + 1)}\n" for n in range(500))
    in_memory = read(text, validation=0.2)
    monkeypatch.setattr(pairs_module, "IN_MEMORY", 300)
    on_disk = read(text, validation=0.2)
    assert isinstance(on_disk.training.texts.ids, DiskIds)
    assert not isinstance(in_memory.training.texts.ids, DiskIds)
    for a, b in ((in_memory.training, on_disk.training), (in_memory.validation, on_disk.validation)):
        for batch in a.micro_batches(a.by_length(pairs_module.np.arange(len(a))), 7, 64):
            for one, other in zip(a.padded(batch), b.padded(batch), strict=True):
                assert one.ids.tolist() == other.ids.tolist()
                assert one.lengths.tolist() == other.lengths.tolist()


def test_lines_that_change_while_they_are_read_are_an_error(tmp_path: Path) -> None:
    versions = iter([MANY, MANY + "good\tfine\n"])
    with pytest.raises(InputError, match="changed while it was read"):
        read_pairs(
            DataSpec(task="classify", format=PAIRS),
            Sources(["log"], [lambda: io.BytesIO(next(versions).encode())]),
        )
