"""rnncli score: figures that agree with each other and with the definition."""

import json
import math
from pathlib import Path

import pytest

import rnncli as library
from tests.cli.conftest import LINES
from tests.cli.running import process, refused, rnncli, succeeded


def scored(*arguments: object, input: str = "") -> dict[str, float]:
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
    refused(rnncli("score", hello, "-", input="hexllo"), "'x'", "character 3")
    refused(rnncli("score", hello, "broken"), "broken", "byte 2")
    refused(rnncli("score", hello, "broke"), "did you mean broken?")
    refused(rnncli("score", hello), "FILE")
    refused(rnncli("score", "broken", hello), "broken is not a whole rnncli model")
    refused(rnncli("score", "none.npz", hello), "none.npz")
