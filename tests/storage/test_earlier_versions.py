"""Model files of every version of the format load, score and resume, as the rnncli that wrote them did."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.storage.checkpoint import FORMAT_VERSION
from tests.cli.running import rnncli, succeeded
from tests.storage.make_models import CASES, LATER, MODELS, SINCE

Model = tuple[Path, Path, dict[str, Any]]

FILES = sorted(MODELS.glob("*/*.npz"))


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A copy of a model file in a new folder to work in, the text that it has learnt beside it, and what was said."""
    monkeypatch.chdir(tmp_path)
    file, text, _ = CASES[request.param.stem]
    (tmp_path / file).write_text(text, "utf-8")
    copy = tmp_path / request.param.name
    copy.write_bytes(request.param.read_bytes())
    said = json.loads((request.param.parent / "said.json").read_text())[request.param.stem]
    return copy, tmp_path / file, said


@pytest.mark.parametrize("version", range(2, FORMAT_VERSION))
def test_there_is_a_file_for_every_case(version: int) -> None:
    assert {path.stem for path in FILES if path.parent.name == f"v{version}"} == {
        name for name in CASES if SINCE.get(name, 2) <= version
    }


def test_it_scores_as_it_did(model: Model) -> None:
    path, text, said = model
    scored = json.loads(succeeded(rnncli("score", path, text, "--json")))
    expected = said["score"]
    for name in {"nats_per_character", "accuracy", "macro_f1", "exact_match", "character_error_rate"} & set(expected):
        # Some tens of sums of float32 in a row; a share of some hundred answers may change by some of them.
        by_one = 0 if name == "nats_per_character" else 0.01
        assert scored[name] == pytest.approx(expected[name], rel=1e-5, abs=by_one), name


def test_it_resumes_as_it_did(model: Model) -> None:
    """And is then a file of today's version, with the whole history."""
    path, text, said = model
    succeeded(rnncli("train", text.name, "-o", path.name, "--resume", "--steps", LATER, "-q"))
    history = json.loads(succeeded(rnncli("inspect", path, "--json")))["history"]
    assert [entry["step"] for entry in history] == [4, 8, 12, 16, 20]
    assert history[-1]["loss"] == pytest.approx(said["loss_after_resume"], rel=1e-4)


@pytest.mark.parametrize("model", [path for path in FILES if CASES[path.stem][0] == "text.txt"], indirect=True)
def test_it_finds_the_text_that_it_was_trained_on(model: Model) -> None:
    path, text, _ = model
    found = json.loads(succeeded(rnncli("inspect", path, "text", "--json")))
    assert text.name in found["text"]


def test_its_arrays_open_with_numpy(model: tuple[Path, Path]) -> None:
    with np.load(model[0], allow_pickle=False) as file:
        assert file.files[0] == "meta"
        assert json.loads(file["meta"].tobytes())["format"] == "rnncli"
