"""A lesson run in this process, and its blocks by their names."""

from typing import Any

import pytest

from rnncli.lessons import LESSONS
from rnncli.results import Block, Table, ViewResult


def lesson(name: str, **options: Any) -> ViewResult:
    """What a lesson shows; options are typed as on a command line, and those left out have their defaults."""
    values = {option.name: option.values for option in LESSONS[name].options}
    return LESSONS[name](**{name: values[name].parse(value) for name, value in options.items()})


def block(result: ViewResult, beginning: str) -> Any:
    """The block whose name begins like this."""
    found: list[Block] = [block for block in result.blocks if block.name.startswith(beginning)]
    assert len(found) == 1, [block.name for block in result.blocks]
    return found[0]


def column(table: Table, name: str) -> list[Any]:
    """The values under a heading."""
    return [row[list(table.columns).index(name)] for row in table.rows]


def about(expected: Any, digits: int) -> Any:
    """Numbers that round to these, which are written with so many digits after the point."""
    return pytest.approx(expected, rel=0, abs=0.51 * 10.0**-digits)
