"""The commands of the lessons: options of their own with help and variables, and every form of output."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import refused, rnncli, succeeded
from tests.cli.test_help import COMMANDS

LESSONS: dict[str, Any] = COMMANDS["lesson"].commands
OPTIONS = [
    pytest.param(name, option, id=f"{name} {option.opts[-1]}")
    for name, command in LESSONS.items()
    for option in command.params
    if option.name != "help"
]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_option_has_help_and_a_variable_of_its_own(name: str, option: Any) -> None:
    """So that RNNCLI_STEPS of train changes no lesson."""
    assert option.help.endswith(".")
    assert option.envvar == [f"RNNCLI_LESSON_{name}_{option.name}".upper()]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("name", LESSONS)
def test_help_fits_the_screen_and_has_every_option(name: str, width: int) -> None:
    text = succeeded(rnncli("lesson", name, "--help", COLUMNS=str(width)))
    assert max(map(len, text.splitlines())) <= width
    assert f"rnncli lesson {name}" in re.sub(r"\s+", " ", text)
    for option in LESSONS[name].params:
        assert option.opts[0] in text


@pytest.mark.parametrize("name", LESSONS)
def test_json_has_numbers_and_csv_has_rows(name: str) -> None:
    found = json.loads(succeeded(rnncli("lesson", name, "--json")), parse_constant=lambda name: pytest.fail(name))
    assert found["view"] == name
    rows = list(csv.reader(io.StringIO(succeeded(rnncli("lesson", name, "--csv")))))
    for part in found["parts"]:
        assert not part["name"] or [part["name"]] in rows
    tables = [part for part in found["parts"] if part["kind"] == "table"]
    assert any(isinstance(value, float) for table in tables for row in table["rows"] for value in row)
    assert not any(re.fullmatch(r"-?\d+\.\d+", str(v)) for t in tables for r in t["rows"] for v in r if type(v) is str)


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_for_a_browser(name: str, folder: Path) -> None:
    """Which replaces a page of a lesson, and no other file."""
    for _ in range(2):
        succeeded(rnncli("lesson", name, "--html", "lesson.html"))
    page = Path("lesson.html").read_text("utf-8")
    assert page.startswith("<!doctype html>\n<!-- a lesson of rnncli -->\n")
    assert "<script" not in page
    assert "A surprise" in page
    assert "nan" not in re.findall(r'(?:points|d|x|y)="[^"]*"', page)
    (folder / "own.html").write_text("mine")
    refused(rnncli("lesson", name, "--html", "own.html"), "own.html", "left alone")
    assert (folder / "own.html").read_text() == "mine"


def test_a_variable_sets_an_option() -> None:
    assert succeeded(rnncli("lesson", "activations", RNNCLI_LESSON_ACTIVATIONS_AT="4")) == succeeded(
        rnncli("lesson", "activations", "--at", "4")
    )


def test_json_before_the_name_and_for_all_commands() -> None:
    """Which another form of output that was typed beats."""
    expected = succeeded(rnncli("lesson", "activations", "--json"))
    assert succeeded(rnncli("lesson", "--json", "activations")) == expected
    assert succeeded(rnncli("lesson", "activations", RNNCLI_JSON="1")) == expected
    rows = succeeded(rnncli("lesson", "activations", "--csv"))
    assert succeeded(rnncli("lesson", "activations", "--csv", RNNCLI_JSON="1")) == rows


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("activations", "--at", "x"), ("'--at'", "x is not a finite number")),
        (("activations", "--layers", "0"), ("'--layers'", "0 is below 1")),
        (("perceptron", "--truth", "01101"), ("'--truth'", "'01101' is not 4 digits of 0 and 1")),
        (("perceptron", "--truth", "012x"), ("'--truth'", "'012x' is not 4 digits of 0 and 1")),
        (("perceptron", "--activation", "tahn"), ("'--activation'", "did you mean tanh?")),
        (("backpropagation", "--weights", "1,2"), ("'--weights'", "'1,2' is not 8 numbers with commas between")),
        (("backpropagation", "--inputs", "1,x"), ("'--inputs'", "x is not a finite number")),
        (("descent", "--rate", "0"), ("'--rate'", "above 0")),
        (("rnn", "--text", "h"), ("'--text'", "'h' has not 2 to 9 printable characters")),
        (("rnn", "--text", "hello world"), ("'--text'", "'hello world' has not 2 to 9 printable characters")),
        (("lstm", "--text", "a\tb"), ("'--text'", "printable characters")),
        (("arrangements", "--length", "1"), ("'--length'", "1 is below 2")),
        (("memory", "--cell", "lstn"), ("'--cell'", "did you mean lstm?")),
        (("memory", "--forget-bias", "nan"), ("'--forget-bias'", "nan is not a finite number")),
        (("lstm", "--model", "no.npz"), ("no.npz", "does not exist")),
        (("loss",), ("there is no lesson loss; rnncli lesson lists them",)),
        (("rnm",), ("Did you mean 'rnn'?",)),
        (("activations", "--json", "--csv"), ("mutually exclusive",)),
    ],
)
def test_a_wrong_word_gets_one_sentence(words: tuple[str, ...], told: tuple[str, ...]) -> None:
    refused(rnncli("lesson", *words), *told)


@pytest.mark.parametrize(
    "words",
    [
        ("activations", "--at", -100, "--layers", 1000),
        ("perceptron", "--hidden", 100, "--activation", "relu"),
        ("perceptron", "--hidden", 30, "--activation", "linear", "--truth", "1000"),
        ("backpropagation", "--inputs", "1000,-1000", "--weights", "1000,1000,1,1,1000,-1000,1000,0", "--rate", 1e6),
        ("descent", "--optimizer", "momentum", "--rate", 1e6, "--tilt", -90),
        ("descent", "--optimizer", "sgd", "--rate", 1e-9),
    ],
    ids=str,
)
def test_extreme_values_give_numbers(words: tuple[object, ...]) -> None:
    """Without a warning, which would be an error here; and no number is missing but those of arrows without one."""
    assert "null" not in succeeded(rnncli("lesson", *words, "--json")).replace('"value": null', "")


def test_the_list_as_json() -> None:
    found = json.loads(succeeded(rnncli("lesson", "--json")))
    assert [row[0] for row in found["parts"][0]["rows"]] == list(LESSONS)
