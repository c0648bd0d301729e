"""Weights in fewer bytes: what comes back is as near as the precision promises."""

import numpy as np
import pytest

from rnncli.storage.quantization import FLOAT16, FLOAT32, INT8, pack
from tests.terminal.pages import model_of

SIZES = {INT8: 1, FLOAT16: 2, FLOAT32: 4}


@pytest.mark.parametrize("precision", SIZES)
@pytest.mark.parametrize("case", ["gru", "mlp", "translate"])
def test_the_error_is_at_most_half_a_step(case: str, precision: str) -> None:
    model = model_of(case)
    packed = pack(model, precision)
    for name, values in model.parameters.items():
        error, largest = np.abs(packed.model.parameters[name] - values), np.abs(values).max(-1, keepdims=True)
        if precision == FLOAT32 or not name.rpartition(".")[2].startswith("W"):
            assert not error.any()
        else:
            step = largest / 127 if precision == INT8 else np.spacing(np.abs(values).astype(np.float16)).astype(float)
            assert (error <= 0.501 * step).all()
            assert error.any()


@pytest.mark.parametrize("precision", SIZES)
def test_the_bytes_are_those_of_the_arrays(precision: str) -> None:
    packed = pack(model_of("labelled"), precision)
    size = 0
    for array in packed.arrays:
        count, rows = np.prod(array["shape"]), np.prod(array["shape"][:-1])
        size += count * SIZES[array["precision"]] + (4 * rows if array["precision"] == INT8 else 0)
    assert len(packed.data) == size


def test_a_row_of_zeros_stays_zero() -> None:
    model = model_of("gru")
    model.parameters["l1.W_h"][0, 1] = 0
    assert not pack(model, INT8).model.parameters["l1.W_h"][0, 1].any()


def test_what_is_too_large_for_float16_stays_float32() -> None:
    model = model_of("gru")
    model.parameters["output.W"][0, 0] = 1e5
    packed = pack(model, FLOAT16)
    assert packed.model.parameters["output.W"][0, 0] == np.float32(1e5)
    assert {a["name"]: a["precision"] for a in packed.arrays}["output.W"] == FLOAT32
