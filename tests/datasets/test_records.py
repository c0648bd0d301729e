"""Columns of .csv and .jsonl files, compared with what Python's csv and json wrote."""

import csv
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets.dataset import open_dataset
from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.errors import InputError


def random_records(seed: int) -> list[dict[str, str]]:
    """Texts with quotes, commas, blanks, and what else a table has to escape."""
    rng = np.random.default_rng(seed)
    letters = "ab,;\" 'é漢\\\u2028"
    words = ["w" + "".join(letters[i] for i in rng.integers(len(letters), size=6)) for _ in range(60)]
    return [{"id": str(i), "label": words[i % 3], "text": words[i]} for i in range(60)]


def write(path: Path, records: list[dict[str, str]], delimiter: str = ",") -> None:
    """As a table by the name of the file."""
    text = io.StringIO(newline="")
    if ".csv" in path.name:
        table = csv.DictWriter(text, records[0].keys(), delimiter=delimiter)
        table.writeheader()
        table.writerows(records)
    else:
        text.write("".join(json.dumps(record) + "\n" for record in records))
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz", "a.ndjson.gz"])
@pytest.mark.parametrize("seed", range(3))
def test_a_column_is_a_line_for_each_record(name: str, seed: int, tmp_path: Path) -> None:
    records = random_records(seed)
    write(tmp_path / name, records)
    sources = open_sources([str(tmp_path / name)], Reading(columns=("text",)))
    assert "".join(sources.chunks()) == "".join(record["text"] + "\n" for record in records)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_two_columns_are_pairs_in_the_order_of_the_task(name: str, tmp_path: Path) -> None:
    records = random_records(0)
    write(tmp_path / name, records)
    reading = Reading(columns=("label", "text"))
    sources = open_sources([str(tmp_path / name)], reading)
    assert [fields for _, _, fields in sources.rows()] == [[record["label"], record["text"]] for record in records]
    spec = DataSpec(task="classify", format=PAIRS, columns=reading.columns, validation="0")
    dataset = open_dataset(spec, sources)
    assert len(dataset.training) == 60
    assert dataset.alphabets[1].symbols == tuple(sorted({record["label"].strip() for record in records}))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_the_delimiter_is_that_of_the_heading(delimiter: str, tmp_path: Path) -> None:
    records = random_records(1)
    write(tmp_path / "a.csv", records, delimiter)
    sources = open_sources([str(tmp_path / "a.csv")], Reading(columns=("text",)))
    assert "".join(sources.chunks()).split("\n")[:-1] == [record["text"] for record in records]


def test_numbers_are_labels_and_line_ends_within_pairs_are_blanks(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"y": 1, "x": "a\\nb"}\n\n{"y": 0.5, "x": "c"}\n')
    sources = open_sources([str(tmp_path / "a.jsonl")], Reading(columns=("y", "x")))
    assert [(number, fields) for _, number, fields in sources.rows()] == [(1, ["1", "a b"]), (3, ["0.5", "c"])]
    (warning,) = sources.warnings
    assert "line ends" in warning and "a.jsonl" in warning


def test_other_files_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\none\n")
    (tmp_path / "b.txt").write_text("two\n")
    sources = open_sources([str(tmp_path / name) for name in ("a.csv", "b.txt")], Reading(columns=("text",)))
    assert "".join(sources.chunks()) == "one\ntwo\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "label,text\nx,y\n", "no column txt; did you mean text?"),
        ("a.csv", "q,r\nx,y\n", "no column txt; it has q, r"),
        ("a.csv", "", "no column txt; it has none"),
        ("a.csv", "txt,b\nx,y\nz\n", "a.csv, line 3: 1 fields under 2 columns"),
        ("a.jsonl", '{"txt": "a"}\n[1]\n', "a.jsonl, line 2: not a JSON object"),
        ("a.jsonl", '{"txt": "a"}\n{"txt": \n', "a.jsonl, line 2: not a JSON object"),
        ("a.jsonl", '{"txt": "a"}\n{"text": "b"}\n', "a.jsonl, line 2: no column txt"),
        ("a.jsonl", '{"txt": null}\n', "a.jsonl, line 1: txt is null, and no text"),
    ],
)
def test_a_fault_is_named_with_file_and_line(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        list(open_sources([str(tmp_path / name)], Reading(columns=("txt",))).chunks())
    assert words in str(error.value)


def test_a_field_may_be_longer_than_the_csv_module_expects(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\n" + "x" * 200_000 + "\n")
    sources = open_sources([str(tmp_path / "a.csv")], Reading(columns=("text",)))
    assert sum(map(len, sources.chunks())) == 200_001
