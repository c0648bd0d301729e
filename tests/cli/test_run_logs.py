"""train --log and --tensorboard: the figures of a run, row by row, and nothing that was there is lost."""

import csv
import errno
import json
import shutil
import signal
import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnncli.storage.run_log import COLUMNS, CsvLog, Row
from tests.cli.conftest import LINES
from tests.cli.running import refused, rnncli, succeeded
from tests.cli.test_resume import LONG, interrupt

SMALL = ("--hidden-size", 5, "--eval-every", 20)


@pytest.fixture(autouse=True)
def text(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)


def train(*options: object) -> list[dict[str, Any]]:
    """The events of a run."""
    output = succeeded(rnncli("train", "lines.txt", "--json", *SMALL, *options))
    return [json.loads(line) for line in output.splitlines()]


def rows(path: str = "run.csv") -> list[dict[str, float | None]]:
    with open(path, newline="") as file:
        read = csv.DictReader(file)
        assert tuple(read.fieldnames or ()) == COLUMNS
        return [{name: float(value) if value else None for name, value in row.items()} for row in read]


def test_a_row_has_the_figures_of_the_steps_since_the_row_before() -> None:
    """Over a long run they are a curve and not every step; evaluations are where they were made."""
    events = train("--steps", 250, "--log", "run.csv")
    steps = {event["step"]: event for event in events if event["event"] == "step"}
    evaluations = {event["step"]: event for event in events if event["event"] == "eval"}
    found, before = rows(), 0
    assert 200 <= len(found) <= 200 + len(evaluations)
    for row in found:
        step = int(row["step"] or 0)
        since = [steps[n] for n in range(before + 1, step + 1)]
        for name in ("loss", "gradient_norm"):
            assert row[name] == pytest.approx(sum(one[name] for one in since) / len(since), rel=1e-12)
        speeds = [1 / one["characters_per_second"] for one in since]
        assert row["characters_per_second"] == pytest.approx(len(speeds) / sum(speeds), rel=1e-9)
        assert (row["epoch"], row["learning_rate"]) == (steps[step]["epoch"], steps[step]["learning_rate"])
        evaluation = evaluations.pop(step, {})
        assert row["validation_loss"] == evaluation.get("validation_loss")
        assert row["validation_accuracy"] == evaluation.get("accuracy")
        before = step
    assert (before, evaluations) == (250, {})


def test_a_log_changes_no_model(folder: Path) -> None:
    train("--steps", 45, "--log", "run.csv", "-o", "a.npz")
    train("--steps", 45, "-o", "b.npz")
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()


def test_a_resumed_run_appends(folder: Path) -> None:
    """Also behind a row that was cut off, and to a file that is empty."""
    (folder / "run.csv").touch()
    train("--steps", 20, "--log", "run.csv")
    first = (folder / "run.csv").read_bytes()
    train("--resume", "--steps", 30, "--log", "run.csv")
    assert (folder / "run.csv").read_bytes().startswith(first)
    assert [row["step"] for row in rows()] == list(range(1, 31))
    (folder / "run.csv").write_bytes(first + b"21,0.")
    train("--resume", "--steps", 32, "--log", "run.csv")
    lines = (folder / "run.csv").read_text().splitlines()
    assert lines[21] == "21,0."
    assert [line.split(",")[0] for line in lines[22:]] == ["31", "32"]


def test_squared_errors_have_a_column_for_those_of_the_held_out_text(folder: Path) -> None:
    """In the log of an older rnncli, which has none, a resumed run goes on as it began."""
    events = train("--steps", 40, "--loss", "mse", "--log", "run.csv")
    measured = [event["validation_mse"] for event in events if event["event"] == "eval"]
    with open("run.csv", newline="") as file:
        read = csv.DictReader(file)
        assert tuple(read.fieldnames or ()) == (*COLUMNS, "validation_mse")
        assert [float(row["validation_mse"]) for row in read if row["validation_mse"]] == measured
    lines = [line.rpartition(",")[0] for line in (folder / "run.csv").read_text().splitlines()]
    (folder / "older.csv").write_text("\n".join(lines) + "\n")
    for path in ("run.csv", "older.csv"):
        shutil.copy("model.npz", "m.npz")
        train("--resume", "-o", "m.npz", "--steps", 60, "--log", path)
        with open(path, newline="") as file:
            assert len({len(row) for row in csv.reader(file)}) == 1
    assert [row["step"] for row in rows("older.csv")][-1] == 60


