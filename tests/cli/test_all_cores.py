"""score, compare and predict on all cores: the same bytes as on one, whatever ends them."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import rnncli as library
from rnncli.models import parallel
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.conftest import LINES
from tests.cli.examples import EXAMPLES, learnt, questions, tsv
from tests.cli.running import COMMAND, environment, refused, rnncli, succeeded
from tests.helpers import random_model

LONG = (LINES * 90)[:102_000]

posix_only = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker in Linux's /proc")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes are started after the first task; the lines of a file are several of them."""
    monkeypatch.setattr(parallel, "START_AFTER", 0.0)
    monkeypatch.setattr("rnncli.inference.prediction.LINES", 100)


@pytest.mark.usefixtures("at_once")
def test_a_long_text_is_read_in_streams_and_the_output_says_so(lines: Path, folder: Path) -> None:
    (folder / "long").write_text(LONG)
    one, two = (succeeded(rnncli("score", lines, "long", "--json", "--workers", n, "--per-character")) for n in (1, 2))
    assert one == two
    figures, definition = (
        json.loads(one),
        json.loads(succeeded(rnncli("score", lines, "long", "--json", "--streams", 1))),
    )
    assert figures["streams"] == len(LONG) // 2048
    assert definition["streams"] == 1
    assert figures["characters"] == definition["characters"] == len(LONG) - 1
    assert figures["nats_per_character"] == pytest.approx(definition["nats_per_character"], abs=1e-4)
    assert sum(row["count"] for row in figures["per_character"]) == len(LONG) - 1
    assert f"read in {figures['streams']} parallel streams" in rnncli("score", lines, "long").stderr


def test_as_many_streams_as_are_asked_for(lines: Path, folder: Path) -> None:
    (folder / "text").write_text(LONG[:10_000])
    assert json.loads(succeeded(rnncli("score", lines, "text", "--json")))["streams"] == 1
    assert json.loads(succeeded(rnncli("score", lines, "text", "--json", "--streams", 3)))["streams"] == 3
    assert json.loads(succeeded(rnncli("compare", lines, "text", "--json", "--streams", 3)))["streams"] == 3
    assert "streams" not in rnncli("score", lines, "text").stderr
    refused(rnncli("score", lines, "text", "--streams", 3, "--adapt"), "--streams", "--adapt")
    refused(rnncli("score", lines, "text", "--streams", 3, "--context", 4), "--streams", "--context")
    refused(rnncli("score", lines, "text", "--streams", 0), "0")
    refused(rnncli("score", learnt("two"), "text", "--streams", 3), "--streams does not apply")


@pytest.mark.usefixtures("at_once")
def test_compare_reads_in_the_same_streams_and_says_so_once(lines: Path, folder: Path) -> None:
    (folder / "long").write_text(LONG)
    result = rnncli("compare", lines, lines, "long", "--json", "--workers", 2)
    compared, scored = (json.loads(succeeded(one)) for one in (result, rnncli("score", lines, "long", "--json")))
    assert compared["streams"] == scored["streams"] > 1
    [nats] = {row["nats_per_character"] for row in compared["models"] if row["parameters"]}
    assert nats == scored["nats_per_character"]
    assert rnncli("compare", lines, "long").stderr.count("parallel streams") == 1


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("options", [(), ("--json", "--top", 2)])
@pytest.mark.parametrize("name", ["three", "past", "translate"])
def test_a_file_gets_the_same_answers_from_two_processes(name: str, options: tuple[object, ...], folder: Path) -> None:
    """In the order of its lines, with the number of one that is too long."""
    few = questions(name)
    lines = [few[n % len(few)] + few[n * n % 7] * (n % 3) for n in range(700)]
    lines[450] = "x" * 100_001
    (folder / "list").write_text("\n".join(lines), "utf-8")
    one, two = (rnncli("predict", learnt(name), "list", *options, "--workers", n) for n in (1, 2))
    assert two.stdout_bytes == one.stdout_bytes
    assert two.stderr == one.stderr
    assert "list, line 451 has 100,001 characters" in one.stderr
    assert one.exit_code == two.exit_code == 1
    assert one.stdout.count("\n") == 700
    if options:
        assert [json.loads(line)["text"] for line in one.stdout.splitlines()][:450] == lines[:450]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("name", ["three", "past", "translate", "generate"])
def test_known_answers_are_scored_the_same_by_two_processes(name: str, folder: Path) -> None:
    (folder / "pairs.tsv").write_text(tsv(EXAMPLES[name] * 150), "utf-8")
    one, two = (succeeded(rnncli("score", learnt(name), "pairs.tsv", "--json", "--workers", n)) for n in (1, 2))
    assert one == two


def test_the_library_reads_in_streams_too(lines: Path, folder: Path) -> None:
    (folder / "long").write_text(LONG)
    scored = json.loads(succeeded(rnncli("score", lines, "long", "--json")))
    assert library.load(str(lines)).score(LONG).nats == scored["nats_per_character"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and a text that it takes long to read."""
    place = tmp_path_factory.mktemp("wide")
    characters = "".join(map(chr, range(97, 123)))
    save(place / "wide.npz", Checkpoint(random_model(characters, cell="gru", hidden_size=128)))
    (place / "text").write_bytes(np.random.default_rng(0).integers(97, 123, 4_000_000, np.uint8).tobytes())
    return place


def busy(place: Path) -> tuple["subprocess.Popen[str]", int]:
    """A scoring that goes on for a while, and the id of its worker process."""
    run = subprocess.Popen(
        [*COMMAND, "score", "wide.npz", "text", "--workers", "2"],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert run.poll() is None
        for child in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                return run, int(child)
        time.sleep(0.01)
    raise AssertionError("no worker was started")


def gone(process: int) -> bool:
    """Whether a process ends within some seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if " Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][:2]:
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@posix_only
@pytest.mark.parametrize("after", [0.0, 0.3])
def test_ctrl_c_ends_all_processes_without_a_traceback(after: float, place: Path) -> None:
    """Also while a worker starts; a terminal sends it to each of them."""
    run, worker = busy(place)
    time.sleep(after)
    os.killpg(run.pid, signal.SIGINT)
    out, said = run.communicate(timeout=20)
    assert (run.returncode, out, said) == (130, "", "")
    assert gone(worker)


@posix_only
def test_a_worker_that_dies_ends_it_with_a_sentence(place: Path) -> None:
    run, worker = busy(place)
    os.kill(worker, signal.SIGKILL)
    out, said = run.communicate(timeout=60)
    assert (run.returncode, out) == (1, "")
    assert said.startswith(f"error: the worker process {worker} has died (SIGKILL)")
    assert said.count("\n") == 1


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_command(number: int, place: Path) -> None:
    run, worker = busy(place)
    time.sleep(0.5)
    run.send_signal(number)
    _, said = run.communicate(timeout=20)
    assert said == ""
    assert gone(worker)
