"""Networks that PyTorch has made compute here what they computed there, see make_torch_networks.py."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.api import TextModel
from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint, save
from rnncli.storage.interchange.importing import import_model
from rnncli.storage.interchange.pytorch import to_torch
from rnncli.storage.interchange.recognition import recognise

FOLDER = Path(__file__).with_name("torch")
CASES = ["rnn", "rnn-relu", "gru", "lstm", "lstm-no-bias", "classifier", "two-labels", "one-logit"]
LABELS = {"classifier": ["b", "c", "a"], "two-labels": ["yes", "no"], "one-logit": ["no", "yes"]}
ALPHABETS = ["abcdef", "fbdaec"]
"""In the order of the code points, and in another."""


@cache
def of_case(case: str) -> tuple[dict[str, Array], Array, Array]:
    """Weights by PyTorch's names, ids (T, B), and logits."""
    with np.load(FOLDER / "logits.npz") as file:
        arrays = {name.removeprefix(f"{case}/"): file[name] for name in file.files if name.startswith(f"{case}/")}
    return arrays, arrays.pop("ids"), arrays.pop("logits")


def model_of(case: str, alphabet: str) -> Any:
    return recognise(of_case(case)[0], "relu" if case == "rnn-relu" else "tanh").model(alphabet, LABELS.get(case))


def encoded(model: Model, alphabet: str, ids: Array) -> Array:
    """The same characters under our ids (T, B)."""
    return np.array([model.vocabulary.encode("".join(alphabet[i] for i in row)) for row in ids])


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("case", [case for case in CASES if case not in LABELS])
def test_a_language_model_has_the_logits_of_pytorch(case: str, alphabet: str) -> None:
    model, (_, ids, logits) = model_of(case, alphabet), of_case(case)
    assert isinstance(model, LanguageModel)
    ours, _ = model.logits(encoded(model, alphabet, ids), model.zero_state(ids.shape[1]))
    order = [alphabet.index(character) for character in model.vocabulary.characters]
    np.testing.assert_allclose(ours, logits[..., order], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("case", LABELS)
def test_a_classifier_has_the_probabilities_of_pytorch(case: str, alphabet: str) -> None:
    model, (_, ids, logits) = model_of(case, alphabet), of_case(case)
    if case == "one-logit":  # of its sigmoid
        logits = np.concatenate((np.zeros_like(logits), logits), axis=1)
    expected = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    text = Padded(encoded(model, alphabet, ids), np.full(ids.shape[1], len(ids)))
    order = [LABELS[case].index(label) for label in model.target.symbols]
    np.testing.assert_allclose(model.log_probabilities(text), expected[:, order], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", ["rnn", "rnn-relu", "gru", "lstm", "classifier"])
def test_what_was_imported_is_exported_as_it_was(case: str) -> None:
    """Every weight where PyTorch had it; of two biases their sum, except for the candidate of a GRU."""
    theirs, _, _ = of_case(case)
    model = recognise(theirs, "relu" if case == "rnn-relu" else "tanh").model(
        "abcdef", sorted(LABELS[case]) if case in LABELS else None
    )
    own_names = {"embedding": "encoder", "rnn": "layers", "output": "decoder"}
    for name, values in to_torch(model).items():
        module, _, part = name.partition(".")
        other = f"{own_names[module]}.{part}"
        if not part.startswith("bias_"):
            np.testing.assert_array_equal(values, theirs[other], err_msg=name)
        elif part.startswith("bias_ih"):
            both = [values + to_torch(model)[name.replace("_ih_", "_hh_")]]
            np.testing.assert_allclose(both[0], theirs[other] + theirs[other.replace("_ih_", "_hh_")], atol=1e-6)
        elif case == "gru":
            np.testing.assert_array_equal(values[-4:], theirs[other][-4:], err_msg=name)


def test_a_trained_network_writes_what_it_wrote_in_pytorch(tmp_path: Path) -> None:
    """Greedily, from a file without metadata."""
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    alphabet, expected = ((FOLDER / name).read_text("utf-8") for name in ("alphabet.txt", "greedy.txt"))
    model = import_model(str(FOLDER / "trained.safetensors"), alphabet)
    save(tmp_path / "net.npz", Checkpoint(model))
    loaded = TextModel(tmp_path / "net.npz")
    assert loaded.sample("The ", len(expected) - 4, temperature=0) == expected
    assert loaded.score(expected[:280]).nats < 0.05
