"""What a task, a network or a model cannot do is refused in one sentence, before anything is computed or written."""

from functools import cache
from pathlib import Path

import pytest

from tests.cli.conftest import LINES
from tests.cli.examples import EXAMPLES, TASKS, learnt, pairs_file, train, tsv
from tests.cli.running import refused, rnncli, succeeded

BEGUN = ("--steps", 1, "--hidden-size", 2)


@cache
def begun(name: str) -> Path:
    """An untrained model of a task."""
    return learnt(name, *BEGUN)


@pytest.fixture
def text_model(folder: Path) -> Path:
    """A model of running text."""
    (folder / "lines.txt").write_text(LINES)
    succeeded(rnncli("train", "lines.txt", "-q", "-o", "text.npz", *BEGUN))
    return folder / "text.npz"


def kept(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refuses(folder: Path, words: tuple[str, ...], *arguments: object, input: str = "") -> None:
    """Refused in a sentence with these words, and no file has changed."""
    before = kept(folder)
    refused(rnncli(*arguments, input=input), *words)
    assert kept(folder) == before


@pytest.mark.parametrize(
    ("name", "kind"), [("two", "a classifier"), ("tag", "a tagger"), ("translate", "a translator")]
)
def test_only_a_language_model_writes(name: str, kind: str, folder: Path) -> None:
    model = begun(name)
    for options in ((), ("--label", "ham"), ("--prime", "a", "--json")):
        refuses(folder, (str(model), kind, f"rnncli predict {model}"), "sample", model, *options)


def test_a_language_model_does_not_answer(text_model: Path, folder: Path) -> None:
    for model in (text_model, begun("generate")):
        for options in ((), ("--top", 3), ("--beam", 2, "--json")):
            words = str(model), "a language model", f"rnncli sample {model}"
            refuses(folder, words, "predict", model, *options, input="a\n")


@pytest.mark.parametrize("name", ["two", "three", "tag"])
def test_only_translations_are_searched(name: str, folder: Path) -> None:
    refuses(folder, ("--beam", "translat", str(begun(name))), "predict", begun(name), "--beam", 2, input="a\n")


def test_the_likeliest_tags_need_more_than_a_line(folder: Path) -> None:
    refuses(folder, ("--top", "--json"), "predict", begun("tag"), "--top", 2, input="a\n")
    refuses(folder, ("--threshold", "--json"), "predict", begun("tag"), "--threshold", 0.5, input="a\n")


@pytest.mark.parametrize("option", ["--top", "--beam"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", ""])
def test_numbers_of_answers_are_checked(option: str, value: str, folder: Path) -> None:
    refuses(folder, (option,), "predict", begun("translate"), option, value, input="1\n")


def test_what_is_to_be_answered_must_be_there(folder: Path) -> None:
    (folder / "names.txt").write_text("Ann\n")
    refuses(folder, ("name.txt", "did you mean names.txt?"), "predict", begun("two"), "name.txt")
    refuses(folder, ("names.txt", "not an .npz file"), "predict", "names.txt", "names.txt")
    refuses(folder, ("two.npz", "does not exist"), "predict", "two.npz")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ((), ("--label", "A, New York, [b], 漢, 🙂")),
        (("--label", "new york"), ("'new york'", "did you mean New York?")),
        (("--label", "xyz"), ("'xyz'", "A, New York, [b], 漢, 🙂")),
        (("--label", ""), ("''", "A, New York, [b], 漢, 🙂")),
    ],
)
@pytest.mark.parametrize("command", [("sample",), ("sample", "--json", "--count", "2"), ("inspect", "--prime", "o")])
def test_labelled_texts_need_a_label_that_is_known(
    label: tuple[str, ...], words: tuple[str, ...], command: tuple[str, ...], folder: Path
) -> None:
    """Every command that needs a label lists the known ones."""
    refuses(folder, words, command[0], begun("generate"), *command[1:], *label)


def test_the_place_of_an_unseen_character_is_that_in_the_prime(folder: Path) -> None:
    """The line end that a labelled text begins with is not the user's."""
    for prime, place in (("X", 1), ("oneX", 4)):
        words = "'X'", f"first at character {place} of the prime"
        refuses(folder, words, "sample", begun("generate"), "--label", "A", "--prime", prime)


@pytest.mark.parametrize("command", [("sample",), ("inspect", "--prime", "1"), ("inspect",)], ids=" ".join)
def test_running_text_has_no_label(command: tuple[str, ...], text_model: Path, folder: Path) -> None:
    """And a label that changes nothing is not taken in silence."""
    words = "--label", "text.npz", "running text"
    refuses(folder, words, command[0], "text.npz", *command[1:], "--label", "A")


@pytest.mark.parametrize("options", [("--prime", "a"), ()], ids=" ".join)
def test_who_answers_takes_no_label(options: tuple[str, ...], folder: Path) -> None:
    """What a classifier looks for cannot be told to it."""
    refuses(folder, ("--label",), "inspect", begun("two"), "--label", "ham", *options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--task", "generate", "--bidirectional"), ("--bidirectional", "future")),
        (("--bidirectional",), ("--bidirectional", "future")),
        (("--cell", "mlp", "--bidirectional"), ("--bidirectional", "future")),
        (("--layers", "0"), ("--layers 0", "--cell mlp")),
        (("--layers", "0", "--cell", "lstm"), ("--layers 0", "--cell mlp")),
        (("--context", "4"), ("--context", "--cell mlp")),
        (("--context", "4", "--cell", "rnn"), ("--context", "--cell mlp")),
        (("--context", "0", "--cell", "mlp"), ("--context", "below 1")),
        (("--context", "5000", "--cell", "mlp"), ("--context", "above 4096")),
        (("--activation", "relu", "--cell", "lstm"), ("--activation", "lstm")),
        (("--activation", "relu"), ("--activation", "gru")),
        (("--activation", "relus", "--cell", "rnn"), ("--activation", "did you mean relu?")),
        (("--loss", "MSE"), ("--loss", "did you mean mse?")),
        (("--loss", "hinge"), ("--loss", "cross-entropy or mse")),
        (("--task", "clasify"), ("--task", "did you mean classify?")),
        (("--task", "classify"), ("lines.txt", "line 1", "label<TAB>text")),
        (("--task", "tag"), ("lines.txt", "line 1", "text<TAB>tags")),
        (("--task", "translate"), ("lines.txt", "line 1", "source<TAB>target")),
    ],
)
def test_a_network_for_running_text(options: tuple[str, ...], words: tuple[str, ...], folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    refuses(folder, words, "train", "lines.txt", *options)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cell", "mlp"), ("--cell mlp", "running text")),
        (("--cell", "mlp", "--layers", "0"), ("--cell mlp", "running text")),
        (("--layers", "0"), ("--layers 0", "--cell mlp")),
        (("--context", "4"), ("--context", "--cell mlp")),
        (("--activation", "relu", "--cell", "lstm"), ("--activation", "lstm")),
        (("--seq-length", "4"), ("--seq-length", "running text")),
        (("--encoding", "bytes"), ("--encoding bytes", "running text")),
        (("--patience", "2"), ("--patience", "--validation")),
        (("--workers", "2", "--batch-size", "1"), ("--workers 2", "--batch-size 1")),
        (("--min-count", "99"), ("99", "--min-count")),
    ],
)
def test_a_network_for_pairs(name: str, options: tuple[str, ...], words: tuple[str, ...], folder: Path) -> None:
    pairs_file(folder, name)
    refuses(folder, words, "train", f"{name}.tsv", "--task", TASKS[name], *options)


