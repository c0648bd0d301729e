"""The counts beside a trained network: an n-gram model of its training text, and the weight that suits held-out
text."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.disk_ids import in_memory
from rnncli.engine.arrays import Ids
from rnncli.evaluation.mixture import cross_validated, fit_weight
from rnncli.evaluation.windows import windows
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import COUNTS, MIXTURE, NETWORK, Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.training.batches import EVALUATION_STREAMS
from rnncli.training.trainer import Trainer

MAX_COUNTED = 50_000_000
"""Characters at the end of a training text that are counted: they take two bytes each in the model file, three with a
large alphabet, and some 25 bytes of memory while they are sorted."""

MAX_HELD_OUT = 500_000
"""Characters on which the weight is fitted."""


def count_beside(
    model: LanguageModel, dataset: Dataset, order: int, max_counted: int = MAX_COUNTED, max_held_out: int = MAX_HELD_OUT
) -> Counts:
    """Count the n-grams of the training text for a model of ``order``, and fit its weight in the mixture with ``model``
    on the held-out text, of at least two characters. The loss of the mixture is cross-validated.

    The last ``max_counted`` characters of the one are counted, and the first ``max_held_out`` of the other read."""
    training = in_memory(dataset.training[-max_counted:])
    held_out = dataset.text_ids(dataset.validation, max_held_out)
    ngram_model = KneserNey.of(training, len(dataset.vocabulary), order)
    network, counts = network_losses(model, held_out), -np.log(ngram_model.probabilities(held_out)[1:])
    losses = {
        NETWORK: float(network.mean()),
        COUNTS: float(counts.mean()),
        MIXTURE: cross_validated(network, counts),
    }
    return Counts(ngram_model, fit_weight(network, counts), losses)


def counts_of_run(trainer: Trainer) -> Counts | None:
    """The counts beside the network that a run keeps, if it has chosen some."""
    order = trainer.options.ngram
    return count_beside(cast("LanguageModel", trainer.best_model), trainer.dataset, order) if order else None


def network_losses(model: LanguageModel, ids: Ids) -> NDArray[np.float64]:
    """The loss of each of ``ids`` (N,) but the first, (N − 1,), in nats."""
    losses = np.empty(len(ids) - 1)
    for window in windows(model, ids, EVALUATION_STREAMS):
        nats, _ = model.losses_of(window.forward, window.targets)
        losses[window.positions[window.inside]] = nats[window.inside]
    return losses
