"""Choices by the size of the text and the time: what must be so whatever the figures are."""

import numpy as np
import pytest

from rnncli.datasets.text import Corpus
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.training import plan
from rnncli.training.defaults import WIDTHS, default_dropout, default_network
from tests.helpers import corpus_of


def long_corpus(characters: int) -> Corpus:
    ids = np.zeros(characters, np.uint8)
    return Corpus(ids, ids[:0], Vocabulary("abcdefgh"), ["text"], "0" * 64)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_more_time_makes_wider_and_more_text_narrower(cell: str) -> None:
    work = np.geomspace(1e9, 1e17, 30)
    widths = [default_network(long_corpus(1_000_000), cell, one).hidden_size for one in work]
    assert widths == sorted(widths)
    assert set(widths) == set(WIDTHS)
    of_texts = [default_network(long_corpus(size), cell, 1e13).hidden_size for size in (300_000, 10**6, 10**7)]
    assert of_texts == sorted(of_texts, reverse=True)


def test_a_length_in_steps_says_nothing_of_the_width() -> None:
    assert default_network(long_corpus(10**6), "gru", None).hidden_size == min(WIDTHS)


def test_dropout_grows_with_what_could_be_learnt_by_heart() -> None:
    corpus = long_corpus(1_000_000)
    by_size = [default_dropout(corpus, size, 20) for size in (10**4, 2 * 10**5, 5 * 10**5, 10**7)]
    by_epochs = [default_dropout(corpus, 5 * 10**5, epochs) for epochs in (0.1, 4, 10, 100)]
    for rates in (by_size, by_epochs):
        assert rates == sorted(rates)
        assert rates[0] == 0
        assert 0 < rates[-1] <= 0.5
    assert default_dropout(corpus_of("hello"), 10**6, 300) == 0


def test_the_choices_of_the_user_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the machine is measured only where the length is a time."""
    monkeypatch.setattr(plan, "macs_per_second", lambda: 1e14)
    corpus = long_corpus(300_000)
    learning = {"workers": 1}
    timed = plan.begin(corpus, {}, learning, {"seconds": 60.0}).model.config
    assert (timed.hidden_size, timed.dropout) == (max(WIDTHS), 0.5)
    own = plan.begin(corpus, {"hidden_size": 8, "dropout": 0.25}, learning, {"seconds": 60.0}).model.config
    assert (own.hidden_size, own.dropout) == (8, 0.25)
    assert plan.begin(corpus, {"hidden_size": 8}, learning, {"seconds": 60.0}).model.config.dropout == 0

    def never() -> float:
        raise AssertionError("measured")

    monkeypatch.setattr(plan, "macs_per_second", never)
    one, same = (plan.begin(corpus, {}, learning, length).model.config for length in ({}, {}))
    assert one == same
    plan.begin(corpus, {}, learning, {"steps": 3})


@pytest.mark.parametrize(
    ("length", "expected"),
    [({"steps": 40}, 4), ({"steps": 7}, 0), ({"steps": 10**6}, 500), ({"epochs": 2.0}, 29), ({"seconds": 60.0}, 500)],
)
def test_the_rate_rises_for_a_tenth_of_a_run_at_most(
    length: dict[str, float], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the length is a time, from which the steps are estimated. An epoch has 300,000 / 2,048 steps."""
    monkeypatch.setattr(plan, "macs_per_second", lambda: 1e14)
    corpus, network = long_corpus(300_000), {"hidden_size": 8}
    assert plan.begin(corpus, network, {"workers": 1}, length).options.warmup == expected
    own = {"workers": 1, "warmup": 3}
    assert plan.begin(corpus, network, own, length).options.warmup == 3


def test_a_short_time_makes_a_short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "macs_per_second", lambda: 1e9)
    trainer = plan.begin(long_corpus(300_000), {"hidden_size": 100}, {"workers": 1}, {"seconds": 60.0})
    parameters = 3 * 100 * (100 + 8) + 3 * 100 + 100 + 100 * 8 + 8
    assert trainer.options.warmup == int(1e9 * 60 / (3 * parameters * 32 * 64)) // 10


def test_the_high_rate_is_for_what_it_was_measured_with() -> None:
    def rate(**network: object) -> float:
        return plan.begin(long_corpus(1000), network, {"workers": 1}, {"steps": 3}).options.learning_rate

    assert rate(cell="gru") > rate(cell="lstm") == rate(embedding_size=4)
