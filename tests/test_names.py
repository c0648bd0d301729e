"""The names that the command line offers are those of the registries."""

from collections.abc import Iterable

import pytest

from rnncli import names
from rnncli.datasets.columns import LAYOUTS
from rnncli.datasets.shuffle import DOCUMENTS, LINES
from rnncli.engine.activations import ACTIVATIONS
from rnncli.engine.cells import CELLS
from rnncli.engine.losses import LOSSES
from rnncli.engine.optimizers import OPTIMIZERS, SCHEDULES
from rnncli.models.config import FEED_FORWARD
from rnncli.models.registry import MODELS


@pytest.mark.parametrize(
    ("offered", "registered"),
    [
        pytest.param(names.RECURRENT_CELLS, CELLS, id="recurrent cells"),
        pytest.param(names.CELLS, [*CELLS, FEED_FORWARD], id="cells"),
        pytest.param(names.ACTIVATIONS, ACTIVATIONS, id="activations"),
        pytest.param(names.OPTIMIZERS, OPTIMIZERS, id="optimizers"),
        pytest.param(names.SCHEDULES, SCHEDULES, id="schedules"),
        pytest.param(names.LOSSES, LOSSES, id="losses"),
        pytest.param(names.TASKS, {model.task for model in MODELS.values()}, id="models"),
        pytest.param(names.TASKS, LAYOUTS, id="datasets"),
        pytest.param(names.SHUFFLES, [LINES, DOCUMENTS], id="shuffles"),
    ],
)
def test_what_is_offered_is_registered(offered: tuple[str, ...], registered: Iterable[str]) -> None:
    assert len(set(offered)) == len(offered)
    assert set(offered) == set(registered)


@pytest.mark.parametrize(
    ("words", "options", "line"),
    [
        (("m.npz",), ["--label", "-a b"], "rnncli sample m.npz --label '-a b'"),
        (("-m.npz",), ["--label", "a"], "rnncli sample --label a -- -m.npz"),
        (("m.npz", "-"), [], "rnncli sample m.npz -"),
        (("a b.npz", "-x $y"), [], "rnncli sample -- 'a b.npz' '-x $y'"),
        ((), ["--beam", "3"], "rnncli sample --beam 3"),
    ],
)
def test_a_command_line_for_a_shell(words: tuple[str, ...], options: list[str], line: str) -> None:
    """Quoted; a name with a leading dash stands after --, and a dash alone is standard input."""
    assert names.command_line("sample", *words, options=options) == line


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 KB"), (64_600, "65 KB"), (999_499, "999 KB"), (999_500, "1.0 MB"), (1_234_567, "1.2 MB")]
)
def test_the_size_of_a_file_in_three_digits(size: int, text: str) -> None:
    assert names.file_size(size) == text
