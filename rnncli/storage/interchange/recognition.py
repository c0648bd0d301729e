"""Which network it is that another tool has saved, from the names and shapes of its arrays.

A language model or a classifier is looked for: perhaps an embedding, one module of recurrent layers, one linear layer
to the logits, whatever they are called. Everything must have a place in it.

The ids of the characters may be in any order there; here they are in the order of the code points. So rows and columns
change places, and the network stays the same.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.datasets.labels import Labels
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.classifier import Classifier
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.names import plural
from rnncli.storage.interchange.pytorch import from_torch, quoted

CELLS = {1: "rnn", 3: "gru", 4: "lstm"}
"""By the number of gates."""

_RECURRENT = re.compile(r"((?:.*\.)?)((?:weight|bias)_(?:ih|hh|hr)_l(\d+)(_reverse)?)", re.DOTALL)


@dataclass(frozen=True)
class Recognised:
    """A network of ``config`` over ``characters`` with ``outputs`` logits; its ``arrays`` under the names of
    :mod:`rnncli.storage.interchange.pytorch`."""

    config: NetworkConfig
    characters: int
    outputs: int
    arrays: dict[str, Array]

    def model(self, alphabet: str, labels: Sequence[str] | None) -> Model:
        """The model whose characters 0, 1, … are those of ``alphabet``: a classifier where there are ``labels``, where
        it reads in both directions, or where it has another number of logits than characters; else a language model.
        Labels without a name are called by their numbers. InputError where the numbers do not agree."""
        _check_symbols(alphabet, "character", self.characters, "--alphabet")
        by_code_point = sorted(range(len(alphabet)), key=alphabet.__getitem__)
        arrays = self.arrays | {
            name: values[by_code_point] if name == "embedding.weight" else values[:, by_code_point]
            for name, values in self.arrays.items()
            if name in self.of_characters
        }
        kind: type[Model] = LanguageModel
        alphabets: list[Any] = [Vocabulary("".join(sorted(alphabet)))]
        order = by_code_point
        if self.outputs != self.characters or self.config.bidirectional or labels is not None:
            classes = max(self.outputs, 2)
            if labels is None:
                labels = [str(number).zfill(len(str(classes - 1))) for number in range(classes)]
            _check_symbols(labels, "label", classes, "--labels")
            kind, order = Classifier, sorted(range(classes), key=labels.__getitem__)
            alphabets.append(Labels(tuple(sorted(labels))))
        for name in ("output.weight", "output.bias"):
            values = arrays[name]
            if len(values) < len(order):  # one logit l for two labels: σ(l) is the softmax of 0 and l
                values = np.concatenate((np.zeros_like(values), values))
            arrays[name] = values[order]
        return from_torch(kind, self.config, alphabets, arrays)

    @property
    def of_characters(self) -> set[str]:
        """The arrays that have a row or column for each character of the input."""
        embedded = "embedding.weight" in self.arrays
        return {"embedding.weight"} if embedded else {"rnn.weight_ih_l0", "rnn.weight_ih_l0_reverse"}


def recognise(arrays: Mapping[str, Array], activation: str = "tanh") -> Recognised:
    """The network that these float32 ``arrays`` belong to; ``activation`` is that of nn.RNN, which the weights do not
    tell. ValueError, naming what is missing or has no place in it, where it is none."""
    recurrent, dense = _parts(arrays)
    first, square = recurrent.get("weight_ih_l0"), recurrent.get("weight_hh_l0")
    if first is None or square is None or first.ndim != 2 or square.ndim != 2 or 0 in (*first.shape, *square.shape):
        raise ValueError("it has no matrices weight_ih_l0 and weight_hh_l0")
    hidden_size, input_size = square.shape[1], first.shape[1]
    gates, rest = divmod(len(square), hidden_size)
    if gates not in CELLS or rest:
        raise ValueError(f"weight_hh_l0 of shape {square.shape} is not that of an nn.RNN, nn.GRU or nn.LSTM")
    layers = sum(re.fullmatch(r"weight_ih_l\d+", name) is not None for name in recurrent)
    bidirectional = "weight_ih_l0_reverse" in recurrent
    arranged = {f"rnn.{name}": values for name, values in recurrent.items()}
    if not any(name.startswith("bias") for name in recurrent):  # bias=False
        arranged |= {
            f"rnn.{name.replace('weight', 'bias')}": np.zeros(len(values), np.float32)
            for name, values in recurrent.items()
        }
    embedding, weight, bias = _dense(dense, (1 + bidirectional) * hidden_size)
    if embedding is not None:
        arranged["embedding.weight"] = embedding
    arranged |= {"output.weight": weight, "output.bias": bias}
    config = NetworkConfig(
        CELLS[gates],
        layers,
        hidden_size,
        0 if embedding is None else input_size,
        activation=activation,
        bidirectional=bidirectional,
    )
    return Recognised(config, input_size if embedding is None else len(embedding), len(weight), arranged)


def _parts(arrays: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arrays of the recurrent module by PyTorch's names, and all others by their own."""
    recurrent: dict[str, dict[str, Array]] = {}
    others = {}
    for name, values in arrays.items():
        if found := _RECURRENT.fullmatch(name):
            recurrent.setdefault(found[1], {})[found[2]] = values
        else:
            others[name] = values
    if not recurrent:
        raise ValueError("it has no recurrent layer of PyTorch, whose weights are called weight_ih_l0 and so on")
    if len(recurrent) > 1:
        raise ValueError(f"it has {plural(len(recurrent), 'recurrent module')}, not one: {quoted(recurrent)}")
    (parts,) = recurrent.values()
    if any("_hr_" in name for name in parts):
        raise ValueError("its LSTM projects the hidden state (proj_size), which has no counterpart here")
    return parts, others