def test_what_is_there_is_left_alone(folder: Path) -> None:
    train("--steps", 2, "--log", "run.csv")
    before = (folder / "run.csv").read_bytes()
    (folder / "other.csv").write_text("step,loss\n1,2\n")
    for path, words in (
        ("run.csv", "the log of another run"),
        ("other.csv", "is no log of a run"),
        ("lines.txt", "is no log of a run"),
        (".", "no file"),
        ("none/run.csv", "the folder none does not exist"),
        ("new.npz", "the model file"),
    ):
        refused(rnncli("train", "lines.txt", *SMALL, "-o", "new.npz", "--log", path), words)
    refused(rnncli("train", "lines.txt", "--steps", 2, "-f", "--log", "other.csv"), "is no log of a run")
    assert not (folder / "new.npz").exists()
    assert (folder / "run.csv").read_bytes() == before
    succeeded(rnncli("train", "lines.txt", "--steps", 2, "-f", "--log", "run.csv", "--dry-run"))
    assert (folder / "run.csv").read_bytes() == before
    train("--steps", 3, "-f", "--log", "run.csv")
    assert [row["step"] for row in rows()] == [1, 2, 3]


def test_an_interrupted_run_has_logged_what_it_did(folder: Path) -> None:
    stopped = interrupt(signal.SIGINT, *LONG, "--log", "run.csv")
    assert stopped.returncode == 130
    last = [json.loads(line) for line in stopped.stdout.splitlines()][-1]
    assert rows()[-1]["step"] == last["step"]


def test_a_full_disk_ends_the_log_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(log: CsvLog, row: Row) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(CsvLog, "write", full)
    result = rnncli("train", "lines.txt", *SMALL, "--steps", 3, "--log", "run.csv")
    succeeded(result)
    assert result.stderr.count("run.csv could not be written: No space left on device; the run goes on") == 1
    assert "after 3 steps" in result.stderr


class Writer:
    """What is used of tensorboardX.SummaryWriter."""

    made: list["Writer"] = []  # noqa: RUF012

    def __init__(self, folder: str, purge_step: int | None, filename_suffix: str) -> None:
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.scalars: list[tuple[str, float, int]] = []
        self.made.append(self)

    def add_scalar(self, *scalar: Any) -> None:
        self.scalars.append(scalar)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def test_tensorboard_gets_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=Writer))
    train("--steps", 45, "--log", "run.csv", "--tensorboard", "events")
    train("--steps", 50, "--resume", "--tensorboard", "events")
    first, second = Writer.made
    assert (first.folder, first.purge_step, first.closed) == ("events", None, True)
    assert (second.purge_step, second.scalars[0][2]) == (46, 46)
    for tag, column in (("loss/training", "loss"), ("loss/validation", "validation_loss")):
        expected = [(row[column], row["step"]) for row in rows() if row[column] is not None]
        assert [(value, step) for name, value, step in first.scalars if name == tag] == expected


def test_without_the_library_a_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    refused(rnncli("train", "lines.txt", "--tensorboard", "events"), "pip install 'rnncli[tensorboard]'")
    refused(rnncli("train", "lines.txt", "--tensorboard", "lines.txt"), "lines.txt is no folder")
    assert sorted(path.name for path in folder.iterdir()) == ["lines.txt"]


def test_event_files_have_the_rows(folder: Path) -> None:
    """As tensorboardX reads them."""
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: pip install 'rnncli[tensorboard]'")
    from tensorboardX.proto.event_pb2 import Event  # type: ignore[import-not-found,unused-ignore]

    train("--steps", 45, "--log", "run.csv", "--tensorboard", "events")
    train("--steps", 50, "--resume", "--log", "run.csv", "--tensorboard", "events")
    losses, restarts = [], []
    paths = sorted((folder / "events").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert len(paths) == 2
    for path in paths:
        data = path.read_bytes()
        while data:  # length, checksum, event, checksum
            (length,) = struct.unpack("<Q", data[:8])
            event, data = Event.FromString(data[12 : 12 + length]), data[16 + length :]
            losses += [(event.step, v.simple_value) for v in event.summary.value if v.tag == "loss/training"]
            restarts += [event.step] * event.HasField("session_log")
    assert losses == [(row["step"], pytest.approx(row["loss"], rel=1e-6)) for row in rows()]
    assert restarts == [46]
