"""Pairs in batches: each comes once in an epoch, in an order of the seed, however many members share the work."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.pairs import PairDataset, Pairs
from rnncli.datasets.ragged import Padded, Ragged
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.base import PairModel
from rnncli.models.score import Score
from rnncli.training.batches import BatchResult, PairBatches, balanced_weights, make_batches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from tests.helpers import random_pair_model

TASKS = ["classify", "classify-two", "tag", "translate", "generate"]

SIZES = pytest.mark.parametrize(("pairs", "batch_size"), [(1, 1), (1, 4), (7, 3), (30, 7), (30, 30), (1000, 8)])


class Member(SingleProcess):
    """Member ``rank`` of a team of ``size``."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


ALONE = Member(0, 1)
GRADIENTS: Any = SimpleNamespace(flat=np.empty(0))
MODEL: Any = None
"""Batches of pairs need none until they are read."""


def numbered(count: int, longest: int = 20) -> Pairs:
    """Pair i has a text of random length in which every symbol is i, and the target i + 1, twice."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, longest + 1, count)
    targets = Ragged.of(np.repeat(np.arange(count) + 1, 2), [2] * count)
    return Pairs(Ragged.of(np.repeat(np.arange(count), lengths), lengths.tolist()), targets)


def dataset_of(training: Pairs, validation: Pairs | None = None) -> PairDataset:
    some = Vocabulary("ab")
    return PairDataset(DataSpec(task="translate", format=PAIRS), some, some, training, validation or numbered(0))


class Recorder:
    """A model that keeps what it is shown."""

    config = SimpleNamespace(dropout=0.0)

    def __init__(self) -> None:
        self.shown: list[tuple[Padded, Padded]] = []

    def loss_and_gradients(self, text: Padded, target: Padded, *_: object) -> float:
        self.shown.append((text, target))
        return 0.0

    def score(self, text: Padded, target: Padded) -> Score:
        self.loss_and_gradients(text, target)
        return Score(float(text.lengths.sum()), len(text.lengths), 0)

    def symbols(self, texts: np.ndarray, targets: np.ndarray) -> int:
        return len(texts)


def numbers(pairs: Pairs, shown: tuple[Padded, Padded]) -> list[int]:
    """Which pairs these are; each must be whole, and behind its end there must be nothing."""
    text, target = shown
    which = text.ids[0].tolist() if len(text.lengths) else []
    for b, i in enumerate(which):
        length = pairs.texts.lengths[i]
        assert text.lengths[b] == length
        assert text.ids[:, b].tolist() == [i] * length + [0] * (len(text.ids) - length)
        assert target.ids[:, b].tolist() == [i + 1] * 2
    return which


def read(batches: PairBatches, steps: range, pairs: Pairs) -> list[list[int]]:
    """Which pairs a member reads, step by step."""
    found: list[list[int]] = []
    for step in steps:
        model: Any = Recorder()
        batches.loss_and_gradients(model, GRADIENTS, step)
        found.append([i for shown in model.shown for i in numbers(pairs, shown)])
    return found


def of_member(pairs: Pairs, batch_size: int, group: Member = ALONE, **options: Any) -> PairBatches:
    return PairBatches(dataset_of(pairs), MODEL, TrainingOptions(batch_size=batch_size, **options), group)


@SIZES
def test_in_each_epoch_every_pair_comes_once(pairs: int, batch_size: int) -> None:
    """In batches that are full but for one, in another order each time and, where there are many, in other company."""
    batches = of_member(numbered(pairs), batch_size)
    assert batches.steps_per_epoch == -(-pairs // batch_size)
    orders = []
    for epoch in range(3):
        steps = range(epoch * batches.steps_per_epoch, (epoch + 1) * batches.steps_per_epoch)
        order = read(batches, steps, numbered(pairs))
        assert sorted(i for batch in order for i in batch) == list(range(pairs))
        sizes = sorted(len(batch) for batch in order)
        assert sizes[1:] == [batch_size] * (batches.steps_per_epoch - 1)
        orders.append(order)
    if batches.steps_per_epoch > 3:
        assert orders[0] != orders[1] != orders[2] != orders[0]
    if batches.steps_per_epoch > 100:
        assert {frozenset(batch) for batch in orders[0]} != {frozenset(batch) for batch in orders[1]}


def test_the_seed_chooses_the_order() -> None:
    """The same one the same order, wherever a run is taken up; another seed another one."""
    pairs = numbered(50)
    expected = read(of_member(pairs, 4, seed=3), range(40), pairs)
    resumed = of_member(pairs, 4, seed=3)
    for step in (0, 39, 17, 18, 5, 30):
        assert read(resumed, range(step, step + 1), pairs) == [expected[step]]
    assert read(of_member(pairs, 4, seed=4), range(40), pairs) != expected


@SIZES
@pytest.mark.parametrize("members", [2, 3, 5])
def test_the_parts_of_all_members_are_the_batch(pairs: int, batch_size: int, members: int) -> None:
    """One behind the other, as equal as can be; more members than pairs leave some without any."""
    everything = numbered(pairs)
    team = [of_member(everything, batch_size, Member(rank, members)) for rank in range(members)]
    steps = range(2 * team[0].steps_per_epoch)
    alone = read(of_member(everything, batch_size), steps, everything)
    parts = [read(batches, steps, everything) for batches in team]
    for step in steps:
        own = [part[step] for part in parts]
        assert [i for part in own for i in part] == alone[step]
        assert max(map(len, own)) - min(map(len, own)) <= 1


def with_pairs_of(model: PairModel, count: int) -> PairDataset:
    """Random pairs of different lengths in the alphabets of a model."""
    rng = np.random.default_rng(4)
    lengths = rng.integers(2, 9, count)
    others = {"tag": lengths, "translate": rng.integers(2, 9, count)}.get(model.task, np.ones(count, np.intp))
    texts, targets = (
        Ragged.of(rng.integers(size, size=n.sum()), n.tolist())
        for n, size in ((lengths, len(model.vocabulary)), (others, len(model.target)))
    )
    pairs = Pairs(texts, targets)
    return PairDataset(DataSpec(task=model.task, format=PAIRS), *model.alphabets, pairs, pairs)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    """compute_class_weight("balanced", …) of 1.7 for labels that occur; all texts together weigh what they count."""
    assert balanced_weights(np.array([6, 1, 3])).tolist() == pytest.approx([10 / 18, 10 / 3, 10 / 9])
    assert balanced_weights(np.array([4, 0, 1])).tolist() == [0.625, 0, 2.5]
    assert balanced_weights(np.array([5, 5])).tolist() == [1, 1]


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_a_batch_too_large_for_memory_is_learnt_in_parts(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the loss and the gradient of the whole."""
    model = random_pair_model("classify", np.float64)
    dataset, found = with_pairs_of(model, 11), []
    for most in (1 << 14, 20):
        monkeypatch.setattr("rnncli.datasets.pairs.MAX_PADDED", most)
        gradients = model.parameters.zeros_like()
        batches = make_batches(dataset, model, TrainingOptions(batch_size=11, class_weights=weights), ALONE)
        found.append((batches.loss_and_gradients(model, gradients, 0), gradients.flat))
    (whole, expected), (parts, summed) = found
    assert (parts.loss, parts.share) == (pytest.approx(whole.loss, rel=1e-12), pytest.approx(1, rel=1e-14))
    np.testing.assert_allclose(summed, expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("task", [*TASKS, "classify balanced", "classify-two balanced"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_a_team_learns_what_one_learns_alone(task: str, dropout: float, loss: str) -> None:
    """By their shares, which are 1 together, losses and gradients add up to those of the whole batch; of seven members
    some have nothing to read, and write no gradient."""
    task, _, weights = task.partition(" ")
    model = random_pair_model(task, np.float64, dropout=dropout)
    dataset = with_pairs_of(model, 11)
    options = TrainingOptions(batch_size=6, loss=loss, class_weights=weights or "none")

    def learn(group: Member, step: int) -> tuple[BatchResult, np.ndarray]:
        gradients = model.parameters.zeros_like()
        gradients.flat[...] = np.nan
        return make_batches(dataset, model, options, group).loss_and_gradients(model, gradients, step), gradients.flat

    for step in range(3):
        whole, expected = learn(ALONE, step)
        assert whole.share == 1
        for members in (2, 3, 7):
            team = [learn(Member(rank, members), step) for rank in range(members)]
            assert sum(learnt.share for learnt, _ in team) == pytest.approx(1, rel=1e-14)
            assert sum(learnt.share * learnt.loss for learnt, _ in team) == pytest.approx(whole.loss, rel=1e-12)
            total = sum(learnt.share * gradients for learnt, gradients in team)
            np.testing.assert_allclose(total, expected, rtol=1e-10, atol=1e-13)
            assert {learnt.characters for learnt, _ in team} == {whole.characters}


@pytest.mark.parametrize("task", TASKS)
def test_the_squared_error_of_what_is_held_out_is_the_training_loss_there(task: str) -> None:
    """Without dropout, by all members together; the sum over what is predicted."""
    model = random_pair_model(task, np.float64, dropout=0.5)
    dataset, options = with_pairs_of(model, 11), TrainingOptions(batch_size=6, loss="mse")
    text, target = dataset.validation.padded(np.arange(11))
    loss = model.loss_and_gradients(text, target, model.parameters.zeros_like(), None, "mse")
    expected = loss * model.symbols(text.lengths, target.lengths)
    for members in (1, 3):
        sources = [make_batches(dataset, model, options, Member(rank, members)) for rank in range(members)]
        assert sum(batches.squared_error(model) for batches in sources) == pytest.approx(expected, rel=1e-10)
        assert sum(batches.validate(model).symbols for batches in sources) == model.symbols(
            text.lengths, target.lengths
        )


def test_characters_are_those_of_the_longer_side_and_of_all_members() -> None:
    pairs = numbered(5)
    turned = Pairs(pairs.targets, pairs.texts)
    model: Any = SimpleNamespace(loss_and_gradients=lambda *_: 0.0, symbols=lambda *_: 1, config=Recorder.config)
    for each in (pairs, turned):
        for group in (ALONE, Member(1, 2), Member(3, 9)):
            learnt = of_member(each, 5, group).loss_and_gradients(model, GRADIENTS, 0)
            assert learnt.characters == pairs.texts.lengths.sum() > 10


def test_little_is_padded() -> None:
    """Texts of 1 … 100 characters by the thousand: beside chosen at random, half of a batch would be padding."""
    pairs = numbered(2000, longest=100)
    batches = of_member(pairs, 16)
    model: Any = Recorder()
    for step in range(batches.steps_per_epoch):
        batches.loss_and_gradients(model, GRADIENTS, step)
    padded = sum(text.ids.size for text, _ in model.shown)
    assert padded < 1.05 * pairs.texts.lengths.sum()


def test_batches_of_short_and_long_texts_are_mixed() -> None:
    """Nobody learns all the short ones first."""
    pairs = numbered(400, longest=100)
    batches = read(of_member(pairs, 8), range(50), pairs)
    means = [pairs.texts.lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(50))[0, 1]) < 0.4


@pytest.mark.parametrize("members", [1, 2, 3, 200])
@pytest.mark.parametrize("count", [0, 1, 64, 150])
def test_what_is_held_out_is_scored_once(count: int, members: int) -> None:
    """By all members together, and side by side with others of like length."""
    held_out, seen, total = numbered(count), [], Score(0.0, 0, 0)
    for rank in range(members):
        batches = PairBatches(
            dataset_of(numbered(5), held_out), MODEL, TrainingOptions(batch_size=4), Member(rank, members)
        )
        model: Any = Recorder()
        total += batches.validate(model)
        seen += [i for shown in model.shown for i in numbers(held_out, shown)]
        for text, _ in model.shown:
            assert text.lengths.tolist() == sorted(text.lengths)
    assert sorted(seen) == list(range(count))
    assert (total.symbols, total.total) == (count, held_out.texts.lengths.sum())
    assert batches.validation_steps == count / 4
