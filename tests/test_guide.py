"""The guide keeps its word: every step of the page for contributors is carried out on a copy of the package."""

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rnncli.cli.guide import PAGES, TOPICS
from tests.cli.running import ROOT, environment, process, rnncli, succeeded

PAGE = (ROOT / "rnncli" / "guide" / "contributing.md").read_text("utf-8")
SECTIONS = {
    section.partition("\n")[0]: re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for section in PAGE.split("\n## ")[1:]
}
LINES = [f"{n} ab {n * n % 7}" for n in range(60)]


@dataclass
class Copy:
    """A copy of the package, and a folder with some texts to work in."""

    root: Path
    folder: Path

    def write(self, block: str) -> None:
        """A new file; its first line is a comment with the path."""
        first, _, rest = block.partition("\n")
        path = self.root / first.removeprefix("# ")
        assert not path.exists() and path.parent.is_dir()
        path.write_text(rest, "utf-8")

    def change(self, block: str) -> None:
        """Apply a difference: a path, then parts that each stand once in the file."""
        name, _, rest = block.partition("\n")
        path = self.root / name
        for part in rest.split("@@\n"):
            lines = part.splitlines()
            assert all(line[:1] in "+- " for line in lines)
            old, new = ("".join(line[1:] + "\n" for line in lines if line[:1] != sign) for sign in "+-")
            text = path.read_text("utf-8")
            assert text.count(old) == 1, f"{name} has this {text.count(old)} times:\n{old}"
            path.write_text(text.replace(old, new), "utf-8")

    def run(self, *words: str) -> str:
        """Standard output of a command that ends well."""
        env = environment(PYTHONPATH=f"{self.root}:{ROOT}")
        result = subprocess.run(
            words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert result.returncode == 0, f"{shlex.join(words)}\n{result.stderr}"
        return result.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    root, folder = tmp_path / "copy", tmp_path / "work"
    shutil.copytree(ROOT / "rnncli", root / "rnncli")  # with what is compiled, which stays good where nothing changes
    folder.mkdir()
    (folder / "text.txt").write_text("\n".join(LINES * 3))
    labels = ["even", "odd"] * 30
    (folder / "labels.tsv").write_text("".join(f"{label}\t{line}\n" for label, line in zip(labels, LINES, strict=True)))
    (folder / "pairs.tsv").write_text("".join(f"{line}\t{line[::-1]}\n" for line in LINES))
    (folder / "lines.txt").write_text("\n".join(LINES[:5]) + "\n")
    return Copy(root, folder)


def followed(copy: Copy, title: str) -> list[str]:
    """Carry out a section; the output of its commands."""
    printed = []
    for kind, block in SECTIONS[title]:
        if kind == "python":
            copy.write(block)
        elif kind == "diff":
            copy.change(block)
        else:
            for line in block.splitlines():
                program, *words = shlex.split(line)
                assert program == "rnncli"
                printed.append(copy.run(sys.executable, "-m", "rnncli", *words))
    return printed


def test_every_section_is_followed() -> None:
    assert set(SECTIONS) == {"A cell", "An optimizer", "An option of train", "A view", "A lesson", "A task", "A metric"}


GRADIENT = """
import numpy as np
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from tests.engine.gradients import check_direction

model = LanguageModel(NetworkConfig("ugrnn", 2, 5), Vocabulary("abcd"), dtype=np.float64)
rng = np.random.default_rng(1)
model.parameters.flat[...] = rng.normal(size=model.parameters.flat.size)
state, ids = rng.normal(size=model.zero_state(3).shape), rng.integers(4, size=(6, 3))
gradients = model.parameters.zeros_like()
value = lambda: model.loss_and_gradients(ids[:-1], ids[1:], state, gradients)[0]
value()
check_direction(value, [model.parameters.flat], [gradients.flat.copy()], "ugrnn", 0)
step, read = model.stepper(np.zeros_like(state)), model.forward(ids, model.zero_state(3))
logits = model.logits_of(read).copy()
np.testing.assert_allclose([step(row).copy() for row in ids], logits, rtol=1e-9)
"""


def test_a_cell(copy: Copy) -> None:
    """Its gradient is that by differences, and step by step it says the same as over a window."""
    _, text, gates, _ = followed(copy, "A cell")
    assert text.startswith("ab")
    assert "l1.update" in gates
    copy.run(sys.executable, "-c", GRADIENT)


def test_an_optimizer(copy: Copy) -> None:
    """Its steps have one length in every parameter."""
    followed(copy, "An optimizer")
    with np.load(copy.folder / "lion.npz") as model:
        assert np.abs(model["resume/m"]).max() > 0


def test_an_option(copy: Copy) -> None:
    """The rate stays at what it says, where it would fall to nothing."""
    followed(copy, "An option of train")
    options = ("--min-learning-rate", "0.001", "--hidden-size", "8", "--steps", "10", "--json", "-o", "a.npz")
    events = copy.run(sys.executable, "-m", "rnncli", "train", "text.txt", *options)
    rates = [float(rate) for rate in re.findall(r'"event": "step".*"learning_rate": ([\d.e-]+)', events)]
    assert len(rates) == 10 and min(rates) == rates[-1] == 0.001
    assert "--min-learning-rate" in copy.run(sys.executable, "-m", "rnncli", "train", "--help")


def test_a_view(copy: Copy) -> None:
    _, as_json, drawn = followed(copy, "A view")
    assert '"view": "entropy"' in as_json
    assert "Where is it unsure?" in drawn
    assert "where it is unsure" in copy.run(sys.executable, "-m", "rnncli", "inspect", "--help")


def test_a_lesson(copy: Copy) -> None:
    """It stands in the list, and the lesson before it leads there."""
    drawn, listed, before = followed(copy, "A lesson")
    assert "at 0.5 the first is still the likeliest" in drawn and "rnncli lesson descent" in drawn
    assert re.search(r"temperature +온도 +how sure a sample is", listed)
    assert re.search(r"rnncli lesson temperature +the next lesson", before)
    assert len(drawn.splitlines()) <= 48


def test_a_task(copy: Copy) -> None:
    _, answers, scores, overview = followed(copy, "A task")
    assert len(answers.splitlines()) == 5
    assert "exact match" in scores
    assert re.search(r"task +correct", overview)


def test_the_guide_lists_its_pages_and_prints_them() -> None:
    assert "contributing\tContributing: how to add a cell" in succeeded(rnncli("guide"))
    assert succeeded(rnncli("guide", "contributing")) == PAGE
    wrong = process("guide", "contribute")
    assert wrong.returncode == 2 and b"did you mean contributing?" in wrong.stderr


def test_every_page_has_its_place_in_the_reading_order() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(TOPICS)
    assert [line.partition("\t")[0] for line in succeeded(rnncli("guide")).splitlines()] == list(TOPICS)
