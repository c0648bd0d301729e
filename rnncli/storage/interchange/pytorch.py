"""Parameters under the names and in the layouts of PyTorch's modules, and back.

    ours                            PyTorch
    embedding.W   (V, E)            embedding.weight     (V, E)       nn.Embedding
    l1.W_x        (G, D, H)         rnn.weight_ih_l0     (G · H, D)   nn.RNN, nn.GRU, nn.LSTM
    l1.W_h        (G, H, H)         rnn.weight_hh_l0     (G · H, H)
    l1.b          (G, H)            rnn.bias_ih_l0       (G · H,)
    l1.b_hn       (H,)              rnn.bias_hh_l0       (G · H,)
    l1r.…                           rnn.…_l0_reverse
    output.W, b   (D, K), (K,)      output.weight, bias  (K, D), (K,) nn.Linear
    bridge.W, b                     bridge.weight, bias               nn.Linear
    label.W       (K, L · S · H)    label.weight                      nn.Embedding

Without an embedding, the input of nn.RNN is one-hot. A translator has two networks, under ``encoder.`` and
``decoder.``. PyTorch multiplies weights from the left, orders the gates of an LSTM i, f, g, o, and has two biases for
each gate: ours is their sum, except for the candidate n of a GRU, where the reset gate stands between them; so
``bias_hh`` is written as 0 but for ``b_hn``. A classifier of two labels, which has one logit l here, has two there: 0
and l.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.models.base import Model
from rnncli.models.config import FEED_FORWARD, NetworkConfig
from rnncli.models.registry import allocate
from rnncli.names import listed

GATES = {"rnn": [0], "gru": [0, 1, 2], "lstm": [0, 1, 3, 2]}
"""Where our gates lie among PyTorch's, and PyTorch's among ours."""

NONLINEARITIES = ("tanh", "relu")
"""The activation functions of nn.RNN."""

PARTS = {"W": "weight", "b": "bias", "W_x": "weight_ih", "W_h": "weight_hh"}

_LAYER = re.compile(r"((?:encoder\.|decoder\.)?)l(\d+)(r?)")


def to_torch(model: Model) -> dict[str, Array]:
    """The parameters of ``model`` by PyTorch's names; InputError where PyTorch has no such module."""
    config = model.config
    if reason := inexpressible(config):
        raise InputError(reason)
    arrays: dict[str, Array] = {}
    for name, values in model.parameters.items():
        owner, _, part = name.rpartition(".")
        layer = _torch_layer(owner)
        if layer is None:
            arrays[f"{owner}.{PARTS[part]}"] = values.T if _is_linear(owner) else values
        elif part == "b":
            recurrent = np.zeros_like(values)
            if config.cell == "gru":
                recurrent[2] = model.parameters[f"{owner}.b_hn"]
            arrays[layer.format("bias_ih")] = _stacked(values, config.cell)
            arrays[layer.format("bias_hh")] = _stacked(recurrent, config.cell)
        elif part != "b_hn":
            arrays[layer.format(PARTS[part])] = _stacked(values, config.cell)
    if has_one_logit(model):
        for name in ("output.weight", "output.bias"):
            arrays[name] = np.concatenate((np.zeros_like(arrays[name]), arrays[name]))
    return {name: np.ascontiguousarray(values) for name, values in arrays.items()}


def from_torch(
    kind: type[Model], config: NetworkConfig, alphabets: Sequence[Any], arrays: Mapping[str, Array]
) -> Model:
    """The model of this kind whose parameters are float32 ``arrays`` by PyTorch's names: exactly those that
    :func:`to_torch` gives of it. ValueError naming the first that are missing, unexpected, of another shape or not
    finite; memory is bounded by their size."""
    if reason := inexpressible(config):
        raise ValueError(reason)
    model = allocate(kind, config, alphabets, len(arrays), sum(values.size for values in arrays.values()))
    expected = {name: values.shape for name, values in to_torch(model).items()}
    if missing := [name for name in expected if name not in arrays]:
        raise ValueError(f"it lacks {quoted(missing)}")
    if unexpected := [name for name in arrays if name not in expected]:
        raise ValueError(f"it has arrays that no such network has: {quoted(unexpected)}")
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} should have shape {shape}, found {arrays[name].shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        for name, values in model.parameters.items():
            values[...] = _parameter(model, name, arrays)
    if faulty := [name for name, values in model.parameters.items() if not np.isfinite(values).all()]:
        raise ValueError(f"{faulty[0]} would hold numbers that are not finite")
    return model


def _parameter(model: Any, name: str, arrays: Mapping[str, Array]) -> Array:
    """The parameter ``name`` of ``model`` from arrays by PyTorch's names."""
    owner, _, part = name.rpartition(".")
    layer, cell = _torch_layer(owner), model.config.cell
    if layer is None:
        theirs = arrays[f"{owner}.{PARTS[part]}"]
        if owner == "output" and has_one_logit(model):
            theirs = theirs[1:] - theirs[:1]
        return theirs.T if _is_linear(owner) else theirs
    if part in ("W_x", "W_h"):
        return _per_gate(arrays[layer.format(PARTS[part])], cell)
    recurrent = _per_gate(arrays[layer.format("bias_hh")], cell)
    if part == "b_hn":
        return recurrent[2]
    b = _per_gate(arrays[layer.format("bias_ih")], cell)
    if cell == "gru":
        return np.concatenate((b[:2] + recurrent[:2], b[2:]))
    return b + recurrent


def quoted(names: Iterable[str]) -> str:
    """The names of arrays for a message; they may be anything."""
    return listed([f"{name!r:.60}" for name in sorted(names)])


def inexpressible(config: NetworkConfig) -> str:
    """Why PyTorch has no module for this network; empty where it has."""
    if config.cell == FEED_FORWARD:
        return "a feed-forward network cannot be expressed in PyTorch's recurrent modules"
    if config.cell == "rnn" and config.activation not in NONLINEARITIES:
        return f"PyTorch's nn.RNN has tanh and relu, not the activation function {config.activation}"
    return ""


def has_one_logit(model: Any) -> bool:
    """Whether ``model`` is a classifier of two labels."""
    return model.kind == "classify" and len(model.target) == 2


def _torch_layer(owner: str) -> str | None:
    """rnn.{}_l0_reverse for l1r: what PyTorch calls the parts of a layer; None for what is none."""
    found = _LAYER.fullmatch(owner)
    if found is None:
        return None
    return f"{found[1]}rnn.{{}}_l{int(found[2]) - 1}{'_reverse' if found[3] else ''}"


def _is_linear(owner: str) -> bool:
    return owner in ("output", "bridge")


def _stacked(values: Array, cell: str) -> Array:
    """(G, …, H) as PyTorch's (G · H, …), one gate below the other."""
    by_gate = np.moveaxis(values[GATES[cell]], -1, 1)
    return by_gate.reshape(-1, *by_gate.shape[2:])


def _per_gate(array: Array, cell: str) -> Array:
    """The inverse of :func:`_stacked`."""
    order = GATES[cell]
    return np.moveaxis(array.reshape(len(order), -1, *array.shape[1:])[order], 1, -1)
