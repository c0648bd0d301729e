"""rnncli predict: one line in, one line out, whatever stands in it and however it comes."""

import io
import json
import math
import re
import shlex
import subprocess
import threading
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from rnncli.evaluation.metrics import ConfusionMatrix
from rnncli.terminal.metrics import draw_confusion
from tests.cli.examples import ANSWERED, TASKS, answers, learnt, predicted, questions
from tests.cli.running import COMMAND, environment, process, rnncli, succeeded

FIELDS = {"classify": "label", "tag": "tags", "translate": "target"}
ODD = [
    b"cat",
    b"",
    b"\0",
    b"a\0b",
    "🙂👩‍👩‍👧e\u0301\U0010ffff".encode(),
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"caf\xc3",
    b"",
    b"\t \t",
    b"a\rb",
    "\x0b\x0c\x1c\x85\u2028\u2029".encode(),
    b"\x1b[31mred",
    b"zzz " * 70,
]
"""Lines that a model has never seen the like of."""


def run(model: Path, data: bytes, *options: object) -> list[str]:
    """The lines of an output that ends with a line end."""
    result = rnncli("predict", model, *options, input=data)
    assert result.exit_code == 0, result.exception
    assert all(line.startswith(("unknown to the model", "normalised")) for line in result.stderr.splitlines())
    output = result.stdout_bytes.decode()
    assert output.endswith("\n")
    return output.removesuffix("\n").split("\n")


def rows(model: Path, lines: list[str], *options: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in predicted(model, lines, "--json", *options)]


def ranked(row: dict[str, Any], task: str) -> list[tuple[str, float]]:
    return [(answer[FIELDS[task]], answer["probability"]) for answer in row["answers"]]


@pytest.mark.parametrize("name", ANSWERED)
def test_any_line_gives_a_line(name: str) -> None:
    """An empty one an empty one, and no other; a tagger gives as many tags as there are characters."""
    model = learnt(name, "--cell", "gru")
    found = run(model, b"\n".join(ODD) + b"\n")
    assert len(found) == len(ODD)
    if TASKS[name] != "translate":
        assert [bool(answer) for answer in found] == [bool(line) for line in ODD]
    if TASKS[name] == "tag":
        texts = [unicodedata.normalize("NFC", line.decode("utf-8", "replace")) for line in ODD]
        assert [len(tags) for tags in found] == list(map(len, texts))
    assert found[1] == ""


@pytest.mark.parametrize("name", ["two", "tag", "translate"])
def test_characters_that_were_never_seen_are_all_alike(name: str) -> None:
    """And like none that was."""
    model, seen = learnt(name, "--cell", "gru", "--steps", 20), sorted(set("".join(questions(name))))
    first, *others = rows(model, ["🤖", "\0", "\U0010ffff", "\x1b", *seen])
    shares = [row["answers"][0]["probability"] for row in others]
    assert shares[:3] == pytest.approx(3 * [first["answers"][0]["probability"]], rel=1e-5)
    assert all(share != pytest.approx(shares[0], rel=1e-5) for share in shares[3:])


@pytest.mark.parametrize("name", ANSWERED)
def test_line_ends_do_not_matter(name: str) -> None:
    """LF or CRLF, at the end of the last line or not, with a byte order mark or without."""
    model = learnt(name, "--cell", "gru")
    lines = [text.encode() for text in questions(name)]
    lines[1:1] = [b"", b""]
    for end in (b"\n", b"\r\n"):
        for last in (end, b""):
            for mark in (b"", b"\xef\xbb\xbf"):
                found = run(model, mark + end.join(lines) + last)
                assert found == [answers(name)[0], "", "", *answers(name)[1:]]
    assert run(model, b"\n\n") == ["", ""]
    assert succeeded(rnncli("predict", model, input=b"")) == ""


@pytest.mark.parametrize("name", ["three", "tag", "translate"])
def test_a_file_and_standard_input_say_the_same(name: str, folder: Path) -> None:
    data = "\n".join(questions(name)).encode()
    (folder / "lines.txt").write_bytes(data)
    model = learnt(name, "--cell", "gru")
    assert run(model, b"", "lines.txt") == run(model, data) == run(model, data, "-") == answers(name)


def test_a_folder_is_read_whole_or_not_at_all(folder: Path) -> None:
    """And not only the first of its files."""
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_text("Ann\n")
    (folder / "texts" / "b.txt").write_text("Bob\n")
    result = rnncli("predict", learnt("three", "--cell", "gru"), "texts")
    assert result.exit_code == 2 or result.stdout == "New York\n漢字\n"


