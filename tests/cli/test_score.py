"""rnncli score: figures that agree with each other and with the definition."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli as library
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import process, refused, rnncli, succeeded


def scored(*arguments: object, input: str = "") -> dict[str, Any]:
    figures = json.loads(succeeded(rnncli("score", *arguments, "--json", input=input)))
    assert isinstance(figures, dict)
    return figures


def test_the_figures_agree(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES)
    figures = scored(lines, "text")
    assert figures["characters"] == len(LINES) - 1
    assert figures["bits_per_character"] == pytest.approx(figures["nats_per_character"] / math.log(2))
    assert figures["perplexity"] == pytest.approx(math.exp(figures["nats_per_character"]))
    text = succeeded(rnncli("score", lines, "text"))
    for value in (f"{len(LINES) - 1:,}", f"{figures['nats_per_character']:.4f}", f"{figures['perplexity']:.3f}"):
        assert value in text


def test_what_was_learnt_is_expected_and_what_was_not_is_not(hello: Path) -> None:
    assert scored(hello, "-", input="hello")["perplexity"] < 1.1
    assert scored(hello, "-", input="ollehhlo")["perplexity"] > 4  # worse than a guess


def test_files_are_one_text_from_whatever_source(hello: Path, folder: Path) -> None:
    (folder / "1").write_text("hel")
    (folder / "2").write_text("lohe")
    whole = scored(hello, "-", input="hellohe")
    assert scored(hello, "1", "2") == whole
    assert scored(hello, "1", "-", input="lohe") == whole
    assert library.load(str(hello)).score("hellohe").nats == whole["nats_per_character"]
    result = process("score", hello, "-", "--json", input=b"hellohe")
    assert json.loads(result.stdout) == pytest.approx(whole, rel=1e-5)


def test_a_byte_order_mark_is_told_on_standard_error(hello: Path, folder: Path) -> None:
    (folder / "mark").write_bytes(b"\xef\xbb\xbfhello")
    result = rnncli("score", hello, "mark", "--json")
    assert json.loads(succeeded(result))["characters"] == 4
    assert "byte order mark" in result.stderr


def test_bad_input_is_one_sentence(hello: Path, folder: Path) -> None:
    (folder / "broken").write_bytes(b"he\xffllo")
    refused(rnncli("score", hello, "-", input="h"), "fewer than two characters", "standard input")
    refused(rnncli("score", hello, "broken"), "broken", "byte 2")
    refused(rnncli("score", hello, "broke"), "did you mean broken?")
    refused(rnncli("score", hello), "FILE")
    refused(rnncli("score", "broken", hello), "broken is not a valid rnncli model")
    refused(rnncli("score", "none.npz", hello), "none.npz")


def test_an_ngram_model_stands_beside(lines: Path, folder: Path) -> None:
    """Of what the model has learnt, or of another text; the metrics are those of the library."""
    (folder / "text").write_text(LINES)
    own = scored(lines, "text", "--baseline", 5)["baseline"]
    vocabulary = checkpoint.load(lines).model.vocabulary
    ids = vocabulary.encode(LINES)
    nats = -np.log(KneserNey.of(ids, len(vocabulary), 3).probabilities(ids)[1:]).mean()
    other = scored(lines, "text", "--baseline", 3, "--train", "text")["baseline"]
    assert other == {
        "order": 3,
        "nats_per_character": pytest.approx(nats),
        "bits_per_character": pytest.approx(nats / math.log(2)),
    }
    assert own["order"] == 5
    assert f"5-gram model        {own['nats_per_character']:.4f} nats" in succeeded(
        rnncli("score", lines, "text", "--baseline", 5)
    )


def test_a_table_by_character_has_all_of_the_loss(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES)
    figures = scored(lines, "text", "--per-character")
    rows = figures["per_character"]
    assert {row["character"]: row["count"] for row in rows} == dict(Counter(LINES[1:]))
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    total = sum(row["count"] * row["nats"] for row in rows)
    assert total == pytest.approx(figures["nats_per_character"] * figures["characters"])
    assert "↵" in succeeded(rnncli("score", lines, "text", "--per-character"))


def test_adapting_and_a_fixed_context_are_other_figures(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES[::-1])
    before = lines.read_bytes()
    plain = scored(lines, "text")
    assert scored(lines, "text", "--adapt")["nats_per_character"] < plain["nats_per_character"]
    assert scored(lines, "text", "--adapt", "--adapt-rate", "1e-30") == pytest.approx(plain, rel=1e-5)
    assert scored(lines, "text", "--context", 4096) == pytest.approx(plain, rel=1e-5)
    assert scored(lines, "text", "--context", 1)["nats_per_character"] != plain["nats_per_character"]
    assert lines.read_bytes() == before


def test_what_does_not_go_together_is_told(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES)
    refused(rnncli("score", lines, "text", "--adapt", "--context", 3), "--context")
    refused(rnncli("score", lines, "text", "--train", "text"), "--baseline")
    refused(rnncli("score", lines, "text", "--adapt-rate", 0.1), "--adapt;")
    refused(rnncli("score", lines, "text", "--baseline", 3, "--train", "none"), "none")
    (folder / "empty").touch()
    refused(rnncli("score", lines, "text", "--baseline", 3, "--train", "empty"), "empty holds no characters")
    refused(rnncli("score", lines, "text", "--baseline", 21), "21")
