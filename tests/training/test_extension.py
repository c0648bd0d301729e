"""A model with more symbols: what it has learnt stays."""

import numpy as np
import pytest

from rnncli.datasets.labels import Labels
from rnncli.datasets.ragged import Padded
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.activations import log_softmax
from rnncli.models.base import Model
from rnncli.models.extension import extended
from tests.helpers import random_ids, random_model, random_pair_model, random_pairs


def grown(model: Model) -> tuple[object, ...]:
    """Its alphabets with symbols before, between and behind the old ones, unless one stands for the unknown."""
    new = []
    for alphabet in model.alphabets:
        if isinstance(alphabet, Labels):
            new.append(Labels(tuple(sorted({*alphabet.symbols, "a", "xx", "zz"}))))
        else:
            new.append(alphabet if alphabet.unknown else alphabet.extended("\0Bcz"))
    return tuple(new)


@pytest.mark.parametrize("embedding_size", [0, 5])
def test_a_language_model_expects_of_the_old_characters_what_it_did(embedding_size: int) -> None:
    """In proportion to each other, and of a new one no more than its lowest bias allows."""
    model = random_model("bcdex", dtype=np.float64, hidden_size=5, embedding_size=embedding_size)
    after = extended(model, grown(model), np.random.default_rng(0))
    places = [after.vocabulary.symbols.index(symbol) for symbol in model.vocabulary.symbols]
    ids = random_ids(model, (7, 2))
    before, now = (
        log_softmax(one.logits(read, one.zero_state(2))[0])  # type: ignore[attr-defined]
        for one, read in ((model, ids), (after, np.array(places)[ids]))
    )
    shared = now[..., places]
    np.testing.assert_allclose(shared - shared[..., :1], before - before[..., :1], atol=1e-12)
    added = [i for i in range(len(after.vocabulary)) if i not in places]
    assert after.parameters["output.b"][added].max() <= min(0, model.parameters["output.b"].min())
    assert not np.allclose(after.parameters["output.W"][:, added], 0)


@pytest.mark.parametrize("task", ["classify", "classify-two", "tag", "translate", "generate"])
def test_a_model_of_pairs_gives_the_old_symbols_the_scores_that_it_did(task: str) -> None:
    """As its logits differ from each other, for labels, tags and characters; one logit for two labels becomes two."""
    model = random_pair_model(task, dtype=np.float64)
    after = extended(model, grown(model), np.random.default_rng(0))
    text, target = random_pairs(model, 3)
    symbols = [
        [new.symbols.index(s) for s in old.symbols] for old, new in zip(model.alphabets, after.alphabets, strict=True)
    ]
    moved = [
        Padded(np.array(places)[padded.ids], padded.lengths)
        for places, padded in zip(symbols, (text, target), strict=True)
    ]
    if task.startswith("classify"):
        before, now = model.log_probabilities(text), after.log_probabilities(moved[0])  # type: ignore[attr-defined]
        shared = now[:, symbols[1]]
        np.testing.assert_allclose(shared - shared[:, :1], before - before[:, :1], atol=1e-12)
    elif task == "tag":
        before, now = model.logits(text), after.logits(moved[0])  # type: ignore[attr-defined]
        np.testing.assert_allclose(now[..., symbols[1]], before, atol=1e-12)
    else:
        assert after.score(*moved).total > model.score(text, target).total  # type: ignore[attr-defined]
        assert isinstance(after.alphabets[0], Vocabulary)
    assert all(np.isfinite(values).all() for values in after.parameters.values())
