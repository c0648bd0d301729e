"""Lines of two columns: what they are read into, and what is refused, by file and line."""

import io

import numpy as np
import pytest

from rnncli.datasets.columns import LAYOUTS, Line, read_lines
from rnncli.datasets.labels import Labels
from rnncli.datasets.pairs import PairDataset, Pairs, read_pairs
from rnncli.datasets.ragged import Ragged
from rnncli.datasets.sources import Sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from tests.datasets.test_text import sources_of
from tests.helpers import ODD_CHARACTERS

GOOD = {"classify": "x\tab\ny\tba", "generate": "x\tab\ny\tba", "tag": "ab\tNV\nb\tV", "translate": "ab\tX\nb\tYX"}
"""Two lines of each task."""


def decoded(dataset: PairDataset, pairs: Pairs) -> list[tuple[str, str]]:
    """Text and target of each pair."""

    def of(ragged: Ragged, symbols: tuple[str, ...] | str) -> list[str]:
        cuts = zip(ragged.starts, ragged.starts + ragged.lengths, strict=True)
        return ["".join(symbols[i] for i in ragged.ids[start:stop]) for start, stop in cuts]

    return list(
        zip(of(pairs.texts, dataset.vocabulary.symbols), of(pairs.targets, dataset.target.symbols), strict=True)
    )


def lines_of(sources: Sources, task: str) -> list[Line]:
    return list(read_lines(sources, task))


def spec_of(task: str, validation: float | Sources | None = None, seed: int = 0) -> DataSpec:
    """A specification that holds out a fraction, or sources that stand in no file."""

    class InMemory(DataSpec):
        def open_validation(self) -> Sources | None:
            return validation if isinstance(validation, Sources) else None

    fraction = str(validation) if isinstance(validation, float) else None
    return InMemory(task=task, format=PAIRS, validation=fraction, seed=seed)


def read(
    *texts: str, task: str = "classify", validation: float | Sources | None = None, seed: int = 0, min_count: int = 1
) -> PairDataset:
    return read_pairs(spec_of(task, validation, seed), sources_of(*texts), min_count=min_count)


@pytest.mark.parametrize(
    ("task", "expected", "characters", "unknown", "target"),
    [
        ("classify", [("ab", "x"), ("ba", "y")], "ab", True, Labels(("x", "y"))),
        ("generate", [("\nab\n", "x"), ("\nba\n", "y")], "\nab", False, Labels(("x", "y"))),
        ("tag", [("ab", "NV"), ("b", "V")], "ab", True, Vocabulary("NV")),
        ("translate", [("ab", "\nX\n"), ("b", "\nYX\n")], "ab", True, Vocabulary("\nXY")),
    ],
)
def test_each_task_has_its_columns(
    task: str, expected: list[tuple[str, str]], characters: str, unknown: bool, target: Labels | Vocabulary
) -> None:
    """Line ends stand around what is written, and what is only read has a symbol for the unknown."""
    dataset = read(GOOD[task], task=task)
    assert decoded(dataset, dataset.training) == expected
    assert dataset.vocabulary == Vocabulary(characters, unknown=unknown)
    assert dataset.target == target
    assert (dataset.spec.task, dataset.spec.files, len(dataset.validation)) == (task, ("text 1",), 0)


@pytest.mark.parametrize("task", LAYOUTS)
def test_line_ends_and_cuts_into_files_do_not_matter(task: str) -> None:
    expected = read(GOOD[task], task=task)
    pairs = decoded(expected, expected.training)
    first, second = GOOD[task].split("\n")
    for end in ("\n", "\r\n"):
        for last in ("", end):
            for texts in ([first + end + second + last], [first + last, second + last], ["", first, "", second + last]):
                dataset = read(*texts, task=task)
                assert decoded(dataset, dataset.training) == pairs
                assert (dataset.vocabulary, dataset.target) == (expected.vocabulary, expected.target)


