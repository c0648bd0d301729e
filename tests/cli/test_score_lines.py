"""rnncli score --per-line: the loss of each line is that of its characters in one pass through the text."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.evaluation.losses import dynamic_evaluation, fixed_context, stateful
from rnncli.evaluation.token_losses import TokenLosses
from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import refused, rnncli, succeeded

TEXT = LINES[:300] + "\n\r\n[[]] 漢8 not like the others漢\n" + LINES[300:500].removesuffix("\n")


def rows(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(row) for row in succeeded(rnncli("score", *arguments, "--per-line", "--json")).splitlines()]


def test_a_line_has_the_mean_of_its_characters_and_its_line_end(lines: Path, folder: Path) -> None:
    """Without --adapt and --context and with each of them; together they are the loss of the text."""
    (folder / "text").write_bytes(TEXT.encode())
    model: Any = checkpoint.load(lines).model
    known = "".join(c for c in TEXT if c in model.vocabulary.characters)
    ids = model.vocabulary.encode(known)
    for options, pieces in (
        ((), stateful(model, ids)),
        (("--adapt", "--adapt-rate", 0.3), dynamic_evaluation(model, ids, 0.3)),
        (("--context", 3), fixed_context(model, ids, np.arange(1, len(ids)), 3)),
    ):
        nats = TokenLosses.joined([TokenLosses(p.nats.copy(), p.correct, p.targets) for p in pieces]).nats
        found, place = rows(lines, "text", *options), 0
        assert [row["text"] for row in found] == [line.removesuffix("\r") for line in TEXT.split("\n")]
        assert [row["line"] for row in found] == list(range(1, len(found) + 1))
        for row, line in zip(found, known.splitlines(keepends=True), strict=True):
            own = nats[max(place - 1, 0) : place + len(line) - 1]
            place += len(line)
            assert row["characters"] == len(own)
            assert row["nats_per_character"] == pytest.approx(own.mean(), rel=1e-5)
        whole = json.loads(succeeded(rnncli("score", lines, "text", *options, "--json")))
        total = sum(row["nats_per_character"] * row["characters"] for row in found)
        assert total / whole["characters"] == pytest.approx(whole["nats_per_character"], rel=1e-5)
        assert sum(row["unknown_characters"] for row in found) == len(TEXT) - len(known) == whole["unknown_characters"]


def test_sorted_the_line_unlike_the_others_comes_first(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(TEXT, "utf-8")
    plain = rnncli("score", lines, "text", "--per-line")
    losses = [float(row.split("\t")[0]) for row in succeeded(plain).splitlines()]
    shown = succeeded(rnncli("score", lines, "text", "--per-line", "--sort")).splitlines()
    assert [float(row.split("\t")[0]) for row in shown] == sorted(losses, reverse=True)
    assert sorted(shown) == sorted(plain.stdout.splitlines())
    assert plain.stderr.startswith(f"{len(losses)} lines; ")


def test_places_are_those_of_the_files(lines: Path, hello: Path, folder: Path) -> None:
    """A file begins a line of its own; the first character of a text has no loss, and a line of it alone none."""
    (folder / "a").write_text("\n12 [b]\n3")
    (folder / "b").write_text("45\n\n")
    found = rows(lines, "a", "b")
    assert [(row["file"], row["line"], row["text"]) for row in found] == [
        ("a", 1, ""),
        ("a", 2, "12 [b]"),
        ("a", 3, "3"),
        ("b", 1, "45"),
        ("b", 2, ""),
    ]
    assert found[0]["nats_per_character"] is None
    assert [row["characters"] for row in found] == [0, 7, 2, 3, 1]
    ordered = succeeded(rnncli("score", lines, "a", "b", "--per-line", "--sort")).splitlines()
    assert ordered[-1] == "-\ta:1\t"
    assert {row.split("\t")[1] for row in ordered} == {"a:1", "a:2", "a:3", "b:1", "b:2"}
    (folder / "a").write_text("hel")
    (folder / "b").write_text("lo")
    assert [row["text"] for row in rows(hello, "a", "b")] == ["hel", "lo"]  # by a model that knows no line end


def test_lines_of_bytes_come_out_as_they_went_in(raw: Path, folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\xff\xfe\n\x00 \xe9")
    result = rnncli("score", raw, "bytes", "--per-line")
    succeeded(result)
    assert [row.split(b"\t")[2] for row in result.stdout_bytes.split(b"\n")[:2]] == [b"\xff\xfe", b"\x00 \xe9"]


def test_a_long_text_lies_in_files(lines: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same result, and of the longest line a beginning only."""
    (folder / "text").write_text(TEXT, "utf-8")
    expected = rows(lines, "text", "--sort")
    monkeypatch.setattr("rnncli.datasets.lines.IN_MEMORY", 9)
    assert rows(lines, "text", "--sort") == expected
    monkeypatch.setattr("rnncli.datasets.lines.MAX_BYTES", 7)
    shown = {row["line"]: row["text"] for row in rows(lines, "text")}
    assert all(shown[row["line"]] == row["text"].encode()[:7].decode("utf-8", "ignore") for row in expected)


def test_what_makes_no_sense_is_refused(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(TEXT, "utf-8")
    refused(rnncli("score", lines, "text", "--sort"), "--per-line")
    refused(rnncli("score", lines, "text", "--per-line", "--baseline", 3), "--baseline")
    refused(rnncli("score", lines, "text", "--per-line", "--per-character"), "--per-character")
    refused(rnncli("score", lines, "text", "--per-line", "--streams", 2), "--streams")
    assert len(rows(lines, "text", "--streams", 1)) == TEXT.count("\n") + 1
