"""PyTorch loads what is exported, strictly, and computes the same logits. Needs PyTorch; what it computed once for
networks of its own stands in test_torch_reference.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.ragged import Padded
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator
from rnncli.storage.checkpoint import Checkpoint
from rnncli.storage.interchange.importing import import_model
from rnncli.storage.interchange.safetensors_file import write_safetensors
from tests.helpers import random_ids, random_model, random_pair_model, random_pairs

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
safetensors: Any = pytest.importorskip("safetensors", reason="safetensors is not installed")
torch_network: Any = pytest.importorskip("tests.storage.torch_network")

CELLS = [
    {"cell": "rnn", "layers": 2},
    {"cell": "rnn", "activation": "relu"},
    {"cell": "gru", "embedding_size": 3},
    {"cell": "gru", "layers": 2},
    {"cell": "lstm", "layers": 2, "embedding_size": 3},
]
CLOSE: Any = {"rtol": 1e-5, "atol": 1e-5}


def loaded(model: Any, folder: Path, network: Any) -> Any:
    """The network that PyTorch makes of an exported model."""
    path = folder / "model.safetensors"
    path.write_bytes(write_safetensors(Checkpoint(model)))
    with safetensors.safe_open(path, "pt") as file:
        built = network(file.metadata())
        names = file.keys()
        built.load_state_dict({name: file.get_tensor(name) for name in names}, strict=True)
    return built


def as_tensor(array: Any) -> Any:
    return torch.from_numpy(np.ascontiguousarray(array, np.int64))


def state_of(state: Any) -> Any:
    """Our (L, S, B, H) as PyTorch's."""
    parts = [torch.from_numpy(np.ascontiguousarray(part)) for part in state.swapaxes(0, 1)]
    return tuple(parts) if len(parts) == 2 else parts[0]


@pytest.mark.parametrize("config", CELLS, ids=lambda config: "-".join(map(str, config.values())))
def test_a_language_model(config: dict[str, Any], tmp_path: Path) -> None:
    model = random_model(**config)
    ids, state = random_ids(model, (9, 3)), model.zero_state(3)
    state[...] = np.random.default_rng(3).normal(size=state.shape)
    with torch.no_grad():
        theirs = loaded(model, tmp_path, torch_network.Network).logits(as_tensor(ids), state_of(state))
    np.testing.assert_allclose(theirs.numpy(), model.logits(ids, state)[0], **CLOSE)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("task", ["classify", "classify-two", "tag"])
def test_classifiers_and_taggers_over_unequal_lengths(
    task: str, cell: str, bidirectional: bool, tmp_path: Path
) -> None:
    model: Any = random_pair_model(task, cell=cell, layers=2, bidirectional=bidirectional)
    text, _ = random_pairs(model, 4)
    with torch.no_grad():
        network = loaded(model, tmp_path, torch_network.Network)
        theirs = network.logits(as_tensor(text.ids), None, as_tensor(text.lengths)).numpy()
    if isinstance(model, Tagger):
        inside = np.arange(len(text.ids))[:, None] < text.lengths
        np.testing.assert_allclose(theirs[inside], model.logits(text)[inside], **CLOSE)
    else:
        theirs = theirs - np.log(np.exp(theirs).sum(1, keepdims=True))
        np.testing.assert_allclose(theirs, model.log_probabilities(text), **CLOSE)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_model_of_labelled_texts(cell: str, tmp_path: Path) -> None:
    model: Any = random_pair_model("generate", cell=cell, layers=2)
    ids, labels = np.random.default_rng(5).integers(len(model.vocabulary), size=(6, 2)), np.array([1, 0])
    with torch.no_grad():
        network = loaded(model, tmp_path, torch_network.Network)
        theirs = network.logits(as_tensor(ids), network.first_state(as_tensor(labels)))
    np.testing.assert_allclose(theirs.numpy(), model.logits(ids, model.first_state(labels))[0], **CLOSE)


@pytest.mark.parametrize("config", [{"cell": "gru", "bidirectional": True}, {"cell": "lstm", "embedding_size": 3}])
def test_a_translator(config: dict[str, Any], tmp_path: Path) -> None:
    model: Any = random_pair_model("translate", layers=2, **config)
    assert isinstance(model, Translator)
    rng = np.random.default_rng(6)
    ids, read = rng.integers(len(model.vocabulary), size=(6, 2)), rng.integers(len(model.target), size=(4, 2))
    state = model.first_state(Padded(ids, np.full(2, len(ids))))
    step, ours = model.stepper(state), []
    for character in read:
        ours.append(step(character).copy())
    with torch.no_grad():
        network = loaded(model, tmp_path, torch_network.Translator)
        theirs = network.logits(as_tensor(read), network.first_state(as_tensor(ids)))
    np.testing.assert_allclose(theirs.numpy(), ours, **CLOSE)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_saved_state_dict_is_imported(wrapped: bool, tmp_path: Path) -> None:
    """Alone, or as an entry of a training checkpoint."""
    model = random_model(cell="lstm", embedding_size=3)
    network = loaded(model, tmp_path, torch_network.Network)
    state_dict = network.state_dict()
    torch.save({"epoch": 3, "model": state_dict} if wrapped else state_dict, tmp_path / "net.pt")
    assert import_model(str(tmp_path / "net.pt"), "abcde").parameters.flat.tobytes() == model.parameters.flat.tobytes()


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    """Also a pickle of code, which is not run, and few numbers that claim to be many."""
    from rnncli.errors import ModelFileError

    path = tmp_path / "net.pt"
    network = loaded(random_model(cell="gru"), tmp_path, torch_network.Network)
    for content, words in (
        (network, "save model.state_dict()"),
        ([1, 2], "no state_dict"),
        ({"rnn.weight_ih_l0": torch.zeros(1).expand(1 << 20, 1 << 20)}, "larger than the file"),
        ({"rnn.weight_ih_l0": torch.zeros(3, 3, dtype=torch.int64)}, "floating-point"),
    ):
        torch.save(content, path)
        with pytest.raises(ModelFileError, match=words) as raised:
            import_model(str(path), "abcde")
        assert "\n" not in str(raised.value)
    for damaged in (b"", b"text", path.read_bytes()[:300]):
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="finds no weights"):
            import_model(str(path), "abcde")
