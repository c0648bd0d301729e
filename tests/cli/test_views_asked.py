"""What may be asked of a view: texts from everywhere, models of all tasks; and what cannot be is told in a sentence."""

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.examples import QUICK, learnt, pairs_file
from tests.cli.looking import (
    HELD_OUT,
    NETWORKS,
    TEXT,
    VIEWS,
    WITHOUT_TEXT,
    check_schema,
    compute_once,
    finding,
    model_of,
    strict,
    words,
)
from tests.cli.running import process, refused, rnncli, succeeded
from tests.helpers import random_model

pytestmark = pytest.mark.usefixtures("little_steering")

ABOUT_TEXT = [view for view in VIEWS if view not in WITHOUT_TEXT]
WITH_A_UNIT = ("--unit", "1:1")

BAD: list[tuple[tuple[object, ...], str]] = [
    (("unit", "9:9"), "'9:9' is no unit"),
    (("unit", "1:6"), "from 0 to 5"),
    (("unit", "1:-1"), "'1:-1' is no unit"),
    (("unit", "1"), "'1' is no unit"),
    (("unit", "a:b"), "'a:b' is no unit"),
    (("unit", ""), "'' is no unit"),
    (("unit",), "name the unit"),
    (("ablate", "--unit", "3:0"), "'3:0' is no unit"),
    (("ablate", *WITH_A_UNIT, "--feature", "("), "'(' is neither"),
    (("units", "--feature", "[a"), "'[a' is neither"),
    (("units", "--layer", 3), "layer 3"),
    (("units", "--layer", 0), "--layer"),
    (("match", "3:5", "--layer", 9), "layer 9"),
    (("why", 0), "'0' is no place"),
    (("why", -1), "-1"),
    (("why", 10**6), "is no place"),
    (("why", "x"), "'x' is no place"),
    (("why", 5, "--contrast", "漢"), "漢"),
    (("why", 5, "--contrast", ""), "--contrast"),
    (("why", 5, "--contrast", "12"), "--contrast"),
    (("text", "--at", 10**6), "has no character 1,000,000"),
    (("unit", "1:1", "--at", 10**6), "has no character 1,000,000"),
    (("text", "--at", -1), "--at"),
    (("probe",), "probe takes one feature"),
    (("probe", "digit", "vowel"), "probe takes one feature"),
    (("probe", "("), "'('"),
    (("probe", "qq"), "'qq' never occurs"),
    (("probe", "digit", "--text", "short.txt"), "too few"),
    (("probe", "digit", "-o", "-"), "-o quotes.npz"),
    (("probe", "digit", "-o", "nowhere/a.npz"), "the folder nowhere does not exist"),
    (("probe", "digit", "-o", "."), "is a folder"),
    (("probe", "digit", "-o", "abc.npz"), "abc.npz exists and is not a direction"),
    (("ablate", "--direction", "none.npz"), "none.npz does not exist"),
    (("ablate", "--direction", "abc.npz"), "it is a model"),
    (("ablate", "--direction", "short.txt"), "is not a direction"),
    (("match", "5:2"), "match 120:128"),
    (("match", "5:5"), "match 120:128"),
    (("match", "5"), "match 120:128"),
    (("match", "0:9999999"), "match 120:128"),
    (("step",), "step hell"),
    (("step", "z"), "'z'"),
    (("step", "1" * 41), "40 characters"),
    (("patch",), "patch takes two short texts"),
    (("patch", "12"), "patch takes two short texts"),
    (("patch", "12", ""), "patch takes two short texts"),
    (("patch", "1", "2", "3"), "patch takes two short texts"),
    (("patch", "12", "12"), "'12' and '12' are the same"),
    (("patch", "12", "1z"), "'z' (first at character 2 of text 2)"),
    (("drive",), "name the unit"),
    (("drive", "9:9"), "'9:9' is no unit"),
    (("diff",), "diff compares two models"),
    (("diff", "a.npz", "b.npz"), "a.npz does not exist"),
    (("diff", "abc.npz"), "never seen"),
    (("gradients", "none.npz"), "none.npz does not exist"),
    (("text", "--text", "none.txt"), "none.txt"),
    (("text", "--text", "letters.txt"), "letters.txt holds fewer than two characters that the model knows"),
    (("text", "--text", "one.txt"), "fewer than two characters"),
    (("text", "--prime", "1"), "two characters"),
    (("gates", "--prime", "1"), "two characters"),
    (("text", "corpus.txt"), "--text FILE"),
    (("text", "--label", "A"), "--label does not apply"),
    (("tekst",), "did you mean text?"),
    (("text", "--json", "--csv"), "mutually exclusive"),
    (("text", "--json", "--html", "look.html"), "mutually exclusive"),
    (("units", "--text", "short.txt"), "too few"),
    (("ablate", "--text", "short.txt"), "too few"),
    (("units", "--text", "two.txt"), "too few"),
    (("ablate", "--text", "two.txt"), "too few"),
    (("units", "--by", "importance", "--text", "short.txt"), "too few"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD, ids=[" ".join(map(str, arguments)) for arguments, _ in BAD])
def test_what_cannot_be_asked_is_told_in_a_sentence(arguments: tuple[object, ...], told: str, folder: Path) -> None:
    save("abc.npz", Checkpoint(random_model("abc")))
    for name, text in {"letters.txt": "xy", "one.txt": "1", "short.txt": "123 456", "two.txt": "12"}.items():
        (folder / name).write_text(text)
    refused(rnncli("inspect", model_of("gru"), *arguments), told)


@pytest.mark.parametrize("network", ["lstm", "mlp"])
def test_units_by_importance_in_every_form(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a screen the first of them, as data and as rows all."""
    compute_once(monkeypatch)
    command = ("inspect", model_of(network), "units", "--by", "importance")
    data = strict(succeeded(rnncli(*command, "--json")))
    assert sorted(row[0] for row in data["units"]["rows"]) == sorted(f"{k}:{n}" for k in (1, 2) for n in range(6))
    rows = list(csv.reader(io.StringIO(succeeded(rnncli(*command, "--csv")))))
    columns = rows.index(data["units"]["columns"])
    assert [row[0] for row in rows[columns + 1 :][:12]] == [row[0] for row in data["units"]["rows"]]
    assert "explained by" in succeeded(rnncli(*command))


def test_a_perceptron_has_no_units_to_rank() -> None:
    refused(rnncli("inspect", model_of("perceptron"), "units", "--by", "importance"), "no hidden units")
    refused(rnncli("inspect", model_of("perceptron"), "ablate"), "no hidden units")


def test_the_overview_as_rows() -> None:
    """The model, its parameters and how it learnt, one after the other, as --json has them."""
    data = strict(succeeded(rnncli("inspect", model_of("gru"), "--json")))
    rows = list(csv.reader(io.StringIO(succeeded(rnncli("inspect", model_of("gru"), "--csv")))))
    assert [row[0] for row in rows if len(row) == 1][:3] == ["Model", "Parameters", "Learning"]
    assert ["best_validation_loss", str(data["best_validation_loss"])] in rows
    for parameter in data["parameters"]:
        assert [parameter["name"], " × ".join(map(str, parameter["shape"])), str(parameter["size"])] in rows


@pytest.mark.parametrize("network", NETWORKS)
def test_earlier_characters_are_replaced_in_every_network(network: str) -> None:
    """Also in those that gradients, or averages, do not go through; and nothing is a gap."""
    command = ("inspect", model_of(network), "why", 70, "--replace")
    found = strict(succeeded(rnncli(*command, "--contrast", " ", "--json")))
    check_schema(found)
    (strip,) = [part for part in found["parts"] if part["kind"] == "strip"]
    assert strip["text"] == HELD_OUT[6:70]
    assert None not in strip["values"]
    assert found["facts"]["replaced"].startswith("64 characters, each by 32 draws")
    assert "±" in succeeded(rnncli(*command))


def test_two_alphabets_are_not_compared() -> None:
    """Though every character of the text be known to both."""
    save("more.npz", Checkpoint(random_model("".join(sorted({*TEXT, "漢"})))))
    refused(rnncli("inspect", model_of("gru"), "diff", "more.npz"), "different alphabets")


@pytest.mark.parametrize("view", [view for view in VIEWS if view not in ("units", "probe", "ablate", *WITHOUT_TEXT)])
@pytest.mark.parametrize("text", ["12", "12 ", "1234\n"])
def test_a_text_may_be_as_short_as_two_characters(view: str, text: str) -> None:
    """Every view that needs no chance to compare with says what there is to say."""
    arguments = {"why": (1,), "match": ("0:1",)}.get(view, VIEWS[view])
    command = [*words("lstm", view)[:3], *(model_of("gru") if word == "OTHER" else word for word in arguments)]
    check_schema(strict(succeeded(rnncli(*command, "--text", "-", "--json", input=text))))


@pytest.mark.parametrize("text", ["12", "1234\n"])
def test_the_overview_of_a_short_text(text: str) -> None:
    found = strict(succeeded(rnncli("inspect", model_of("gru"), "--json", "--text", "-", input=text)))
    check_schema(found["health"])


@pytest.mark.parametrize("view", ABOUT_TEXT)
def test_a_text_of_the_users_is_read_and_said_so(view: str, folder: Path) -> None:
    """Of the held-out part it says the same."""
    (folder / "own.txt").write_text(HELD_OUT)
    found = strict(succeeded(rnncli(*words("gru", view), "--json", "--text", "own.txt")))
    assert found["text"].startswith("own.txt")
    assert "held-out" not in found["text"]
    if view != "errors":  # where the n-gram model learnt from what was not held out
        assert found["parts"] == finding("gru", view)["parts"]


def test_several_texts_and_standard_input_are_read_as_one(folder: Path) -> None:
    middle = HELD_OUT.index("\n", len(HELD_OUT) // 2) + 1
    for name, part in {"a.txt": HELD_OUT[:middle], "b.txt": HELD_OUT[middle:]}.items():
        (folder / name).write_text(part)
    for view in ("text", "unit"):
        for options, name in ((("a.txt", "--text", "b.txt"), "a.txt, b.txt"), (("-",), "standard input")):
            found = strict(succeeded(rnncli(*words("gru", view), "--json", "--text", *options, input=HELD_OUT)))
            assert found["text"].startswith(name)
            assert "held-out" not in found["text"]
            assert found["parts"] == finding("gru", view)["parts"]


def moved_away(folder: Path) -> Path:
    """A model beside which there is nothing of what it was trained on."""
    text = folder / "talk.txt"
    text.write_text(TEXT[:3000])
    succeeded(rnncli("train", text, "-o", "own.npz", "-q", "--hidden-size", 3, "--steps", 2))
    return text


@pytest.mark.parametrize("change", ["gone", "longer", "another"])
def test_where_the_corpus_is_not_as_it_was_a_text_is_asked_for(change: str, folder: Path) -> None:
    text = moved_away(folder)
    assert "held-out part" in strict(succeeded(rnncli("inspect", "own.npz", "text", "--json")))["text"]
    if change == "gone":
        text.unlink()
    else:
        text.write_text(TEXT[:3000] + "1" if change == "longer" else TEXT[1:3001])
    for view in ("text", "memory", "errors"):
        refused(rnncli("inspect", "own.npz", view), "--text", "talk.txt")
    found = strict(succeeded(rnncli("inspect", "own.npz", "errors", "--json", "--text", "-", input=HELD_OUT)))
    assert "half of this text" in found["parts"][0]["note"]
    succeeded(rnncli("inspect", "own.npz", "step", "12"))
    succeeded(rnncli("inspect", "own.npz", "weights"))
    overview = rnncli("inspect", "own.npz")
    succeeded(overview)
    assert "--text" in overview.stderr


def test_a_corpus_beside_the_model_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was named when it was read."""
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    Path("talk.txt").write_text(TEXT[:3000])
    succeeded(rnncli("train", "talk.txt", "-o", "own.npz", "-q", "--hidden-size", 3, "--steps", 2))
    shutil.move(folder / "here", folder / "there")
    monkeypatch.chdir(folder)
    found = strict(succeeded(rnncli("inspect", "there/own.npz", "text", "--json")))
    assert found["text"] == "the held-out part of talk.txt"


def test_a_held_out_file_is_read_and_when_it_is_gone_a_text_is_asked_for(folder: Path) -> None:
    (folder / "talk.txt").write_text(TEXT[:3000])
    (folder / "other.txt").write_text(TEXT[3000:3500])
    options = ("--validation", "other.txt", "-q", "--hidden-size", 3, "--steps", 2)
    succeeded(rnncli("train", "talk.txt", "-o", "own.npz", *options))
    found = strict(succeeded(rnncli("inspect", "own.npz", "text", "--json")))
    assert "other.txt" in found["text"]
    assert found["parts"][0]["text"] == TEXT[3001:3500]
    (folder / "other.txt").unlink()
    refused(rnncli("inspect", "own.npz", "text"), "other.txt", "--text")


def test_where_nothing_was_held_out_it_says_so(hello: Path) -> None:
    found = strict(succeeded(rnncli("inspect", hello, "text", "--json")))
    assert "nothing was held out" in found["text"]
    assert found["parts"][0]["text"] == "ello"


@pytest.mark.parametrize("task", ["two", "past", "translate", "generate"])
@pytest.mark.parametrize("view", VIEWS)
def test_models_of_other_tasks(task: str, view: str, folder: Path) -> None:
    """The overview, the learning curves, the weights and the arithmetic of a step are there for all, two texts are
    compared where the answer is one symbol, a probe is there for all that answer and have texts enough; the rest needs
    running text."""
    arguments: dict[str, Any] = {"step": ("a",), "patch": ("o", "oo")}
    model = learnt(task, "--cell", "lstm")
    command = ["inspect", model, view, *(model if word == "OTHER" else word for word in VIEWS[view])]
    if view in ("overview", *WITHOUT_TEXT):
        command[3:] = arguments.get(view, ())
        label = ("--label", "A") if task == "generate" and view in ("step", "patch") else ()
        if label and view == "step":
            command[3] = "o"
        if (task, view) == ("translate", "patch"):
            refused(rnncli(*command), "a translator")
            return
        for options in ((), ("--json",), ("--csv",)):
            shown = succeeded(rnncli(*command, *label, *options))
        check_schema(strict(succeeded(rnncli(*command, *label, "--json"))))
        assert "\x1b" not in shown
        return
    nouns = {"two": "a classifier", "past": "a tagger", "translate": "a translator", "generate": "labelled texts"}
    needs = ("too few",) if view == "probe" and task != "generate" else ("running text", nouns[task])
    refused(rnncli(*command), *needs)


def test_a_validation_file_is_found_beside_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another folder the model is looked at on the same held-out file."""
    (folder / "a.txt").write_text("hello " * 20)
    (folder / "b.txt").write_text("hell oh")
    succeeded(rnncli("train", "a.txt", "--validation", "b.txt", "--steps", 2, "-q", "-o", "own.npz"))
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    found = strict(succeeded(rnncli("inspect", "../own.npz", "text", "--json")))
    assert found["parts"][0]["text"] == "ell oh"


@pytest.mark.parametrize("task", ["past", "translate"])
def test_pairs_that_are_gone_are_told_in_a_sentence(task: str, folder: Path) -> None:
    """Whether they were a file of their own or a part of another."""
    for name in ("pairs.tsv", "other.tsv"):
        shutil.copy(pairs_file(folder, task), folder / name)
    kind = "tag" if task == "past" else task
    options = ("--task", kind, "--validation", "other.tsv", *QUICK[:2], "--steps", 2, "-q", "-o", "own.npz")
    succeeded(rnncli("train", "pairs.tsv", *options))
    (folder / "other.tsv").unlink()
    for view in ("text", "memory"):
        result = rnncli("inspect", "own.npz", view)
        refused(result)
    succeeded(rnncli("inspect", "own.npz"))


def test_the_arithmetic_of_a_labelled_model_begins_where_the_label_says() -> None:
    """With another label the numbers are others, and they are those of the overview."""
    model = learnt("generate", "--cell", "lstm")
    one, other = (
        strict(succeeded(rnncli("inspect", model, "step", "one", "--label", label, "--json"))) for label in "A漢"
    )
    assert one["numbers"]["before"] != other["numbers"]["before"]
    assert one["numbers"]["forward"] != other["numbers"]["forward"]


def test_a_view_is_written_to_a_pipe_in_a_process_of_its_own() -> None:
    """Bytes of standard input come as they are, and none of a terminal's."""
    result = process("inspect", model_of("gru"), "text", "--text", "-", input=HELD_OUT.encode())
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"[bold]" in result.stdout
    assert b"\x1b" not in result.stdout


def test_that_a_file_does_not_name_its_text_is_said_once(tmp_path: Path) -> None:
    """As of one that `rnncli import` has made."""
    save(tmp_path / "m.npz", Checkpoint(random_model()))
    for options in ((), ("--json",), ("--html", tmp_path / "m.html")):
        result = rnncli("inspect", tmp_path / "m.npz", *options)
        succeeded(result)
        assert result.output.count("trained on") == 1
    assert "trained on" not in (tmp_path / "m.html").read_text("utf-8")
