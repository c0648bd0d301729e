"""From every line of a training text back to its file and number, however the files were put together."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rnncli.datasets import text as text_module
from rnncli.datasets.dataset import open_dataset
from rnncli.datasets.origins import origins, training_text
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import DataSpec

FILES = {
    "a.txt": b"".join(b"first %02d\n" % n for n in range(1, 60)),
    "b.txt": b"\xef\xbb\xbf" + b"".join(b"second %02d\r\n" % n for n in range(1, 30)) + b"second 30",  # no line end
    "c.txt.gz": gzip.compress(b"\n\n" + "".join(f"the\u0301 third {n:02}\n" for n in range(3, 40)).encode()),
    "d.csv": b'n,text\n1,"record one"\n2,"record\ntwo"\n3,record three\n',
    "e.jsonl": b"\n".join(b'{"text": "object %02d"}' % n for n in range(1, 20)),
    "f.txt": b"last 1\nlast 2\n",
}
TABLE_LINES = {"record one": 2, "record": 4, "two": 4, "record three": 5}
"""The last line of each record."""


def expected(folder: Path) -> dict[str, tuple[str, int]]:
    """By the line its file and number, as `grep -n` and `zgrep -n` print them."""
    known = {line: (str(folder / "d.csv"), number) for line, number in TABLE_LINES.items()}
    for name, data in FILES.items():
        text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8-sig")
        for number, line in enumerate([] if name == "d.csv" else text.split("\n"), start=1):
            if line:
                shown = json.loads(line)["text"] if name == "e.jsonl" else line.removesuffix("\r")
                known[shown.replace("e\u0301", "é")] = str(folder / name), number
    return known


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "share"),
    [
        ({}, 1),
        ({"validation": "0.3"}, 0.7),
        ({"validation": "0.2", "split_streams": 7}, 0.8),
        ({"shuffle": "lines", "validation": "0"}, 1),
        ({"shuffle": "documents", "validation": "0.1", "seed": 3}, 0.8),
        ({"shuffle": "lines", "validation": "0.25", "split_streams": 5}, 0.75),
    ],
    ids=str,
)
@pytest.mark.parametrize("on_disk", [False, True])
def test_each_line_is_found_in_its_file(
    spec: dict[str, Any], share: float, on_disk: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if on_disk:
        monkeypatch.setattr(text_module, "IN_MEMORY", 100)
    spec = {"validation": "0", **spec}
    described = DataSpec((str(folder),), normalize="nfc", columns=("text",), **spec)
    dataset = open_dataset(described, open_sources(described.files, described.reading))
    ids = training_text(dataset)
    text = dataset.vocabulary.decode(map(int, ids if not on_disk else ids.read(0, len(ids))))
    known = expected(folder)
    stream = len(ids) // spec.get("split_streams", 1)
    uncut = [(place, line) for place, line in at_lines(text) if place // stream == (place + len(line) - 1) // stream]
    lines = {line.removesuffix("\r"): place for place, line in uncut}
    whole = [line for line in lines if line in known]
    assert len(whole) >= 0.8 * share * len(known)
    assert origins(dataset, [lines[line] for line in whole]) == [known[line] for line in whole]
    ended = [line for line in whole if (lines[line] + len(line)) % stream and lines[line] + len(line) < len(ids)]
    assert origins(dataset, [lines[line] + len(line) for line in ended]) == [known[line] for line in ended]


def at_lines(text: str) -> list[tuple[int, str]]:
    place, found = 0, []
    for line in text.split("\n"):
        found.append((place, line))
        place += len(line) + 1
    return found


def test_places_come_in_any_order_and_more_than_once(folder: Path) -> None:
    spec = DataSpec((str(folder / "f.txt"),), validation="0")
    dataset = open_dataset(spec, open_sources(spec.files))
    file = spec.files[0]
    assert origins(dataset, [13, 7, 0, 13, 6]) == [(file, 2), (file, 2), (file, 1), (file, 2), (file, 1)]


def test_of_labelled_texts_each_is_found_in_its_line(tmp_path: Path) -> None:
    """Where lines are held out at random, one is too long, and the file ends in empty lines."""
    lines = [f"{'ab'[n % 2]}\ttext number {n:03}" for n in range(200)]
    lines[7] += "x" * 100
    (tmp_path / "l.tsv").write_text("\n".join(lines) + "\n\n")
    spec = DataSpec((str(tmp_path / "l.tsv"),), format="pairs", max_length=50, validation="0.3")
    dataset = open_dataset(spec, open_sources(spec.files))
    text = dataset.vocabulary.decode(map(int, training_text(dataset)))
    at = [(place, line) for place, line in at_lines(text) if line]
    assert len(at) == 139
    assert origins(dataset, [place for place, _ in at]) == [(spec.files[0], int(line[-3:]) + 1) for _, line in at]
