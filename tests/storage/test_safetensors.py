"""Export to .safetensors and back: the same model, bit for bit; damaged and hostile files are refused."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import InputError, ModelFileError
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.interchange.importing import import_model
from rnncli.storage.interchange.safetensors_file import write_safetensors
from tests.helpers import ODD_CHARACTERS, a_checkpoint, random_model, random_pair_model

pytest.importorskip("safetensors", reason="safetensors is not installed")

MODELS = {
    "rnn": lambda: random_model(cell="rnn", activation="relu", layers=2),
    "gru": lambda: random_model(ODD_CHARACTERS, cell="gru", unknown=True, embedding_size=3),
    "lstm": lambda: random_model(cell="lstm", layers=2),
    "labelled": lambda: random_pair_model("generate", cell="lstm", layers=2),
    "classifier": lambda: random_pair_model("classify", cell="gru", bidirectional=True, layers=2),
    "two labels": lambda: random_pair_model("classify-two", cell="lstm", embedding_size=3),
    "tagger": lambda: random_pair_model("tag", cell="rnn", bidirectional=True),
    "translator": lambda: random_pair_model("translate", cell="gru", bidirectional=True, embedding_size=2),
}


@pytest.mark.parametrize("name", MODELS)
def test_there_and_back_it_is_the_same_model(name: str, tmp_path: Path) -> None:
    model: Any = MODELS[name]()
    path = tmp_path / "model.safetensors"
    path.write_bytes(write_safetensors(Checkpoint(model)))
    back = import_model(str(path))
    assert type(back) is type(model)
    assert back.to_json() == model.to_json()
    assert back.parameters.flat.tobytes() == model.parameters.flat.tobytes()


def test_the_same_model_gives_the_same_bytes() -> None:
    assert write_safetensors(a_checkpoint(cell="gru")) == write_safetensors(a_checkpoint(cell="gru"))


def test_the_metadata_are_those_of_the_model_file() -> None:
    checkpoint = a_checkpoint(cell="gru")
    content = write_safetensors(checkpoint)
    header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    said = json.loads(header["__metadata__"]["rnncli"])
    assert said == {"version": said["version"], **checkpoint.model.to_json()}
    assert header["rnn.weight_ih_l0"]["shape"] == [21, len(checkpoint.model.vocabulary)]


@pytest.mark.parametrize(
    ("config", "words"),
    [({"cell": "mlp", "context": 3}, "feed-forward"), ({"cell": "rnn", "activation": "sigmoid"}, "tanh and relu")],
)
def test_what_pytorch_has_not_is_refused(config: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        write_safetensors(Checkpoint(random_model(**config)))


Header = dict[str, Any]


def with_header(content: bytes, change: Callable[[Header], Any]) -> bytes:
    """The same file, its header changed."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    encoded = json.dumps(change(header) or header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + content[8 + length :]


def said(**changes: Any) -> Callable[[bytes], bytes]:
    """A damage: other metadata of rnncli."""

    def change(header: Header) -> None:
        meta = json.loads(header["__metadata__"]["rnncli"])
        for name, value in changes.items():
            place = meta["network"] if name in meta["network"] else meta
            place[name] = value
        header["__metadata__"]["rnncli"] = json.dumps(meta)

    return lambda content: with_header(content, change)


def array(name: str, **changes: Any) -> Callable[[bytes], bytes]:
    """A damage: another description of an array."""
    return lambda content: with_header(content, lambda header: header[name].update(changes))


def raw(text: str) -> Callable[[bytes], bytes]:
    """A damage: this text for the metadata of rnncli."""
    return lambda content: with_header(content, lambda header: header["__metadata__"].update(rnncli=text))


def nan(content: bytes) -> bytes:
    return content[:-4] + np.array(np.nan, "<f4").tobytes()


def renamed(header: Header) -> None:
    header["../../x"] = header.pop("output.bias")


def one_more(header: Header) -> None:
    header["more"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "damaged"),
    "a text": (lambda _: b"hello, world\n" * 9, "damaged"),
    "no header": (lambda content: content[:8], "damaged"),
    "cut off": (lambda content: content[:-1], "damaged"),
    "too long": (lambda content: content + b"\0", "damaged"),
    "a header beyond all": (lambda content: b"\xff" * 7 + b"\x7f" + content[8:], "damaged"),
    "a header of another kind": (lambda content: with_header(content, lambda _: [1, 2]), "damaged"),
    "an array beyond the file": (array("output.bias", shape=[1 << 60], data_offsets=[0, 1 << 62]), "damaged"),
    "arrays that overlap": (array("output.weight", data_offsets=[0, 140]), "damaged"),
    "integers": (array("output.bias", dtype="I32"), "'output.bias' is of type I32"),
    "bfloat16": (array("output.bias", dtype="BF16", shape=[10]), "save it as float32"),
    "another shape": (array("output.weight", shape=[7, 5]), "output.weight should have shape (5, 7)"),
    "not a number": (nan, "not finite"),
    "another name": (lambda content: with_header(content, renamed), "lacks 'output.bias'"),
    "one more": (lambda content: with_header(content, one_more), "no such network has: 'more'"),
    "no JSON": (raw("{"), "not JSON"),
    "no object": (raw("[]"), "not a JSON object"),
    "no version": (raw("{}"), "lack 'version'"),
    "a duplicate key": (raw('{"version": 5, "version": 5}'), "duplicate key"),
    "deep metadata": (raw("[" * 100_000), "cannot be imported"),
    "another version": (said(version=99), "format version 99"),
    "another task": (said(task="sing"), "task"),
    "a network beyond all": (said(hidden_size=1 << 20), "too small for the network"),
    "layers beyond all": (said(layers=1 << 20), "too small for the network"),
    "no size": (said(hidden_size=0), "hidden_size is 0"),
    "another cell": (said(cell="lstm"), "too small for the network"),
    "a feed-forward network": (said(cell="mlp", context=1), "feed-forward"),
    "both directions": (said(bidirectional=True), "see the future"),
    "another alphabet": (said(vocabulary={"characters": "ab"}), "lack 'encoding'"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_or_hostile_file_is_refused(name: str, tmp_path: Path) -> None:
    """In one sentence that names the file, at once."""
    damage, words = DAMAGES[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(damage(write_safetensors(Checkpoint(random_model(cell="gru")))))
    began = time.perf_counter()
    with pytest.raises(InputError) as raised:
        import_model(str(path))
    assert time.perf_counter() - began < 3
    assert words in str(raised.value)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    content = write_safetensors(Checkpoint(random_model(cell="rnn", hidden_size=2)))
    path = tmp_path / "model.safetensors"
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        with pytest.raises(ModelFileError):
            import_model(str(path))


def test_other_floating_point_numbers_become_float32(tmp_path: Path) -> None:
    """Those that float32 cannot hold are refused."""
    from safetensors.numpy import save  # type: ignore[import-not-found,unused-ignore]

    from rnncli.storage.interchange.pytorch import to_torch

    model = random_model(cell="gru")
    path = tmp_path / "net.safetensors"
    for dtype in (np.float64, np.float16):
        path.write_bytes(save({name: values.astype(dtype) for name, values in to_torch(model).items()}))
        found = import_model(str(path), "abcde").parameters.flat
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, model.parameters.flat, atol=2e-3)
    path.write_bytes(save({name: values.astype(np.float64) * 1e300 for name, values in to_torch(model).items()}))
    with pytest.raises(ModelFileError, match="not finite"):
        import_model(str(path), "abcde")