@pytest.mark.parametrize("seed", range(10))
def test_any_two_columns_are_read_as_they_are(seed: int) -> None:
    """All characters but the tab and the line end stand for themselves, and each line knows its place."""
    rng = np.random.default_rng(seed)
    alphabet = ODD_CHARACTERS + "a\x0b\x85\u2028\r"

    def word() -> str:
        return (
            "w"
            + "".join(alphabet[i] for i in rng.integers(len(alphabet), size=rng.integers(5)))
            + "w "[: rng.integers(1, 3)]
        )

    files = [[(word(), word()) for _ in range(rng.integers(1, 6))] for _ in range(3)]
    found = lines_of(sources_of(*("\n".join(map("\t".join, lines)) for lines in files)), "translate")
    assert [(line.text, line.target) for line in found] == [line for lines in files for line in lines]
    expected = [f"text {n + 1}, line {i + 1}" for n, lines in enumerate(files) for i in range(len(lines))]
    assert [line.place for line in found] == expected


def test_labels_are_any_text() -> None:
    labels = ["[red]", ".", "New Zealand", "漢字", "🙂", "a", "aa", "A", "é", "e\u0301", "\0", "\\n"]
    dataset = read("\n".join(f"{label}\tab" for label in labels * 2))
    assert dataset.target.symbols == tuple(sorted(labels))
    assert [label for _, label in decoded(dataset, dataset.training)] == labels * 2


FAULTS = [
    *[(task, "ab", f"no tab where one is expected, as in {LAYOUTS[task]}") for task in LAYOUTS],
    *[(task, "a\tb\tc", "2 tabs where one is expected") for task in LAYOUTS],
    *[(task, "a\tb\t", "2 tabs where one is expected") for task in LAYOUTS],
    *[(task, "", f"the line is empty; each should be {LAYOUTS[task]}") for task in LAYOUTS],
    *[(task, "\tab", f"the {LAYOUTS[task].columns[0]} is empty") for task in LAYOUTS],
    *[(task, "ab\t", f"the {LAYOUTS[task].columns[1]} is empty") for task in LAYOUTS],
    ("tag", "abc\tNN", "the text has 3 characters and 2 tags; each character needs one"),
    ("tag", "ab\tNNV", "the text has 2 characters and 3 tags; each character needs one"),
]


