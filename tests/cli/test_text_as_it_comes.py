"""Text as it comes: in another normal form, with characters that a model does not know, grown by a line, too long."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from rnncli.storage import checkpoint
from tests.cli.running import refused, rnncli, succeeded

FEW = ("--hidden-size", 6, "--steps", 3, "-q")
REVIEWS = [("good", "정말 좋은 영화였다"), ("bad", "지루하고 나쁜 영화"), ("good", "좋았다"), ("bad", "나빴다")] * 10
TSV = "".join(f"{label}\t{text}\n" for label, text in REVIEWS)


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.fixture
def reviews(folder: Path) -> Path:
    """A classifier that has learnt its lines."""
    (folder / "reviews.tsv").write_text(TSV, "utf-8")
    succeeded(rnncli("train", "reviews.tsv", "--steps", 150, "--hidden-size", 16, "-q", "-o", "reviews.npz"))
    return folder / "reviews.npz"


def test_text_that_looks_the_same_is_the_same(reviews: Path, folder: Path) -> None:
    """Korean in jamo, which file systems and some keyboards give, gets the answers of Korean in syllables, and it is
    said."""
    lines = "".join(text + "\n" for _, text in REVIEWS)
    composed, apart = (rnncli("predict", reviews, input=text) for text in (lines, nfd(lines)))
    assert succeeded(apart) == succeeded(composed) == "".join(label + "\n" for label, _ in REVIEWS)
    assert composed.stderr == ""
    assert apart.stderr == "normalised 40 lines to NFC, as the model has learnt it\n"
    (folder / "apart.tsv").write_text(nfd(TSV), "utf-8")
    scored = rnncli("score", reviews, "apart.tsv", "--json")
    assert json.loads(succeeded(scored))["accuracy"] == 1
    assert "normalised apart.tsv to NFC" in scored.stderr


def test_a_run_normalises_and_remembers(folder: Path) -> None:
    """Also --prime and --stop; with none a text stays as it is."""
    (folder / "nfd.txt").write_text(nfd("강물이 흐른다\n" * 20), "utf-8")
    for form, characters in (("nfc", "\n 강다른물이흐"), ("none", "".join(sorted(set(nfd("강물이 흐른다\n")))))):
        result = rnncli("train", "nfd.txt", "--normalize", form, *FEW[:-1], "-o", f"{form}.npz")
        succeeded(result)
        assert ("normalised nfd.txt to NFC" in result.stderr) == (form == "nfc")
        vocabulary = checkpoint.load(f"{form}.npz").model.vocabulary
        assert (vocabulary.normalize, vocabulary.characters) == (form, characters)
    for prime in ("강물", nfd("강물")):
        options = ("--prime", prime, "--stop", nfd("다"), "-l", 3, "--json")
        assert json.loads(succeeded(rnncli("sample", "nfc.npz", *options)))["prime"] == "강물"
    refused(rnncli("sample", "none.npz", "--prime", "강"), "'강'")
    refused(
        rnncli("train", "nfd.txt", "--init-from", "none.npz", "--normalize", "nfc", "-o", "x.npz"), "--normalize nfc"
    )
    succeeded(rnncli("train", "nfd.txt", "--resume", "--steps", 5, "-q", "-o", "nfc.npz"))


def test_compatibility_characters_are_folded_where_that_is_asked_for(folder: Path) -> None:
    (folder / "a.txt").write_text("ｆｕｌｌ ﬁne\n" * 20, "utf-8")
    succeeded(rnncli("train", "a.txt", "--normalize", "nfkc", *FEW))
    assert checkpoint.load("model.npz").model.vocabulary.characters == "\n efilnu"


def test_bytes_are_left_alone(folder: Path) -> None:
    (folder / "a.txt").write_text("e\u0301a\n" * 20, "utf-8")
    result = rnncli("train", "a.txt", "--encoding", "bytes", *FEW[:-1])
    succeeded(result)
    assert "normalised" not in result.stderr
    vocabulary = checkpoint.load("model.npz").model.vocabulary
    assert (vocabulary.characters, vocabulary.normalize) == ("\nae\x81\xcc", "none")
    refused(rnncli("train", "a.txt", "--encoding", "bytes", "--normalize", "nfc", *FEW, "-f"), "--normalize")


@pytest.fixture
def letters(folder: Path) -> Path:
    """A model of a small alphabet."""
    (folder / "letters.txt").write_text("abcabd\n" * 30)
    succeeded(rnncli("train", "letters.txt", *FEW, "-o", "letters.npz"))
    return folder / "letters.npz"


def test_unknown_characters_are_counted_apart(letters: Path, folder: Path) -> None:
    """The loss is that of the text without them."""
    known, strange = "abcabdabc\n" * 9, "ab漢cabé漢dabc\n" * 9
    (folder / "known.txt").write_text(known)
    (folder / "strange.txt").write_text(strange, "utf-8")
    expected = json.loads(succeeded(rnncli("score", letters, "known.txt", "--json")))
    result = rnncli("score", letters, "strange.txt", "--json")
    assert json.loads(succeeded(result)) == {**expected, "unknown_characters": 27}
    assert "27 of 117 characters (23.08%): '漢', 'é'" in result.stderr
    assert "--min-count" in result.stderr
    skipped = rnncli("score", letters, "strange.txt", "--json", "--skip-unknown")
    assert json.loads(succeeded(skipped)) == json.loads(result.stdout)
    assert "--min-count" not in skipped.stderr
    plain = succeeded(rnncli("score", letters, "strange.txt"))
    assert "unknown characters" in plain
    assert "unknown" not in succeeded(rnncli("score", letters, "known.txt"))


def test_a_model_with_an_unknown_symbol_has_a_loss_with_and_without(folder: Path) -> None:
    (folder / "text.txt").write_text("abcabd\n" * 30 + "xyz\n")
    succeeded(rnncli("train", "text.txt", "--min-count", 5, "--validation", 0, *FEW))
    (folder / "other.txt").write_text("abéabd\n" * 5, "utf-8")
    found = json.loads(succeeded(rnncli("score", "model.npz", "other.txt", "--json", "--per-character")))
    rows = {row["character"]: row for row in found["per_character"]}
    nats = {character: row["nats"] * row["count"] for character, row in rows.items()}
    assert (found["unknown_characters"], rows["\ufffd"]["count"]) == (5, 5)
    assert found["nats_per_character"] == pytest.approx(sum(nats.values()) / 34)
    assert found["nats_per_known_character"] == pytest.approx((sum(nats.values()) - nats["\ufffd"]) / 29)
    skipped = json.loads(succeeded(rnncli("score", "model.npz", "other.txt", "--json", "--skip-unknown")))
    (folder / "without.txt").write_text("ababd\n" * 5)
    without = json.loads(succeeded(rnncli("score", "model.npz", "without.txt", "--json")))
    assert skipped == {**without, "unknown_characters": 5}


def test_models_are_compared_on_what_all_of_them_know(letters: Path, folder: Path) -> None:
    (folder / "more.txt").write_text("abcabdx\n" * 30)
    succeeded(rnncli("train", "more.txt", *FEW, "-o", "more.npz"))
    (folder / "both.txt").write_text("abxcé\n" * 9, "utf-8")
    (folder / "common.txt").write_text("abc\n" * 9)
    result = rnncli("compare", letters, "more.npz", "both.txt", "--json")
    found, expected = (
        {row["model"]: row["nats_per_character"] for row in json.loads(succeeded(one))["models"]}
        for one in (result, rnncli("compare", letters, "more.npz", "common.txt", "--json"))
    )
    assert found == pytest.approx(expected)
    assert f"{letters}: unknown to the model and left out" in result.stderr
    assert "more.npz: unknown to the model and left out" in result.stderr


def test_a_view_of_another_text_tells_what_is_unknown(letters: Path, folder: Path) -> None:
    """The overview, which reads a text if there is one, as well."""
    (folder / "other.txt").write_text("abcéabd\n" * 5, "utf-8")
    result = rnncli("inspect", letters, "text", "--text", "other.txt", "--json")
    assert "é" not in json.loads(succeeded(result))["parts"][0]["text"]
    overview = rnncli("inspect", letters, "--text", "other.txt", "--json")
    succeeded(overview)
    for one in (result, overview):
        assert "5 of 40 characters" in one.stderr


def test_models_of_other_normal_forms_are_not_compared(folder: Path) -> None:
    """In one sentence, whatever else there is to tell of the text."""
    (folder / "a.txt").write_text(nfd("강물이 흐른다\n" * 20), "utf-8")
    (folder / "b.txt").write_text(nfd("강물이 흐른다 x\n" * 9), "utf-8")
    for form in ("nfc", "none"):
        succeeded(rnncli("train", "a.txt", "--normalize", form, *FEW, "-o", f"{form}.npz"))
    refused(rnncli("compare", "none.npz", "nfc.npz", "b.txt"), "nfc.npz reads the text in nfc", "do not compare")


def test_answers_tell_what_was_unknown(reviews: Path) -> None:
    result = rnncli("predict", reviews, input="좋은 film\n")
    assert succeeded(result) in ("good\n", "bad\n")
    assert "read as the unknown symbol: 4 of 7 characters (57.14%): 'f', 'i', 'l', 'm'" in result.stderr


def test_a_validation_file_may_have_characters_of_its_own(folder: Path) -> None:
    (folder / "a.txt").write_text("abcabc\n" * 20)
    (folder / "v.txt").write_text("abcé\n", "utf-8")
    succeeded(rnncli("train", "a.txt", "--validation", "v.txt", *FEW))
    assert checkpoint.load("model.npz").model.vocabulary.characters == "\nabcé"
    succeeded(rnncli("train", "a.txt", "--resume", "--steps", 5, "-q"))


def test_a_text_that_grew_is_begun_with_the_weights_so_far(letters: Path, folder: Path) -> None:
    """The refusal says how, and the command works: new characters have rows, old ones keep theirs."""
    with open("letters.txt", "a") as file:
        file.write("abz\n")
    result = rnncli("train", "letters.txt", "--resume", "--steps", 5, "-o", "letters.npz")
    refused(result, "letters.txt", "bytes differ", "rnncli train letters.txt --init-from letters.npz -o new.npz")
    command = result.stderr.strip().partition("rnncli ")[2].split()
    succeeded(rnncli(*command, "--steps", 1, "--learning-rate", 1e-30, "-q"))
    before, after = (checkpoint.load(name).model for name in ("letters.npz", "new.npz"))
    assert after.vocabulary.characters == before.vocabulary.characters + "z"
    for name, values in before.parameters.items():
        known = after.parameters[name][tuple(slice(size) for size in values.shape)]
        np.testing.assert_allclose(known, values, atol=1e-20, err_msg=name)
    expected, found = (
        json.loads(succeeded(rnncli("score", name, "-", "--json", input="abcabd\n")))
        for name in ("letters.npz", "new.npz")
    )
    assert found["nats_per_character"] - expected["nats_per_character"] < 0.3  # a new character costs the others little


@pytest.mark.parametrize("labels", [2, 3])
def test_a_classifier_learns_a_new_label(labels: int, folder: Path) -> None:
    """What it says of the old ones stays in proportion, of two as well, whose one logit becomes one of three."""
    names = ["a", "b", "c"][:labels]
    (folder / "old.tsv").write_text("".join(f"{name}\t{name * 3}{n}\n" for n in range(9) for name in names))
    succeeded(rnncli("train", "old.tsv", "--task", "classify", *FEW, "-o", "old.npz"))
    (folder / "new.tsv").write_text((folder / "old.tsv").read_text() + "aa\tqqq\n" * 3)
    options = ("--steps", 1, "--learning-rate", 1e-30, "-q", "-o", "new.npz")
    succeeded(rnncli("train", "new.tsv", "--init-from", "old.npz", *options))
    shares = []
    for model in ("old.npz", "new.npz"):
        answers = json.loads(succeeded(rnncli("predict", model, "--top", 9, "--json", input="aab\n")))["answers"]
        found = {answer["label"]: answer["probability"] for answer in answers}
        assert ("aa" in found) == (model == "new.npz")
        total = sum(found[name] for name in names)
        shares.append([found[name] / total for name in names])
    assert shares[1] == pytest.approx(shares[0], rel=1e-5)


def test_a_line_that_is_too_long_is_named_and_all_others_are_answered(reviews: Path, folder: Path) -> None:
    lines = ["좋았다"] * 70 + ["가" * 100_001] + ["나빴다"] * 3
    (folder / "lines.txt").write_text("\n".join(lines) + "\n", "utf-8")
    for arguments, name in ((("lines.txt",), "lines.txt"), ((), "standard input")):
        result = rnncli("predict", reviews, *arguments, input="\n".join(lines))
        assert result.exit_code == 1
        assert result.stdout.split("\n") == ["good"] * 70 + [""] + ["bad"] * 3 + [""]
        assert f"{name}, line 71 has 100,001 characters, more than 100,000" in result.stderr
        assert "error: 1 line had no answer" in result.stderr


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_a_line_of_many_windows_is_answered(task: str, folder: Path) -> None:
    lines = {"classify": "x\tab\ny\tba\n", "tag": "ab\txy\nba\tyx\n"}[task]
    (folder / "a.tsv").write_text(lines * 5)
    succeeded(rnncli("train", "a.tsv", "--task", task, *FEW))
    answer = succeeded(rnncli("predict", "model.npz", input="ab" * 5000 + "\n"))
    assert len(answer) == (2 if task == "classify" else 10_001)


def test_lines_too_long_to_learn_are_told_before_training(folder: Path) -> None:
    (folder / "a.tsv").write_text(TSV + f"good\t{'가' * 60}\n", "utf-8")
    result = rnncli("train", "a.tsv", "--task", "classify", "--max-length", 50, *FEW[:-1])
    succeeded(result)
    assert (
        "left out 1 line with more than 50 characters, the first a.tsv, line 41; --max-length decides" in result.stderr
    )
    assert checkpoint.load("model.npz").data.max_length == 50
    refused(rnncli("train", "a.tsv", "--resume", "--max-length", 60, "--steps", 5), "--max-length")


def test_other_files_may_have_another_encoding(letters: Path, folder: Path) -> None:
    """Models hold characters: each command says how its files are to be read."""
    (folder / "wide.txt").write_text("abcabd\n" * 9, "utf-16")
    (folder / "plain.txt").write_text("abcabd\n" * 9)
    refused(rnncli("score", letters, "wide.txt"), "wide.txt is UTF-16", "--encoding utf-16")
    for command in (("score", letters, "FILE", "--json"), ("compare", letters, "FILE", "--json")):
        wide = [word if word != "FILE" else "wide.txt" for word in command]
        plain = [word if word != "FILE" else "plain.txt" for word in command]
        assert succeeded(rnncli(*wide, "--encoding", "utf-16")) == succeeded(rnncli(*plain))
    view = ("inspect", letters, "text", "--json", "--text")
    parts = [
        json.loads(succeeded(rnncli(*view, *words)))["parts"]
        for words in (("wide.txt", "--encoding", "UTF16"), ("plain.txt",))
    ]
    assert parts[0] == parts[1]
    refused(rnncli("score", letters, "plain.txt", "--encoding", "bytes"), "--encoding bytes")


def test_predictions_of_another_encoding(reviews: Path, folder: Path) -> None:
    (folder / "old.txt").write_bytes("좋았다\n나빴다\n".encode("cp949"))
    result = rnncli("predict", reviews, "old.txt", "--encoding", "cp949")
    assert (succeeded(result), result.stderr) == ("good\nbad\n", "")


def test_commands_that_are_printed_read_the_same_data(folder: Path) -> None:
    """In its encoding and order, by its columns: the command that begins with the weights works as it is."""
    (folder / "list.csv").write_text("word,n\n" + "".join(f"wört{n % 7},{n}\n" for n in range(60)), "cp1252")
    options = (
        "--encoding",
        "cp1252",
        "--column",
        "word",
        "--shuffle",
        "lines",
        "--normalize",
        "none",
        "--validation",
        0.2,
    )
    succeeded(rnncli("train", "list.csv", *options, *FEW))
    with open("list.csv", "a", encoding="cp1252") as file:
        file.write("wörter,61\n")
    result = rnncli("train", "list.csv", "--resume", "--steps", 9)
    refused(result, "--encoding cp1252", "--column word", "--shuffle lines", "--validation 0.2")
    command = result.stderr.strip().partition("weights: rnncli ")[2].split()
    succeeded(rnncli(*command, "--steps", 1, "-q"))
    assert checkpoint.load("new.npz").data.shuffle == "lines"
