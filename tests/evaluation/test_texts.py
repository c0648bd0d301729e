"""Many texts at once have the losses that each has alone."""

import numpy as np
import pytest

from rnncli.evaluation import streams
from rnncli.evaluation import texts as evaluation
from rnncli.evaluation.streams import score_in_streams
from rnncli.evaluation.texts import score_texts
from rnncli.models.mixture import Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from tests.helpers import random_ids, random_model


@pytest.mark.parametrize("config", [{"cell": "gru"}, {"cell": "lstm", "layers": 2}, {"cell": "mlp", "context": 3}])
@pytest.mark.parametrize("counted", [False, True])
def test_side_by_side_is_one_by_one(config: dict[str, int], counted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In several batches and windows, of every length, with counts and without; the float64 leaves 1e-9."""
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 4)
    monkeypatch.setattr(evaluation, "WINDOW", 5)
    monkeypatch.setattr(evaluation, "LONG_TEXT", 30)
    model = random_model(dtype=np.float64, **config)
    counts = Counts(KneserNey.of(random_ids(model, 300).astype(np.uint8), len(model.vocabulary), 4), 0.4)
    held = counts if counted else None
    texts = [random_ids(model, n, seed=n).astype(np.uint8) for n in (9, 2, 31, 17, 2, 5, 6, 40, 30, 3)]
    found = score_texts(model, texts, counts=held)
    for text, score in zip(texts, found, strict=True):
        alone = score_in_streams(model, text, counts=held)
        assert score.total == pytest.approx(alone.total, rel=1e-9)
        assert (score.symbols, score.correct) == (alone.symbols, alone.correct)


def test_streams_are_those_of_a_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MIN_PART", 300)
    monkeypatch.setattr(streams, "BURN_IN", 1)  # so that it matters
    model = random_model(dtype=np.float64)
    texts = [random_ids(model, n, seed=n).astype(np.uint8) for n in (900, 30)]
    found = score_texts(model, texts, streams=2)
    assert [score.total for score in found] == pytest.approx([score_in_streams(model, text, 2).total for text in texts])
    assert abs(found[0].total - score_in_streams(model, texts[0], 1).total) > 1e-9  # they do differ


def test_no_texts_have_no_scores() -> None:
    assert score_texts(random_model(), []) == []
