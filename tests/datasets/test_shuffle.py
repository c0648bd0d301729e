"""Lines and documents in random order, and lists that are sorted."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets import text as text_module
from rnncli.datasets.disk_ids import DiskIds
from rnncli.datasets.shuffle import looks_sorted
from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import read_text
from rnncli.errors import InputError
from tests.datasets.test_text import sources_of, whole

LINES = [f"{n:03} {'x' * (n % 5)}" for n in range(200)]
TEXT = "\n".join(LINES)


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("end", ["", "\n"])
def test_each_line_stays_whole_and_comes_once(on_disk: bool, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another order for another seed; the last one has a line end, given or not."""
    if on_disk:
        monkeypatch.setattr(text_module, "IN_MEMORY", 100)
    orders = []
    for seed in (0, 0, 1):
        dataset = read_text(DataSpec(shuffle="lines", seed=seed, validation="0.2"), sources_of(TEXT + end))
        assert isinstance(dataset.training, DiskIds) == on_disk
        ids = [dataset.text_ids(part, 10_000) for part in (dataset.training, dataset.validation)]
        lines = dataset.vocabulary.decode(np.concatenate(ids)).split("\n")
        assert lines.pop() == ""
        assert Counter(lines) == Counter(LINES)
        orders.append(lines)
    assert orders[0] == orders[1] != orders[2]
    assert LINES not in orders


def test_documents_stay_whole() -> None:
    documents = ["".join(f"{name}{n}\n" for n in range(9)) for name in "abcdef"]
    dataset = read_text(
        DataSpec(shuffle="documents", validation="0"), sources_of(*documents[:-1], "", documents[-1][:-1])
    )
    text = whole(dataset)
    assert sorted(text[start : start + 27] for start in range(0, len(text), 27)) == documents
    assert text != "".join(documents)


def test_what_is_held_out_is_drawn_at_random() -> None:
    """From a sorted list, lines from all over it."""
    dataset = read_text(DataSpec(shuffle="lines", validation="0.25"), sources_of(TEXT + "\n"))
    numbers = [int(line[:3]) for line in dataset.vocabulary.decode(dataset.validation).split("\n")[1:-1]]
    assert min(numbers) < 40 and max(numbers) > 160


@pytest.mark.parametrize(("what", "texts"), [("lines", ["one line"]), ("documents", ["one\ntwo\n"])])
def test_one_alone_cannot_be_shuffled(what: str, texts: list[str]) -> None:
    with pytest.raises(InputError, match=f"--shuffle {what} takes two or more"):
        read_text(DataSpec(shuffle=what), sources_of(*texts))


def test_sorted_lines_are_noticed_with_the_command() -> None:
    for text in (TEXT, TEXT.upper(), "\n".join([*LINES[:149], "000 again"])):
        (warning,) = read_text(DataSpec(), sources_of(text)).warnings
        assert "lines are sorted" in warning
        assert "rnncli train 'text 1' --shuffle lines" in warning
    rng = np.random.default_rng(0)
    mixed = "\n".join(LINES[i] for i in rng.permutation(len(LINES)))
    for text in (mixed, "\n".join(LINES[:50]), "the same\n" * 300):
        assert read_text(DataSpec(), sources_of(text)).warnings == ()
    assert read_text(DataSpec(shuffle="lines"), sources_of(TEXT)).warnings == ()


def test_prose_is_not_sorted() -> None:
    assert not looks_sorted((Path(__file__).parents[2] / "README.md").read_text("utf-8"))
