"""The gradient of every model and loss, from characters to loss, by hand and by differences, in float64."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import softmax
from rnncli.engine.layers import Dropout
from rnncli.engine.losses import LOSSES
from tests.engine.gradients import check_direction
from tests.helpers import random_ids, random_model, random_pair_model, random_pairs

T, B = 4, 3
NETWORKS: list[dict[str, Any]] = [
    {"cell": "rnn"},
    {"cell": "rnn", "activation": "leaky-relu"},
    {"cell": "gru"},
    {"cell": "lstm"},
]
FEED_FORWARD: list[dict[str, Any]] = [
    {"cell": "mlp", "context": 3, "layers": layers, "activation": activation}
    for layers, activation in [(0, "tanh"), (1, "sigmoid"), (2, "tanh"), (2, "leaky-relu")]
]
every_loss = pytest.mark.parametrize("loss", list(LOSSES))


def dropped(rate: float, streams: int = B) -> Dropout | None:
    """The same masks each time."""
    return Dropout(rate, np.random.default_rng(5), streams, slice(streams)) if rate else None


@every_loss
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("embedding_size", [0, 6])
@pytest.mark.parametrize("network", NETWORKS + FEED_FORWARD, ids=str)
def test_running_text(network: dict[str, Any], embedding_size: int, dropout: float, loss: str) -> None:
    model = random_model(**{"layers": 2, "embedding_size": embedding_size, "dtype": np.float64, **network})
    ids = random_ids(model, (T + 1, B))
    state = model.zero_state(B)
    if network["cell"] == "mlp":
        state[...] = random_ids(model, state.shape, seed=3)
    else:
        state[...] = np.random.default_rng(3).normal(size=state.shape)
    gradients = model.parameters.zeros_like()
    gradients.flat[...] = np.nan

    def value() -> float:
        return model.loss_and_gradients(ids[:-1], ids[1:], state, gradients, dropped(dropout), loss)[0]

    value()
    by_hand = gradients.flat.copy()
    for seed in range(3):
        check_direction(value, [model.parameters.flat], [by_hand], f"{network}", seed)


@every_loss
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("embedding_size", [0, 6])
@pytest.mark.parametrize("network", NETWORKS, ids=str)
@pytest.mark.parametrize(
    ("task", "bidirectional"),
    [*itertools.product(["classify", "classify-two", "tag", "translate"], [False, True]), ("generate", False)],
)
def test_pairs_of_unequal_length(
    task: str, network: dict[str, Any], embedding_size: int, bidirectional: bool, dropout: float, loss: str
) -> None:
    """Two layers, three texts of different lengths side by side."""
    model = random_pair_model(
        task, layers=2, embedding_size=embedding_size, bidirectional=bidirectional, dtype=np.float64, **network
    )
    text, target = random_pairs(model, B)
    gradients = model.parameters.zeros_like()
    gradients.flat[...] = np.nan

    def value() -> float:
        return model.loss_and_gradients(text, target, gradients, dropped(dropout), loss)

    value()
    by_hand = gradients.flat.copy()
    for seed in range(2):
        check_direction(value, [model.parameters.flat], [by_hand], f"{task} {network}", seed)


@every_loss
@pytest.mark.parametrize("task", ["classify", "classify-two"])
def test_a_classifier_with_class_weights(task: str, loss: str) -> None:
    """The gradient is the slope of the weighted mean of the losses of each text alone; weights that are all alike
    change nothing."""
    model = random_pair_model(task, dtype=np.float64, bidirectional=True)
    text, target = random_pairs(model, 7)
    weights, gradients = np.array([0.3, 2.5, 1.1])[: len(model.target)], model.parameters.zeros_like()

    def value(class_weights: Any = weights) -> float:
        return model.loss_and_gradients(text, target, gradients, None, loss, class_weights=class_weights)  # type: ignore[call-arg]

    alone = []
    for b in range(7):
        one = (replace(p, ids=p.ids[: p.lengths[b], [b]], lengths=p.lengths[[b]]) for p in (text, target))
        alone.append(model.loss_and_gradients(*one, gradients, None, loss))
    assert value() == pytest.approx(np.average(alone, weights=weights[target.ids[0]]), rel=1e-12)
    check_direction(value, [model.parameters.flat], [gradients.flat.copy()], task, 0)
    plain, slope = value(None), gradients.flat.copy()
    assert value(np.full(3, 7.0)) == pytest.approx(plain, rel=1e-12)
    np.testing.assert_allclose(gradients.flat, slope, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("task", ["classify", "classify-two", "tag", "translate", "generate"])
def test_the_loss_of_pairs_is_the_mean_of_their_scores(task: str) -> None:
    """What is learnt is what is scored, and each symbol counts once however long its text is."""
    model = random_pair_model(task, dtype=np.float64, bidirectional=task != "generate")
    text, target = random_pairs(model, 5)
    loss = model.loss_and_gradients(text, target, model.parameters.zeros_like(), None, "cross-entropy")
    together = model.score(text, target)
    assert loss == pytest.approx(together.nats, rel=1e-12)
    assert model.symbols(text.lengths, target.lengths) == together.symbols
    total = 0.0
    for b in range(5):
        alone = (replace(p, ids=p.ids[: p.lengths[b], [b]], lengths=p.lengths[[b]]) for p in (text, target))
        total += model.score(*alone).total
    assert together.total == pytest.approx(total, rel=1e-12)


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
