"""Small models of every cell, trained and saved by the command, and what ``rnncli inspect`` prints of them: what the
independent reader of :mod:`tests.inspection.reader` is held against."""

import json
import re
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from tests.cli.running import ROOT, rnncli, succeeded
from tests.inspection.reader import Array, Network, Values, log_softmax

LEARNT, HELD_OUT, FURTHER = 7_200, 800, 6_300
"""Characters. What is held out is so short that a view reads it in one pass and looks at every place in it."""

NETWORKS: dict[str, tuple[object, ...]] = {
    "rnn-1": ("--cell", "rnn", "--layers", 1),
    "gru-2": ("--cell", "gru", "--layers", 2, "--embedding-size", 5),
    "lstm-2": ("--cell", "lstm", "--layers", 2),
}
"""Every cell, one layer and two, characters one-hot and embedded."""

CLOSE = {"rtol": 2e-4, "atol": 2e-5}
"""Sums of float32, some hundred steps of a network that forgets its rounding errors."""

_PLACE = TemporaryDirectory(prefix="rnncli-by-hand-")

every_network = pytest.mark.parametrize("name", NETWORKS)
gated = pytest.mark.parametrize("name", ["gru-2", "lstm-2"])


class Saved:
    """A model file with the texts that it ``learnt`` and that were ``held_out``, and its ``network``, read by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.network = path, Network(path)
        data = self.network.meta["training"]["data"]
        text = (path.parent / data["files"][0]).read_text("utf-8")
        self.learnt, self.held_out = text[: data["training"]], text[data["training"] :]
        assert (len(self.learnt), len(self.held_out)) == (LEARNT, HELD_OUT)

    @cached_property
    def ids(self) -> Array:
        """Of what was held out, (N,)."""
        return self.network.ids(self.held_out)

    @cached_property
    def activations(self) -> Values:
        """All that the network computes on what was held out, as it is when the next character is predicted: (N − 1, ·)
        by name."""
        return {name: values[:, 0] for name, values in self.network.read(self.ids[:-1]).items()}

    @cached_property
    def losses(self) -> Array:
        """The losses (N − 1,) there, in nats."""
        return -log_softmax(self.activations["logits"])[np.arange(len(self.ids) - 1), self.ids[1:]]


@cache
def texts() -> tuple[Path, Path]:
    """What the networks learn, with what is held out of it, and a longer text of the same kind."""
    text, further = Path(_PLACE.name) / "text.txt", Path(_PLACE.name) / "further.txt"
    whole = (ROOT / "data" / "structure.txt").read_text("utf-8")
    text.write_text(whole[: LEARNT + HELD_OUT], "utf-8")
    known = set(whole[: LEARNT + HELD_OUT])
    rare = "(heat|eeee|fold|times)\n"  # words of few letters that the rest of the text leads to
    further.write_text("".join(c for c in rare + whole[20_000:] if c in known)[:FURTHER], "utf-8")
    return text, further


@cache
def saved(name: str) -> Saved:
    """One of NETWORKS, made once."""
    path = Path(_PLACE.name) / f"{name}.npz"
    learning = ("--steps", 500, "--batch-size", 4, "--seq-length", 20, "--learning-rate", 0.05, "--eval-every", 100)
    succeeded(rnncli("train", texts()[0], "-o", path, "-q", "--hidden-size", 7, *learning, *NETWORKS[name]))
    return Saved(path)


@cache
def printed(name: str, view: str, *words: object) -> dict[str, Any]:
    """What a view prints of a model, as data; the command is run once."""
    found: dict[str, Any] = json.loads(succeeded(rnncli("inspect", saved(name).path, view, *words, "--json")))
    assert found["view"] == view
    tables = [one for one in found["parts"] if one["kind"] == "table"]
    for table in tables if view != "step" else []:  # its columns are characters, which may look like other names
        names = [column.strip() for column in table["columns"]]
        assert len(set(names)) == len(names), f"{table['name']}: columns of the same name, {names}"
    return found


def further() -> tuple[Path, str]:
    """A longer text, for statistics that need one: its file, and what it says."""
    return texts()[1], texts()[1].read_text("utf-8")


def part(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The part of this name, or the only one of which the name begins so."""
    (one,) = [one for one in found["parts"] if one["name"] == name] or [
        one for one in found["parts"] if one["name"].startswith(name)
    ]
    return one


def rows(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of a table, by the names of its columns."""
    table = part(found, name)
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def numbers(fact: str) -> list[float]:
    """The numbers in a sentence, those with % as shares."""
    found = re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?%?", fact)
    return [float(n.rstrip("%").replace(",", "")) / (100 if n.endswith("%") else 1) for n in found]
