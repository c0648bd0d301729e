"""What the tests of the views look at: models of every kind, with a text."""

import numpy as np
import pytest

from rnncli.inspection.probe import Probe
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint
from tests.helpers import random_ids, random_model

NETWORKS = {
    f"{cell}-{layers}": {"cell": cell, "layers": layers, "context": 3 * (cell == "mlp")}
    for cell in ("rnn", "gru", "lstm", "mlp")
    for layers in (1, 2)
}
RECURRENT = {name: config for name, config in NETWORKS.items() if config["cell"] != "mlp"}

every_network = pytest.mark.parametrize("config", list(NETWORKS.values()), ids=list(NETWORKS))
every_recurrent = pytest.mark.parametrize("config", list(RECURRENT.values()), ids=list(RECURRENT))


def probe_of(model: LanguageModel, text: str | np.ndarray | int) -> Probe:
    """A model with a text, or the ids of one, or a number of random characters."""
    if isinstance(text, int):
        text = random_ids(model, text)
    ids = model.vocabulary.encode(text) if isinstance(text, str) else text
    return Probe(Checkpoint(model, path="model.npz"), ids, "a text")


def random_probe(count: int, dtype: object = np.float64, **config: object) -> Probe:
    """A random model, and this number of random characters."""
    return probe_of(random_model(dtype=dtype, **config), count)


def worked_example() -> LanguageModel:
    """The worked example: one-hot h, e, l, o in three tanh units, without biases."""
    model = random_model("ehlo", np.float64, cell="rnn", hidden_size=3)
    model.parameters.flat[...] = 0
    W_xh = np.array([[0.2, -0.3, -0.5], [-0.6, 0.4, 0.5], [0.1, 0.3, 0.1], [0.5, 0.4, -0.6]])
    W_hy = np.array([[-0.4, 0.2, 0.2, 0.1], [-0.1, 0.6, 0.6, 0.2], [0.2, 0.2, -0.1, -0.4]])
    order = ["helo".index(character) for character in "ehlo"]
    model.parameters["l1.W_x"][0] = W_xh[order]
    model.parameters["l1.W_h"][0] = [[0.4, -0.5, 0.3], [-0.4, 0.4, 0], [-0.2, -0.1, -0.5]]
    model.parameters["output.W"][...] = W_hy[:, order]
    return model
