"""rnncli sweep: what it finds, keeps and tells, from one process or several, stopped and killed."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import load
from tests.cli.conftest import LINES
from tests.cli.running import COMMAND, environment, refused, rnncli, succeeded

try:
    import optuna  # noqa: F401
except ImportError:
    needs_optuna = pytest.mark.skip(reason="Optuna is not installed")
else:
    needs_optuna = pytest.mark.skipif(False, reason="")

SMALL = ("--cell", "gru", "--layers", 1, "--hidden-size", "4:8", "--dropout", 0, "--workers", 1)


@pytest.fixture
def text(folder: Path) -> Path:
    (folder / "a.txt").write_text(LINES)
    return Path("a.txt")


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def start(*options: object) -> "subprocess.Popen[str]":
    """A process of a sweep of a.txt."""
    words = [*COMMAND, "sweep", "a.txt", "--json", *map(str, (*SMALL, *options))]
    return subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def begun() -> int:
    """How many trials have."""
    return Path("sweep.log").read_text().count('"process"') if Path("sweep.log").exists() else 0


@needs_optuna
def test_the_first_trial_is_what_train_would_take(text: Path) -> None:
    """Byte for byte."""
    succeeded(rnncli("sweep", text, "--trials", 1, "--steps", 3, "-q"))
    succeeded(rnncli("train", text, "--steps", 3, "-o", "default.npz", "-q"))
    assert Path("model.npz").read_bytes() == Path("default.npz").read_bytes()


@needs_optuna
def test_a_sweep_finds_a_better_rate_and_a_command_that_repeats_it(text: Path) -> None:
    """Than the default, which is too low for a run of this length; the command gives the bytes of the best model."""
    output = succeeded(rnncli("sweep", text, *SMALL, "--trials", 4, "--steps", 12, "--learning-rate", "0.001:0.1"))
    assert "Which network suits this text?" in output
    command = next(line for line in output.splitlines() if "rnncli train" in line).removeprefix("next: ")
    assert "--learning-rate 0.008 " not in command
    succeeded(rnncli(*shlex.split(command)[1:]))
    assert Path("other.npz").read_bytes() == Path("model.npz").read_bytes()
    assert "worse" in next(line for line in output.splitlines() if line.startswith("default"))
    succeeded(rnncli("train", text, "--cell", "gru", "--layers", 1, "--hidden-size", 8, "--steps", 12, "-o", "d.npz"))
    best, default = (load(name).record for name in ("model.npz", "d.npz"))
    assert best is not None and default is not None
    assert best.state["best_loss"] < default.state["best_loss"]


@needs_optuna
def test_what_is_told_as_data(text: Path) -> None:
    told = events(succeeded(rnncli("sweep", text, *SMALL, "--trials", 9, "--steps", 2, "--json", "-q")))
    assert [event["event"] for event in told] == ["start", *["trial"] * 9, "end"]
    assert told[0]["metric"] == "nats_per_character" and told[0]["space"]["hidden_size"] == "4:8"
    trials, end = told[1:-1], told[-1]
    assert [trial["trial"] for trial in trials] == list(range(9))
    assert trials[0]["default"] and trials[0]["values"] == told[0]["default"]
    losses = [trial["nats_per_character"] for trial in trials if trial["state"] == "complete"]
    assert end["best"]["nats_per_character"] == min(losses)
    assert [one["nats_per_character"] for one in end["top"]] == sorted(losses)[:5]
    assert end["default"]["trial"] == 0
    assert end["trials"]["complete"] == len(losses)
    assert set(end["importances"] or {}) == (set(trials[0]["values"]) if len(losses) >= 8 else set())
    assert end["model"] == "model.npz" and "rnncli train a.txt" in end["command"]


@needs_optuna
def test_a_page_has_curves_and_all_trials(text: Path) -> None:
    quick = ("sweep", text, *SMALL, "--trials", 3, "--steps", 40, "-q", "--html", "sweep.html")
    succeeded(rnncli(*quick))
    page = Path("sweep.html").read_text("utf-8")
    assert page.count("<svg") >= 2 and page.count('class="trial"') == 3
    assert "trial 0, the default: hidden size 8, learning rate 0.008" in page
    assert "rnncli train a.txt" in page
    succeeded(rnncli(*quick))  # its own page is replaced
    Path("sweep.html").write_text("mine")
    refused(rnncli(*quick), "sweep.html", "left alone")


@needs_optuna
def test_the_same_command_goes_on_and_another_one_is_refused(text: Path) -> None:
    command = ("sweep", text, *SMALL, "--steps", 2, "-q")
    succeeded(rnncli(*command, "--trials", 2))
    told = events(succeeded(rnncli(*command, "--trials", 3, "--json")))
    assert [event["trial"] for event in told if event["event"] == "trial"] == [2]
    assert events(succeeded(rnncli(*command, "--trials", 3, "--json")))[1]["event"] == "end"
    before = Path("sweep.log").read_bytes()
    other = [option if option != "4:8" else "4:9" for option in command]
    refused(rnncli(*other), "another space", "--hidden-size 4:8 there, --hidden-size 4:9 here", "--storage")
    refused(rnncli(*command, "--optimizer", "adam,sgd"), "another space", "no --optimizer there")
    refused(rnncli(*command[:-2], 3), "other options", "--steps 2 there, --steps 3 here")
    text.write_text(LINES + "x")
    refused(rnncli(*command), "another text")
    assert Path("sweep.log").read_bytes() == before


@needs_optuna
def test_no_model_is_overwritten_but_its_own(text: Path) -> None:
    command = ("sweep", text, *SMALL, "--steps", 2, "-q", "--trials")
    succeeded(rnncli("train", text, "--steps", 1, "-q"))
    before = Path("model.npz").read_bytes()
    refused(rnncli(*command, 1), "model.npz exists", "--force")
    assert Path("model.npz").read_bytes() == before and not Path("sweep.log").exists()
    succeeded(rnncli(*command, 1, "--force"))
    assert Path("model.npz").read_bytes() != before
    succeeded(rnncli(*command, 2))
    Path("model.npz").write_bytes(before)
    refused(rnncli(*command, 3), "model.npz exists")
    Path("model.npz").write_text("mine")
    refused(rnncli(*command, 3, "--force"), "not an rnncli model")


@needs_optuna
def test_two_processes_share_a_sweep(text: Path) -> None:
    """No trial too many, none twice; the model is that of the best of both."""
    runs = [start("--trials", 6, "--steps", 20, "-q") for _ in range(2)]
    outputs = []
    for run in runs:
        out, err = run.communicate(timeout=60)
        assert (run.returncode, err) == (0, "")
        outputs.append(events(out))
    trials = [event for events in outputs for event in events if event["event"] == "trial"]
    assert sorted(trial["trial"] for trial in trials) == list(range(6))
    end = events(succeeded(rnncli("sweep", text, "--json", "-q", *SMALL, "--trials", 6, "--steps", 20)))[-1]
    best = min(trials, key=lambda trial: trial["nats_per_character"] or 99)
    assert end["best"]["trial"] == best["trial"]
    record = load("model.npz").record
    assert record is not None and record.state["best_loss"] == best["nats_per_character"]


@needs_optuna
@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX")
def test_stopped_and_killed_it_goes_on_with_the_trial(text: Path) -> None:
    """Ctrl-C and SIGTERM put it back, and whoever comes after a kill runs it again."""
    options = ("--trials", 1, "--steps", 500)
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        before, run = begun(), start(*options)
        while begun() == before:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(number)
        _, err = run.communicate(timeout=30)
        assert run.returncode == status, err
        assert "Traceback" not in err and "ptuna" not in err
        assert ("go on with the same command" in err) == (number != signal.SIGKILL)
    told = events(succeeded(rnncli("sweep", text, *SMALL, *options, "--json", "-q")))
    (trial,) = (event for event in told if event["event"] == "trial")
    assert trial["default"] and trial["state"] == "complete" and trial["trial"] == 3
    assert told[-1]["trials"] == {"complete": 1, "pruned": 0, "failed": 0, "running": 0}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cell", "gru,lstn"), "did you mean lstm?"),
        (("--hidden-size", "768:128"), "write 128:768"),
        (("--hidden-size", "64:"), "is not an integer"),
        (("--learning-rate", "0:1"), "above 0"),
        (("--dropout", "0.1,0.1"), "0.1 is named twice"),
        (("--trials", "0"), "below 1"),
        (("--steps", "3", "--time", "1m"), "mutually exclusive"),
    ],
)
def test_a_bad_option_is_one_sentence(options: tuple[str, ...], told: str, text: Path, folder: Path) -> None:
    refused(rnncli("sweep", text, *options), told)
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


@needs_optuna
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--cell", "gru,rnn", "--activation", "relu"), "--activation"),
        (("--batch-size", "1:100000"), "--batch-size"),
        (("--validation", "0"), "nothing is held out"),
        (("--storage", "none/sweep.log"), "none"),
        (("--storage", "a.txt"), "a.txt is not the storage of a sweep"),
        (("--storage", "model.npz"), "three files"),
        (("-o", "a.txt"), "no"),
        (("--html", "a.txt"), "left alone"),
    ],
)
def test_what_cannot_be_is_refused_before_a_trial(options: tuple[str, ...], told: str, text: Path) -> None:
    refused(rnncli("sweep", text, "--steps", 2, *options), told)
    assert text.read_text() == LINES
    assert not Path("model.npz").exists() and not Path("sweep.log").exists()


def test_without_optuna_it_says_how_to_get_it(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    refused(rnncli("sweep", text), "pip install 'rnncli[sweep]'")


def test_a_list_of_names_is_completed_behind_its_comma() -> None:
    program = "import sys; sys.argv[0] = 'rnncli'; from rnncli.cli import main; main()"
    words = {"COMP_WORDS": "rnncli sweep --cell gru,", "COMP_CWORD": "3"}
    env = environment(_RNNCLI_COMPLETE="complete_bash", **words)
    result = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["gru,rnn", "gru,lstm", "gru,mlp"]