def test_lines_may_be_cut_anywhere_when_they_are_read() -> None:
    """More than a hundred thousand bytes, in which the pieces that are read end within lines and characters; that there
    is a tag for each character shows what was read."""
    model, line = learnt("tag", "--cell", "gru"), 20 * "🙂" + "?"
    assert run(model, 1500 * f"{line}\n".encode()) == 1500 * [21 * "x"]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_a_line_is_answered_before_the_next_one_is_there(options: tuple[str, ...]) -> None:
    """And half a line waits for its other half."""
    words = [*COMMAND, "predict", str(learnt("past", "--cell", "gru")), *options]
    env = environment()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as running:
        assert running.stdin and running.stdout
        watchdog = threading.Timer(30, running.kill)  # where nothing is answered, reading it would last for ever
        watchdog.start()
        try:
            for given, answer in (("papa\nno", "cVCV"), ("on\n", "cVVC"), ("zz\n", "cC")):
                running.stdin.write(given.encode())
                running.stdin.flush()
                line = running.stdout.readline().decode().removesuffix("\n")
                assert (json.loads(line)["tags"] if options else line) == answer
            running.stdin.close()
            assert running.stdout.read() == b""
            assert running.wait(30) == 0
        finally:
            watchdog.cancel()


def test_a_reader_that_has_enough_ends_it_quietly() -> None:
    command = f"set -o pipefail; {shlex.join(COMMAND)} predict {learnt('three', '--cell', 'gru')} | head -n 1"
    lines = b"Ann\n" * 300_000
    result = subprocess.run(["bash", "-c", command], input=lines, capture_output=True, env=environment(), check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"New York\n", b"")


