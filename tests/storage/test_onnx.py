"""ONNX Runtime computes what the models compute, for every cell and task that a graph can express."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.tagger import Tagger
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.interchange import onnx_file
from rnncli.storage.interchange.onnx_file import write_onnx
from tests.helpers import a_checkpoint, random_ids, random_model, random_pair_model, random_pairs

onnx: Any = pytest.importorskip("onnx", reason="onnx is not installed")
runtime: Any = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

CLOSE: Any = {"rtol": 1e-5, "atol": 1e-5}
CELLS = [
    {"cell": "rnn", "layers": 2},
    {"cell": "rnn", "activation": "relu", "embedding_size": 3},
    {"cell": "rnn", "activation": "sigmoid"},
    {"cell": "rnn", "activation": "leaky-relu"},
    {"cell": "gru"},
    {"cell": "gru", "layers": 2, "embedding_size": 3},
    {"cell": "lstm"},
    {"cell": "lstm", "layers": 2, "embedding_size": 3},
]


@cache
def options() -> Any:
    """One thread, so that small graphs start no others."""
    found = runtime.SessionOptions()
    found.intra_op_num_threads = found.inter_op_num_threads = 1
    return found


def run(session: Any, **inputs: Array) -> dict[str, Array]:
    """The outputs by name."""
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, inputs), strict=True))


def session_of(model: Any) -> Any:
    """A session, of a graph that holds nothing that it does not use: the runtime would warn of it."""
    content = write_onnx(Checkpoint(model))
    graph = onnx.load_from_string(content).graph
    assert {one.name for one in graph.initializer} <= {name for node in graph.node for name in node.input}
    return runtime.InferenceSession(content, options())


def states(model: Any, state: Array) -> dict[str, Array]:
    """A state (L, S, B, H) as the inputs of the graph."""
    return {name: state[:, s] for s, name in enumerate(model.network.cell.states)}


@pytest.mark.parametrize("config", CELLS, ids=lambda config: "-".join(map(str, config.values())))
def test_a_language_model_of_any_length_and_batch(config: dict[str, Any]) -> None:
    """From any state; and character by character, with the state carried, it is the same."""
    model = random_model(**config)
    session = session_of(model)
    for steps, streams in ((9, 3), (1, 1)):
        ids, state = random_ids(model, (steps, streams)), model.zero_state(streams)
        state[...] = np.random.default_rng(3).normal(size=state.shape)
        expected, last = model.logits(ids, state)
        found = run(session, ids=ids, **states(model, state))
        np.testing.assert_allclose(found["logits"], expected, **CLOSE)
        for name, values in states(model, last).items():
            np.testing.assert_allclose(found[f"new_{name}"], values, **CLOSE)
        carried = states(model, state)
        for row, logits in zip(ids, expected, strict=True):
            found = run(session, ids=row[None], **carried)
            carried = {name: found[f"new_{name}"] for name in carried}
            np.testing.assert_allclose(found["logits"][0], logits, **CLOSE)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("task", ["classify", "classify-two", "tag"])
def test_classifiers_and_taggers_over_unequal_lengths(task: str, cell: str, bidirectional: bool) -> None:
    model: Any = random_pair_model(task, cell=cell, layers=2, bidirectional=bidirectional)
    text, _ = random_pairs(model, 4)
    inputs = {"ids": text.ids.astype(np.int64), "lengths": text.lengths.astype(np.int32)}
    logits = run(session_of(model), **inputs)["logits"]
    if isinstance(model, Tagger):
        inside = np.arange(len(text.ids))[:, None] < text.lengths
        np.testing.assert_allclose(logits[inside], model.logits(text)[inside], **CLOSE)
    else:
        expected = model.log_probabilities(text)
        assert logits.shape == expected.shape
        np.testing.assert_allclose(logits - np.log(np.exp(logits).sum(1, keepdims=True)), expected, **CLOSE)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_texts_of_a_label_begin_from_its_state_and_are_read_on_with_none(cell: str) -> None:
    model: Any = random_pair_model("generate", cell=cell, layers=2)
    session = session_of(model)
    ids, labels = np.random.default_rng(5).integers(len(model.vocabulary), size=(6, 2)), np.array([1, 0])
    expected, _ = model.logits(ids, model.first_state(labels))
    first = run(session, ids=ids[:2], label=labels, **states(model, model.zero_state(2)))
    carried = {name: first[f"new_{name}"] for name in model.network.cell.states}
    rest = run(session, ids=ids[2:], label=np.array([-1, -1]), **carried)
    np.testing.assert_allclose(np.concatenate((first["logits"], rest["logits"])), expected, **CLOSE)


def test_the_file_says_what_it_is_and_is_always_the_same() -> None:
    checkpoint = a_checkpoint(cell="lstm")
    content = write_onnx(checkpoint)
    assert content == write_onnx(a_checkpoint(cell="lstm"))
    session = runtime.InferenceSession(content, options())
    said = json.loads(session.get_modelmeta().custom_metadata_map["rnncli"])
    assert said["vocabulary"] == checkpoint.model.vocabulary.to_json()
    assert [value.name for value in session.get_inputs()] == ["ids", "hidden", "cell"]
    assert [value.name for value in session.get_outputs()] == ["logits", "new_hidden", "new_cell"]
    assert session.get_inputs()[0].shape == ["T", "B"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: random_model(cell="mlp", context=3), "feed-forward"),
        (lambda: random_pair_model("translate"), "translator"),
    ],
)
def test_what_is_no_graph_is_refused(model: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        write_onnx(Checkpoint(model()))


def test_what_is_too_large_for_the_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "MAX_SIZE", 1000)
    with pytest.raises(InputError, match="2 GB"):
        write_onnx(Checkpoint(random_model()))
