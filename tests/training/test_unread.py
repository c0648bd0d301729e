"""Characters that are never read in training say nothing to a language model."""

from typing import Any

import pytest

from rnncli.training.plan import Overrides, start_run
from tests.helpers import dataset_of


@pytest.mark.parametrize("network", [{"cell": "lstm"}, {"embedding_size": 3}, {"cell": "mlp"}], ids=str)
def test_what_is_never_read_says_nothing(network: dict[str, Any]) -> None:
    """The line end behind the only line, and a character of the held-out text: their input weights stay zero."""
    dataset = dataset_of("abcb" * 8 + "\n", validation="bd")
    assert dataset.unread().tolist() == dataset.vocabulary.encode("\nd").tolist()
    length: dict[str, Any] = {"steps": 3}
    trainer = start_run(dataset, Overrides({"hidden_size": 4, **network}, {"batch_size": 2}, length))
    list(trainer.run())
    [weights] = trainer.model.network.input_embeddings(trainer.model.parameters)
    read = weights.any(axis=-1).reshape(-1, weights.shape[-2])[:, : len(dataset.vocabulary)]
    assert read.all(axis=0).tolist() == [False, True, True, True, False]
    assert not read[:, [0, 4]].any()


def test_a_long_text_is_looked_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncli.datasets.text.CHUNK", 5)
    assert dataset_of("aaaaaaaaabaaac").unread().tolist() == [2]
    assert dataset_of("ab").unread().tolist() == [1]


def test_a_new_character_of_another_text_says_nothing_if_it_is_never_read() -> None:
    """One that the first model has read says what it did, though the new text does not read it."""
    options = Overrides({"hidden_size": 4}, {"batch_size": 2}, {"steps": 3})
    first = start_run(dataset_of("abcb" * 8), options)
    list(first.run())
    second = start_run(dataset_of("abab" * 8 + "c\n"), Overrides({}, {"batch_size": 2}, {"steps": 3}), first.model)
    assert second.model.opening == ""
    [weights] = second.model.network.input_embeddings(second.model.parameters)
    assert weights.any(axis=(0, 2))[:4].tolist() == [False, True, True, True]
