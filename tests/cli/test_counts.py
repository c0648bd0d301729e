"""Counts beside a network, as users meet them: --ngram and --network-only."""

import json
import math
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.api import TextModel
from rnncli.storage import checkpoint
from tests.cli.conftest import LINES
from tests.cli.running import refused, rnncli, succeeded
from tests.cli.test_resume import interrupt

SMALL = ("--hidden-size", 24, "--steps", 150, "--eval-every", 50)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text, a model of it with counts, and one without."""
    place = tmp_path_factory.mktemp("counts")
    (place / "lines.txt").write_text(LINES)
    (place / "rest.txt").write_text(LINES[-300:])
    succeeded(rnncli("train", place / "lines.txt", "-o", place / "network.npz", "-q", *SMALL))
    succeeded(rnncli("train", place / "lines.txt", "-o", place / "both.npz", "-q", *SMALL, "--ngram", 5))
    return place


def scored(*words: Any) -> dict[str, Any]:
    return dict(json.loads(succeeded(rnncli("score", *words, "--json"))))


def test_a_run_ends_with_what_each_part_and_both_together_reach(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    told = rnncli("train", "lines.txt", *SMALL, "--ngram", 5)
    assert told.exit_code == 0
    found = checkpoint.load("model.npz").counts
    assert found
    assert found.model.order == 5
    for name, line in {"network": "network alone", "counts": "5-gram counts alone", "mixture": "together"}.items():
        [said] = [row for row in told.stderr.splitlines() if row.startswith(line)]
        assert f"{found.held_out[name]:.4f} nats, {found.held_out[name] / math.log(2):.4f} bits" in said
    assert found.held_out["mixture"] < min(found.held_out["network"], found.held_out["counts"]) + 0.01
    events = rnncli("train", "lines.txt", *SMALL, "--ngram", 5, "-f", "--json")
    end = json.loads(events.stdout.splitlines()[-1])
    assert end["counts"] == {"order": 5, "weight": found.weight, **found.held_out}


def test_a_markov_text_is_predicted_as_well_as_can_be(folder: Path) -> None:
    """Within 0.005 nats of what its own probabilities reach on the same held-out characters, of order 3."""
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), size=(4, 4, 4))
    limits, text, nats = probabilities.cumsum(-1), [0, 0, 0], []
    for number in rng.random(60_000):
        context = tuple(text[-3:])
        text.append(min(int((limits[context] <= number).sum()), 3))
        nats.append(-math.log(probabilities[context][text[-1]]))
    (folder / "markov.txt").write_text("".join("acgt"[i] for i in text[3:]))
    succeeded(rnncli("train", "markov.txt", "-q", "--hidden-size", 16, "--steps", 60, "--ngram", 4))
    found = checkpoint.load("model.npz").counts
    assert found
    entropy = float(np.mean(nats[-5999:]))
    assert found.held_out["network"] > entropy + 0.05
    assert found.held_out["mixture"] == pytest.approx(entropy, abs=0.005)


def test_the_loss_of_lines_is_the_mixtures(place: Path) -> None:
    for options in ((), ("--network-only",), ("--adapt",)):
        words = ("score", place / "both.npz", place / "rest.txt", *options)
        rows = [json.loads(row) for row in succeeded(rnncli(*words, "--per-line", "--json")).splitlines()]
        nats = np.average([row["nats_per_character"] for row in rows], weights=[row["characters"] for row in rows])
        assert nats == pytest.approx(scored(*words[1:])["nats_per_character"], rel=1e-6)


def test_counts_may_come_later_and_go_again(place: Path, folder: Path) -> None:
    """Without training anew, and the same bytes as if they had been asked for at once."""
    network, both = (place / "network.npz").read_bytes(), (place / "both.npz").read_bytes()
    resume = ("train", place / "lines.txt", "-q", "--resume", "-o", "m.npz")
    (folder / "m.npz").write_bytes(network)
    succeeded(rnncli(*resume, "--ngram", 5))
    assert (folder / "m.npz").read_bytes() == both
    refused(rnncli(*resume, "--ngram", 5), "has finished")
    refused(rnncli(*resume), "has finished")
    succeeded(rnncli(*resume, "--ngram", 0))
    assert (folder / "m.npz").read_bytes() == network


def test_a_run_that_was_stopped_counts_at_its_end(folder: Path) -> None:
    options = ("--hidden-size", "6", "--seq-length", "7", "--eval-every", "50", "--steps", "1500", "--ngram", "4")
    (folder / "lines.txt").write_text(LINES)
    stopped = interrupt(signal.SIGINT, *options)
    assert stopped.returncode == 130
    assert b"saved model.npz; counts are made when the run ends; resume" in stopped.stderr
    assert checkpoint.load("model.npz").counts is None
    succeeded(rnncli("train", "lines.txt", "--resume", "-q"))
    succeeded(rnncli("train", "lines.txt", *options, "-o", "whole.npz", "-q"))
    assert (folder / "model.npz").read_bytes() == (folder / "whole.npz").read_bytes()


def test_score_shows_the_parts_and_may_leave_the_counts_out(place: Path) -> None:
    text = place / "rest.txt"
    both, network = scored(place / "both.npz", text), scored(place / "network.npz", text)
    assert scored(place / "both.npz", text, "--network-only") == network
    assert both["network_nats_per_character"] == pytest.approx(network["nats_per_character"], rel=1e-6)
    baseline = scored(place / "network.npz", text, "--baseline", 5)
    assert baseline["baseline"]["order"] == 5
    assert both["nats_per_character"] < min(both["network_nats_per_character"], both["counts_nats_per_character"])
    assert "counts nats per character" in succeeded(rnncli("score", place / "both.npz", text))
    assert "--network-only" not in succeeded(rnncli("score", place / "network.npz", text, "--network-only"))


@pytest.mark.parametrize("options", [("--adapt",), ("--context", 3), ("--streams", 2), ("--per-character",)], ids=str)
def test_every_way_to_score_has_the_parts(place: Path, options: tuple[Any, ...]) -> None:
    found = scored(place / "both.npz", place / "lines.txt", *options)
    assert found["nats_per_character"] < found["network_nats_per_character"]
    if options == ("--per-character",):
        total = sum(row["count"] * row["nats"] for row in found["per_character"])
        assert total == pytest.approx(found["nats_per_character"] * found["characters"])


def test_compare_has_a_row_for_each_part(place: Path) -> None:
    path = place / "both.npz"
    rows = json.loads(succeeded(rnncli("compare", path, place / "rest.txt", "--json")))["models"]
    names = [row["model"] for row in rows]
    parts = [f"{path}, network alone", f"{path}, counts alone"]
    assert {str(path), *parts} < set(names)
    alone = json.loads(succeeded(rnncli("compare", path, place / "rest.txt", "--network-only", "--json")))["models"]
    assert not set(parts) & {row["model"] for row in alone}
    [nats] = [row["nats_per_character"] for row in rows if row["model"] == parts[0]]
    [only] = [row["nats_per_character"] for row in alone if row["model"] == str(path)]
    assert nats == pytest.approx(only, rel=1e-6)
    [counts] = [row for row in rows if row["model"] == parts[1]]
    assert [counts[name] for name in ("parameters", "steps", "seconds")] == [None] * 3


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-t", 0),
        ("-t", "0.5:1.5"),
        ("--top-k", 3, "--min-p", 0.1),
        ("--top-p", 0.8),
        ("--beam", 4),
        ("--no-repeat", 6),
        ("--count", 3),
        ("--stop", "\n"),
        ("--clamp", "1:2=1"),
    ],
    ids=str,
)
def test_samples_need_the_file_alone(place: Path, folder: Path, options: tuple[Any, ...]) -> None:
    """No text lies beside it; the same seed gives the same text, and other than without counts."""
    (folder / "m.npz").write_bytes((place / "both.npz").read_bytes())
    (folder / "n.npz").write_bytes((place / "network.npz").read_bytes())
    words = ("--seed", 5, "-l", 40, "--prime", "7 [bold]", *options)
    both = succeeded(rnncli("sample", "m.npz", *words))
    assert both == succeeded(rnncli("sample", "m.npz", *words))
    network = succeeded(rnncli("sample", "n.npz", *words))
    assert network == succeeded(rnncli("sample", "m.npz", "--network-only", *words))
    if options[:1] not in [("--beam",), ("-t",)]:  # the most probable text is the same here
        assert both != network


def test_the_api_takes_the_counts_along(place: Path) -> None:
    path, text = place / "both.npz", (place / "rest.txt").read_text()
    both, network = TextModel(path), TextModel(path, network_only=True)
    assert both.score(text).nats == pytest.approx(scored(path, place / "rest.txt")["nats_per_character"])
    assert network.score(text).nats == TextModel(place / "network.npz").score(text).nats
    assert both.sample("7 ", 30, seed=1) + "\n" == succeeded(
        rnncli("sample", path, "--prime", "7 ", "-l", 30, "--seed", 1)
    )


def test_the_view_of_a_text_tells_who_was_right(place: Path) -> None:
    view = json.loads(succeeded(rnncli("inspect", place / "both.npz", "text", "--json")))
    [strip] = [block for block in view["parts"] if block["name"] == "Who was right"]
    assert strip["signed"]
    assert len(strip["values"]) == len(strip["text"])
    assert "counts" in view["facts"]
    overview = json.loads(succeeded(rnncli("inspect", place / "both.npz", "--json")))
    assert overview["facts"]["counts"].startswith("5-gram model, weight 0.")


def test_where_there_is_nothing_to_count_or_to_fit_it_is_refused(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    (folder / "hello.txt").write_text("hello")
    (folder / "names.tsv").write_text("a\tbc\nb\tcd\n" * 30)
    refused(rnncli("train", "hello.txt", "--ngram", 3), "--ngram", "--validation")
    refused(rnncli("train", "lines.txt", "--validation", 0, "--ngram", 3), "--validation")
    refused(rnncli("train", "names.tsv", "--task", "classify", "--ngram", 3), "--ngram", "running text")
    refused(rnncli("train", "lines.txt", "--ngram", 21), "--ngram")
    assert not (folder / "model.npz").exists()
