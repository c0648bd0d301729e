"""What the model file records of the data, and how it is found again."""

import json
from pathlib import Path

import pytest

from rnncli.datasets.dataset import find_dataset, infer_format, open_dataset
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import PAIRS, TEXT, DataSpec, parse_fraction
from rnncli.errors import InputError

TEXT_OF_TWENTY = "".join(chr(ord("a") + n * n % 7) for n in range(200))
PAIRS_OF_TEN = "".join(f"{'odd' if n % 2 else 'even'}\t{n * n}\n" for n in range(10))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT_OF_TWENTY)
    (tmp_path / "b.tsv").write_text(PAIRS_OF_TEN)
    return tmp_path


SPECS = [
    ("a.txt", DataSpec(validation="0.2")),
    ("a.txt", DataSpec(validation="0.2", split_streams=4)),
    ("a.txt", DataSpec(encoding="bytes")),
    ("a.txt", DataSpec(validation="a.txt")),
    ("b.tsv", DataSpec(task="classify", format=PAIRS, validation="0.3", seed=5)),
    ("b.tsv", DataSpec(task="generate", format=PAIRS, validation="0.3", seed=6)),
    ("b.tsv", DataSpec(task="translate", format=PAIRS)),
]


@pytest.mark.parametrize(("file", "spec"), SPECS)
@pytest.mark.parametrize("beside_the_model", [False, True])
def test_the_recorded_spec_opens_the_same_data(
    file: str, spec: DataSpec, beside_the_model: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same parts, from the JSON of the model file, in the folder of the run and in that of the model."""
    first = open_dataset(spec, open_sources([file], spec.reading))
    recorded = DataSpec.from_json(json.loads(json.dumps(first.spec.to_json())))
    assert recorded == first.spec
    if beside_the_model:
        (folder / "elsewhere").mkdir()
        monkeypatch.chdir(folder / "elsewhere")
    again = find_dataset(recorded, folder, first.alphabets)
    assert again is not None
    for part, same in ((first.training, again.training), (first.validation, again.validation)):
        assert len(part) == len(same)
        assert first.text_ids(part, 1000).tolist() == again.text_ids(same, 1000).tolist()
    assert (recorded.training, recorded.held_out) == (len(first.training), len(first.validation))


def test_files_that_were_moved_or_modified_are_not_found(folder: Path) -> None:
    dataset = open_dataset(DataSpec(), open_sources(["a.txt"]))
    (folder / "a.txt").write_text(TEXT_OF_TWENTY + "!")
    assert find_dataset(dataset.spec, folder, dataset.alphabets) is None
    with pytest.raises(InputError, match="its bytes differ"):
        open_dataset(dataset.spec, open_sources(["a.txt"]), dataset.alphabets)
    (folder / "a.txt").unlink()
    assert find_dataset(dataset.spec, folder, dataset.alphabets) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("files", "a.txt"),
        ("files", [3]),
        ("task", "sing"),
        ("format", "table"),
        ("encoding", "latin-1"),  # its name is iso8859-1
        ("encoding", "rot13"),
        ("normalize", "nfd"),
        ("columns", "text"),
        ("shuffle", "words"),
        ("max_length", 0),
        ("validation", 0.1),
        ("split_streams", -1),
        ("seed", True),
        ("sha256", "0" * 63),
        ("sha256", "G" * 64),
        ("training", 0),
        ("held_out", 2**60),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: object, folder: Path) -> None:
    data = open_dataset(DataSpec(), open_sources(["a.txt"])).spec.to_json()
    with pytest.raises(ValueError, match=name):
        DataSpec.from_json({**data, name: value})
    with pytest.raises(ValueError, match="malformed"):
        DataSpec.from_json({key: value for key, value in data.items() if key != name})


def test_a_fraction_is_no_file() -> None:
    assert [parse_fraction(written) for written in (None, "0", "0.25", "a.txt", "1.txt")] == [None, 0, 0.25, None, None]
    for written in ("1", "-0.1", "nan", "inf"):
        with pytest.raises(InputError, match="fraction"):
            parse_fraction(written)


def test_tsv_files_are_pairs_and_others_running_text(folder: Path) -> None:
    text, pairs, both = (open_sources(files) for files in (["a.txt"], ["b.tsv"], ["a.txt", "b.tsv"]))
    assert infer_format(text, None) == infer_format(both, "generate") == ("generate", TEXT)
    assert infer_format(pairs, "generate") == ("generate", PAIRS)
    assert infer_format(text, "tag") == ("tag", PAIRS)
    assert infer_format(pairs, None) == ("classify", PAIRS)
    (folder / "c.tsv").write_text("a\tb\n" + "a\tbb\nb\tb\nc\tccc\nd\td\n")
    with pytest.raises(InputError, match="several things"):
        infer_format(open_sources(["c.tsv"]), None)
