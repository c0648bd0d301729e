"""rnncli sample: text alone on standard output, whatever the terminal, the pipe and the prime."""

import json
import shlex
import subprocess
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import rnncli as library
from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.running import COMMAND, environment, process, refused, rnncli, succeeded
from tests.helpers import cyclic_model


def shell(line: str, **env: str) -> "subprocess.CompletedProcess[bytes]":
    """A line of bash, which fails if any part of a pipe does."""
    line = "set -o pipefail; " + line.replace("rnncli", shlex.join(COMMAND))
    return subprocess.run(["bash", "-c", line], capture_output=True, env=environment(**env), timeout=60, check=False)


def test_hello(hello: Path) -> None:
    assert succeeded(rnncli("sample", hello, "--prime", "hell", "-t", 0, "-l", 1)) == "hello\n"
    assert succeeded(rnncli("sample", hello, "--prime", "h", "-t", 0, "-l", 4)) == "hello\n"


def test_the_prime_is_echoed_and_the_length_counts_without_it(hello: Path) -> None:
    text = succeeded(rnncli("sample", hello, "--prime", "hell", "-l", 20))
    assert text.startswith("hell")
    assert len(text) == 4 + 20 + 1
    assert succeeded(rnncli("sample", hello, "--prime", "hell", "-l", 0)) == "hell\n"
    assert len(succeeded(rnncli("sample", hello))) == 500 + 1


def test_the_model_in_the_folder_is_the_default(hello: Path, folder: Path) -> None:
    (folder / "model.npz").write_bytes(hello.read_bytes())
    assert succeeded(rnncli("sample", "--prime", "hell", "-t", 0, "-l", 1)) == "hello\n"


def test_unknown_characters_are_an_error_that_lists_them(hello: Path) -> None:
    refused(rnncli("sample", hello, "--prime", "Hex"), "'H' 'x'", "character 1", "ehlo")


def test_unknown_characters_can_be_left_out(hello: Path) -> None:
    assert succeeded(rnncli("sample", hello, "--prime", "xheXl🙂l", "--skip-unknown", "-t", 0, "-l", 1)) == "hello\n"


def test_a_prime_from_standard_input(hello: Path) -> None:
    assert succeeded(rnncli("sample", hello, "--prime", "-", "-t", 0, "-l", 1, input="hell")) == "hello\n"


def test_the_same_seed_gives_the_same_text(hello: Path) -> None:
    one, same, other = (succeeded(rnncli("sample", hello, "--seed", seed, "-t", 3)) for seed in (1, 1, 2))
    assert one == same != other
    news = {succeeded(rnncli("sample", hello, "-t", 3)) for _ in range(2)}
    assert len(news) == 2


def test_several_samples_differ(hello: Path) -> None:
    text = succeeded(rnncli("sample", hello, "--count", 3, "-l", 40, "-t", 3, "--prime", "h", "--seed", 0))
    samples = text.splitlines()
    assert [len(sample) for sample in samples] == [41] * 3
    assert len(set(samples)) == 3


def test_json(hello: Path) -> None:
    options = ("--prime", "hell", "-l", 3, "--count", 2, "--seed", 7)
    rows = [json.loads(line) for line in succeeded(rnncli("sample", hello, "--json", *options)).splitlines()]
    plain = succeeded(rnncli("sample", hello, *options)).splitlines()
    assert [row["prime"] + row["text"] for row in rows] == plain
    assert {row["seed"] for row in rows} == {7}


