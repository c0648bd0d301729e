"""rnncli export and import, as users type them."""

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import Checkpoint, save
from rnncli.storage.interchange.pytorch import to_torch
from tests.cli.running import process, refused, rnncli, succeeded
from tests.helpers import random_pair_model

TORCH = Path(__file__).parents[1] / "storage" / "torch"


@pytest.fixture
def safetensors() -> Any:
    return pytest.importorskip("safetensors", reason="safetensors is not installed")


@pytest.fixture
def onnx() -> Any:
    return pytest.importorskip("onnx", reason="onnx is not installed")


def test_there_and_back_it_writes_and_scores_the_same(safetensors: Any, lines: Path, folder: Path) -> None:
    told = rnncli("export", lines, "m.safetensors")
    assert succeeded(told) == ""
    assert told.stderr.count("\n") == 1
    assert "wrote m.safetensors" in told.stderr
    back = rnncli("import", "m.safetensors", "-o", "back.npz")
    assert succeeded(back) == ""
    assert "wrote back.npz: a language model of running text" in back.stderr
    assert "rnncli sample back.npz" in back.stderr
    text = lines.with_name("lines.txt")
    for command in (("sample", "--seed", 3, "-l", 200), ("sample", "-t", 0)):
        assert succeeded(rnncli(*command, "--", "back.npz")) == succeeded(
            rnncli(*command, "--network-only", "--", lines)
        )
    scores = [succeeded(rnncli("score", model, text, "--json")) for model in ("back.npz", lines)]
    assert scores[0].replace("back.npz", "") == scores[1].replace(str(lines), "")
    succeeded(rnncli("inspect", "back.npz"))
    succeeded(rnncli("inspect", "back.npz", "text", "--text", text))


def test_a_network_of_pytorch_samples_as_it_did_there(safetensors: Any, folder: Path) -> None:
    alphabet, expected = TORCH / "alphabet.txt", (TORCH / "greedy.txt").read_text("utf-8")
    (folder / "typed.txt").write_text(alphabet.read_text("utf-8") + "\n")  # as an editor ends a file
    for file in (alphabet, "typed.txt"):
        succeeded(rnncli("import", TORCH / "trained.safetensors", "--alphabet", file, "-f", "-q"))
        assert succeeded(rnncli("sample", "--prime", "The ", "-t", 0, "-l", 400)) == expected + "\n"


def test_quiet_prints_nothing(safetensors: Any, hello: Path, folder: Path) -> None:
    for command in (("export", hello, "m.safetensors"), ("import", "m.safetensors")):
        assert rnncli(*command, "-q").output == ""


def test_what_is_there_is_replaced_on_request_only(safetensors: Any, hello: Path, folder: Path) -> None:
    (folder / "m.safetensors").write_text("mine")
    refused(rnncli("export", hello, "m.safetensors"), "m.safetensors exists", "--force")
    assert (folder / "m.safetensors").read_text() == "mine"
    succeeded(rnncli("export", hello, "m.safetensors", "-f"))
    (folder / "notes.md").write_text("mine")
    refused(rnncli("import", "m.safetensors", "-o", "notes.md", "-f"), "not an rnncli model")
    succeeded(rnncli("import", "m.safetensors", "-o", "back.npz"))
    refused(rnncli("import", "m.safetensors", "-o", "back.npz"), "back.npz exists", "--force")


def test_counts_are_left_out_and_that_is_said(safetensors: Any, onnx: Any, folder: Path) -> None:
    (folder / "a.txt").write_text("she sells sea shells\n" * 20)
    succeeded(rnncli("train", "a.txt", "--ngram", 3, "--validation", 0.2, "--hidden-size", 4, "--steps", 2, "-q"))
    for path in ("m.safetensors", "m.onnx"):
        assert "n-gram counts of the model are left out" in rnncli("export", "model.npz", path).stderr


