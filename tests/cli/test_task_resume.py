"""A run of any task that is interrupted and resumed gives the same bytes as one that is not; so does a second run with
the same seed."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.dataset import open_dataset
from rnncli.datasets.sources import open_sources
from rnncli.datasets.spec import PAIRS, DataSpec
from rnncli.evaluation.losses import score_pairs
from rnncli.storage import checkpoint
from rnncli.training.trainer import Report, Trainer
from tests.cli.examples import EXAMPLES, TASKS, pairs_file, tsv
from tests.cli.running import COMMAND, environment, rnncli, succeeded

CUTS = [5, 10]
"""Steps after which a run is interrupted, in the middle of an epoch."""

CELLS = [
    *product(("two", "tag", "translate", "generate"), ("rnn", "gru", "lstm")),
    *product(("mlp",), ("rnn", "gru", "lstm", "mlp")),
]
"""Every cell with every task; mlp is for running text only."""

COMMON = "--validation 0.2 --eval-every 4 --dropout 0.3 --steps 14 --hidden-size 5"
PAIR_OPTIONS = "--batch-size 2 --weight-decay 0.01"
RUNS = {
    "two": f"{PAIR_OPTIONS} --cell lstm --optimizer momentum",
    "three": f"{PAIR_OPTIONS} --class-weights balanced --cell rnn --activation relu --no-bidirectional",
    "tag": f"{PAIR_OPTIONS} --cell gru --layers 2 --min-count 2",
    "translate": f"{PAIR_OPTIONS} --cell lstm --layers 2 --embedding-size 3",
    "generate": f"{PAIR_OPTIONS} --cell gru --loss mse --validation 0.5",
    "mlp": "--batch-size 5 --seq-length 15 --cell mlp --context 3 --layers 2 --optimizer rmsprop",
    "perceptron": "--batch-size 5 --seq-length 15 --cell mlp --context 3 --layers 0 --embedding-size 2",
}
"""Networks of every kind, each with dropout where it can have some, and a few held-out lines."""

SHARED = [name for name in RUNS if name not in ("three", "perceptron")]
"""Those that are also interrupted with two processes, which takes longer."""

PLACE = TemporaryDirectory(prefix="rnncli-resume-")


def words(name: str) -> tuple[str, ...]:
    """The arguments that train one of RUNS, except for the output."""
    folder = Path(PLACE.name)
    if name in EXAMPLES:
        task = TASKS[name]
        options = f"{pairs_file(folder, name)} --task {task}"
    else:
        (folder / "text.txt").write_text("the quick brown fox jumps over the lazy dog\n" * 7)
        options = f"{folder / 'text.txt'}"
    return ("train", *options.split(), *COMMON.split(), *RUNS[name].split(), "-q")


@cache
def whole(name: str, workers: int) -> Path:
    """The model of an uninterrupted run."""
    model = Path(PLACE.name) / f"{name}-{workers}.npz"
    succeeded(rnncli(*words(name), "--workers", workers, "-o", model))
    return model


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ctrl-C comes at the end of each of these steps."""
    steps: list[int] = []
    original = Trainer.run

    def run(trainer: Trainer) -> Iterator[Report]:
        reports = original(trainer)
        try:
            for report in reports:
                if report.step in steps:
                    signal.raise_signal(signal.SIGINT)
                yield report
        finally:
            reports.close()

    monkeypatch.setattr(Trainer, "run", run)
    return steps


def state_of(model: Path) -> dict[str, Any]:
    found = checkpoint.load(model).record
    assert found is not None
    return found.state


@pytest.mark.parametrize(("name", "workers"), [*product(RUNS, [1]), *product(SHARED, [2])])
def test_a_run_interrupted_twice_equals_an_uninterrupted_one(
    name: str, workers: int, stopping: list[int], folder: Path
) -> None:
    expected = whole(name, workers).read_bytes()
    stopping += CUTS
    arguments = (*words(name), "--workers", workers)
    for cut in CUTS:
        result = rnncli(*arguments, "-o", "model.npz")
        assert result.exit_code == 130, result.stderr
        done = state_of(folder / "model.npz")
        assert done["step"] == cut
        assert cut % done["steps_per_epoch"]
        arguments = (*words(name)[:2], "--resume", "-q")
    succeeded(rnncli(*arguments, "-o", "model.npz"))
    assert (folder / "model.npz").read_bytes() == expected


@pytest.mark.parametrize(("name", "cell"), CELLS)
def test_interrupted_once_or_three_times_at_the_end_of_an_epoch_or_after_the_best(
    name: str, cell: str, stopping: list[int], folder: Path
) -> None:
    """Every cell of every task, with a schedule that moves, and evaluations where the run itself puts them."""
    own = words(name)
    at = own.index("--eval-every")
    own = (*own[:at], *own[at + 2 :], "--cell", cell, "--workers", "1", "--schedule", "cosine", "--warmup", "3")
    if cell != "mlp" and name == "mlp":
        at = own.index("--context")
        own = (*own[:at], *own[at + 2 :])
    succeeded(rnncli(*own, "-o", "whole.npz"))
    done = state_of(folder / "whole.npz")
    epoch, history = done["steps_per_epoch"], done["history"]
    best = min(history, key=lambda entry: entry["validation_loss"])["step"]
    for cuts in ([epoch], sorted({epoch, min(best + 1, 13), 13, 7})[:3]):
        stopping[:] = cuts
        arguments: tuple[object, ...] = (*own, "--force")
        for cut in cuts:
            assert rnncli(*arguments, "-o", "model.npz").exit_code == 130
            assert state_of(folder / "model.npz")["step"] == cut
            arguments = (*own[:2], "--resume", "-q")
        succeeded(rnncli(*arguments, "-o", "model.npz"))
        assert (folder / "model.npz").read_bytes() == (folder / "whole.npz").read_bytes()


