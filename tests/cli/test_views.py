"""Every view of every network: as a drawing, as JSON and as CSV; and no text is taken for a command to the terminal."""

import csv
import io
import json
import re
import shlex
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.inspection.views import VIEWS as REGISTERED
from rnncli.results import ColouredText, Curves, Heatmap, Scatter, Table, ViewResult
from rnncli.storage import checkpoint
from rnncli.terminal.cells import mark
from rnncli.terminal.words import visible_line
from tests.cli.looking import (
    HELD_OUT,
    NETWORKS,
    OTHERS,
    PAIRS,
    VIEWS,
    WITHOUT_TEXT,
    check_schema,
    compute_once,
    finding,
    model_of,
    strict,
    words,
)
from tests.cli.running import refused, rnncli, succeeded

pytestmark = pytest.mark.usefixtures("little_steering")

every_pair = pytest.mark.parametrize(("network", "view"), PAIRS, ids=map("-".join, PAIRS))
SUGGESTING = [pair for pair in PAIRS if pair[0] in ("gru", "mlp", "perceptron") or pair == ("rnn", "overview")]
"""A plain RNN and an LSTM suggest what a GRU does, but that an RNN has no gates, to which its overview would lead."""

COLOURS = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.fixture(autouse=True)
def computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compute_once(monkeypatch)


def parts(network: str, view: str, kind: str) -> list[dict[str, Any]]:
    return [part for part in finding(network, view)["parts"] if part["kind"] == kind]


def test_every_view_is_tried() -> None:
    assert VIEWS.keys() == REGISTERED.keys()


@every_pair
def test_as_json_it_has_the_documented_schema(network: str, view: str) -> None:
    found = finding(network, view)
    check_schema(found)
    assert found["facts" if view == "overview" else "parts"]
    assert found["view"] == view


@cache
def place_of(network: str) -> Path:
    """A folder with a space in its name, in which there are the model, a text, and the model once more."""
    place = model_of(network).parent / network / "my models"
    place.mkdir(parents=True)
    (place / "text.txt").write_text(HELD_OUT)
    for name in ("model.npz", "other.npz"):
        shutil.copy(model_of(network), place / name)
    return place


@cache
def output_of(*command: str) -> str:
    """Of a command that ends well; several views suggest the same."""
    return succeeded(rnncli(*command, COLUMNS="1000"))


@pytest.mark.parametrize(("network", "view"), SUGGESTING, ids=map("-".join, SUGGESTING))
def test_the_commands_that_a_view_suggests_work_on_the_same_text(network: str, view: str) -> None:
    place = place_of(network)
    text, other = str(place / "text.txt"), str(place / "other.npz")
    reads = () if view in WITHOUT_TEXT else ("--text", text)
    arguments = (other if word == "OTHER" else str(word) for word in VIEWS[view])
    shown = output_of("inspect", str(place / "model.npz"), view, *arguments, *reads)
    lines = [line.removeprefix("next:").strip() for line in shown.splitlines()]
    for line in (line for line in lines if line.startswith("rnncli ")):
        _, command, *words_of_it = shlex.split(line.replace("other.npz", f"'{other}'"))
        assert (text in words_of_it) == (command == "inspect" and view not in WITHOUT_TEXT)
        output_of(command, *words_of_it, *(("--length", "20") if command == "sample" else ()))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_overview_has_a_finding_on_the_health(network: str) -> None:
    found = strict(succeeded(rnncli("inspect", model_of(network), "--json")))
    check_schema(found["health"])
    for words_of_it in ("loss here", *(["units"] if network != "perceptron" else [])):
        assert words_of_it in found["health"]["facts"]


@every_pair
def test_without_a_text_the_held_out_part_is_read_and_said_so(network: str, view: str) -> None:
    """Of every strip the text is from there."""
    found = finding(network, view)
    if view in WITHOUT_TEXT:
        assert found["text"] == ""
        return
    assert found["text"].startswith("the held-out part of ")
    assert "talk.txt" in found["text"]
    for part in parts(network, view, "strip"):
        assert part["text"] in HELD_OUT
        assert len(part["text"]) >= 20


