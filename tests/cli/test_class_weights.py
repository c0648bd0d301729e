"""train --class-weights: rare labels count as much as frequent ones."""

import json
from pathlib import Path

import pytest

from rnncli.storage import checkpoint
from tests.cli.running import refused, rnncli, succeeded

SMALL = ("--hidden-size", 8, "--steps", 200, "--validation", 0, "-q")
LINES = [("often", "ab")] * 9 + [("rarely", "ab")]
"""The text does not tell the label, so a classifier learns how often each occurs."""


@pytest.fixture
def uneven(folder: Path) -> Path:
    (folder / "uneven.tsv").write_text("".join(f"{label}\t{text}\n" for label, text in LINES))
    return folder / "uneven.tsv"


def probability(model: str, label: str) -> float:
    row = json.loads(succeeded(rnncli("predict", model, "--json", "--top", 2, input="ab\n")))
    return {answer["label"]: answer["probability"] for answer in row["answers"]}[label]


def test_the_prior_is_learnt_without_and_evened_out_with_them(uneven: Path, folder: Path) -> None:
    words = ("train", uneven, "--task", "classify", *SMALL, "--batch-size", 10)
    succeeded(rnncli(*words, "-o", "plain.npz"))
    succeeded(rnncli(*words, "-o", "none.npz", "--class-weights", "none"))
    succeeded(rnncli(*words, "-o", "balanced.npz", "--class-weights", "balanced"))
    assert probability("plain.npz", "rarely") == pytest.approx(0.1, abs=0.03)
    assert probability("balanced.npz", "rarely") == pytest.approx(0.5, abs=0.03)
    assert (folder / "plain.npz").read_bytes() == (folder / "none.npz").read_bytes()
    record = checkpoint.load("balanced.npz").record
    assert record and record.options.class_weights == "balanced"


def test_a_run_says_what_they_are_and_keeps_them(uneven: Path) -> None:
    words = ("train", uneven, "--task", "classify", *SMALL[:-1], "--class-weights", "balanced")
    assert "weights  of labels in the loss, from 0.556 (often) to 5 (rarely)" in rnncli(*words).stderr
    resume = ("train", uneven, "--resume", "--steps", 210, "-q")
    refused(rnncli(*resume, "--class-weights", "none"), "--class-weights cannot be changed")
    succeeded(rnncli(*resume, "--class-weights", "balanced"))


def test_they_are_for_classifiers(uneven: Path) -> None:
    for task in ("generate", "translate"):
        refused(rnncli("train", uneven, "--task", task, "--class-weights", "balanced"), "--task classify")
