"""The metric by which a sweep compares networks: that of the task, on what is held out, as ``rnncli score`` has it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY, CHARACTERS, LAYOUTS
from rnncli.datasets.dataset import Dataset
from rnncli.datasets.pairs import PairDataset
from rnncli.evaluation.metrics import answer_metrics
from rnncli.inference.prediction import LINES, predict_batches
from rnncli.models.base import Model
from rnncli.training.trainer import Trainer

MAX_LINES = 5_000
"""Of the held-out lines, the first that are predicted: more would only take time."""


@dataclass(frozen=True)
class Metric:
    """``key`` is its name in JSON, ``name`` that for people; what is not ``maximised`` is minimised."""

    key: str
    name: str
    maximised: bool

    def is_better(self, value: float, than: float | None) -> bool:
        """Whether a value is better than another one, if there is one."""
        return than is None or (value > than if self.maximised else value < than)


NATS = Metric("nats_per_character", "nats per character", False)
METRICS = {
    "classify": Metric("macro_f1", "macro-F1", True),
    "tag": Metric("macro_f1", "macro-F1", True),
    "translate": Metric("exact_match", "exact match", True),
}
"""By the task; texts that are written are judged by their loss."""


def metric_of(dataset: Dataset) -> Metric:
    """That of the task of a dataset."""
    return METRICS.get(dataset.spec.task, NATS)


def measure(trainer: Trainer) -> float:
    """The metric of the best model of a run that has evaluated."""
    metric = metric_of(trainer.dataset)
    if metric is NATS:
        return trainer.best_loss
    dataset: Any = trainer.dataset
    texts, targets = _held_out(dataset)
    batches = (texts[start : start + LINES] for start in range(0, len(texts), LINES))
    model: Model = trainer.best_model
    predictions = predict_batches(model, batches, workers=trainer.options.workers)
    answers = [prediction.best for batch in predictions for prediction in batch]
    return float(answer_metrics(LAYOUTS[dataset.spec.task].target, targets, answers)[0][metric.key])


def _held_out(dataset: PairDataset) -> tuple[list[str], list[str]]:
    """The texts and the targets that are held out, at most MAX_LINES of them."""
    target, pairs = LAYOUTS[dataset.spec.task].target, dataset.validation
    texts, targets = [], []
    for i in range(min(len(pairs), MAX_LINES)):
        text, answer = pairs.padded(np.array([i]))
        texts.append(dataset.vocabulary.decode(map(int, text.ids[:, 0])))
        written = [dataset.target.symbols[int(symbol)] for symbol in answer.ids[:, 0]]
        targets.append("".join(written).strip(BOUNDARY) if target == CHARACTERS else "".join(written))
    return texts, targets
