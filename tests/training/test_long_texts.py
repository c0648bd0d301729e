"""Pairs longer than a window: read window by window, in batches by characters."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from rnncli.datasets import pairs as pairs_module
from rnncli.datasets.pairs import PairDataset, Pairs
from rnncli.datasets.ragged import Padded
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.engine.arrays import Parameters, Workspace
from rnncli.engine.layers import Dropout
from rnncli.evaluation.losses import score_pairs
from rnncli.models import windows
from rnncli.models.base import PairModel
from rnncli.models.windows import FinalStates
from rnncli.training.batches import PairBatches
from rnncli.training.options import TrainingOptions
from rnncli.training.parallel.group import SingleProcess
from tests.helpers import random_pair_model, random_pairs
from tests.training.test_batches import Member

TASKS = ["classify", "classify-two", "tag", "translate", "generate"]


def set_window(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    models = ("windows", "tagger", "labelled_language_model", "translator")
    for name in (*(f"models.{model}" for model in models), "training.batches", "evaluation.losses"):
        monkeypatch.setattr(f"rnncli.{name}.WINDOW", size)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> int:
    """Windows of three characters, of which every text of the tests takes several."""
    set_window(3, monkeypatch)
    return 3


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_forwards_the_state_is_carried(
    task: str, cell: str, short_windows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a network of one direction scores a text in windows as in one piece."""
    model = random_pair_model(task, dtype=np.float64, cell=cell, layers=2)
    text, target = random_pairs(model, 6, shortest=4)
    in_windows = model.score(text, target)
    set_window(2048, monkeypatch)
    whole = model.score(text, target)
    assert len(text.ids) > 2 * short_windows
    assert (in_windows.symbols, in_windows.correct) == (whole.symbols, whole.correct)
    assert in_windows.total == pytest.approx(whole.total, rel=1e-12)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_is_learnt_is_what_is_scored(task: str, bidirectional: bool, short_windows: int) -> None:
    """In windows as well: the loss of a training step is the mean of the score."""
    model = random_pair_model(task, dtype=np.float64, bidirectional=bidirectional and task != "generate")
    text, target = random_pairs(model, 5, shortest=4)
    loss = model.loss_and_gradients(text, target, model.parameters.zeros_like(), None, "cross-entropy")
    assert loss == pytest.approx(model.score(text, target).nats, rel=1e-12)