def test_answers_are_utf_8_whatever_the_terminal_is() -> None:
    model = learnt("three", "--cell", "gru")
    result = process("predict", model, input=b"Bob\n", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (result.returncode, result.stdout, result.stderr) == (0, "漢字\n".encode(), b"")


@pytest.mark.parametrize("name", ANSWERED)
def test_the_data_are_what_the_text_says(name: str) -> None:
    model, task = learnt(name, "--cell", "gru"), TASKS[name]
    texts = [*questions(name), "", "never seen 🙂"]
    found = rows(model, texts)
    assert [row["text"] for row in found] == texts
    assert [row[FIELDS[task]] or "" for row in found] == predicted(model, texts)
    assert [len(row["answers"]) for row in found] == [int(text != "") for text in texts]
    for row in found:
        assert [answer for answer, _ in ranked(row, task)] == [row[FIELDS[task]]] * bool(row["text"])


@pytest.mark.parametrize("name", ["two", "three", "translate"])
def test_the_likeliest_answers_are_the_same_as_text_and_as_data(name: str) -> None:
    """The first is the answer, the others follow by their probability; a text has tabs between them."""
    model, task = learnt(name, "--cell", "gru", "--steps", 100), TASKS[name]
    texts = [*questions(name), "", "ham"]
    for top in (2, 3):
        best = predicted(model, texts, *("--beam", top) * (task == "translate"))
        lines = predicted(model, texts, "--top", top)
        for text, row, line, first in zip(texts, rows(model, texts, "--top", top), lines, best, strict=True):
            found = ranked(row, task)
            assert line == "\t".join(f"{answer}\t{share:.4f}" for answer, share in found)
            assert bool(found) == bool(text)
            assert [answer for answer, _ in found[:1]] == [first] * bool(text)
            assert (row[FIELDS[task]] or "") == first
            assert all(a >= b for (_, a), (_, b) in pairwise(found))
            assert len({answer for answer, _ in found}) == len(found) <= top
            assert sum(share for _, share in found) <= 1 + 1e-5


@pytest.mark.parametrize("name", ["two", "three"])
def test_the_labels_share_all_the_probability(name: str) -> None:
    labels = set(answers(name))
    for row in rows(learnt(name, "--cell", "gru", "--steps", 20), [*questions(name), "?"], "--top", 99):
        found = ranked(row, "classify")
        assert {label for label, _ in found} == labels
        assert sum(share for _, share in found) == pytest.approx(1, abs=1e-5)
        assert 0.2 < found[0][1] < 1


@pytest.mark.parametrize("name", ["tag", "past"])
def test_tags_are_told_for_each_character(name: str) -> None:
    """With the probabilities of all of them, whose likeliest make the answer."""
    tags = set("".join(answers(name)))
    for row in rows(learnt(name, "--cell", "gru", "--steps", 20), [*questions(name), "🙂?"], "--top", 99):
        assert "".join(one["character"] for one in row["characters"]) == row["text"]
        for one in row["characters"]:
            assert {tag["tag"] for tag in one["tags"]} == tags
            assert sum(tag["probability"] for tag in one["tags"]) == pytest.approx(1, abs=1e-5)
        first = [max(one["tags"], key=lambda tag: tag["probability"]) for one in row["characters"]]
        assert "".join(tag["tag"] for tag in first) == row["tags"] == row["answers"][0]["tags"]
        assert row["answers"][0]["probability"] == pytest.approx(math.prod(tag["probability"] for tag in first))


def test_a_wider_search_finds_no_worse_translation() -> None:
    """And its first answer is the same, whether one asks for one or for several."""
    model, texts = learnt("translate", "--cell", "gru", "--steps", 80), questions("translate")
    greedy, wide, several = (
        [ranked(row, "translate") for row in rows(model, texts, *options)]
        for options in ((), ("--beam", 8), ("--top", 8))
    )
    assert [found[:1] for found in several] == wide
    assert sum(found[0][1] for found in wide) > sum(found[0][1] for found in greedy)
    assert predicted(model, texts, "--beam", 8) == [found[0][0] for found in wide]


def test_labels_that_were_never_learnt_are_named(folder: Path) -> None:
    """They count as wrong, and the user is told why."""
    (folder / "unseen.tsv").write_text("漢z\tab\nnever\tabc\n")
    result = rnncli("score", learnt("two"), "unseen.tsv", "--json")
    assert json.loads(succeeded(result))["accuracy"] == 0
    assert "does not know" in result.stderr
    assert "漢z, never" in result.stderr or "never, 漢z" in result.stderr


@pytest.mark.parametrize("names", [["bad", "badness", "good"], [f"language-{n}" for n in range(20)]])
def test_the_columns_of_a_confusion_are_told_apart(names: list[str]) -> None:
    counts = np.arange(len(names) ** 2).reshape(len(names), -1)
    output = io.StringIO()
    Console(file=output, width=100).print(draw_confusion(ConfusionMatrix(names, counts), 100))
    lines = output.getvalue().splitlines()
    start = next(n for n, line in enumerate(lines) if headings_of(line) in (names, [str(n + 1) for n in range(20)]))
    for heading, name, line in zip(headings_of(lines[start]), names, lines[start + 1 :], strict=True):
        assert name in line
        assert heading == name or line.strip().startswith(f"{heading} {name}")


def headings_of(line: str) -> list[str]:
    return re.split(r"\s+", line.strip())


@pytest.mark.parametrize("name", ["three", "two", "translate"])
def test_below_the_threshold_the_answer_is_unknown(name: str) -> None:
    """And null as data, beside the same probabilities; an empty line stays empty, and one that is sure as it is."""
    model, texts = learnt(name, "--cell", "gru", "--steps", 60), [*questions(name), "", "zzz"]
    field = FIELDS[TASKS[name]]
    plain, free = predicted(model, texts), rows(model, texts)
    sure = sorted(row["answers"][0]["probability"] for row in free if row["answers"])
    for threshold in (sure[0], sure[5], sure[-1], 1):
        best = [row["answers"][0]["probability"] if row["answers"] else 1 for row in free]
        result = rnncli("predict", model, "--threshold", threshold, input="\n".join(texts) + "\n")
        shown = ["unknown" if p < threshold else answer for p, answer in zip(best, plain, strict=True)]
        assert succeeded(result).splitlines() == shown
        assert f"below --threshold {threshold:g}: {shown.count('unknown')} of 12 lines" in result.stderr
        tops = predicted(model, texts, "--threshold", threshold, "--top", 2)
        wide = [row["answers"] for row in rows(model, texts, "--top", 2)]  # a wider beam may find a better one
        assert [line == "unknown" for line in tops] == [
            bool(found) and found[0]["probability"] < threshold for found in wide
        ]
        for row, before, p in zip(rows(model, texts, "--threshold", threshold), free, best, strict=True):
            assert row == {**before, field: None if p < threshold else before[field]}
