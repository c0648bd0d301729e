"""Every task, from ten examples to the command that uses the model, which reproduces what it has memorised."""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage import checkpoint
from tests.cli.examples import (
    ANSWERED,
    EXAMPLES,
    TASKS,
    TEXTS,
    answers,
    learnt,
    pairs_file,
    predicted,
    questions,
    train,
    tsv,
)
from tests.cli.running import rnncli, succeeded

CELLS = ["rnn", "gru", "lstm"]
DIRECTIONS = ["--no-bidirectional", "--bidirectional"]
TEXT = "the quick brown fox jumps over the lazy dog\n"


def scored(model: Path, file: Path) -> dict[str, Any]:
    found = json.loads(succeeded(rnncli("score", model, file, "--json")))
    assert isinstance(found, dict)
    return found


def expected(model: Path, prime: str, *options: object) -> list[list[tuple[str, float]]]:
    """What rnncli inspect says is expected at each character of a prime."""
    steps = json.loads(succeeded(rnncli("inspect", model, "--prime", prime, "--json", *options)))["prime"]
    assert "".join(step["character"] for step in steps) == prime
    return [[(one["character"], one["probability"]) for one in step["expected"]] for step in steps]


@pytest.mark.parametrize(
    ("name", "direction", "cell"),
    [(name, way, CELLS[(i + j) % 3]) for i, name in enumerate(ANSWERED) for j, way in enumerate(DIRECTIONS)],
)
def test_ten_examples_are_learnt_to_the_last_character(name: str, direction: str, cell: str, folder: Path) -> None:
    """But for tags that only the last character tells, in a network that has not come so far."""
    model = learnt(name, direction, "--cell", cell)
    config = checkpoint.load(model).model.config
    assert (config.cell, config.bidirectional) == (cell, direction == "--bidirectional")
    found, right = predicted(model, questions(name)), answers(name)
    if (name, direction) == ("tag", "--no-bidirectional"):
        assert [line[-1] for line in found] == [line[-1] for line in right]
        assert len({line[:-1] for line in found}) < len({line[:-1] for line in right})
    else:
        assert found == right
        assert scored(model, pairs_file(folder, name)).get("accuracy", 1) == 1


