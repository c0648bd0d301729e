"""Fields of ``.csv`` and ``.jsonl`` files: the columns that the user names, record by record."""

import csv
import difflib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rnncli.errors import InputError

CSV, JSONL = (".csv",), (".jsonl", ".ndjson")

DELIMITERS = ",;\t"

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a text may be longer than the 131,072 characters of the default


def suffix(name: str) -> str:
    """What a name ends in, before .gz: .csv, .tsv, …"""
    return os.path.splitext(name.removesuffix(".gz"))[1]


def has_records(name: str) -> bool:
    """Whether a file of this name has columns with names."""
    return suffix(name) in CSV + JSONL


def read_records(name: str, lines: Iterator[str], columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The fields of these ``columns`` in each record of a file, with the number of its last line. InputError, naming
    file and line, for a column that is not there and for a record that cannot be read."""
    yield from (_read_csv if suffix(name) in CSV else _read_jsonl)(name, lines, columns)


def _read_csv(name: str, lines: Iterator[str], columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    heading = next(lines, "")
    delimiter = max(DELIMITERS, key=heading.count)
    known = next(csv.reader([heading], delimiter=delimiter), [])
    places = [_place(name, column, known) for column in columns]
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for fields in reader:
            if fields:
                line = reader.line_num + 1
                if len(fields) != len(known):
                    raise InputError(f"{name}, line {line}: {len(fields)} fields under {len(known)} columns")
                yield line, [fields[place] for place in places]
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num + 1}: {error}") from None


def _read_jsonl(name: str, lines: Iterator[str], columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise InputError(f"{name}, line {number}: not a JSON object; each line of a .jsonl file is one")
        keys = [list(record)[_place(f"{name}, line {number}", column, list(record))] for column in columns]
        yield number, [_text(record[key], f"{name}, line {number}: {key}") for key in keys]


def _place(name: str, column: str, known: list[str]) -> int:
    if column not in known:
        close = difflib.get_close_matches(column, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known) or 'none'}"
        raise InputError(f"{name}: no column {column}; {hint}")
    return known.index(column)


def _text(value: Any, place: str) -> str:
    """A field as text: labels may be numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise InputError(f"{place} is {json.dumps(value)[:40]}, and no text")
