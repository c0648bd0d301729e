"""Find, prove, steer by copying what is printed, on the language of data/structure.txt: there is more of the feature in
what the network then writes, as counted by code of the benchmark's own."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import steering
from tests.cli.running import ROOT, rnncli, succeeded
from tests.cli.test_printed_commands import printed

FEATURE = "position in line"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "structure.npz"
    size = ("--layers", 1, "--hidden-size", 64, "--steps", 600)
    succeeded(rnncli("train", ROOT / "data" / "structure.txt", "-o", path, *size, "-q"))
    return path


def test_the_printed_commands_lead_to_more_of_the_feature(model: Path) -> None:
    def amounts(*clamp: str) -> np.ndarray:
        output = succeeded(rnncli("sample", model, "-l", 500, "--count", 32, "--seed", 5, *clamp, "--json"))
        return np.array([steering.COUNTED[FEATURE](json.loads(line)["text"]) for line in output.splitlines()])

    found = printed(succeeded(rnncli("inspect", model, "units", "--feature", FEATURE, COLUMNS="1000")))
    assert [words[0] for words in found] == ["inspect", "sample", "inspect"]
    proved = printed(succeeded(rnncli(*found[0], COLUMNS="1000")))
    assert proved[0] == found[1]
    clamp = proved[0][proved[0].index("--clamp") : proved[0].index("--compare")]
    more = amounts(*clamp) - amounts()
    assert more.mean() > 2 * more.std() / np.sqrt(len(more))
    succeeded(rnncli(*proved[0], "-l", 50, "--seed", 1))
