"""``mpirun -n N rnncli train``: one run, one model, one voice."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.storage import checkpoint
from tests.cli.running import process
from tests.mpi.conftest import OPTIONS, Run

EPS = float(np.finfo(np.float32).eps)


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file if name != "meta"}


def require_alike(one: Path, other: Path, steps: int) -> None:
    """The same up to the rounding of sums in another order, in every array, those of a resume too."""
    first, second = arrays(one), arrays(other)
    assert first.keys() == second.keys()
    for name, array in first.items():
        scale = float(np.abs(array).max())
        np.testing.assert_allclose(second[name], array, rtol=0, atol=64 * steps * EPS * scale, err_msg=name)


def in_one_place(folder: Path, *arguments: object) -> Any:
    result = process(*arguments, cwd=folder)
    assert result.returncode == 0, result.stderr.decode()
    return result


@pytest.fixture(scope="module")
def four_ranks(mpirun: Run, folder: Path) -> Path:
    result = mpirun(4, "train", "text.txt", *OPTIONS, "--steps", 30, "-o", "four.npz", "-q", cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")
    return folder / "four.npz"


def test_ranks_do_what_workers_do(folder: Path, two_ranks: Path, four_ranks: Path) -> None:
    in_one_place(folder, "train", "text.txt", *OPTIONS, "--steps", 30, "--workers", 2, "-o", "workers.npz", "-q")
    require_alike(folder / "workers.npz", two_ranks, 30)
    require_alike(folder / "workers.npz", four_ranks, 30)


def test_the_same_number_of_ranks_gives_the_same_bytes(mpirun: Run, folder: Path, two_ranks: Path) -> None:
    result = mpirun(2, "train", "text.txt", *OPTIONS, "--steps", 30, "-o", "same.npz", "-q", cwd=folder)
    assert (result.returncode, (folder / "same.npz").read_bytes()) == (0, two_ranks.read_bytes())


def test_two_ranks_can_be_resumed_by_two_exactly_and_by_four(mpirun: Run, folder: Path) -> None:
    options = (*OPTIONS, "--schedule", "constant", "--warmup", 2, "--eval-every", 5)
    runs = {"whole": [(2, 20)], "parts": [(2, 10), (2, 20)], "grown": [(2, 10), (4, 20)]}
    said = {}
    for name, stages in runs.items():
        for number, (ranks, steps) in enumerate(stages):
            resume = ["--resume"] if number else []
            arguments = ("train", "text.txt", *options, "--steps", steps, *resume, "-o", f"{name}.npz")
            result = mpirun(ranks, *arguments, cwd=folder)
            assert result.returncode == 0, result.stderr.decode()
            said[name] = result.stderr.decode()
    assert (folder / "parts.npz").read_bytes() == (folder / "whole.npz").read_bytes()
    assert "with 4 processes instead of 2: the last digits will differ" in said["grown"]
    assert "instead of" not in said["parts"]
    require_alike(folder / "whole.npz", folder / "grown.npz", 20)


def test_standard_input_is_read_by_rank_0_for_all(
    mpirun: Run, launcher: list[str], folder: Path, two_ranks: Path
) -> None:
    if "--oversubscribe" in launcher:
        pytest.skip("the launcher of Open MPI 5.0 never ends the standard input of a rank")
    text = (folder / "text.txt").read_bytes()
    result = mpirun(2, "train", "-", *OPTIONS, "--steps", 30, "-o", "piped.npz", "-q", input=text, cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")
    piped, read = arrays(folder / "piped.npz"), arrays(two_ranks)
    assert all(np.array_equal(piped[name], read[name]) for name in read)


def test_lines_of_two_columns_are_shared_as_well(mpirun: Run, folder: Path) -> None:
    lines = [f"{'even' if n % 2 == 0 else 'odd'}\t{n}\n" for n in range(200)]
    (folder / "numbers.tsv").write_text("".join(lines))
    options = ("train", "numbers.tsv", "--task", "classify", "--hidden-size", 8, "--steps", 12, "-q", "-o")
    result = mpirun(3, *options, "ranks.npz", cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")
    in_one_place(folder, *options, "alone.npz", "--workers", 3)
    require_alike(folder / "alone.npz", folder / "ranks.npz", 12)


def test_local_steps_are_those_of_workers(mpirun: Run, folder: Path) -> None:
    options = ("train", "text.txt", *OPTIONS, "--steps", 22, "--local-steps", 4, "--json", "-q", "-o")
    result = mpirun(2, *options, "local.npz", cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["step"] for event in events if event["event"] == "step"] == [4, 8, 12, 16, 20, 22]
    in_one_place(folder, *options, "own.npz", "--workers", 2)
    require_alike(folder / "own.npz", folder / "local.npz", 22)


def test_every_rank_shares_a_score(mpirun: Run, folder: Path, two_ranks: Path) -> None:
    (folder / "long.txt").write_text((folder / "text.txt").read_text(encoding="utf-8") * 20, encoding="utf-8")
    alone = json.loads(in_one_place(folder, "score", two_ranks, "long.txt", "--workers", 1, "--json").stdout)
    for ranks in (2, 3):  # two groups of streams or three, of which the last rank may get none
        result = mpirun(ranks, "score", two_ranks, "long.txt", "--json", cwd=folder)
        assert (result.returncode, result.stderr) == (0, b"")
        assert json.loads(result.stdout) == alone


def test_bench_tells_waiting_from_communication(mpirun: Run, folder: Path) -> None:
    result = mpirun(2, "bench", "--hidden-size", 16, "--time", "0.5s", "--json", cwd=folder)
    assert (result.returncode, result.stderr) == (0, b"")
    measured = json.loads(result.stdout)
    assert measured["workers"] == 2
    assert {"communication", "waiting"} < measured["parts"].keys()
    assert min(measured["parts"].values()) > 0


def test_a_launcher_of_one_rank_is_no_launcher(mpirun: Run, folder: Path) -> None:
    result = mpirun(1, "train", "text.txt", "--dry-run", "--workers", 2, cwd=folder)
    assert (result.returncode, result.stdout) == (0, b"")
    assert b"2 processes" in result.stderr


def test_other_commands_run_once(mpirun: Run, two_ranks: Path, folder: Path) -> None:
    result = mpirun(3, "sample", two_ranks, "--seed", 1, "--length", 30, cwd=folder)
    assert result.returncode == 0
    assert result.stdout == in_one_place(folder, "sample", two_ranks, "--seed", 1, "--length", 30).stdout


def test_the_model_says_how_it_was_made(two_ranks: Path) -> None:
    record = checkpoint.load(two_ranks).record
    assert record is not None
    assert (record.options.workers, record.options.local_steps) == (2, 1)


def test_the_film_is_that_of_one_process(folder: Path, two_ranks: Path) -> None:
    """Rank 0 writes it, which alone may have the whole text; the first frame is that of the same random weights."""
    in_one_place(folder, "train", "text.txt", *OPTIONS, "--steps", 30, "--workers", 1, "-o", "film.npz", "-q")
    records = [checkpoint.load(path).record for path in (folder / "film.npz", two_ranks)]
    ours, theirs = (record.state["film"] for record in records if record)
    assert theirs["frames"] == [{**ours["frames"][0], "loss": pytest.approx(ours["frames"][0]["loss"])}]
    assert (theirs["end"]["step"], len(theirs["end"]["text"])) == (30, len(ours["end"]["text"]))
