"""Which networks are recognised in the arrays of another tool, and which are refused, in a sentence."""

from typing import Any

import numpy as np
import pytest

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.classifier import Classifier
from rnncli.models.language_model import LanguageModel
from rnncli.storage.interchange.pytorch import to_torch
from rnncli.storage.interchange.recognition import recognise
from tests.helpers import random_model, random_pair_model


def arrays_of(model: Any, **names: str) -> dict[str, Array]:
    """The parameters of a model, its modules under other names."""
    found = {}
    for name, values in to_torch(model).items():
        module, _, part = name.partition(".")
        found[names.get(module, module) + "." * bool(names.get(module, module)) + part] = values
    return found


@pytest.mark.parametrize("names", [{}, {"rnn": "lstm", "output": "fc", "embedding": "embed"}, {"rnn": ""}])
@pytest.mark.parametrize("embedding_size", [0, 3, 7])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_shapes_tell_the_network_whatever_its_parts_are_called(
    cell: str, embedding_size: int, names: dict[str, str]
) -> None:
    """Also with an embedding as large as the hidden state, 7."""
    model = random_model(cell=cell, layers=2, embedding_size=embedding_size)
    found = recognise(arrays_of(model, **names)).model("abcde", None)
    assert isinstance(found, LanguageModel)
    assert found.config == model.config
    np.testing.assert_array_equal(found.parameters.flat, model.parameters.flat)


def test_tied_weights_are_those_of_the_embedding_and_the_linear_layer() -> None:
    """As safetensors saves them: once."""
    model = random_model(cell="gru", embedding_size=7)
    arrays = arrays_of(model)
    del arrays["output.weight"]
    found = recognise(arrays).model("abcde", None)
    np.testing.assert_array_equal(found.parameters["output.W"], found.parameters["embedding.W"].T)


@pytest.mark.parametrize("embedding_size", [0, 3])
def test_a_linear_layer_may_have_no_bias(embedding_size: int) -> None:
    arrays = arrays_of(random_model(embedding_size=embedding_size))
    del arrays["output.bias"]
    found = recognise(arrays).model("abcde", None)
    assert found.config.embedding_size == embedding_size
    assert not found.parameters["output.b"].any()


def test_a_classifier_without_names_has_numbers_for_labels() -> None:
    model = random_pair_model("classify", cell="lstm", bidirectional=True)
    arrays = arrays_of(model)
    for name in ("output.weight", "output.bias"):
        arrays[name] = np.resize(arrays[name], (11, *arrays[name].shape[1:]))
    found = recognise(arrays).model("abcdef", None)
    assert isinstance(found, Classifier)
    assert found.target.symbols == tuple(f"{number:02}" for number in range(11))


def test_as_many_labels_as_characters_make_a_classifier_where_they_are_named() -> None:
    arrays = arrays_of(random_model())
    assert isinstance(recognise(arrays).model("abcde", None), LanguageModel)
    assert isinstance(recognise(arrays).model("abcde", list("vwxyz")), Classifier)


def test_what_reads_in_both_directions_is_no_language_model() -> None:
    """It would see the future, however many logits it has."""
    arrays = arrays_of(random_pair_model("classify", bidirectional=True))
    for name in ("output.weight", "output.bias"):
        arrays[name] = np.resize(arrays[name], (6, *arrays[name].shape[1:]))
    assert isinstance(recognise(arrays).model("abcdef", None), Classifier)


BIG = np.zeros((28, 28), np.float32)
CHANGES: dict[str, tuple[dict[str, Array | None], str]] = {
    "no recurrent layer": ({f"rnn.{p}_{s}_l0": None for p in ("weight", "bias") for s in ("ih", "hh")}, "no recurrent"),
    "two modules": ({"other.weight_ih_l0": BIG}, "2 recurrent modules, not one: 'other.', 'rnn.'"),
    "a projection": ({"rnn.weight_hr_l0": BIG}, "proj_size"),
    "a norm": ({"norm.weight": BIG[0], "norm.bias": BIG[0]}, "'norm.weight' has no place"),
    "a bias alone": ({"other.bias": BIG[0]}, "'other.bias'"),
    "a name that is none": ({"output.": BIG}, "'output.' has no place"),
    "three axes": ({"conv.weight": BIG[None]}, "'conv.weight' has no place"),
    "two linear layers": ({"fc.weight": BIG, "fc.bias": BIG[0]}, "'fc.weight'"),
    "no linear layer": ({"output.weight": None, "output.bias": None}, "one linear layer"),
    "a gap": ({"rnn.weight_ih_l2": BIG, "rnn.weight_hh_l2": BIG}, "lacks 'rnn.bias_hh_l1'"),
    "many layers by name": (
        {f"rnn.weight_ih_l{k}": BIG[:1, :1] for k in range(1, 10**4)},
        "too small for the network",
    ),
    "half a layer": ({"rnn.bias_hh_l0": None}, "lacks 'rnn.bias_hh_l0'"),
    "a vector of weights": ({"rnn.weight_hh_l0": BIG[0]}, "no matrices"),
    "no hidden units": ({"rnn.weight_hh_l0": BIG[:, :0]}, "no matrices"),
    "two gates": ({"rnn.weight_hh_l0": np.zeros((14, 7), np.float32)}, "is not that of"),
    "another size": ({"rnn.weight_ih_l0": BIG[:, :5], "rnn.bias_ih_l0": BIG[0, :5]}, "should have shape (28,)"),
    "a number that is none": ({"output.bias": np.array([0, np.nan, 0, 0, 0], np.float32)}, "not finite"),
    "biases beyond all": (
        {f"rnn.bias_{side}_l0": np.full(28, 3e38, np.float32) for side in ("ih", "hh")},
        "l1.b would hold numbers that are not finite",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_no_such_network_is_refused(name: str) -> None:
    changes, words = CHANGES[name]
    arrays = {key: v for key, v in {**arrays_of(random_model(cell="lstm")), **changes}.items() if v is not None}
    with pytest.raises(ValueError) as raised:
        recognise(arrays).model("abcde", None)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("alphabet", "labels", "words"),
    [
        ("abcd", None, "--alphabet names 4 characters, and the network has 5"),
        ("abcdef", None, "--alphabet names 6 characters"),
        ("abcda", None, "'a' more than once"),
        ("abcde", ["x"], "--labels names 1 label, and the network has 5"),
        ("abcde", ["x", "x", "y", "z", "v"], "'x' more than once"),
    ],
)
def test_alphabet_and_labels_must_agree_with_the_shapes(alphabet: str, labels: list[str] | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        recognise(arrays_of(random_model())).model(alphabet, labels)
