"""train --forget-bias: where the bias of an LSTM's forget gate begins."""

from pathlib import Path

import numpy as np
import pytest

from rnncli.models.config import NetworkConfig
from rnncli.storage import checkpoint
from tests.cli.running import refused, rnncli, succeeded

LSTM = ("--cell", "lstm", "--hidden-size", 3, "-q")


def test_it_begins_there_and_is_recorded(hello_text: Path) -> None:
    """In each layer; all other weights begin where they do without it."""
    words = ("train", hello_text, *LSTM, "--layers", 2, "--steps", 1, "--learning-rate", 1e-9)
    for name, options in (("one", ()), ("five", ("--forget-bias", 5))):
        succeeded(rnncli(*words, *options, "-o", f"{name}.npz"))
    one, five = (checkpoint.load(f"{name}.npz").model for name in ("one", "five"))
    assert (one.config.forget_bias, five.config.forget_bias) == (1.0, 5.0)
    forget = one.network.cell.gates.index("forget")
    for layer in ("l1", "l2"):
        for model, bias in ((one, 1), (five, 5)):
            np.testing.assert_allclose(model.parameters[f"{layer}.b"][forget], bias, rtol=1e-6)
            model.parameters[f"{layer}.b"][forget] = 0
    np.testing.assert_allclose(one.parameters.flat, five.parameters.flat, atol=1e-6)
    assert "initial forget bias 5" in succeeded(rnncli("info", "five.npz"))
    assert "forget bias" not in succeeded(rnncli("info", "one.npz"))


def test_it_is_a_choice_of_a_new_lstm(hello_text: Path) -> None:
    for cell in ("rnn", "gru", "mlp"):
        words = ("train", hello_text, "--cell", cell, "--steps", 1, "--forget-bias", 2)
        refused(rnncli(*words), "--forget-bias", "--cell lstm", cell)
    for value in ("x", "nan", "101", "-101"):
        refused(rnncli("train", hello_text, *LSTM, "--forget-bias", value), "--forget-bias", value)
    begin = ("train", hello_text, *LSTM, "--steps", 1, "--forget-bias", -2, "-o", "m.npz")
    succeeded(rnncli(*begin))
    resume = ("train", hello_text, "-o", "m.npz", "-q", "--resume", "--steps", 3)
    refused(rnncli(*resume, "--forget-bias", 1), "--forget-bias cannot be changed by --resume")
    succeeded(rnncli(*resume, "--forget-bias", -2))
    other = ("train", hello_text, "--steps", 1, "-q", "-o", "n.npz", "--init-from", "m.npz")
    refused(rnncli(*other, "--forget-bias", 1), "--forget-bias", "--init-from have a forget bias already")
    succeeded(rnncli(*other))
    assert checkpoint.load("n.npz").model.config.forget_bias == -2


def test_a_file_that_does_not_say_it_is_older_and_began_at_one() -> None:
    data = NetworkConfig(cell="lstm", forget_bias=3.0).to_json()
    assert NetworkConfig.from_json(data).forget_bias == 3
    del data["forget_bias"]
    assert NetworkConfig.from_json(data).forget_bias == 1


@pytest.mark.parametrize("value", ["1", None, True, float("nan"), 1e9])
def test_a_file_cannot_say_nonsense(value: object) -> None:
    with pytest.raises(ValueError, match="forget_bias"):
        NetworkConfig.from_json(NetworkConfig(cell="lstm").to_json() | {"forget_bias": value})