GOOD = {"classify": "x\tab", "tag": "ab\txy", "translate": "ab\tcde"}


@pytest.mark.parametrize("task", GOOD)
@pytest.mark.parametrize(
    ("line", "words"),
    [("ab", "no tab"), ("a\tb\tc", "2 tabs"), ("", "the line is empty"), ("\tab", "is empty"), ("ab\t", "is empty")],
)
def test_a_malformed_line_is_named(task: str, line: str, words: str, folder: Path) -> None:
    """With its file and line number, in training and in scoring."""
    (folder / "good.tsv").write_text(f"{GOOD[task]}\ny\tz\n" * 2)
    (folder / "bad.tsv").write_text(f"{GOOD[task]}\ny\tz\n{line}\n{GOOD[task]}\n")
    refuses(folder, ("bad.tsv, line 3", words), "train", "good.tsv", "bad.tsv", "--task", task)
    succeeded(rnncli("train", "good.tsv", "--task", task, "-q", *BEGUN))
    refuses(folder, ("bad.tsv, line 3", words), "train", "good.tsv", "--task", task, "-f", "--validation", "bad.tsv")
    refuses(folder, ("bad.tsv, line 3", words), "score", "model.npz", "bad.tsv")


def test_each_character_has_a_tag(folder: Path) -> None:
    (folder / "bad.tsv").write_text("ab\txy\nabc\txy\n")
    refuses(folder, ("bad.tsv, line 2", "3 characters", "2 tags"), "train", "bad.tsv", "--task", "tag")
    refuses(folder, ("bad.tsv, line 2", "3 characters", "2 tags"), "score", begun("tag"), "bad.tsv")