@pytest.mark.parametrize(
    ("options", "draws"),
    [
        (("-t", 0, "--prime", "h"), False),
        (("-t", 0), True),  # the first character is drawn
        (("-t", "0:1", "--prime", "h"), True),
        (("--beam", 2, "--prime", "h"), False),
        (("--prime", "h"), True),
    ],
)
def test_a_seed_is_told_where_something_is_drawn(
    options: tuple[object, ...], draws: bool, hello: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the data, and on a terminal where none was given."""
    command = ("sample", hello, "-l", 5, *options)
    assert json.loads(succeeded(rnncli(*command, "--json", "--seed", 7)))["seed"] == (7 if draws else None)
    assert isinstance(json.loads(succeeded(rnncli(*command, "--json")))["seed"], int) == draws
    monkeypatch.setattr("rnncli.terminal.console.is_interactive", lambda stream: True)
    assert rnncli(*command).stderr.startswith("seed ") == draws
    assert rnncli(*command, "--seed", 7).stderr == ""


def test_it_ends_before_the_stop_text(hello: Path) -> None:
    assert succeeded(rnncli("sample", hello, "--prime", "h", "-t", 0, "--stop", "lo")) == "hel\n"
    row = json.loads(succeeded(rnncli("sample", hello, "--prime", "h", "-t", 0, "--stop", "lo", "--json")))
    assert row["text"] == "el"


def test_a_stop_text_after_a_line_end_adds_none() -> None:
    save("cycle.npz", Checkpoint(cyclic_model("\nab")))
    assert succeeded(rnncli("sample", "cycle.npz", "--prime", "b", "-t", 0, "-l", 4)) == "b\nab\n"
    assert succeeded(rnncli("sample", "cycle.npz", "--prime", "b", "-t", 0, "--stop", "ab")) == "b\n"


def test_a_line_end_that_was_typed_as_an_escape(hello: Path) -> None:
    """Outside the alphabet a stop would never come; a shell passes \\n on as two characters."""
    for option in ("--stop", "--prime"):
        refused(rnncli("sample", hello, option, "h\\n"), option.removeprefix("--"), "$'\\n'")
    refused(rnncli("sample", hello, "--stop", "x"), "'x'", "would never come")


def test_endless_text_is_one_plain_sample(hello: Path) -> None:
    for options in (("--json",), ("--count", 2)):
        refused(rnncli("sample", hello, "-l", -1, *options), "--length -1")
    refused(rnncli("sample", hello, "-l", -2), "--length")


@pytest.mark.parametrize(
    ("option", "value"),
    [("-t", "nan"), ("-t", "-1"), ("-t", "inf"), ("-t", "warm"), ("--top-p", "0"), ("--top-p", "1.1"),
     ("--top-p", "nan"), ("--top-k", "-1"), ("--count", "0"), ("--seed", "-1")],
)  # fmt: skip
def test_values_out_of_bounds_are_refused(option: str, value: str, hello: Path) -> None:
    refused(rnncli("sample", hello, option, value), option)


def test_a_closed_pipe_ends_quietly(hello: Path) -> None:
    result = shell(f"rnncli sample {hello} --prime hello -l -1 | head -c 5")
    assert (result.stdout, result.stderr) == (b"hello", b"")


@pytest.mark.parametrize("command", ["sample {} -l -1 --prime h | head -c 5", "inspect {} | true"])
def test_a_closed_pipe_is_no_failure(command: str, hello: Path) -> None:
    result = shell("rnncli " + command.format(hello))
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence(hello: Path) -> None:
    result = shell(f"rnncli sample {hello} --prime h > /dev/full")
    assert (result.returncode, result.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in result.stderr


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_text_is_utf_8_whatever_the_terminal_is(env: dict[str, Any], folder: Path) -> None:
    succeeded(rnncli("train", "-", "-q", "--hidden-size", 16, input="é漢🙂é漢🙂"))
    result = process("sample", "--prime", "-", "-t", 0, "-l", 2, input="é".encode(), **env)
    assert (result.returncode, result.stdout, result.stderr) == (0, "é漢🙂\n".encode(), b"")
    result = process("sample", "--prime", "-", input="ü".encode(), **env)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


def test_a_model_of_bytes_writes_bytes(raw: Path) -> None:
    prime = bytes(range(256))
    result = process("sample", raw, "--prime", "-", "-l", 300, "--seed", 1, input=prime)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(prime)
    assert len(result.stdout.rstrip(b"\n")) <= 556 <= len(result.stdout)
    drawn = "".join(islice(library.load(str(raw)).stream("\0", seed=1), 300))
    assert all(ord(character) < 256 for character in drawn)


def test_a_prime_means_the_same_as_argument_and_on_standard_input(raw: Path) -> None:
    piped = process("sample", raw, "--prime", "-", "-l", 5, "--seed", 1, input="é漢".encode())
    typed = process("sample", raw, "--prime", "é漢", "-l", 5, "--seed", 1)
    assert typed.stdout == piped.stdout
