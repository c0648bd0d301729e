"""The sets of pairs in data/ are what their script writes, and what data/README.md says of them is true."""

import datetime
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnncli.datasets.columns import guess_task
from rnncli.datasets.sources import open_sources

DATA = Path(__file__).parents[1] / "data"
SCRIPT = DATA / "make_pairs.py"
TASKS = {"dates": "translate", "blanks": "tag", "reviews": "classify", "names": "classify"}


def make(*arguments: str) -> bytes:
    """Run the generator and return what it writes to standard output."""
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], check=True, capture_output=True).stdout


def pairs(name: str) -> list[tuple[str, str]]:
    """The lines of a set in data/."""
    fields = [line.split("\t") for line in (DATA / f"{name}.tsv").read_text("utf-8").splitlines()]
    return [(first, second) for first, second in fields]


@pytest.mark.parametrize("name", TASKS)
def test_the_script_writes_the_stored_file(name: str) -> None:
    assert make(name) == (DATA / f"{name}.tsv").read_bytes()
    assert make(name, "--seed", "1", "--lines", "50") != make(name, "--lines", "50")


@pytest.mark.parametrize(("name", "task"), TASKS.items())
def test_the_task_is_seen_from_the_lines(name: str, task: str) -> None:
    assert guess_task(open_sources([str(DATA / f"{name}.tsv")])) == task


def test_every_date_is_the_day_that_it_says() -> None:
    """Numbers, month and weekday of what is written are those of the ISO date beside it."""
    for written, iso in pairs("dates"):
        day = datetime.date.fromisoformat(iso)
        numbers = [int(n) for n in re.findall(r"\d+", written)]
        parts = {day.day, day.month, day.year, day.year % 100}
        assert set(numbers) <= parts, (written, iso)
        words = re.findall(r"[A-Za-z]{3,}", written.replace("the", ""))
        names = {day.strftime("%B").lower(), day.strftime("%b").lower(), day.strftime("%A").lower()}
        names.add(day.strftime("%a").lower())
        assert {word.lower() for word in words} <= names, (written, iso)


def test_each_tag_says_whether_a_blank_followed() -> None:
    for text, tags in pairs("blanks"):
        assert len(text) == len(tags)
        assert set(tags) <= {"-", "_"}
        assert " " not in text
        assert tags[-1] == "-"


def test_a_review_is_what_its_last_clause_says() -> None:
    """The last adjective decides, turned round by not, hardly or never before it."""
    good = {"good", "warm", "tasty", "friendly", "clean", "quick", "lovely", "fresh"}
    for label, text in pairs("reviews"):
        last = re.split(r" (?:but|and) (?=the )", text)[-1].split()
        is_denied = bool({"not", "hardly", "never"} & set(last))
        assert ((last[-1] in good) != is_denied) == (label == "good"), (label, text)
