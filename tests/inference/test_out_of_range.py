"""A hidden state that grows without bound is an error of one sentence, and NumPy's own warnings reach nobody.

The tests make errors of all warnings.
"""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import NotFiniteError
from rnncli.evaluation.losses import score
from rnncli.inference.beam import BeamSearch
from rnncli.inference.draft import Draft
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, generate
from rnncli.inspection.bptt import state_gradients
from rnncli.inspection.page import model_page
from rnncli.inspection.probe import Probe
from rnncli.models.base import Model
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.running import rnncli
from tests.helpers import random_ids, random_model
from tests.terminal.pages import model_of

LENGTH = 200
READ = np.array([0, 1, 2])


def unbounded(factor: float = 10) -> LanguageModel:
    """A network whose states are about ``factor`` times larger with each character."""
    model = random_model("\nab", cell="rnn", activation="relu", hidden_size=4, layers=2)
    model.parameters["l1.W_h"][0] = factor * np.eye(4)
    np.abs(model.parameters.flat, out=model.parameters.flat)
    return model


def tagger() -> Model:
    model = model_of("tag")
    model.parameters.flat[...] = 3e38
    return model


def written(config: SamplingConfig, streams: int) -> int:
    """How many characters are drawn before the error, which must come."""
    drawn = generate(unbounded(), READ, config, np.random.default_rng(1), streams)
    count = 0
    with pytest.raises(NotFiniteError, match="the logits of the model are out of range"):
        for _ in islice(drawn, LENGTH):
            count += 1
    return count


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize(
    "config",
    [SamplingConfig(0), SamplingConfig(0.5), SamplingConfig(), SamplingConfig(top_p=0.9), SamplingConfig(min_p=0.1)],
    ids=str,
)
def test_sampling_ends_where_the_numbers_do(config: SamplingConfig, streams: int) -> None:
    assert 30 < written(config, streams) < 45  # 10³⁸ is the largest number


ANSWERS: dict[str, Callable[[], Any]] = {
    "score": lambda: score(unbounded(), random_ids(unbounded(), LENGTH)),
    "beam search": lambda: BeamSearch(unbounded(), 3).search(unbounded().zero_state(), LENGTH, 0),
    "a draft": lambda: Draft(
        unbounded(), random_ids(unbounded(), LENGTH), SamplingConfig(), np.random.default_rng(0)
    ).candidates(2),
    "tags": lambda: predict(tagger(), ["abcd" * 20]),
    "gradients": lambda: state_gradients(Probe(Checkpoint(unbounded(1e3)), random_ids(unbounded(), LENGTH))),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_no_answer_is_made_of_them(what: str) -> None:
    with pytest.raises(NotFiniteError, match="out of range"):
        ANSWERS[what]()


def test_a_page_has_what_was_written_before() -> None:
    page = model_page(Probe(Checkpoint(unbounded())))
    assert 20 < len(page.sample) < 45


def test_the_error_has_a_line_of_its_own(tmp_path: Path) -> None:
    save(tmp_path / "m.npz", Checkpoint(unbounded()))
    result = rnncli("sample", tmp_path / "m.npz", "--prime", "ab", "--seed", 1)
    assert result.exit_code == 1
    assert result.stdout.endswith("\n")
    assert len(result.stdout) > 30
    assert result.stderr.startswith("error: the logits of the model are out of range")
    assert result.stderr.count("\n") == 1
