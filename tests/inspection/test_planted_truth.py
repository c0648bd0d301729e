"""On texts in which the truth is known, a view finds it, proves it, and finds nothing where there is nothing."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rnncli.datasets.spec import DataSpec
from rnncli.datasets.text import TextDataset
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.inspection.activations import read
from rnncli.inspection.features.built_in import feature
from rnncli.inspection.interventions.ablation import effects
from rnncli.inspection.probe import Probe
from rnncli.inspection.selectivity import UnitScore, best_units
from rnncli.inspection.statistics.association import LEVEL, SHIFTS, associate
from rnncli.models.language_model import LanguageModel
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.plan import Overrides, start_run

LETTERS = "abcdefgh"
LENGTH, READ = 60_000, 16_000


def quotes(rng: np.random.Generator) -> str:
    """Words of chance in and out of quotes. Only what stands between two words tells where they are: a blank outside, a
    _ inside; so a network has to remember it for the length of a word."""
    text = ""
    while len(text) < LENGTH + READ:
        for mark, blank in (("", " "), ('"', "_")):
            words = ["".join(rng.choice(list(LETTERS), rng.integers(3, 7))) for _ in range(rng.integers(2, 7))]
            text += mark + blank.join(words) + mark
    return text


def lines(rng: np.random.Generator) -> str:
    """Letters of chance in lines of thirty to forty: a network that counts knows when the end may come. Lines of one
    length would not do, as a feature that repeats itself looks the same when it is shifted."""
    rows = ["".join(rng.choice(list(LETTERS), rng.integers(30, 41))) for _ in range((LENGTH + READ) // 31 + 1)]
    return "\n".join(rows)


TEXTS = {"inside quotes": quotes, "position in line": lines}


@cache
def learnt(name: str) -> Probe:
    """A network that has learnt such a text, and more of the same that it has not seen."""
    text = TEXTS[name](np.random.default_rng(3))
    vocabulary = Vocabulary("".join(sorted(set(text))))
    ids = vocabulary.encode(text)
    dataset = TextDataset(DataSpec(), vocabulary, ids[:LENGTH], ids[:0])
    choices = {"batch_size": 16, "seq_length": 50, "learning_rate": 0.01, "warmup": 50, "workers": 1}
    trainer = start_run(dataset, Overrides({"hidden_size": 24, "layers": 1}, choices, {"steps": 900}))
    for _ in trainer.run():
        pass
    return Probe(Checkpoint(trainer.best_model, path=name), ids[LENGTH : LENGTH + READ], name)


@cache
def best(name: str) -> UnitScore:
    (found,) = best_units(learnt(name), [name], best=1)
    return found


def test_the_unit_that_tracks_quotes_is_found() -> None:
    found = best("inside quotes")
    assert found.strength > 0.9
    assert found.z > 10
    assert found.is_associated
    assert found.untrained < 0.75


def test_the_unit_that_counts_the_line_is_found() -> None:
    found = best("position in line")
    assert found.strength > 0.9
    assert found.z > 10
    assert found.is_associated
    assert found.untrained < 0.5


@pytest.mark.parametrize("name", TEXTS)
def test_without_it_the_network_errs_where_it_matters(name: str) -> None:
    """At the characters that the feature decides, between words or at the end of a line, more than elsewhere."""
    probe, unit = learnt(name), best(name).unit
    _, changes = effects(probe, [unit])
    text = probe.text()
    decided = np.isin(list(text[1:]), [" ", "_", '"', "\n"])
    change = changes[unit]
    assert change[decided].mean() > 0.02
    assert change[decided].mean() > 2 * change[~decided].mean()


def test_what_is_not_there_is_not_found() -> None:
    """Over 100 features that go with nothing, the real one moved along the text, chance finds as many as is said."""
    probe = learnt("inside quotes").first(4_001)
    values = feature("inside quotes", probe.text()[:-1])
    hidden = read(probe, ["l1.hidden"]).values["l1.hidden"]
    rng = np.random.default_rng(6)
    found = 0
    for number in range(100):
        moved = np.roll(values, rng.integers(1_000, len(values) - 1_000))
        found += bool((associate(hidden, moved[:, None], seed=number).p < LEVEL).any())
    assert found / 100 < LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / 100)
    assert SHIFTS >= 1 / LEVEL


def test_a_view_of_the_planted_truth_says_so(tmp_path: Path) -> None:
    """Through to what is printed: the feature, the unit, and what it does there."""
    from rnncli.inspection.request import ViewRequest
    from rnncli.inspection.views.units import units

    finding = units(ViewRequest(learnt("inside quotes"), features=["inside quotes"]))
    (table, *_) = finding.blocks
    row = table.to_json()["rows"][0]
    assert row[0] == "inside quotes"
    assert row[1] == str(best("inside quotes").unit)
    assert row[2] == best("inside quotes").direction
    assert isinstance(learnt("inside quotes").model, LanguageModel)