@every_pair
def test_as_csv_it_says_the_same(network: str, view: str) -> None:
    """Parts with an empty line between them: a name, the names of columns, and rows as long as these."""
    text = succeeded(rnncli(*words(network, view), "--csv"))
    sections: list[list[list[str]]] = [[]]
    for row in csv.reader(io.StringIO(text), strict=True):
        if row:
            sections[-1].append(row)
        else:
            sections.append([])
    if view == "overview":  # whose fields besides have tables of their own
        assert [section[0] for section in sections[:3]] == [["Model"], ["Parameters"], ["Learning"]]
        del sections[:3]
    found = finding(network, view)["parts"]
    assert [section[0] for section in sections] == [[part["name"]] for part in found]
    for (_, columns, *rows), part in zip(sections, found, strict=True):
        expected = {
            "table": lambda part: part["rows"],
            "strip": lambda part: list(zip(part["text"], part["values"], strict=True)),
            "curves": lambda part: [(name, x, y) for name, points in part["curves"].items() for x, y in points],
            "scatter": lambda part: [(name, x, y) for name, (x, y) in zip(part["labels"], part["points"], strict=True)],
            "heatmap": lambda part: [(name, *row) for name, row in zip(part["rows"], part["values"], strict=True)],
        }[part["kind"]](part)
        assert len(rows) == len(expected)
        for row, values in zip(rows, expected, strict=True):
            assert len(row) == len(columns)
            for written, value in zip(row, values, strict=True):
                assert written == str("" if value is None else value) or float(written) == pytest.approx(value)


@every_pair
def test_nothing_of_the_text_reaches_the_terminal_as_a_command(network: str, view: str) -> None:
    """With colours and without, an escape is shown as four characters, and [bold] as it is."""
    for env in (COLOURS, {**COLOURS, "NO_COLOR": "1"}, {})[: 3 if network == "lstm" else 1]:
        shown = succeeded(rnncli(*words(network, view), **env))
        assert "\x1b[31m" not in shown
        assert "\x07" not in shown
        if "\x1b" in shown:
            assert env == COLOURS
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        for written in ("[bold]", "\x1b[31m"):
            times = sum(part["text"].count(written) for part in parts(network, view, "strip"))
            assert plain.count(written.replace("\x1b", "\\x1b")) >= min(2, times)


@pytest.mark.parametrize("view", ["text", "unit", "why", "diff"])
def test_without_colour_marks_say_the_same(view: str) -> None:
    """Beneath each line of the text stands a mark for each character, of its sign and size."""
    shown = succeeded(rnncli(*words("gru", view), **COLOURS, NO_COLOR="1")).splitlines()
    coloured = succeeded(rnncli(*words("gru", view), **COLOURS)).splitlines()
    assert len(coloured) < len(shown)
    for part in parts("gru", view, "strip"):
        start = shown.index(part["name"]) + 2  # after the scale
        first = part["text"].split("\n")[0]
        width = [4 if c == "\x1b" else 1 for c in first]
        at = np.concatenate(([0], np.cumsum(width)))[:-1]
        marks = shown[start + 1].ljust(sum(width))
        share = [value / part["scale"] for value in part["values"][: len(first)]]
        blocks = " ▁▂▃▄▅▆▇█"
        expected = [mark(s) if part["signed"] else blocks[max(0, min(8, round(8 * s)))] for s in share]
        assert [marks[n] for n in at] == expected
        assert len(set(expected)) > 1


@pytest.mark.parametrize(("network", "view"), OTHERS, ids=map("-".join, OTHERS))
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_where_a_view_does_not_apply_it_says_so(network: str, view: str, options: tuple[str, ...]) -> None:
    refused(rnncli(*words(network, view), *options), str(model_of(network)))


