"""Metadata that describe no model are refused, before anything is made of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.training.record import Record
from rnncli.training.software import SOFTWARE
from tests.helpers import RECORD, random_model
from tests.storage.test_checkpoint_refusals import refused


def rewrite(path: Path, data: bytes) -> None:
    """The same arrays with other metadata."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "meta"}
    np.savez(path, meta=np.frombuffer(data, np.uint8), **arrays)


@pytest.mark.parametrize(
    "change",
    [
        lambda meta: meta.pop("vocabulary"),
        lambda meta: meta.pop("sha256"),
        lambda meta: meta.pop("training"),
        lambda meta: meta.update(task="fly"),
        lambda meta: meta.update(format="other"),
        lambda meta: meta.update(training=[]),
        lambda meta: meta.update(network=[1]),
        lambda meta: meta["network"].update(hidden_size=-7),
        lambda meta: meta["network"].update(hidden_size=7.0),
        lambda meta: meta["network"].update(layers=True),
        lambda meta: meta["network"].update(layers=10**30),
        lambda meta: meta["network"].update(cell="lstn"),
        lambda meta: meta["network"].update(cell=["gru"]),
        lambda meta: meta["network"].update(dropout=1.5),
        lambda meta: meta["network"].update(more=1),
        lambda meta: meta["network"].pop("cell"),
        lambda meta: meta["vocabulary"].update(characters="ab"),
        lambda meta: meta["vocabulary"].update(characters="ba"),
        pytest.param(
            lambda meta: meta["network"].update(hidden_size=1 << 20),
        ),
    ],
)
def test_malformed_metadata_are_refused(change: Callable[[dict[str, Any]], Any], path: Path) -> None:
    with np.load(path) as file:
        meta = json.loads(file["meta"].tobytes())
    change(meta)
    rewrite(path, json.dumps(meta).encode())
    refused(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b"1",
        pytest.param(
            b"[" * 200_000,
        ),
    ],
)
def test_metadata_that_are_no_json_object_are_refused(data: bytes, path: Path) -> None:
    rewrite(path, data)
    refused(path)


@pytest.mark.parametrize(
    "software",
    [
        {},
        None,
        [{"python": "3"}],
        [dict.fromkeys(SOFTWARE, 3)],
        [dict.fromkeys(SOFTWARE, "x" * 1000)],
        [dict.fromkeys(SOFTWARE, "x")] * 1000,
    ],
)
def test_versions_that_cannot_be_are_refused(software: object) -> None:
    record, model = RECORD.to_json(), random_model()
    some = [dict.fromkeys(SOFTWARE, "x")]
    found = Record.from_json({**record, "software": some}, model)
    assert found and found.to_json()["software"] == some
    with pytest.raises(ValueError, match="the software of its training record"):
        Record.from_json({**record, "software": software}, model)


@pytest.mark.parametrize(
    ("more", "is_valid"),
    [
        ({}, True),
        ({"validation_loss": 2.0, "validation_accuracy": 0.5}, True),
        ({"validation_loss": 2.0, "validation_accuracy": 0.5, "validation_mse": 0.01}, True),
        ({"validation_loss": 2.0, "validation_accuracy": 0.5, "validation_mse": -0.01}, False),
        ({"validation_loss": 2.0, "validation_accuracy": 0.5, "validation_mse": None}, False),
        ({"validation_mse": 0.01}, False),
        ({"validation_loss": 2.0}, False),
    ],
)
def test_an_evaluation_has_what_belongs_together(more: dict[str, Any], is_valid: bool) -> None:
    """A step and a training loss; of held-out text a loss and an accuracy, and perhaps the squared error."""
    record = RECORD.to_json()
    record["state"] = {**record["state"], "history": [{"step": 3, "loss": 1.5, **more}]}
    model = random_model()
    if is_valid:
        assert Record.from_json(record, model) is not None
    else:
        with pytest.raises(ValueError, match="history"):
            Record.from_json(record, model)