@pytest.mark.parametrize("cell", CELLS)
def test_texts_with_a_label_are_learnt_to_the_last_character(cell: str, folder: Path) -> None:
    model = learnt("generate", "--cell", cell)
    for label, text in TEXTS.items():
        assert succeeded(rnncli("sample", model, "--label", label, "-t", 0)) == text + "\n"
        again = succeeded(rnncli("sample", model, "--label", label, "-t", 0, "--prime", text[:2], "--count", 2))
        assert again == 2 * (text + "\n")
        row = json.loads(succeeded(rnncli("sample", model, "--label", label, "-t", 0, "--prime", text[0], "--json")))
        assert (row["label"], row["prime"], row["text"]) == (label, text[0], text[1:])
    found = scored(model, pairs_file(folder, "generate"))
    assert found["accuracy"] == 1
    assert found["characters"] == sum(len(text) + 1 for _, text in EXAMPLES["generate"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_squared_error_learns_as_well(name: str, folder: Path) -> None:
    model = learnt(name, "--cell", "rnn", "--hidden-size", 32, "--steps", 300, "--loss", "mse")
    found = scored(model, pairs_file(folder, name))
    assert found.get("exact_match", found.get("accuracy")) == 1
    for loss in ("mse", "cross-entropy"):
        train(folder, name, "--steps", 1, "--hidden-size", 2, "--loss", loss, model=loss)
    one, other = (checkpoint.load(folder / loss).model.parameters.flat for loss in ("mse", "cross-entropy"))
    assert one.tolist() != other.tolist()


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
@pytest.mark.parametrize(
    "network",
    [
        "--cell gru --hidden-size 32 --learning-rate 0.02 --steps 250",
        "--cell mlp --context 6 --hidden-size 16",
        "--cell mlp --context 5 --hidden-size 16 --layers 2 --activation relu",
        "--cell mlp --context 6 --layers 0",
    ],
)
def test_running_text_is_learnt_to_the_last_character(network: str, loss: str, folder: Path) -> None:
    """By a recurrent network, by one and two layers that see the last characters, and by a perceptron."""
    (folder / "text.txt").write_text(TEXT * 3)
    quick = ("--learning-rate", 0.05, "--steps", 150, *network.split())
    succeeded(rnncli("train", "text.txt", "-q", "--loss", loss, *quick))
    text = succeeded(rnncli("sample", "--prime", TEXT[:9], "-t", 0, "-l", 2 * len(TEXT) - 9))
    assert text == TEXT * 2
    assert scored(Path("model.npz"), Path("text.txt"))["accuracy"] > 0.97  # who could know the first ones?
    options = checkpoint.load("model.npz").model.config
    assert options.layers == int("--layers 0" not in network) + ("--layers 2" in network)


def test_a_perceptron_sees_so_many_characters_and_no_more(folder: Path) -> None:
    """What came before the context changes nothing."""
    (folder / "text.txt").write_text(TEXT * 3)
    for layers in (0, 1):
        options = ("--cell", "mlp", "--context", 3, "--layers", layers, "--steps", 5)
        succeeded(rnncli("train", "text.txt", "-q", "-f", *options))
        one, same, other = (expected(Path("model.npz"), prime)[-1] for prime in ("fox", "the fox", "box"))
        assert one == same != other


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_only_who_reads_from_the_end_knows_the_end(direction: str) -> None:
    """A tagger in one direction tags the beginning of a text as a text of its own."""
    model = learnt("tag", direction, "--cell", "gru")
    (whole,), (beginning,) = (
        [json.loads(line)["characters"] for line in predicted(model, [text], "--json", "--top", 2)]
        for text in ("cat!", "ca")
    )
    shares, others = ([tag["probability"] for c in tags for tag in c["tags"]] for tags in (whole[:2], beginning))
    assert (shares == pytest.approx(others, rel=1e-5)) == (direction == "--no-bidirectional")


@pytest.mark.parametrize("name", ["two", "three", "tag"])
def test_the_score_is_what_one_counts(name: str, folder: Path) -> None:
    """Of answers to a file whose truth is another one in part, and which has names that were never learnt."""
    model, right, asked = learnt(name, "--cell", "gru"), answers(name), questions(name)
    tagged = TASKS[name] == "tag"
    right[0], right[1], right[4] = right[0][::-1], "xy" if tagged else right[0], right[4].replace("漢", "q")
    lines = list(zip(asked, right, strict=True)) if tagged else list(zip(right, asked, strict=True))
    (folder / "quiz.tsv").write_text(tsv(lines), "utf-8")
    said = predicted(model, asked)
    found = scored(model, folder / "quiz.tsv")

    counted = Counter(zip("".join(right), "".join(said), strict=True) if tagged else zip(right, said, strict=True))
    names = sorted({name for pair in counted for name in pair})
    assert found["names"] == names
    assert found["confusion"] == [[counted[true, answer] for answer in names] for true in names]
    hits = [counted[name, name] for name in names]
    assert 0 < sum(hits) < counted.total()
    assert found["accuracy"] == pytest.approx(sum(hits) / counted.total())
    of_truth = [sum(n for (true, _), n in counted.items() if true == name) for name in names]
    of_answers = [sum(n for (_, answer), n in counted.items() if answer == name) for name in names]
    f1 = [2 * hit / (a + b) for hit, a, b in zip(hits, of_truth, of_answers, strict=True)]
    assert found["f1"] == pytest.approx(f1)
    assert found["macro_f1"] == pytest.approx(sum(f1) / len(names))
    assert found["recall"] == pytest.approx([hit / max(n, 1) for hit, n in zip(hits, of_truth, strict=True)])
    assert found["precision"] == pytest.approx([hit / max(n, 1) for hit, n in zip(hits, of_answers, strict=True)])
    assert found["lines"] == 10
    if tagged:
        assert found["exact_lines"] == sum(map(str.__eq__, right, said)) / 10
    text = succeeded(rnncli("score", model, "quiz.tsv"))
    assert f"{found['accuracy']:.2%}" in text
    assert f"{found['macro_f1']:.4f}" in text


def clamps(a: str, b: str) -> int:
    """The fewest insertions, deletions and replacements, by their definition."""

    @cache
    def of(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (a[i - 1] != b[j - 1]))

    return of(len(a), len(b))


def test_the_score_of_translations_is_what_one_counts(folder: Path) -> None:
    model, truth = learnt("translate", "--cell", "gru"), answers("translate")
    truth[0], truth[3], truth[8] = "zero", "there", "eighty-eight"
    (folder / "quiz.tsv").write_text(tsv(list(zip(questions("translate"), truth, strict=True))), "utf-8")
    said = predicted(model, questions("translate"))
    found = scored(model, folder / "quiz.tsv")
    assert found["lines"] == 10
    assert found["exact_match"] == sum(map(str.__eq__, truth, said)) / 10 == 0.7
    wrong, all_characters = sum(map(clamps, truth, said)), sum(map(len, truth))
    assert found["character_error_rate"] == pytest.approx(wrong / all_characters)
    text = succeeded(rnncli("score", model, "quiz.tsv"))
    assert "70.00%" in text and f"{wrong / all_characters:.2%}" in text


def test_the_score_of_labelled_texts_is_that_of_their_characters(folder: Path) -> None:
    """Each after those before it, from the line end that begins a text to the one that ends it."""
    model, text = learnt("generate", "--cell", "gru", "--steps", 80), "two"
    (folder / "quiz.tsv").write_text(f"[b]\t{text}\n", "utf-8")
    steps = expected(model, f"\n{text}", "--label", "[b]")
    found = scored(model, folder / "quiz.tsv")
    shares = [dict(guesses)[following] for guesses, following in zip(steps, f"{text}\n", strict=True)]
    nats = -sum(map(math.log, shares)) / 4
    assert found["characters"] == 4
    assert found["nats_per_character"] == pytest.approx(nats, rel=1e-4)
    assert found["bits_per_character"] == pytest.approx(nats / math.log(2), rel=1e-4)
    assert found["perplexity"] == pytest.approx(math.exp(nats), rel=1e-4)
    right = [guesses[0][0] == following for guesses, following in zip(steps, f"{text}\n", strict=True)]
    assert found["accuracy"] == sum(right) / 4
    assert f"{found['nats_per_character']:.4f}" in succeeded(rnncli("score", model, "quiz.tsv"))


@pytest.mark.parametrize("name", ANSWERED)
def test_inspect_expects_what_predict_says(name: str) -> None:
    """A tagger at each character, the others when they have read the whole text."""
    model, text = learnt(name, "--cell", "gru"), questions(name)[4]
    row = json.loads(predicted(model, [text], "--json", "--top", 5)[0])
    if TASKS[name] == "tag":
        said = [[(tag["tag"], tag["probability"]) for tag in one["tags"]] for one in row["characters"]]
        found = expected(model, text)
    else:
        field = {"classify": "label", "translate": "target"}[TASKS[name]]
        said = [[(answer[field], answer["probability"]) for answer in row["answers"]]]
        found = expected(model, text)[-1:]
    assert [[word for word, _ in one] for one in found] == [[word for word, _ in one] for one in said]
    assert [share for one in found for _, share in one] == pytest.approx([p for one in said for _, p in one], rel=1e-4)
    shown = succeeded(rnncli("inspect", model, "--prime", text))
    assert f"{found[-1][0][0]} {found[-1][0][1]:.3f}" in shown


def test_inspect_expects_what_sample_writes() -> None:
    """Of a model of labelled texts: the same prime and label, the same next character."""
    model = learnt("generate", "--cell", "gru")
    for label, text in TEXTS.items():
        for prime in (text[:1], text[:2], "one-t", "[b", "漢"):
            written = succeeded(rnncli("sample", model, "--label", label, "--prime", prime, "-t", 0, "-l", 1))
            likeliest = expected(model, prime, "--label", label)[-1][0][0]
            assert written == prime + likeliest.strip("\n") + "\n"
