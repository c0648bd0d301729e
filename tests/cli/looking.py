"""Models of every cell of a text that is hard to show, and what every view is asked of them."""

import json
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views import View
from rnncli.results import ViewResult
from rnncli.storage import checkpoint
from tests.cli.running import rnncli, succeeded

TEXT = "".join(f'{n} "[bold]é" (\x1b[31m{n * n % 97})\n' for n in range(540))
"""With what Rich and a terminal would obey; the second half is held out."""

HELD_OUT = TEXT[len(TEXT) - len(TEXT) // 2 :]

NETWORKS = {
    "rnn": ("--cell", "rnn", "--layers", 2),
    "gru": ("--cell", "gru", "--layers", 2),
    "lstm": ("--cell", "lstm", "--layers", 2),
    "mlp": ("--cell", "mlp", "--layers", 2),
    "perceptron": ("--cell", "mlp", "--layers", 0),
}

VIEWS: dict[str, tuple[object, ...]] = {
    "overview": (),
    "text": (),
    "units": (),
    "unit": ("1:3",),
    "probe": ("digit",),
    "ablate": ("--unit", "1:2"),
    "patch": ("12 [b", "13 (b"),
    "drive": ("2:3",),
    "memory": (),
    "why": (20,),
    "gates": (),
    "gradients": (),
    "learning": ("OTHER",),
    "step": ("12 [b",),
    "errors": (),
    "match": ("300:302",),
    "diff": ("OTHER",),
    "weights": (),
}
"""The views, and arguments with which they apply."""

GATED = {"gru", "lstm"}
RECURRENT = {"rnn", *GATED}
LAYERED = {"mlp", *RECURRENT}
APPLIES = (
    {"gates": GATED}
    | dict.fromkeys(("why", "gradients", "patch", "drive"), RECURRENT)
    | dict.fromkeys(("units", "unit", "probe", "ablate", "match"), LAYERED)
)
"""The networks that have what a view looks at; all where it is not named."""

PAIRS = [(network, view) for network in NETWORKS for view in VIEWS if network in APPLIES.get(view, NETWORKS)]
OTHERS = [(network, view) for network in NETWORKS for view in VIEWS if (network, view) not in PAIRS]

_PLACE = TemporaryDirectory(prefix="rnncli-views-")
_FOUND: dict[tuple[object, ...], ViewResult] = {}
COLUMNS = {"strip": {"text", "values", "scale", "unit", "beneath", "signed"}, "table": {"columns", "rows", "note"}} | {
    "curves": {"x", "y", "log", "log_x", "curves"},
    "scatter": {"x", "y", "points", "labels"},
    "heatmap": {"rows", "columns", "values", "scale"},
}
OVERVIEW = {
    *("task", "network", "vocabulary", "parameters", "total_parameters", "corpus", "options", "steps", "epochs"),
    *("history", "best_validation_loss", "bits_per_character", "perplexity", "prime", "health"),
}
"""What the overview has besides, and where a model is of pairs one of PARTNERS."""

PARTNERS = {"labels", "tags", "target_vocabulary"}

WITHOUT_TEXT = ("step", "weights", "learning", "patch")
"""Views that read no running text."""


@cache
def model_of(network: str) -> Path:
    """A model that has learnt the first half of TEXT a little, of which the states are large; made once."""
    text, path = Path(_PLACE.name) / "talk.txt", Path(_PLACE.name) / f"{network}.npz"
    text.write_text(TEXT)
    options = ("--validation", 0.5, "--hidden-size", 6, "--steps", 8, "-q", *NETWORKS[network])
    succeeded(rnncli("train", text, "-o", path, *options))
    loaded = checkpoint.load(path)
    loaded.model.parameters.flat[...] *= 3
    checkpoint.save(path, loaded)
    return path


def words(network: str, view: str) -> list[object]:
    """The command that shows a view."""
    other = model_of("rnn" if network != "rnn" else "gru")
    return ["inspect", model_of(network), view, *(other if word == "OTHER" else word for word in VIEWS[view])]


def strict(text: str) -> Any:
    """One line of JSON without NaN and infinities."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    assert text.endswith("\n")
    assert text.count("\n") == 1
    return json.loads(text, parse_constant=refuse)


def compute_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a view that was computed be shown in other forms without being computed again."""
    call = View.__call__

    def remembered(view: View, request: ViewRequest) -> ViewResult:
        options = [value for name, value in vars(request).items() if name not in ("probe", "others")]
        models = [
            (probe.path, probe.source, np.asarray(probe.ids).tobytes(), probe.model.parameters.flat.tobytes())
            for probe in (request.probe, *request.others)
        ]
        key = (view.name, repr(options), *models)
        if key not in _FOUND:
            _FOUND[key] = call(view, request)
        return _FOUND[key]

    monkeypatch.setattr(View, "__call__", remembered)


@cache
def finding(network: str, view: str) -> dict[str, Any]:
    """A view as data."""
    found = strict(succeeded(rnncli(*words(network, view), "--json")))
    assert isinstance(found, dict)
    return found


def check_schema(found: dict[str, Any]) -> None:
    """It has the parts that are documented, of the documented kinds, and each is whole."""
    more = OVERVIEW | PARTNERS & set(found) if "task" in found else {"numbers"} & set(found)
    assert ("numbers" in found) == (found["view"] == "step")
    assert set(found) == {"view", "question", "text", "facts", "parts"} | more
    assert found["question"].endswith("?")
    assert all(isinstance(value, str) for value in found["facts"].values())
    for part in found["parts"]:
        kind = part["kind"]
        assert set(part) == {"kind", "name"} | COLUMNS[kind]
        assert part["name"]
        if kind == "table":
            assert all(len(row) == len(part["columns"]) for row in part["rows"])
            cells = [value for row in part["rows"] for value in row]
            assert all(value is None or isinstance(value, bool | int | float | str) for value in cells)
        elif kind == "strip":
            assert len(part["values"]) == len(part["text"])
            assert len(part["beneath"]) in (0, len(part["text"]))
            assert part["scale"] > 0
            numbers(part["values"])
        elif kind == "curves":
            for points in part["curves"].values():
                assert [x for x, _ in points] == sorted({x for x, _ in points})
                numbers([value for point in points for value in point])
        elif kind == "heatmap":
            assert len(part["values"]) == len(part["rows"])
            assert part["scale"] > 0
            for row in part["values"]:
                assert len(row) == len(part["columns"])
                numbers(row)
        else:
            assert len(part["points"]) == len(part["labels"])
            numbers([value for point in part["points"] for value in point])
            assert all(0 <= value <= 1 for point in part["points"] for value in point)
    assert not re.search(r"\b(nan|inf)\b", json.dumps(found), re.IGNORECASE)


def numbers(values: list[Any]) -> None:
    """All of them are numbers."""
    assert all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