def test_labels_are_named_one_on_each_line(safetensors: Any, folder: Path) -> None:
    from safetensors.numpy import save_file  # type: ignore[import-not-found,unused-ignore]

    save_file(to_torch(random_pair_model("classify")), folder / "net.safetensors")
    (folder / "alphabet.txt").write_text("abcdef")
    (folder / "labels.txt").write_text("good\nbad\nso so\n")
    command = ("import", "net.safetensors", "--alphabet", "alphabet.txt")
    refused(rnncli(*command, "--activation", "relu"), "--activation does not apply", "GRU")
    assert "rnncli predict model.npz" in rnncli(*command, "--labels", "labels.txt").stderr
    assert succeeded(rnncli("predict", "model.npz", input="abc\n")).split("\t")[0].strip() in {"good", "bad", "so so"}


def test_the_command_that_is_printed_works(safetensors: Any, folder: Path) -> None:
    """Also for a model of labelled texts, which needs a label."""
    save(folder / "names.npz", Checkpoint(random_pair_model("generate")))
    succeeded(rnncli("export", "names.npz", "m.safetensors"))
    told = rnncli("import", "m.safetensors", "-o", "back.npz").stderr
    words = shlex.split(told.partition("next: rnncli ")[2])
    assert words == ["sample", "back.npz", "--label", "x"]
    assert succeeded(rnncli(*words, "--seed", 1)) == succeeded(rnncli("sample", "names.npz", *words[2:], "--seed", 1))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "MODEL", "m.keras"), ("m.keras", ".safetensors, .onnx")),
        (("export", "MODEL", "m"), ("suffixes",)),
        (("export", "none.npz", "m.onnx"), ("none.npz", "does not exist")),
        (("export", "MODEL", "no/such/m.onnx"), ("no/such", "does not exist")),
        (("export", "MODEL", "folder.onnx"), ("folder.onnx is a folder",)),
        (("import", "net.keras"), ("net.keras", ".safetensors, .pt, .pth")),
        (("import", "nett.pt"), ("nett.pt does not exist", "did you mean net.pt")),
        (("import", "net.safetensors", "-o", "-"), ("standard output",)),
        (("import", "net.safetensors", "--alphabet", "none.txt"), ("none.txt",)),
        (("import", "folder.safetensors"), ("not a regular file",)),
    ],
)
def test_one_sentence_and_nothing_written(
    arguments: tuple[str, ...], words: tuple[str, ...], hello: Path, folder: Path
) -> None:
    (folder / "net.pt").touch()
    for name in ("folder.onnx", "folder.safetensors"):
        (folder / name).mkdir()
    before = sorted(folder.rglob("*"))
    refused(rnncli(*(hello if argument == "MODEL" else argument for argument in arguments)), *words)
    assert sorted(folder.rglob("*")) == before


def test_weights_alone_need_an_alphabet_of_their_size(safetensors: Any, hello: Path, folder: Path) -> None:
    weights = TORCH / "trained.safetensors"
    refused(rnncli("import", weights), "29 ids", "--alphabet")
    (folder / "short.txt").write_text("abc")
    refused(rnncli("import", weights, "--alphabet", "short.txt"), "3 characters", "29")
    succeeded(rnncli("export", hello, "m.safetensors"))
    refused(rnncli("import", "m.safetensors", "--alphabet", "short.txt"), "--alphabet does not apply")


@pytest.mark.parametrize(
    ("package", "command", "hint"),
    [
        ("safetensors", ("export", "MODEL", "m.safetensors"), "pip install 'rnncli[safetensors]'"),
        ("onnx", ("export", "MODEL", "m.onnx"), "pip install 'rnncli[onnx]'"),
        ("safetensors", ("import", "x.safetensors"), "pip install 'rnncli[safetensors]'"),
        ("torch", ("import", "x.pt"), "pip install torch"),
    ],
)
def test_a_missing_package_is_a_line_that_says_how_to_get_it(
    package: str, command: tuple[str, ...], hint: str, hello: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (package, "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    (folder / command[-1]).touch() if command[0] == "import" else None
    refused(rnncli(*(hello if argument == "MODEL" else argument for argument in command)), hint)


def test_an_exported_file_has_the_permissions_of_any_other(safetensors: Any, hello: Path, folder: Path) -> None:
    (folder / "other").touch()
    assert process("export", hello, "m.safetensors").returncode == 0
    assert (folder / "m.safetensors").stat().st_mode == (folder / "other").stat().st_mode