def in_windows_by_hand(model: PairModel, text: Padded, target: Padded) -> np.ndarray:
    """The gradient of a tagger of one direction by its definition: that of each window's own loss, from the state that
    was carried there, which counts as a constant; by central differences."""
    size, symbols = 3, target.lengths.sum()
    starts = range(0, len(text.ids), size)
    workspace = Workspace()

    def state_before(start: int) -> np.ndarray:
        state = model.network.zero_state(len(text.lengths), model.parameters.flat.dtype)
        if start:
            inside = np.minimum(text.lengths, start)
            state = model.network.forward(
                model.parameters, text.ids[:start], state, workspace, None, inside
            ).state.copy()
        return state

    states = [state_before(start) for start in starts]

    def loss() -> float:
        total = 0.0
        for start, state in zip(starts, states, strict=True):
            ids, tags = text.ids[start : start + size], target.ids[start : start + size]
            lengths = np.clip(text.lengths - start, 0, size)
            outputs = model.network.forward(model.parameters, ids, state, workspace, None, lengths).outputs
            scores = outputs @ model.parameters["output.W"] + model.parameters["output.b"]
            nats = np.log(np.exp(scores).sum(-1)) - np.take_along_axis(scores, tags[..., None], -1)[..., 0]
            total += float(nats[np.arange(len(ids))[:, None] < lengths].sum())
        return total / symbols

    flat, found = model.parameters.flat, np.empty_like(model.parameters.flat)
    for i in range(flat.size):
        before = flat[i]
        flat[i] = before + 1e-5
        above = loss()
        flat[i] = before - 1e-5
        found[i] = (above - loss()) / 2e-5
        flat[i] = before
    return found


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_gradients_stay_within_a_window(cell: str, short_windows: int) -> None:
    model = random_pair_model("tag", dtype=np.float64, cell=cell, hidden_size=3)
    text, target = random_pairs(model, 3, shortest=6)
    gradients = model.parameters.zeros_like()
    model.loss_and_gradients(text, target, gradients, None, "cross-entropy")
    np.testing.assert_allclose(gradients.flat, in_windows_by_hand(model, text, target), atol=1e-8)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_final_states_of_a_long_text(layers: int, short_windows: int) -> None:
    """That of the forward direction is of its last window, read from the state that was carried there; that of the
    reverse direction is of the first window alone. So are their gradients."""
    model = random_pair_model("classify", dtype=np.float64, bidirectional=True, layers=layers)
    text, _ = random_pairs(model, 1, shortest=11)
    network, workspace = model.network, Workspace()
    final = FinalStates.read(network, model.parameters, text, workspace)
    size = model.config.hidden_size

    def window(start: int, stop: int, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lengths = np.array([stop - start])
        forward = network.forward(model.parameters, text.ids[start:stop], state, workspace, None, lengths)
        return forward.outputs.copy(), network.carry(forward.state).copy()

    state = network.zero_state(1, model.parameters.flat.dtype)
    outputs = []
    before = []
    for start in range(0, 11, 3):
        before.append(state)
        output, state = window(start, min(start + 3, 11), state)
        outputs.append(output)
    np.testing.assert_allclose(final.hidden[0], [*outputs[-1][-1, 0, :size], *outputs[0][0, 0, size:]], rtol=1e-12)

    rng = np.random.default_rng(3)
    d_hidden = rng.normal(size=final.hidden.shape)
    gradients = model.parameters.zeros_like()
    final.backward(d_hidden, gradients)
    expected = model.parameters.zeros_like()
    for part, start, stop, place, columns in ((0, 0, 3, 0, slice(size, None)), (3, 9, 11, -1, slice(None, size))):
        lengths = np.array([stop - start])
        forward = network.forward(model.parameters, text.ids[start:stop], before[part], workspace, None, lengths)
        d_outputs = np.zeros_like(forward.outputs)
        d_outputs[place, :, columns] = d_hidden[:, columns]
        of_window = model.parameters.zeros_like()
        network.backward(model.parameters, of_window, forward, d_outputs, None, workspace)
        expected.flat += of_window.flat
    np.testing.assert_allclose(gradients.flat, expected.flat, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_reverse_direction_begins_anew_in_each_window(layers: int, short_windows: int) -> None:
    """In one layer it gives in each window what it gives there alone; the forward state is carried through both."""
    model = random_pair_model("tag", dtype=np.float64, bidirectional=True, layers=layers)
    text, _ = random_pairs(model, 1, shortest=9)
    size = model.config.hidden_size
    network, state = model.network, model.network.zero_state(1, model.parameters.flat.dtype)
    carried = network.carry(state + 1)
    assert (carried[0::2] == 1).all() and (carried[1::2] == 0).all()  # l1, l1r, l2, l2r
    if layers == 1:
        passes = windows.forward_over_windows(network, model.parameters, text, state, Workspace())
        for n, (_, forward) in enumerate(passes):
            alone = network.forward(
                model.parameters, text.ids[3 * n : 3 * n + 3], state, Workspace(), None, np.array([3])
            )
            np.testing.assert_allclose(forward.outputs[..., size:], alone.outputs[..., size:], rtol=1e-12)
            assert np.allclose(forward.outputs[..., :size], alone.outputs[..., :size]) == (n == 0)


def test_a_window_that_is_read_again_drops_the_same_values(short_windows: int) -> None:
    """With a rate so high that other masks would give another gradient: that of the one that was drawn first is 0 where
    everything was dropped."""
    model = random_pair_model("classify", dtype=np.float64)
    text, target = random_pairs(model, 1, shortest=8)

    def value() -> tuple[float, Parameters]:
        gradients = model.parameters.zeros_like()
        dropout = Dropout(0.5, np.random.default_rng(5), 1, slice(None))
        return model.loss_and_gradients(text, target, gradients, dropout, "cross-entropy"), gradients

    _, gradients = value()
    W = model.parameters["output.W"]
    rows = np.flatnonzero(np.abs(gradients["output.W"]).sum(1) == 0)  # hidden values that were dropped
    assert 0 < len(rows) < len(W)
    by_hand = gradients["l1.b"].copy()
    W[rows] += np.random.default_rng(6).normal(size=W[rows].shape)  # weights of dropped values change nothing
    loss_again, again = value()
    assert loss_again == pytest.approx(value()[0])
    np.testing.assert_allclose(again["l1.b"], by_hand)


def dataset(model: PairModel, lengths: list[int]) -> PairDataset:
    """Random pairs with texts of these lengths."""
    parts = [random_pairs(model, 1, seed=n, shortest=n) for n in lengths]
    columns = []
    for column in zip(*parts, strict=True):
        ids = np.concatenate([padded.ids[:, 0] for padded in column])
        columns.append(pairs_module.Ragged.of(ids, [int(padded.lengths[0]) for padded in column]))
    pairs = Pairs(*columns)
    return PairDataset(DataSpec(format=PAIRS), model.vocabulary, model.target, pairs, pairs)


@pytest.mark.parametrize("task", TASKS)
def test_a_batch_in_parts_is_the_batch(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same loss and the same gradient, whatever fits into memory."""
    model = random_pair_model(task, dtype=np.float64)
    lengths = [3, 4, 4, 5, 6, 7, 8, 20]
    options = TrainingOptions(batch_size=8, steps=1)
    found = []
    for limit in (1 << 14, 24, 1):
        monkeypatch.setattr(pairs_module, "MAX_PADDED", limit)
        batches = PairBatches(dataset(model, lengths), model, options, SingleProcess())
        gradients = model.parameters.zeros_like()
        result = batches.loss_and_gradients(model, gradients, 0)
        found.append((result.loss, result.share, result.characters, gradients.flat))
    for loss, share, characters, flat in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-12)
        assert (share, characters) == found[0][1:3]
        np.testing.assert_allclose(flat, found[0][3], atol=1e-12)
    assert share == 1.0


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("ranks", [2, 3, 7])
def test_ranks_share_each_part_of_a_batch(task: str, ranks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With dropout as well, they add up to what one learns alone; some have nothing to read of some parts."""
    monkeypatch.setattr(pairs_module, "MAX_PADDED", 24)
    model = random_pair_model(task, dtype=np.float64, dropout=0.4)
    data = dataset(model, [3, 4, 4, 5, 6, 7, 8, 20])
    options = TrainingOptions(batch_size=8, steps=1)

    def learn(rank: int, size: int) -> tuple[float, float, np.ndarray]:
        gradients = model.parameters.zeros_like()
        gradients.flat[...] = np.nan
        result = PairBatches(data, model, options, Member(rank, size)).loss_and_gradients(model, gradients, 0)
        return result.loss * result.share, result.share, result.share * gradients.flat

    loss, _, flat = learn(0, 1)
    losses, shares, parts = zip(*(learn(rank, ranks) for rank in range(ranks)), strict=True)
    assert sum(shares) == pytest.approx(1)
    assert sum(losses) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(sum(parts), flat, atol=1e-12)


def test_parts_of_a_batch_drop_values_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two parts with the same pair: with the same masks they would have the gradient of one of them."""
    monkeypatch.setattr(pairs_module, "MAX_PADDED", 1)
    model = random_pair_model("tag", dtype=np.float64, dropout=0.5)
    data = dataset(model, [6, 6])
    found = []
    for size in (1, 2):
        options = TrainingOptions(batch_size=2, steps=1)
        batches = PairBatches(data, model, options, SingleProcess())
        gradients = model.parameters.zeros_like()
        batches._accumulate(model, gradients, [np.array([0])] * size, 0)
        found.append(gradients.flat)
    assert not np.allclose(*found)


@pytest.mark.parametrize("size", [1, 5, 64])
def test_parts_of_a_batch_fit_and_lose_nothing(size: int) -> None:
    """No part has more characters with its padding than fit, unless it is a single pair; none could take one more."""
    model = random_pair_model("tag")
    lengths = np.random.default_rng(0).integers(1, 9000, 60).tolist()
    pairs = dataset(model, lengths).training
    which = pairs.by_length(np.arange(60))
    parts = list(pairs.micro_batches(which, size, 2048))
    assert np.concatenate(parts).tolist() == which.tolist()
    held = [len(part) * min(int(pairs.texts.lengths[part].max()), 2048) for part in parts]
    assert all(padded <= pairs_module.MAX_PADDED or len(part) == 1 for padded, part in zip(held, parts, strict=True))
    for part, after in pairwise(parts):
        one_more = min(int(pairs.texts.lengths[after[0]]), 2048)
        assert len(part) == size or (len(part) + 1) * one_more > pairs_module.MAX_PADDED


@pytest.mark.parametrize("task", ["classify", "tag", "translate", "generate"])
def test_memory_does_not_follow_the_longest_text(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch with a text of 80 windows takes little more than one with a text of 4: its ids, some times 8 bytes."""
    set_window(16, monkeypatch)
    monkeypatch.setattr(pairs_module, "MAX_PADDED", 128)
    model = random_pair_model(task, hidden_size=16, bidirectional=task != "generate")
    peaks = []
    for longest in (64, 1_280):
        data = dataset(model, [*range(10, 20), longest])
        batches = PairBatches(data, model, TrainingOptions(batch_size=11, steps=1), SingleProcess())
        gradients = model.parameters.zeros_like()
        tracemalloc.start()
        batches.loss_and_gradients(model, gradients, 0)
        score_pairs(model, data.validation)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 1_280 * 8 * 6, peaks
