"""The gradient of a whole language model, from characters to loss, by hand and by differences, in float64."""

import math
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import softmax
from tests.engine.gradients import check_direction
from tests.helpers import random_ids, random_model

T, B = 4, 3


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("embedding_size", [0, 6])
@pytest.mark.parametrize(
    "cell", [{"cell": "rnn"}, {"cell": "rnn", "activation": "leaky-relu"}, {"cell": "gru"}, {"cell": "lstm"}], ids=str
)
def test_the_gradient_of_the_whole_model(cell: dict[str, Any], embedding_size: int, dropout: float) -> None:
    model = random_model(layers=2, embedding_size=embedding_size, dropout=dropout, dtype=np.float64, **cell)
    ids = random_ids(model, (T + 1, B))
    state = np.random.default_rng(3).normal(size=model.zero_state(B).shape)
    gradients = model.parameters.zeros_like()
    masks = model.network.masks(T, B, np.random.default_rng(5), np.dtype(np.float64))

    def loss() -> float:
        return model.loss_and_gradients(ids[:-1], ids[1:], state, gradients, masks)[0]

    loss()
    by_hand = gradients.flat.copy()
    for seed in range(3):
        check_direction(loss, [model.parameters.flat], [by_hand], f"{cell}", seed)


def test_the_loss_is_the_mean_of_minus_log_p() -> None:
    model = random_model(cell="gru", dtype=np.float64)
    ids = random_ids(model, (T + 1, B))
    loss, after = model.loss_and_gradients(ids[:-1], ids[1:], model.zero_state(B), model.parameters.zeros_like())
    total, state = 0.0, model.zero_state(B)
    for t in range(T):
        logits, state = model.logits(ids[t][None], state)
        total -= sum(math.log(softmax(logits[0, b])[ids[t + 1, b]]) for b in range(B))
    assert loss == pytest.approx(total / (T * B), rel=1e-12)
    np.testing.assert_allclose(after, state, rtol=1e-12)