def test_the_same_command_with_resume_resumes(stopping: list[int], folder: Path) -> None:
    """Repeating the options of the run beside --resume, as from the history of a shell, changes nothing."""
    expected = whole("two", 1).read_bytes()
    stopping += [9]
    assert rnncli(*words("two"), "--workers", 1, "-o", "model.npz").exit_code == 130
    succeeded(rnncli(*words("two"), "--workers", 1, "-o", "model.npz", "--resume"))
    assert (folder / "model.npz").read_bytes() == expected


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_do_what_one_does(name: str) -> None:
    """Up to rounding, though they share steps of two lines, and of one at the end of an epoch."""
    one, two = whole(name, 1), whole(name, 2)
    assert one.read_bytes() != two.read_bytes()
    records = [checkpoint.load(model).record for model in (one, two)]
    assert records[0].options == replace(records[1].options, workers=1)
    histories = [state_of(model)["history"] for model in (one, two)]
    assert [entry["step"] for entry in histories[0]] == [4, 8, 12, 14]
    for entry, other in zip(*histories, strict=True):
        assert entry == pytest.approx(other, rel=1e-3)
        assert entry["validation_loss"] > 0
    a, b = (checkpoint.load(model).model.parameters.flat for model in (one, two))
    np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", RUNS)
def test_the_seed_determines_the_model(name: str, folder: Path) -> None:
    """The same seed gives the same bytes, another seed another model."""
    for seed, file in ((0, "same.npz"), (1, "other.npz")):
        succeeded(rnncli(*words(name), "--workers", 1, "--seed", seed, "-o", file))
    assert (folder / "same.npz").read_bytes() == whole(name, 1).read_bytes()
    same, other = (checkpoint.load(folder / file).model.parameters.flat for file in ("same.npz", "other.npz"))
    assert not np.allclose(same, other)


@pytest.mark.parametrize("name", [name for name in RUNS if name != "perceptron"])
def test_dropout_is_a_part_of_these_runs(name: str, folder: Path) -> None:
    """Without it they give another model; but a single-layer perceptron has no hidden layer to apply it to."""
    succeeded(rnncli(*words(name), "--workers", 1, "--dropout", 0, "-o", "m.npz"))
    without, with_it = (checkpoint.load(m).model.parameters.flat for m in (folder / "m.npz", whole(name, 1)))
    assert not np.allclose(without, with_it)


@pytest.mark.parametrize("name", ["three", "tag"])
def test_the_saved_model_is_that_of_the_best_evaluation(name: str, folder: Path) -> None:
    """And not the last one: the held-out lines contradict the training lines, so that the validation loss rises."""
    firsts, seconds = zip(*EXAMPLES[name], strict=True)
    wrong = [tags.translate(str.maketrans("漢x", "x漢")) for tags in seconds]
    lines = list(
        zip(firsts, wrong, strict=True) if name == "tag" else zip(firsts[3:] + firsts[:3], seconds, strict=True)
    )
    (folder / "held.tsv").write_text(tsv(lines), "utf-8")
    options = ("--validation", "held.tsv", "--eval-every", 1, "--learning-rate", 0.1, "--workers", 1)
    succeeded(rnncli(*words(name), *options, "-o", "model.npz"))
    state, loaded = state_of(folder / "model.npz"), checkpoint.load("model.npz").model
    losses = [entry["validation_loss"] for entry in state["history"]]
    assert state["best_loss"] == min(losses) < losses[-1]
    spec = DataSpec(task=TASKS[name], format=PAIRS, validation="0")
    score = score_pairs(loaded, open_dataset(spec, open_sources(["held.tsv"]), loaded.alphabets).training)
    assert score.nats == pytest.approx(min(losses), rel=1e-5)


def test_a_real_ctrl_c_is_no_different(folder: Path) -> None:
    """In a process of its own, interrupted at an arbitrary moment."""
    (folder / "pairs.tsv").write_text("".join(f"{n % 3}\t{n * n}\n" for n in range(200)))
    options = (
        "--task",
        "classify",
        "--hidden-size",
        "6",
        "--dropout",
        "0.2",
        "--batch-size",
        "7",
        "--eval-every",
        "90",
    )
    options = (*options, "--steps", "600", "--workers", "1", "--json")
    command = [*COMMAND, "train", "pairs.tsv", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        assert running.stdout
        while b'"step": 40,' not in running.stdout.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"--resume" in said and b"Traceback" not in said
    assert 40 <= state_of(folder / "model.npz")["step"] < 600
    succeeded(rnncli("train", "pairs.tsv", "--resume", "-q"))
    succeeded(rnncli("train", "pairs.tsv", *options, "-q", "-o", "whole.npz"))
    assert (folder / "model.npz").read_bytes() == (folder / "whole.npz").read_bytes()
