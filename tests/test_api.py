"""The library face, as in the docstring of the package."""

import math
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

import rnncli
from rnncli.errors import InputError, ModelFileError
from rnncli.inference.sampling import SamplingConfig
from rnncli.storage.checkpoint import Checkpoint, save
from tests.helpers import cyclic_model, random_model


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A model that always expects the next character of the alphabet, by far: a → b → c → a."""
    model = cyclic_model("abc")
    save(tmp_path / "model.npz", Checkpoint(model))
    return str(tmp_path / "model.npz")


def test_it_goes_on_after_a_prime(path: str) -> None:
    model = rnncli.load(path)
    assert model.sample("b", 4, temperature=0) == "bcabc"
    assert model.sample("abc", 3, seed=1) == "abcabc"
    assert model.sample("b", 0) == "b"
    assert len(model.sample(length=7)) == 7
    assert len(model.sample("a")) == 501
    assert model.record == {}


def test_a_model_of_bytes_writes_each_byte_as_a_character(tmp_path: Path) -> None:
    model = random_model("".join(map(chr, range(256))))
    model.vocabulary.encoding = "bytes"
    save(tmp_path / "model.npz", Checkpoint(model))
    text = rnncli.load(tmp_path / "model.npz").sample("é", 5, seed=0)
    assert len(text.encode("latin-1")) == 7
    assert text.encode("latin-1").startswith("é".encode())


def test_the_same_seed_gives_the_same_text(path: str) -> None:
    model = rnncli.load(path)
    one, same, other = (model.sample("a", 60, temperature=30, seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_a_stream_has_no_end(path: str) -> None:
    assert "".join(islice(rnncli.load(path).stream("c", SamplingConfig(0)), 1000)) == ("abc" * 334)[:1000]


def test_a_score_in_three_units(path: str) -> None:
    # Logits of 20 tanh(5) and 0, 0: each character costs log(1 + 2 / e^19.998…).
    result = rnncli.load(path).score("abcabca")
    cost = math.log1p(2 * math.exp(-20 * math.tanh(5)))
    assert result.symbols == 6
    assert result.nats == pytest.approx(cost, abs=2e-7)
    wrong = rnncli.load(path).score("aa")
    assert wrong.nats == pytest.approx(20 * math.tanh(5) + cost, rel=1e-6)
    assert wrong.bits == pytest.approx(wrong.nats / math.log(2))


def test_errors_can_be_caught(path: str) -> None:
    with pytest.raises(InputError, match="'x'"):
        rnncli.load(path).sample("x")
    with pytest.raises(ModelFileError, match="missing"):
        rnncli.load("missing.npz")
    assert issubclass(ModelFileError, rnncli.errors.RnncliError)


@pytest.mark.parametrize("text", ["", "a"])
def test_a_text_with_nothing_to_predict_is_an_input_error(text: str, path: str) -> None:
    with pytest.raises(InputError):
        _ = rnncli.load(path).score(text).nats


def test_importing_the_package_does_not_import_numpy() -> None:
    code = "import sys, rnncli; assert not {'numpy', 'typer', 'rich'} & set(sys.modules); rnncli.load"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(rnncli.__file__).parents[1])