@pytest.mark.parametrize("task", ["classify", "generate"])
def test_a_single_label_is_refused(task: str, folder: Path) -> None:
    (folder / "one.tsv").write_text("[x]\tab\n[x]\tcde\n[x]\tf\n")
    refuses(folder, ("one.tsv", "'[x]'", "two"), "train", "one.tsv", "--task", task)


def test_pairs_that_are_no_utf_8_get_advice_that_helps(folder: Path) -> None:
    """It is not to read them as bytes, which pairs cannot be."""
    (folder / "latin.tsv").write_bytes("ab\txé\ncd\tüy\n".encode("latin-1"))
    before = kept(folder)
    result = rnncli("train", "latin.tsv", "--task", "classify")
    refused(result, "latin.tsv", "UTF-8")
    assert "--encoding bytes" not in result.stderr
    assert kept(folder) == before


@pytest.mark.parametrize("text", ["ab\tx\nab\ty1\ncd\tz\nef\tg\n", "a\tb\tc\nd\te\tf\n", "only\n", "ab\tcde\n"])
def test_an_ambiguous_file_needs_a_task(text: str, folder: Path) -> None:
    (folder / "what.tsv").write_text(text)
    refuses(folder, ("what.tsv", "--task", "classify", "tag", "translate", "generate"), "train", "what.tsv")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("task", ["classify", "tag", "translate", "generate"])
def test_a_model_keeps_its_task(name: str, task: str, folder: Path) -> None:
    """The error names it."""
    train(folder, name, *BEGUN)
    arguments = ("train", f"{name}.tsv", "--resume", "--task", task, "--steps", 2, "-q")
    if task == TASKS[name]:
        refuses(
            folder,
            ("--cell", "--init-from"),
            *arguments[:2],
            "-o",
            "b.npz",
            "--init-from",
            "model.npz",
            "--cell",
            "rnn",
        )
        succeeded(rnncli(*arguments))
    else:
        refuses(folder, (f"--task {task}", f"learnt to {TASKS[name]}"), *arguments)
        refuses(folder, (f"--task {task}",), *arguments[:2], "-o", "b.npz", "--init-from", "model.npz", "--task", task)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_run_keeps_its_network_and_its_lines(name: str, folder: Path) -> None:
    train(folder, name, *BEGUN)
    turned = "--no-bidirectional" if TASKS[name] != "generate" else "--bidirectional"
    for option in (("--loss", "mse"), ("--batch-size", 3), (turned,)):
        refuses(folder, option[:1] if option[1:] else ("--bidirectional",), "train", f"{name}.tsv", "--resume", *option)
    (folder / f"{name}.tsv").write_text(tsv(EXAMPLES[name][::-1]), "utf-8")
    refuses(folder, (f"{name}.tsv", "not the text"), "train", f"{name}.tsv", "--resume", "--steps", 2)
