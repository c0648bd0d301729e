"""Which pairs are held out to check on: a share of every label, drawn by the seed, or a file of their own."""

from collections import Counter

import numpy as np
import pytest

from rnncli.datasets.columns import LAYOUTS
from tests.datasets.test_pairs import GOOD, decoded, read
from tests.datasets.test_text import sources_of


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.5, 0.99])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_label_gives_its_share(fraction: float, seed: int) -> None:
    """As near to it as a whole number can be, but one stays to learn from; no line is lost, and their order stays."""
    sizes = {"a": 1, "b": 2, "c": 7, "d": 30, "e": 101}
    names = np.random.default_rng(4).permutation([name for name, size in sizes.items() for _ in range(size)])
    lines = [(chr(0x4E00 + n), str(name)) for n, name in enumerate(names)]
    dataset = read("\n".join(f"{name}\t{text}" for text, name in lines), validation=fraction, seed=seed)
    training, validation = decoded(dataset, dataset.training), decoded(dataset, dataset.validation)
    assert sorted(training + validation) == sorted(lines)
    assert sorted(training, key=lines.index) == training
    held_out = Counter(name for _, name in validation)
    for name, size in sizes.items():
        assert abs(held_out[name] - fraction * size) <= 0.5 or held_out[name] == size - 1 < fraction * size
        assert held_out[name] < size


@pytest.mark.parametrize("task", LAYOUTS)
def test_the_seed_chooses(task: str) -> None:
    """The same seed the same lines, another one others, and each line is held out by some."""
    text = "\n".join([GOOD[task]] * 10)
    places = [chr(0x4E00 + n) for n in range(20)]
    column = 0 if LAYOUTS[task].columns[0] != "label" else 1
    numbered = [line.split("\t") for line in text.split("\n")]
    for place, fields in zip(places, numbered, strict=True):
        fields[column] = place * len(fields[column])

    def chosen(seed: int) -> frozenset[str]:
        dataset = read("\n".join(map("\t".join, numbered)), task=task, validation=0.3, seed=seed)
        return frozenset(text.strip("\n")[0] for text, _ in decoded(dataset, dataset.validation))

    choices = [chosen(seed) for seed in range(30)]
    assert choices == [chosen(seed) for seed in range(30)]
    assert len(set(choices)) > 25
    assert {len(choice) for choice in choices} == {6}
    assert frozenset.union(*choices) == set(places)


@pytest.mark.parametrize(("lines", "expected"), [(99, 0), (100, 10), (250, 25)])
def test_only_large_sets_give_up_some_of_their_own_accord(lines: int, expected: int) -> None:
    dataset = read("\n".join(["ab\tX"] * lines), task="translate")
    assert (len(dataset.validation), len(dataset.training)) == (expected, lines - expected)


def test_a_file_to_check_on_takes_nothing_from_the_others() -> None:
    dataset = read("\n".join([GOOD["classify"]] * 100), validation=sources_of("y\tbbb"))
    assert len(dataset.training) == 200
    assert decoded(dataset, dataset.validation) == [("bbb", "y")]
