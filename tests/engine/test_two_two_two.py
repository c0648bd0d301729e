"""The classic example of back-propagation, small enough for pencil and paper.

Two inputs 0.1 and 0.2, two hidden units, two outputs, all units sigmoid and without biases; targets 0.4 and 0.6; the
error is Σ (t - o)² / 2, which for two outputs is their mean squared error.
"""

import numpy as np
import pytest

from rnncli.engine.activations import sigmoid, sigmoid_derivative
from rnncli.engine.arrays import Parameters
from rnncli.engine.layers import dense, dense_backward, dense_backward_input
from rnncli.engine.losses import mean_squared_error
from rnncli.engine.optimizers import GradientDescent

INPUTS = np.array([[0.1, 0.2]])
TARGETS = np.array([[0.4, 0.6]])
NO_BIAS = np.zeros(2)


def network() -> Parameters:
    """The weights, columns for the units that they lead to."""
    parameters = Parameters({"hidden": (2, 2), "output": (2, 2)}, np.float64)
    parameters["hidden"][...] = np.array([[0.30, 0.25], [0.40, 0.35]]).T
    parameters["output"][...] = np.array([[0.45, 0.40], [0.70, 0.60]]).T
    return parameters


def error_and_gradients(parameters: Parameters) -> tuple[float, Parameters]:
    hidden = sigmoid(dense(INPUTS, parameters["hidden"], NO_BIAS))
    outputs = sigmoid(dense(hidden, parameters["output"], NO_BIAS))
    error, d_outputs = mean_squared_error(outputs, TARGETS)

    gradients = parameters.zeros_like()
    d_output_sums = d_outputs * sigmoid_derivative(outputs)
    dense_backward(hidden, d_output_sums, gradients["output"], np.empty(2))
    d_hidden_sums = dense_backward_input(d_output_sums, parameters["output"]) * sigmoid_derivative(hidden)
    dense_backward(INPUTS, d_hidden_sums, gradients["hidden"], np.empty(2))
    return error, gradients


def test_one_step_lowers_the_error_to_the_known_value() -> None:
    """0.0239719 before, 0.0232363 after one step at learning rate 0.5."""
    parameters = network()
    before, gradients = error_and_gradients(parameters)
    assert before == pytest.approx(0.0239719, abs=5e-8)
    GradientDescent(parameters.flat.size, np.float64).step(parameters.flat, gradients.flat, 0.5)
    after, _ = error_and_gradients(parameters)
    assert after == pytest.approx(0.0232363, abs=5e-8)