def dead(network: str) -> Path:
    """A model of which no weight says anything, so that no gradient goes anywhere."""
    loaded = checkpoint.load(model_of(network))
    loaded.model.parameters.flat[...] = 0
    checkpoint.save("dead.npz", loaded)
    return Path("dead.npz")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("options", [(), ("--json",), ("--csv",)])
def test_a_dead_network_can_be_looked_at(view: str, options: tuple[str, ...]) -> None:
    """There is nothing to divide by, and that is no reason to fail."""
    command = words("gru", view)
    command[1] = dead("gru")
    shown = succeeded(rnncli(*command, *options, "--text", "-", input=HELD_OUT))
    if view == "match" and options != ("--csv",):
        assert "the state of layer 2" in shown
    assert not re.search(r"\b(nan|inf)\b", shown)
    if options == ("--json",):
        check_schema(strict(shown))


@pytest.mark.parametrize("options", [(), ("--json",), ("--csv",)])
def test_logits_that_are_far_apart_are_no_fault(options: tuple[str, ...]) -> None:
    """Where a probability is below all numbers, the loss is still one."""
    loaded = checkpoint.load(model_of("gru"))
    loaded.model.parameters["output.W"][...] *= 1000
    checkpoint.save("certain.npz", loaded)
    for view in ("step", "text", "why"):
        shown = succeeded(rnncli("inspect", "certain.npz", view, *VIEWS[view], *options))
        if options == ("--json",):
            found = strict(shown)
            check_schema(found)
            for part in found["parts"]:
                if part["name"] == "What came":
                    assert all(row[part["columns"].index("loss, nats")] is not None for row in part["rows"])


def test_numbers_are_numbers_in_json() -> None:
    """And no strings with commas or exponents, which a reader would have to take apart."""
    for network, view in PAIRS:
        for part in parts(network, view, "table"):
            texts = [value for row in part["rows"] for value in row if isinstance(value, str)]
            wrong = [text for text in texts if re.fullmatch(r"[+-]?\d*[.,]\d+.*|-?\d[\d,]*\.?\d*e[+-]\d+", text)]
            assert not wrong, f"{view}, {part['name']}: {wrong[:5]}"


def test_numbers_of_numpy_and_none_at_all_are_plain() -> None:
    """In every kind of part; what is not finite is null."""
    one, none, whole = np.float32(0.5), np.float64(np.inf), np.int64(3)
    kinds = [
        Table("t", ["a", "b", "c"], [(one, none, whole), (float("nan"), True, None)]),
        ColouredText("s", "ab", [one, none], 0.5, "bits"),
        Curves("c", "x", "y", {"one": [(whole, one), (4, none)]}),
        Scatter("p", "x", "y", [(one, whole)], ["1:0"]),
        Heatmap("h", "a", ["1:0", "1:1", "1:2"], [[one, none, whole]]),
    ]
    found = json.loads(json.dumps(ViewResult(blocks=kinds).to_json(), allow_nan=False))
    assert found["parts"][0]["rows"] == [[0.5, None, 3], [None, True, None]]
    assert (found["parts"][1]["values"], found["parts"][1]["scale"]) == ([0.5, None], 0.5)
    assert found["parts"][2]["curves"] == {"one": [[3, 0.5], [4, None]]}
    assert found["parts"][3]["points"] == [[0.5, 3]]
    assert found["parts"][4]["values"] == [[0.5, None, 3]]


@pytest.mark.parametrize("name", ["[bold]a b.npz", "\x1b[5mb.npz"])
def test_names_of_files_are_shown_as_they_are(name: str) -> None:
    """In headings, in tables, in legends and in what to do next."""
    for network, view in (("gru", "diff"), ("gru", "gradients"), ("lstm", "units")):
        command = words(network, view)
        shutil.copy(command[1], name)
        if view != "units":
            command[3:] = [name]
        else:
            command[1] = name
        shown = succeeded(rnncli(*command, **COLOURS))
        assert "\x1b[5m" not in shown
        plain = re.sub(r"\s+", "", re.sub(r"\x1b\[[0-9;]*m", "", shown))
        assert re.sub(r"\s+", "", visible_line(name)) in plain
