"""rnncli compare: the figures are those of score, in the order of the loss."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import LINES
from tests.cli.examples import learnt
from tests.cli.running import refused, rnncli, succeeded


def test_it_says_what_score_says(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES)
    (folder / "lines.txt").write_text(LINES)
    succeeded(rnncli("train", "lines.txt", "-o", "small.npz", "-q", "--hidden-size", 3, "--steps", 5))
    rows = json.loads(succeeded(rnncli("compare", lines, "small.npz", "text", "--json")))["models"]
    losses = [row["nats_per_character"] for row in rows]
    assert losses == sorted(losses)
    assert len(rows) == 6
    for row in rows:
        if row["parameters"] is None:
            order = int(row["model"].partition("-")[0])
            scored = json.loads(succeeded(rnncli("score", lines, "text", "--json", "--baseline", order)))["baseline"]
        else:
            scored = json.loads(succeeded(rnncli("score", row["model"], "text", "--json")))
        assert row["nats_per_character"] == pytest.approx(scored["nats_per_character"])
    shown = succeeded(rnncli("compare", lines, "small.npz", "text"))
    assert "small.npz" in shown
    assert "8-gram model" in shown


def test_without_the_training_text_it_says_so_and_goes_on(hello: Path, folder: Path) -> None:
    (folder / "own.txt").write_text(LINES)
    succeeded(rnncli("train", "own.txt", "-o", "own.npz", "-q", "--hidden-size", 3, "--steps", 2))
    (folder / "own.txt").rename(folder / "other.txt")
    result = rnncli("compare", "own.npz", "other.txt", "--json")
    assert len(json.loads(succeeded(result))["models"]) == 1
    assert "own.txt" in result.stderr
    assert (
        len(
            json.loads(succeeded(rnncli("compare", "own.npz", "other.txt", "--json", "--train", "other.txt")))["models"]
        )
        == 5
    )


def test_what_cannot_be_compared_is_told(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LINES)
    refused(rnncli("compare", "text"), "TEXT")
    refused(rnncli("compare", lines, "none.npz", "text"), "none.npz")
    refused(rnncli("compare", lines, "none"), "none")
    refused(rnncli("compare", learnt("two"), "text"), "running text")
    (folder / "one").write_text(LINES[0])
    refused(rnncli("compare", lines, "one"), "fewer than two")