def _dense(arrays: Mapping[str, Array], output_size: int) -> tuple[Array | None, Array, Array]:
    """The embedding (V, E), if there is one, and weight (K, D) and bias (K,) of the linear layer. The embedding is the
    matrix without a bias. One matrix beside a bias of another module is both (tied weights)."""
    weights, biases = (
        {name.removesuffix(kind): v for name, v in arrays.items() if name.endswith(kind) and v.ndim == axes}
        for kind, axes in (("weight", 2), ("bias", 1))
    )
    known = {f"{name}weight" for name in weights} | {f"{name}bias" for name in biases}
    if strange := [name for name in arrays if name not in known]:
        raise ValueError(f"{strange[0]!r:.60} has no place in a recurrent network with one linear layer")
    linear = [name for name in weights if name in biases]
    tables = [name for name in weights if name not in biases]
    alone = [name for name in biases if name not in weights]
    if not biases:  # Linear(bias=False), which only its shape tells from an embedding
        fitting = [name for name in tables if weights[name].shape[1] == output_size]
        linear = fitting if len(fitting) == 1 else []
        tables = [name for name in tables if name not in linear]
    if (len(linear), len(tables), len(alone)) not in ((1, 0, 0), (1, 1, 0), (0, 1, 1)):
        found = quoted(arrays) or "nothing"
        raise ValueError(f"beside the recurrent layers it has {found}, not one linear layer and at most one embedding")
    embedding = weights[tables[0]] if tables else None
    if not linear:
        return embedding, weights[tables[0]], biases[alone[0]]
    weight = weights[linear[0]]
    return embedding, weight, biases.get(linear[0], np.zeros(len(weight), np.float32))


def _check_symbols(symbols: Sequence[str], noun: str, expected: int, option: str) -> None:
    if len(symbols) != expected:
        raise InputError(f"{option} names {plural(len(symbols), noun)}, and the network has {expected}")
    symbol, occurrences = Counter(symbols).most_common(1)[0]
    if occurrences > 1:
        raise InputError(f"{option} names {symbol!r} more than once; each {noun} has one id")