@pytest.mark.parametrize(("task", "line", "words"), FAULTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_fault_is_named_with_file_and_line(task: str, line: str, words: str, end: str) -> None:
    good = GOOD[task].replace("\n", end)
    broken = {1: line + end + good, 3: good + end + line + end, 2: good.replace(end, end + line + end)}
    if not line:
        del broken[3]  # at the end of a file an empty line is forgiven
    for number, text in broken.items():
        for before in ([], [good], ["", good + end, good]):
            for arguments in ((*before, text), (*before, text, good)):
                with pytest.raises(InputError) as error:
                    read(*arguments, task=task)
                assert str(error.value).startswith(f"text {len(before) + 1}, line {number}: {words}")


@pytest.mark.parametrize("texts", [[""], ["", ""], ["\ufeff"]])
@pytest.mark.parametrize("task", LAYOUTS)
def test_files_without_a_line_are_refused(task: str, texts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        read(*texts, task=task)
    names = ", ".join(f"text {n + 1}" for n in range(len(texts)))
    assert str(error.value) == f"{names} is empty; each line should be {LAYOUTS[task]}"


@pytest.mark.parametrize("task", ["classify", "generate"])
def test_one_label_is_too_few(task: str) -> None:
    with pytest.raises(InputError, match=r"text 1, text 2: all 3 lines have the label '\[x\]'"):
        read("[x]\tab\n[x]\tb", "[x]\tc", task=task)


@pytest.mark.parametrize("task", LAYOUTS)
def test_a_count_that_no_character_reaches_is_refused(task: str) -> None:
    with pytest.raises(InputError, match="no character occurs 9 times"):
        read(GOOD[task], task=task, min_count=9)


def test_rare_characters_become_the_unknown_symbol_but_rare_tags_stay() -> None:
    assert read("aab\tNNV", task="tag", min_count=2).target == Vocabulary("NV")
    assert read("aab\tNNV", task="tag", min_count=2).vocabulary == Vocabulary("a", unknown=True)
    assert read("a\tXX\na\tXY", task="translate", min_count=2).target == Vocabulary("\nX", unknown=True)
    assert read("x\taab\ny\ta", task="generate", min_count=2).vocabulary == Vocabulary("\na", unknown=True)


@pytest.mark.parametrize(("task", "lines"), [("generate", "x\taaaaa\ny\ta"), ("translate", "aaa\tXXXXX\naaa\tX")])
def test_the_line_end_is_never_rare(task: str, lines: str) -> None:
    """Without it a network could not say where a text ends."""
    dataset = read(lines, task=task, min_count=5)
    assert "\n" in (dataset.vocabulary if task == "generate" else dataset.target).symbols


UNKNOWN = [
    ("classify", "z\tab", "knows no label 'z'; it knows x, y"),
    ("generate", "z\tab", "knows no label 'z'; it knows x, y"),
    ("generate", "x\tabQ", "has never seen 'Q'"),
    ("tag", "ab\tNQ", "has never seen 'Q'"),
    ("translate", "ab\tXQ", "has never seen 'Q'"),
]


@pytest.mark.parametrize(("task", "line", "words"), UNKNOWN)
def test_what_a_model_does_not_know_is_named_with_file_and_line(task: str, line: str, words: str) -> None:
    """In a file that is read in the alphabets of a model, and in its validation file."""
    alphabets = read(GOOD[task], task=task).alphabets
    for before in ([], ["", GOOD[task]]):
        broken = sources_of(*before, f"{GOOD[task]}\r\n{line}\n{GOOD[task]}")
        with pytest.raises(InputError) as of_validation:
            read_pairs(spec_of(task, broken), sources_of(GOOD[task]), alphabets)
        with pytest.raises(InputError) as of_model:
            read_pairs(spec_of(task), broken, alphabets)
        for error in (of_validation, of_model):
            assert str(error.value).startswith(f"text {len(before) + 1}, line 3: the model {words}")


@pytest.mark.parametrize(("task", "line", "_"), UNKNOWN)
def test_a_validation_file_counts_in_the_alphabets_of_a_new_model(task: str, line: str, _: str) -> None:
    """As the held-out part of the files does."""
    dataset = read(GOOD[task], task=task, validation=sources_of(line))
    together = read(f"{GOOD[task]}\n{line}", task=task, validation=0.0)
    assert dataset.alphabets == together.alphabets
    assert decoded(dataset, dataset.validation) == decoded(together, together.training)[-1:]


@pytest.mark.parametrize(
    ("task", "line", "place"), [("generate", "x\tabQ", 3), ("tag", "ab\tNQ", 2), ("translate", "ab\tXQ", 2)]
)
def test_an_unseen_character_is_named_with_its_place_in_its_column(task: str, line: str, place: int) -> None:
    with pytest.raises(InputError, match=f"character {place} of "):
        read_pairs(spec_of(task), sources_of(line), read(GOOD[task], task=task).alphabets)


@pytest.mark.parametrize("task", ["classify", "tag", "translate"])
def test_unseen_characters_of_what_is_only_read_are_the_unknown_symbol(task: str) -> None:
    alphabets = read(GOOD[task], task=task).alphabets
    other = sources_of(GOOD[task].replace("b", "🙂"))
    dataset = read_pairs(spec_of(task, other), sources_of(GOOD[task]), alphabets)
    unseen = {text.replace("\ufffd", "b") for text, _ in decoded(dataset, dataset.validation)}
    assert unseen == {text for text, _ in decoded(dataset, dataset.training)}
    assert dataset.validation.texts.first(99).max() == len(dataset.vocabulary) - 1


def test_a_file_may_be_named_twice() -> None:
    """Its lines are then read twice, each with its own place."""
    text = GOOD["classify"].encode()
    twice = Sources(["a.tsv", "a.tsv"], [lambda: io.BytesIO(text)] * 2)
    lines = lines_of(twice, "classify")
    assert [line.target for line in lines] == ["x", "y"] * 2
    assert lines[2].place == "a.tsv, line 1"
